"""Reconciliation: for each agency and day, sent = accepted = offered = received = acknowledged, or who differs.

A day runs from midnight to midnight in China (UTC+8). Every count is of transfers that the agency sent and the hub
accepted on that day, followed to where they are now; what falls short is named.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, exists, func, or_, select

from evidence.identifiers import timestamp
from hub.store.tables import inbox, marks, transfers
from standards.times import BEIJING


@dataclass(frozen=True)
class Hop:
    """One transfer of the day and how far it came."""

    transfer_id: str
    node: str
    sender: str
    receiver: str
    status: str
    submitted: bool
    offered: bool
    fetched: bool


@dataclass(frozen=True)
class Day:
    """One agency's day: what it sent and what was sent to it, each followed to the end."""

    agency: str
    day: date
    sent: tuple[Hop, ...]
    received: tuple[Hop, ...]
    refused: int

    def to_json(self) -> dict[str, Any]:
        """Counts and, by name, the transfers that did not come to their end."""
        return {
            "agency": self.agency,
            "day": self.day.isoformat(),
            "sent": _direction(self.sent),
            "received": _direction(self.received),
            "refused": self.refused,
        }


def day_of(connection: Connection, agency: str, day: date) -> Day:
    """The agency's reconciliation for one day in China."""
    start, end = _bounds(day)
    hops = _hops(connection, agency, start, end)
    refused = (
        select(func.count())
        .select_from(marks)
        .where(marks.c.action == "refused", marks.c.inserted_at >= start, marks.c.inserted_at < end)
        .where(marks.c.about == agency)
    )
    return Day(
        agency,
        day,
        tuple(hop for hop in hops if hop.sender == agency),
        tuple(hop for hop in hops if hop.receiver == agency),
        int(connection.execute(refused).scalar_one()),
    )


def agencies_of_day(connection: Connection, day: date) -> list[str]:
    """The agencies that sent or were sent anything on the day."""
    start, end = _bounds(day)
    c = transfers.c
    query = select(c.sender, c.receiver).where(c.received_at >= start, c.received_at < end).distinct()
    return sorted({agency for row in connection.execute(query) for agency in row})


def _bounds(day: date) -> tuple[str, str]:
    midnight = datetime.combine(day, time(), BEIJING)
    return timestamp(midnight), timestamp(midnight + timedelta(days=1))


def _hops(connection: Connection, agency: str, start: str, end: str) -> list[Hop]:
    c = transfers.c

    def marked(action: str) -> Any:
        return exists().where(marks.c.chain == c.transfer_id, marks.c.action == action)

    offered = exists().where(inbox.c.transfer_id == c.transfer_id)
    query = (
        select(c.transfer_id, c.node, c.sender, c.receiver, c.status, marked("submitted"), offered, marked("fetched"))
        .where(or_(c.sender == agency, c.receiver == agency), c.received_at >= start, c.received_at < end)
        .order_by(c.received_at, c.transfer_id)
    )
    return [Hop(*row[:5], *(bool(value) for value in row[5:])) for row in connection.execute(query)]


def _direction(hops: tuple[Hop, ...]) -> dict[str, Any]:
    statuses = Counter(hop.status for hop in hops)
    return {
        "submitted": sum(hop.submitted for hop in hops),
        "accepted": len(hops),
        "offered": sum(hop.offered for hop in hops),
        "fetched": sum(hop.fetched or hop.status == "acknowledged" for hop in hops),
        "acknowledged": statuses["acknowledged"],
        "undeliverable": statuses["undeliverable"],
        "superseded": statuses["superseded"],
        "transfers": [hop.transfer_id for hop in hops],
        "open": [
            {"transfer_id": hop.transfer_id, "node": hop.node, "sender": hop.sender, "receiver": hop.receiver}
            | {"status": hop.status, "stage": _stage(hop)}
            for hop in hops
            if hop.status not in ("acknowledged", "superseded")
        ],
    }


def _stage(hop: Hop) -> str:
    if hop.status == "undeliverable":
        return "undeliverable"
    if not hop.offered:
        return "accepted"
    return "fetched" if hop.fetched else "offered"
