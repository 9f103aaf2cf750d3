"""This adapter's own marks: one chain per transfer and one outside transfers, kept before they leave.

The private part and its salt never leave this file's table unless the agency decides to open the commitment; what goes
out is the mark with the salted hash. A mark that was made is sent, again if need be, but never made twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.keys.keyring import Keyring
from adapters.state.database import State
from evidence.dating import dated
from evidence.identifiers import parse_timestamp, timestamp, uuid7
from evidence.mark_bodies import mark_body
from evidence.marks import body_of, commit, leaf_hash, make_mark, new_salt, next_link
from evidence.statements import SignedStatement
from messages.problems import Problem

READER = "marks.reader"


@dataclass(frozen=True)
class OwnMark:
    """A mark of ours with its secret parts."""

    statement: SignedStatement
    private: dict[str, Any]
    salt: bytes


def require_dated(now: datetime, *floors: datetime | None) -> datetime:
    """The instant for a statement that must not lie before `floors`. Raises `adapter.clock-behind` with both times."""
    at = dated(now, floors)
    if at is None:
        latest = max(floor for floor in floors if floor is not None)
        raise Problem("adapter.clock-behind", own=timestamp(now), before=timestamp(latest))
    return at


class OwnMarks:
    """The chains in `state.db`, signed as `agency` with the keyring's identity."""

    def __init__(self, state: State, agency: str, keyring: Keyring) -> None:
        self._state = state
        self._agency = agency
        self._keyring = keyring

    def make(
        self,
        *,
        transfer_id: str,
        node: str,
        action: str,
        occurred_at: datetime,
        digests: Mapping[str, str],
        private: Mapping[str, Any],
    ) -> OwnMark:
        """Append a mark to the transfer's chain, or with "" to the one outside transfers, and keep it durably.

        It is never dated before the mark before it, nor before this agency's first key, and signed with the newest key
        that has begun then. Raises `adapter.clock-behind`, and what `mark_body` raises.
        """
        salt = new_salt()
        with self._state.transaction():
            row = self._state.one(
                "SELECT mark FROM own_mark WHERE transfer_id = ? ORDER BY seq DESC LIMIT 1", transfer_id
            )
            last = None if row is None else SignedStatement.decode(row["mark"].encode("utf-8"))
            seq, prev = next_link(last)
            at = self._dated(occurred_at, last)
            body = mark_body(
                mark_id=uuid7(),
                action=action,
                actor=self._agency,
                occurred_at=at,
                transfer_id=transfer_id or None,
                seq=seq,
                prev=prev,
                node=node or None,
                digests=digests,
                commitment=commit(dict(private), salt),
                suite=self._keyring.signer(at).suite.name,
            )
            mark = make_mark(body, self._keyring.signer(at))
            self._state.run(
                "INSERT INTO own_mark VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
                transfer_id,
                seq,
                leaf_hash(mark),
                action,
                mark.encode().decode("utf-8"),
                json.dumps(dict(private), ensure_ascii=False, sort_keys=True),
                salt,
            )
        return OwnMark(mark, dict(private), salt)

    def _dated(self, now: datetime, last: SignedStatement | None) -> datetime:
        before = None if last is None else parse_timestamp(body_of(last).occurred_at)
        return require_dated(now, self._keyring.began, before)

    def made_anew(self, transfer_id: str, seq: int, now: datetime) -> None:
        """Sign the transfer's marks from `seq` on again, dated `now`: the hub has none of them and never will.

        What they tell stays. Raises `adapter.clock-behind`; then everything is as it was.
        """
        sql = "SELECT action, mark, private FROM own_mark WHERE transfer_id = ? AND seq >= ? ORDER BY seq"
        with self._state.transaction():
            rows = self._state.all(sql, transfer_id, seq)
            self._state.run("DELETE FROM own_mark WHERE transfer_id = ? AND seq >= ?", transfer_id, seq)
            for row in rows:
                body = body_of(SignedStatement.decode(row["mark"].encode("utf-8")))
                self.make(
                    transfer_id=transfer_id,
                    node=body.node or "",
                    action=row["action"],
                    occurred_at=now,
                    digests=body.digests,
                    private=json.loads(row["private"]),
                )

    def find(self, transfer_id: str, action: str) -> OwnMark | None:
        """The last mark with `action` of the transfer, or None."""
        row = self._state.one(
            "SELECT mark, private, salt FROM own_mark WHERE transfer_id = ? AND action = ? ORDER BY seq DESC LIMIT 1",
            transfer_id,
            action,
        )
        if row is None:
            return None
        return OwnMark(SignedStatement.decode(row["mark"].encode("utf-8")), json.loads(row["private"]), row["salt"])

    def by_leaf(self, leaf_hash: str) -> SignedStatement | None:
        """The mark of ours with this leaf hash, or None."""
        row = self._state.one("SELECT mark FROM own_mark WHERE leaf_hash = ?", leaf_hash)
        return None if row is None else SignedStatement.decode(row["mark"].encode("utf-8"))

    def awaited(self, reader: str) -> list[dict[str, Any]]:
        """The marks that the hub confirmed and that `reader` has not found in the log yet: `leaf_hash`, `transfer_id`,
        `seq`, `action`, in the order of the chains. `reader` names what reads the log; a new one awaits every mark.

        `deadline` is when it must be in the log by a receipt's promise; None for one that no receipt covers.
        """
        with self._state.transaction():
            if self._state.get(READER) != reader:
                self._state.put(READER, reader)
                self._state.run("INSERT OR IGNORE INTO awaited SELECT leaf_hash FROM own_mark WHERE sent = 1")
        rows = self._state.all(
            "SELECT leaf_hash, transfer_id, seq, action, CASE WHEN action IN ('sealed', 'submitted') THEN"
            " (SELECT min(deadline) FROM promise WHERE promise.transfer_id = own_mark.transfer_id) END AS deadline"
            " FROM awaited CROSS JOIN own_mark USING (leaf_hash) ORDER BY transfer_id, seq"
        )
        return [dict(row) for row in rows]

    def found(self, leaf_hash: str) -> None:
        """The mark was read in the log: nobody looks for it any more."""
        self._state.run("DELETE FROM awaited WHERE leaf_hash = ?", leaf_hash)

    def unsent(self, *actions: str) -> list[SignedStatement]:
        """Marks with one of `actions` that the hub has not confirmed, in the order of their chains."""
        rows = self._state.all("SELECT action, mark FROM own_mark WHERE sent = 0 ORDER BY transfer_id, seq")
        return [SignedStatement.decode(row["mark"].encode("utf-8")) for row in rows if row["action"] in actions]

    def confirmed(self, marks: Sequence[SignedStatement]) -> None:
        """The hub has these marks."""
        with self._state.transaction():
            for mark in marks:
                self._state.run("UPDATE own_mark SET sent = 1 WHERE leaf_hash = ?", leaf_hash(mark))
                self._state.run("INSERT OR IGNORE INTO awaited VALUES (?)", leaf_hash(mark))

    def refused(self, mark: SignedStatement) -> None:
        """The hub refuses this mark for good: it is not offered again, and nobody looks for it in the log."""
        with self._state.transaction():
            self._state.run("UPDATE own_mark SET sent = 2 WHERE leaf_hash = ?", leaf_hash(mark))
            self.found(leaf_hash(mark))

    def forget(self, transfer_id: str) -> None:
        """Drop the chain of a transfer whose submission never left."""
        self._state.run("DELETE FROM own_mark WHERE transfer_id = ?", transfer_id)
