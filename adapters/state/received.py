"""What the hub offered to this agency and how far it got here.

    offered ──everything durable──▶ delivered ──hub has our signed mark──▶ acknowledged
       └──cannot be unsealed──▶ declined

No position of the hub's inbox decides what is pulled: the hub lists whatever is not answered, and a transfer id seen
twice is one transfer. The newest item that was seen is remembered, with its transfer, to see when the hub was set back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from adapters.client.answers import InboxItem
from adapters.state.database import State
from messages.problems import Problem
from standards.record.annex import Annex

NEWEST = "inbox.newest"


@dataclass(frozen=True)
class Received:
    """One incoming transfer."""

    transfer_id: str
    position: int
    node: str
    sender: str
    case_uid: str
    status: str
    folder: str | None
    reason: str | None


class Inbox:
    """The table `received`, and the newest item of the hub's inbox that was seen."""

    def __init__(self, state: State) -> None:
        self._state = state

    def newest(self) -> tuple[int, str] | None:
        """Position and transfer of the newest item that was seen; None before the first."""
        position, _, transfer_id = self._state.get(NEWEST).partition(" ")
        return (int(position), transfer_id) if transfer_id else None

    def saw(self, position: int, transfer_id: str) -> None:
        """An item was seen at this position."""
        newest = self.newest()
        if newest is None or position > newest[0]:
            self._state.put(NEWEST, f"{position} {transfer_id}")

    def forget_newest(self) -> None:
        """The hub's inbox is another one than that of which the newest item was seen."""
        self._state.put(NEWEST, "")

    def offer(self, item: InboxItem | Received) -> Received:
        """Note an item of the hub's inbox; one that is known keeps its state."""
        self._state.run(
            "INSERT OR IGNORE INTO received (transfer_id, position, node, sender, case_uid, status)"
            " VALUES (?, ?, ?, ?, ?, 'offered')",
            item.transfer_id,
            item.position,
            item.node,
            item.sender,
            item.case_uid,
        )
        return self.get(item.transfer_id)

    def find(self, transfer_id: str) -> Received | None:
        """The transfer, or None."""
        row = self._state.one(
            "SELECT transfer_id, position, node, sender, case_uid, status, folder, reason FROM received"
            " WHERE transfer_id = ?",
            transfer_id,
        )
        if row is None:
            return None
        return Received(
            transfer_id=row["transfer_id"],
            position=row["position"],
            node=row["node"],
            sender=row["sender"],
            case_uid=row["case_uid"],
            status=row["status"],
            folder=row["folder"],
            reason=row["reason"],
        )

    def get(self, transfer_id: str) -> Received:
        """The transfer. Raises `adapter.unknown-transfer`."""
        found = self.find(transfer_id)
        if found is None:
            raise Problem("adapter.unknown-transfer", transfer_id)
        return found

    def delivered(self, transfer_id: str, folder: str, record: dict[str, Any], annex: Annex) -> None:
        """Everything of the transfer is durable in `folder`."""
        self._state.run(
            "UPDATE received SET status = 'delivered', folder = ?, record = ?, annex = ? WHERE transfer_id = ?",
            folder,
            json.dumps(record, ensure_ascii=False).encode("utf-8"),
            json.dumps(annex.to_json(), ensure_ascii=False).encode("utf-8"),
            transfer_id,
        )

    def acknowledged(self, transfer_id: str) -> None:
        """The hub has our mark."""
        self._state.run("UPDATE received SET status = 'acknowledged' WHERE transfer_id = ?", transfer_id)

    def declined(self, transfer_id: str, reason: str) -> None:
        """We declined it for `reason`, a problem code."""
        self._state.run(
            "UPDATE received SET status = 'declined', reason = ? WHERE transfer_id = ?", reason, transfer_id
        )

    def record(self, transfer_id: str) -> dict[str, Any]:
        """The record of a transfer that was delivered. Raises `adapter.not-pulled`."""
        row = self._state.one("SELECT record FROM received WHERE transfer_id = ?", transfer_id)
        if row is None or row["record"] is None:
            raise Problem("adapter.not-pulled", transfer_id)
        body: dict[str, Any] = json.loads(row["record"])
        return body
