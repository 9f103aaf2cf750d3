"""Requests time stamps for the newest checkpoint in the background: no write ever waits for the authority.

 1. Nothing to do while the newest checkpoint has its token, or the last token came less than an interval ago.
 2. Ask for a token over the checkpoint's body; give up after `DEADLINE_SECONDS` or `timestamps.MAX_TOKEN` bytes.
 3. The answer must hold under the certificates of the settings and repeat the nonce.
 4. A token older than the previous one means that the authority's clock was set back: it is refused and reported.
 5. Store it with the size of its tree.

Failures are logged and counted by reason; the next round tries again within a minute.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import structlog

from evidence.identifiers import parse_timestamp, timestamp
from evidence.log import timestamps
from evidence.log.checkpoints import parse_checkpoint
from evidence.log.timestamps import Stamped
from hub.log import proofs, stamps
from hub.log.asking import Overdrawn, read_bounded
from hub.log.proofs import StoredCheckpoint
from hub.log.stamps import StoredStamp
from hub.metrics import Metrics
from hub.rounds import Rounds
from hub.store.database import Database
from messages.problems import Problem

LOGGER = structlog.get_logger("hub.stamps")
DEADLINE_SECONDS = 15.0
AGAIN_SECONDS = 60.0
"""How soon a failed round is followed by the next."""
SKEW_SECONDS = 300.0
"""A difference between the authority's clock and the hub's that is told."""

Post = Callable[[bytes], bytes]
"""Sends a request and returns the body of the answer. Raises `Problem("stamp.unreachable")`."""


@dataclass(frozen=True)
class Authority:
    """The address of the authority, and the PEM file of its root certificates."""

    url: str
    ca_file: Path

    def post(self, question: bytes) -> bytes:
        """Ask. Raises `Problem("stamp.unreachable")` for no answer, a refusal, one too long or too slow."""
        until = time.monotonic() + DEADLINE_SECONDS
        headers = {"content-type": timestamps.REQUEST_TYPE, "accept": timestamps.RESPONSE_TYPE}
        try:
            with httpx.stream("POST", self.url, content=question, headers=headers, timeout=DEADLINE_SECONDS) as got:
                got.raise_for_status()
                return read_bounded(got, limit=timestamps.MAX_TOKEN, until=until)
        except Overdrawn as error:
            raise Problem("stamp.unreachable", reason=error.reason) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Problem("stamp.unreachable", reason=type(error).__name__) from error


class Stamper:
    """Stamps the checkpoints of one log. Any number may run; a tree has one token."""

    def __init__(
        self,
        database: Database,
        authority: Authority,
        *,
        interval: float,
        clock: Callable[[], datetime],
        metrics: Metrics,
    ) -> None:
        self._database = database
        self._authority = authority
        self._interval = timedelta(seconds=interval)
        self._clock = clock
        self._metrics = metrics
        self._rounds = Rounds("stamps", self.round, min(AGAIN_SECONDS, interval))

    def start(self) -> None:
        """Begin; safe to call once more after `stop`."""
        self._rounds.start()

    def stop(self) -> None:
        """Finish the current round; safe to call twice."""
        self._rounds.stop()

    def round(self) -> None:
        """One step whose failure is logged and counted."""
        try:
            if self.step() is not None:
                self._metrics.time_stamps.labels("stamped").inc()
        except Problem as problem:
            self._metrics.time_stamps.labels(problem.code.partition(".")[2]).inc()
            LOGGER.warning("checkpoint not stamped", code=problem.code, **problem.params)

    def step(self) -> Stamped | None:
        """Stamp the newest checkpoint when it is due; None when it is not. Raises `Problem`, and then nothing was
        stored."""
        # Step 1
        with self._database.transaction(write=False) as connection:
            newest, last = proofs.latest(connection), stamps.latest(connection)
        if newest is None or not self._due(newest, last):
            return None
        # Step 2
        body = parse_checkpoint(newest.note.encode())[0].body()
        question = timestamps.ask(body)
        answer = self._authority.post(question.der)
        # Step 3
        try:
            roots = timestamps.read_authorities(self._authority.ca_file.read_bytes())
        except OSError as error:
            raise Problem("evidence.bad-tsa-file", str(self._authority.ca_file)) from error
        stamped = timestamps.verify_token(answer, body, roots, question.nonce)
        # Step 4
        self._require_later(stamped, last)
        # Step 5
        with self._database.transaction() as connection:
            stored = stamps.keep(connection, newest.size, answer, stamped, self._clock())
        return stamped if stored else None

    def _due(self, newest: StoredCheckpoint, last: StoredStamp | None) -> bool:
        if last is None:
            return True
        since = self._clock() - parse_timestamp(last.received_at)
        # A hub whose clock was set back must not wait until it has caught up.
        return newest.size > last.size and not timedelta() <= since < self._interval

    def _require_later(self, stamped: Stamped, last: StoredStamp | None) -> None:
        if last is not None and stamped.at < parse_timestamp(last.stamped_at):
            raise Problem("stamp.clock-back", at=timestamp(stamped.at), before=last.stamped_at)
        skew = (stamped.at - self._clock()).total_seconds()
        if abs(skew) > SKEW_SECONDS:
            self._metrics.time_stamps.labels("clock-skew").inc()
            LOGGER.warning("the authority's clock is not ours", seconds=round(skew))
