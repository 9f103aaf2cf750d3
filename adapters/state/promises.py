"""The promises in the hub's receipts, and what other agencies have seen of its log and has not been compared yet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.state.database import State
from evidence.identifiers import parse_timestamp


@dataclass(frozen=True)
class Promise:
    """A leaf that must be in the log by `deadline` (RFC 3339). `leaf_index` and `tree_size` stand once it is proved.

    `status` is `pending`, `overdue` or `proved`.
    """

    leaf_hash: str
    transfer_id: str
    deadline: str
    status: str
    leaf_index: int | None
    tree_size: int | None

    @property
    def stated(self) -> dict[str, str]:
        """What was promised, with stable keys."""
        return {"leaf_hash": self.leaf_hash, "transfer_id": self.transfer_id, "deadline": self.deadline}


class Promises:
    """The tables `receipt`, `promise` and `told_checkpoint`."""

    def __init__(self, state: State) -> None:
        self._state = state

    def keep_receipt(self, transfer_id: str, statement: Any, received_at: str) -> None:
        """Keep a verified receipt; the first one of a transfer stays."""
        self._state.run(
            "INSERT OR IGNORE INTO receipt VALUES (?, ?, ?)", transfer_id, json.dumps(statement), received_at
        )

    def receipt(self, transfer_id: str) -> Any:
        """The receipt's statement, or None."""
        row = self._state.one("SELECT receipt FROM receipt WHERE transfer_id = ?", transfer_id)
        return None if row is None else json.loads(row["receipt"])

    def keep(self, transfer_id: str, leaf_hash: str, deadline: str) -> None:
        """A receipt promises this leaf by `deadline`; the first promise of a leaf stays."""
        self._state.run(
            "INSERT OR IGNORE INTO promise (leaf_hash, transfer_id, deadline) VALUES (?, ?, ?)",
            leaf_hash,
            transfer_id,
            deadline,
        )

    def of(self, leaf_hash: str) -> Promise | None:
        """What was promised of this leaf."""
        row = self._state.one("SELECT * FROM promise WHERE leaf_hash = ?", leaf_hash)
        return None if row is None else _promise(row)

    def unproved(self) -> list[Promise]:
        """Promises that are not proved to be kept yet, the earliest deadline first."""
        return [
            _promise(row) for row in self._state.all("SELECT * FROM promise WHERE status != 'proved' ORDER BY deadline")
        ]

    def late(self, now: datetime) -> list[str]:
        """The transfers whose promise is not proved to be kept although its deadline has passed."""
        return sorted({each.transfer_id for each in self.unproved() if parse_timestamp(each.deadline) < now})

    def proved(self, leaf_hash: str, leaf_index: int, tree_size: int) -> None:
        """The leaf is in the tree of this size."""
        self._state.run(
            "UPDATE promise SET status = 'proved', leaf_index = ?, tree_size = ? WHERE leaf_hash = ?",
            leaf_index,
            tree_size,
            leaf_hash,
        )

    def overdue(self, transfer_id: str) -> None:
        """Its deadline has passed without proof."""
        self._state.run(
            "UPDATE promise SET status = 'overdue' WHERE transfer_id = ? AND status = 'pending'", transfer_id
        )

    def heard(self, sender: str, note: str) -> None:
        """A sender attached what it has seen of the log."""
        self._state.run("INSERT OR IGNORE INTO told_checkpoint VALUES (?, ?)", sender, note)

    def uncompared(self) -> list[tuple[str, str]]:
        """Sender and signed note of every checkpoint that was not compared yet."""
        rows = self._state.all("SELECT sender, note FROM told_checkpoint ORDER BY sender, note")
        return [(str(row["sender"]), str(row["note"])) for row in rows]

    def compared(self, sender: str, note: str) -> None:
        """It was compared, and holds."""
        self._state.run("DELETE FROM told_checkpoint WHERE sender = ? AND note = ?", sender, note)


def _promise(row: Any) -> Promise:
    return Promise(
        leaf_hash=row["leaf_hash"],
        transfer_id=row["transfer_id"],
        deadline=row["deadline"],
        status=row["status"],
        leaf_index=row["leaf_index"],
        tree_size=row["tree_size"],
    )
