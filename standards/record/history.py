"""The history entry: what the rules use of a transfer that the hub accepted earlier. It never leaves the hub."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One accepted transfer of the case. `received_at` is the hub's instant, `status` its state at the moment asked."""

    transfer_id: str
    node: str
    sender: str
    receiver: str
    received_at: str
    in_reply_to: str | None
    status: str
