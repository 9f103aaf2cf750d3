"""Checks the hub's promises: the log only grows, and every receipt's mark is in it by its deadline.

At every contact:

 1. The newest checkpoint is verified under the pinned log key.
 2. It must be consistent with the last one seen: the hub proves it.
 3. It is remembered durably, and then cosigned (`cosigning`).
 4. What other agencies have seen, and attached to their transfers, must be consistent with it too.
 5. The cosigned checkpoint is handed in at the hub. What fails here is tried again at the next contact.
 6. Pending receipts get their proof of inclusion checked against the newest checkpoint.

Sending and pulling never wait for any of this. A promise that is not kept by its deadline is a complaint, repeated
until the proof comes; a log that shrank, forked or signs two trees of one size is an alarm, and both notes are kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.auditing.cosigning import Cosigner
from adapters.client.answers import Consistency, Inclusion
from adapters.client.hub import HubAway, Refused
from adapters.keys.trust import Alarm
from adapters.state.files import StateFailed
from adapters.station import Station
from evidence.canonical import digest, digest_bytes
from evidence.encoding import read_base64
from evidence.log import merkle
from evidence.log.checkpoints import Checkpoint, parse_checkpoint
from messages.findings import Finding
from messages.problems import Problem

GONE = 404
COSIGNED_SECONDS = 10.0
"""How long the hub may take to take in a cosignature; it is asked once at each contact."""
RACES = 5
HANDED_IN = "cosigned-handed-in"
HUB = "hub"


@dataclass(frozen=True)
class ProofReport:
    """What the last contact showed."""

    size: int
    proved: int
    pending: int
    overdue: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """With stable keys."""
        return {"size": self.size, "proved": self.proved, "pending": self.pending, "overdue": list(self.overdue)}

    def findings(self) -> list[Finding]:
        """One complaint for each promise that is overdue."""
        return [Finding("adapter.inclusion-overdue", "W", transfer) for transfer in self.overdue]


class LogContact:
    """Checks the log with what this home remembers of it. What went wrong quietly is noted in the adapter's log."""

    def __init__(self, station: Station) -> None:
        self._state = station.state
        self._promises = station.promises
        self._trust = station.trust
        self._client = station.client
        self._cosigner = Cosigner(station)
        self._noted = station.noted

    def contact(self, now: datetime) -> ProofReport:
        """Fetch and check the newest checkpoint and what proofs are due.

        Raises `Alarm` when the log contradicts itself and `HubAway` when the hub does not answer.
        """
        try:
            seen = self._follow()
            self._compare()
        except Alarm:
            self._hand_in()  # the hub must see what is held against it: it may come from an old backup
            raise
        self._hand_in()
        proved = self._prove(seen, now) if seen.size else 0
        late = self._promises.late(now)
        for transfer_id in late:
            self._promises.overdue(transfer_id)
        return ProofReport(seen.size, proved, len(self._promises.unproved()), tuple(late))

    def _follow(self) -> Checkpoint:
        """Steps 1 to 3."""
        if earlier := self._state.get("checkpoint"):  # where homes of before the first cosignature remembered it
            if self._cosigner.last() is None:
                self._cosigner.advance(None, earlier.encode("utf-8"))
            self._state.put("checkpoint", "")
        for _ in range(RACES):
            last = self._cosigner.last()
            note = self._newest()
            if note is None:
                if last is not None and last.size:  # it forgot what it had signed
                    raise self._contradicted(HUB, None, "trust.log-forked", f"{last.size}–0")
                return Checkpoint(self._trust.hub.origin, 0, merkle.EMPTY_ROOT)
            new = self._verified(note)
            if last is not None:
                self._require_grown(last, new, HUB, note)
            if self._cosigner.advance(last, note):
                return new
        raise HubAway("adapter.hub-away", "/log/checkpoint", reason="seen")

    def _newest(self) -> bytes | None:
        try:
            return self._client.request("GET", "/log/checkpoint").content
        except Refused as refused:
            if refused.status == GONE:
                return None
            raise

    def _verified(self, note: bytes) -> Checkpoint:
        """Step 1: a checkpoint that the pinned key did not sign is nothing that this hub may show."""
        try:
            return self._cosigner.verified(note)[0]
        except Problem as error:
            code = "trust.log-origin" if error.code == "log.other-origin" else "trust.log-unsigned"
            raise self._contradicted(HUB, note, code, error.place) from error

    def _contradicted(self, source: str, note: bytes | None, code: str, place: str) -> Alarm:
        self._state.put(HANDED_IN, "")  # the hub must see what we hold against it, whatever it had before
        return self._cosigner.contradicted(source, note, code, place)

    def _require_grown(self, last: Checkpoint, new: Checkpoint, source: str, note: bytes) -> None:
        """Step 2, for two checkpoints in any order: the hub proves that one continues the other, or `Alarm`."""
        if new == last:
            return
        older, newer = sorted((last, new), key=lambda checkpoint: checkpoint.size)
        place = f"{older.size}–{newer.size}"
        if older.size == newer.size:
            raise self._contradicted(source, note, "trust.log-forked", place)
        path: list[bytes] | None = []
        if older.size:
            path = self._consistency(older.size, newer.size)
        try:
            if path is None:
                raise self._contradicted(source, note, "trust.log-forked", place)
            merkle.verify_consistency(older.size, newer.size, older.root, newer.root, path)
        except Alarm:
            raise
        except Problem as error:
            raise self._contradicted(source, note, "trust.log-forked", place) from error

    def _consistency(self, old: int, new: int) -> list[bytes] | None:
        """The proof between two sizes that the hub has signed; None when it does not give one."""
        try:
            answer = self._client.ask(Consistency, "/log/proof/consistency", old=str(old), new=str(new))
            return _path(answer.path)
        except (HubAway, StateFailed):
            raise
        except Problem:
            return None

    def _compare(self) -> None:
        """Step 4. What was compared and holds is forgotten; what does not is kept, here and as proof."""
        for sender, shown in self._promises.uncompared():
            last, note = self._cosigner.last(), shown.encode("utf-8")
            if last is None:
                return
            try:
                theirs = self._cosigner.verified(note)[0]
            except Problem as error:  # nothing that the log has signed: the sender's affair
                self._noted("told-checkpoint", sender=sender, code=error.code)
            else:
                self._require_grown(last, theirs, sender, note)
            self._promises.compared(sender, shown)

    def _hand_in(self) -> None:
        """Step 5. Nothing that happens here is the caller's business."""
        try:
            note = self._cosigner.cosigned()
            if note is None or self._state.get(HANDED_IN) == digest(note):
                return
            self._client.request(
                "POST",
                "/log/cosignatures",
                body=note,
                content_digest=digest(note),
                headers={"Content-Type": "text/plain; charset=utf-8"},
                attempts=1,
                patience=COSIGNED_SECONDS,
            )
        except StateFailed:
            raise
        except Problem as problem:
            self._noted("cosignature", code=problem.code)
        else:
            self._state.put(HANDED_IN, digest(note))
            self._noted("cosigned", size=parse_checkpoint(note)[0].size)

    def _prove(self, seen: Checkpoint, now: datetime) -> int:
        proved = 0
        for promise in self._promises.unproved():
            leaf = promise.leaf_hash
            with suppress(Refused):
                answer = self._client.ask(Inclusion, "/log/proof/inclusion", leaf_hash=leaf, size=str(seen.size))
                index, path = answer.index, _path(answer.path)
                try:
                    merkle.verify_inclusion(index, seen.size, digest_bytes(leaf), path, seen.root)
                except Problem as error:
                    raise self._trust.alarm("trust.inclusion-proof", leaf, now) from error
                self._promises.proved(leaf, index, seen.size)
                proved += 1
        return proved


def _path(steps: Iterable[str]) -> list[bytes]:
    return [read_base64(step) for step in steps]
