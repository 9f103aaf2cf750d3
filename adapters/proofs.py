"""Holding the hub to its promises: the log only grows, and every receipt's mark is in it by its deadline.

At every contact the newest checkpoint is verified under the pinned log key and shown to be consistent with the last one
seen; pending receipts get their proof of inclusion checked against it. Sending and pulling never wait for any of this.
A promise that is not kept by its deadline is a complaint, repeated until the proof comes; a log that shrank, forked or
signs two trees of one size is an alarm.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.client import HubClient, Refused, sound
from adapters.state import State
from adapters.trust import Trust
from evidence import checkpoints, merkle
from evidence.canonical import digest_bytes
from evidence.checkpoints import Checkpoint
from evidence.identifiers import parse_timestamp
from evidence.statements import read_base64
from standards.findings import Finding
from standards.problems import Problem

GONE = 404


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


class Witness:
    """Checks one log with what `state.db` remembers of it."""

    def __init__(self, state: State, trust: Trust, client: HubClient) -> None:
        self._state = state
        self._trust = trust
        self._client = client

    def promised(self, transfer_id: str, leaf_hash: str, deadline: str) -> None:
        """A receipt promises this leaf by `deadline`."""
        self._state.run(
            "INSERT OR IGNORE INTO promise (leaf_hash, transfer_id, deadline) VALUES (?, ?, ?)",
            leaf_hash,
            transfer_id,
            deadline,
        )

    def contact(self, now: datetime) -> ProofReport:
        """Fetch and check the newest checkpoint and what proofs are due.

        Raises `Alarm` when the log contradicts itself and `HubAway` when the hub does not answer.
        """
        note = self._newest()
        if note is None and (last := self._last()) is not None and last.size:
            raise self._trust.alarm("trust.log-forked", f"{last.size}–0", now)  # it forgot what it had signed
        seen = self._accept(note, now) if note else Checkpoint(self._trust.hub.origin, 0, merkle.EMPTY_ROOT)
        proved = self._prove(seen, now) if seen.size else 0
        rows = self._state.all("SELECT transfer_id, deadline, status FROM promise WHERE status != 'proved'")
        late = sorted({row["transfer_id"] for row in rows if parse_timestamp(row["deadline"]) < now})
        for transfer_id in late:
            self._state.run(
                "UPDATE promise SET status = 'overdue' WHERE transfer_id = ? AND status = 'pending'", transfer_id
            )
        return ProofReport(seen.size, proved, len(rows), tuple(late))

    def _newest(self) -> bytes | None:
        try:
            return self._client.request("GET", "/log/checkpoint").content
        except Refused as refused:
            if refused.status == GONE:
                return None
            raise

    def _accept(self, note: bytes, now: datetime) -> Checkpoint:
        """Verify a checkpoint and that the log grew from the last one seen."""
        hub = self._trust.hub
        new = checkpoints.verify_checkpoint(note, checkpoints.log_verifiers(hub.keys))
        if new.origin != hub.origin:
            raise self._trust.alarm("trust.log-origin", new.origin, now)
        last = self._last()
        if last is not None and (new.size, new.root) != (last.size, last.root):
            self._require_grown(last, new, now)
        if last is None or new.size >= last.size:
            self._state.put("checkpoint", note.decode("utf-8"))
        return new

    def _last(self) -> Checkpoint | None:
        text = self._state.get("checkpoint")
        return checkpoints.parse_checkpoint(text.encode("utf-8"))[0] if text else None

    def _require_grown(self, last: Checkpoint, new: Checkpoint, now: datetime) -> None:
        older, newer = sorted((last, new), key=lambda checkpoint: checkpoint.size)
        if older.size == newer.size:
            raise self._trust.alarm("trust.log-forked", str(new.size), now)
        path: list[bytes] = []
        if older.size:
            path = self._consistency(older.size, newer.size, now)
        try:
            merkle.verify_consistency(older.size, newer.size, older.root, newer.root, path)
        except Problem as error:
            raise self._trust.alarm("trust.log-forked", f"{older.size}–{newer.size}", now) from error

    def _consistency(self, old: int, new: int, now: datetime) -> list[bytes]:
        """The proof between two sizes that the hub has signed; one that it does not know any more is an alarm."""
        place = "/log/proof/consistency"
        try:
            answer = self._client.get(place, old=str(old), new=str(new))
        except Refused as refused:
            if refused.status == GONE:
                raise self._trust.alarm("trust.log-forked", f"{old}–{new}", now) from refused
            raise
        with sound(place):
            return _path(answer["path"])

    def _prove(self, seen: Checkpoint, now: datetime) -> int:
        proved = 0
        for row in self._state.all("SELECT leaf_hash FROM promise WHERE status != 'proved' ORDER BY deadline"):
            leaf = row["leaf_hash"]
            with suppress(Refused):
                place = "/log/proof/inclusion"
                answer = self._client.get(place, leaf_hash=leaf, size=str(seen.size))
                with sound(place):
                    index, path = 0 + answer["index"], _path(answer["path"])
                try:
                    merkle.verify_inclusion(index, seen.size, digest_bytes(leaf), path, seen.root)
                except Problem as error:
                    raise self._trust.alarm("trust.inclusion-proof", leaf, now) from error
                self._state.run(
                    "UPDATE promise SET status = 'proved', leaf_index = ?, tree_size = ? WHERE leaf_hash = ?",
                    index,
                    seen.size,
                    leaf,
                )
                proved += 1
        return proved


def _path(steps: Iterable[str]) -> list[bytes]:
    return [read_base64(step) for step in steps]
