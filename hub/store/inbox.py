"""The receivers' inboxes: one gapless, ever-growing run of positions per receiver."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, literal_column, select
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects import postgresql, sqlite

from evidence.identifiers import timestamp
from hub.store.tables import inbox, inbox_counters, transfers


@dataclass(frozen=True)
class InboxItem:
    """One offered transfer as the inbox lists it."""

    position: int
    transfer_id: str
    node: str
    sender: str
    case_uid: str
    offered_at: str
    bytes: int
    pages: int
    status: str


def offer(connection: Connection, receiver: str, transfer_id: str, now: datetime) -> int:
    """Put the transfer into the receiver's inbox and return its position, from 1.

    The counter's row is locked until the transaction ends, so positions become visible in their order: a reader that
    saw position N never meets a lower one later.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    counted = insert(inbox_counters).values(receiver=receiver, last=1)
    following = counted.on_conflict_do_update(
        index_elements=["receiver"], set_={"last": inbox_counters.c.last + 1}
    ).returning(inbox_counters.c.last)
    position = int(connection.execute(following).scalar_one())
    row = {
        "receiver": receiver,
        "position": position,
        "transfer_id": transfer_id,
        "offered_at": timestamp(now),
    }
    connection.execute(plain_insert(inbox).values(row))
    return position


def listing(
    connection: Connection, receiver: str, *, after: int = 0, limit: int = 200, pending: bool = False
) -> list[InboxItem]:
    """What was offered after position `after`, oldest first; `pending` leaves out what is settled."""
    c, t = inbox.c, transfers.c
    query = (
        select(c.position, c.transfer_id, t.node, t.sender, t.case_uid, c.offered_at, t.bytes, t.pages, t.status)
        .join(transfers, t.transfer_id == c.transfer_id)
        .where(c.position > after)
        .order_by(c.position)
        .limit(limit)
    )
    if pending:
        # Spelt out and asked of the transfers alone, so that the index of what is offered is taken, however much lies
        # behind it.
        query = query.where(t.receiver == receiver, literal_column("transfers.status = 'offered'"))
    else:
        query = query.where(c.receiver == receiver)
    return [InboxItem(*row) for row in connection.execute(query)]


def at(connection: Connection, receiver: str, position: int) -> str | None:
    """The transfer that was offered at a position; None when nothing was."""
    query = select(inbox.c.transfer_id).where(inbox.c.receiver == receiver, inbox.c.position == position)
    found = connection.execute(query).scalar()
    return None if found is None else str(found)


def last_position(connection: Connection, receiver: str) -> int:
    """The newest position, 0 for an empty inbox: the cheap question of a long poll."""
    query = select(inbox_counters.c.last).where(inbox_counters.c.receiver == receiver)
    return int(connection.execute(query).scalar() or 0)
