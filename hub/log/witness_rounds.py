"""Sending new checkpoints to a witness that can be reached (C2SP tlog-witness, `add-checkpoint`), in the background.

 1. Nothing to do while the witness has cosigned the checkpoint of the round, which all witnesses are shown; right after
    the start it is asked all the same, for it may have seen more than a restored database knows.
 2. Send that checkpoint with a proof from the size that the witness was last known to have.
 3. Told another size (409), send once more with a proof from that. A size beyond the newest checkpoint proves nothing
    by itself: the witness's own checkpoint is fetched, and the desk decides over its signatures.
 4. The lines of the answer are taken in as if the witness had handed them in itself.

Answers are limited in size and time. What fails is logged and counted; the next round tries again. Each witness has its
own thread, so that a slow one holds up nobody.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import structlog

from digests import Digest
from evidence.log.checkpoints import parse_checkpoint
from evidence.log.witnessing import SIZE_TYPE, Request
from hub.log import cosigned, proofs
from hub.log.asking import Overdrawn, read_bounded
from hub.log.proofs import StoredCheckpoint
from hub.log.witness_desk import WitnessDesk
from hub.rounds import Rounds
from hub.store.database import Database
from messages.problems import Problem

LOGGER = structlog.get_logger("hub.witnesses")
DEADLINE_SECONDS = 15.0
MAX_ANSWER = cosigned.MAX_NOTE
OK, NOT_FOUND, CONFLICT = 200, 404, 409
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


@dataclass(frozen=True)
class Answer:
    """What a witness said."""

    status: int
    kind: str
    body: bytes


Send = Callable[[str, str, bytes], Answer]
"""Method, URL, body. Raises `Problem("witness.unreachable")`."""


def send(method: str, url: str, body: bytes) -> Answer:
    """Ask over HTTP. Raises `Problem("witness.unreachable")` for no answer, or one too long or too slow."""
    until = time.monotonic() + DEADLINE_SECONDS
    try:
        with httpx.stream(
            method,
            url,
            content=body,
            timeout=DEADLINE_SECONDS,
            headers={"accept-encoding": "identity"},
            trust_env=False,
        ) as got:
            data = read_bounded(got, limit=MAX_ANSWER, until=until)
            kind = got.headers.get("content-type", "").partition(";")[0].strip().lower()
            return Answer(got.status_code, kind, data)
    except Overdrawn as error:
        raise Problem("witness.unreachable", reason=error.reason) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Problem("witness.unreachable", reason=type(error).__name__) from error


class WitnessRounds:
    """Sends checkpoints to one witness. Any number of processes may."""

    def __init__(
        self, desk: WitnessDesk, database: Database, name: str, url: str, interval: float, *, post: Send = send
    ) -> None:
        self._desk = desk
        self._database = database
        self._name = name
        self._url = url.rstrip("/")
        self._send = post
        self._asked = False
        self._rounds = Rounds(f"witness-{name}", self.round, interval)

    def start(self) -> None:
        """Begin; safe to call once more after `stop`."""
        self._rounds.start()

    def stop(self) -> None:
        """Finish the current round; safe to call twice."""
        self._rounds.stop()

    def round(self) -> None:
        """One step whose failure is logged; what the desk refuses it has counted itself."""
        try:
            self.step()
        except Problem as problem:
            LOGGER.warning("checkpoint not cosigned", witness=self._name, code=problem.code, **problem.params)

    def step(self) -> bool:
        """Have the checkpoint of the round cosigned when it is not yet; whether it was. Raises `Problem`."""
        # Step 1
        with self._database.transaction(write=False) as connection:
            newest = self._desk.of_round(connection)
            known = cosigned.newest_of(connection, self._name)
        if newest is None or (self._asked and known >= newest.size):
            return False
        # Step 2
        answer = self._add(newest, min(known, newest.size))
        # Step 3
        if answer.status == CONFLICT:
            size = _size(answer)
            if size > newest.size:
                self._fetch_proof(newest)
                return False
            answer = self._add(newest, size)
        if answer.status != OK:
            raise Problem("witness.unreachable", self._name, reason=f"HTTP {answer.status}")
        self._asked = True
        # Step 4
        self._desk.accept(self._name, newest.note.encode() + answer.body)
        return True

    def _add(self, newest: StoredCheckpoint, old: int) -> Answer:
        with self._database.transaction(write=False) as connection:
            path = proofs.consistency_path(connection, old, newest.size) if old else []
        request = Request(old, tuple(path), newest.note.encode())
        return self._send("POST", f"{self._url}/add-checkpoint", request.encode())

    def _fetch_proof(self, newest: StoredCheckpoint) -> None:
        origin = parse_checkpoint(newest.note.encode())[0].origin
        where = f"{self._url}/{Digest.of(origin.encode()).hex}/checkpoint"
        answer = self._send("GET", where, b"")
        if answer.status != OK:
            raise Problem("witness.unreachable", self._name, reason=f"HTTP {answer.status}")
        self._desk.accept(self._name, answer.body)


def _size(answer: Answer) -> int:
    match = _SIZE.fullmatch(answer.body)
    if match is None or answer.kind != SIZE_TYPE:
        raise Problem("witness.unreachable", reason="409 without a size")
    return int(match[1])
