"""Time stamps of checkpoints as rows: by the size of the tree, at most one each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from evidence.identifiers import parse_timestamp, timestamp
from evidence.log.timestamps import Stamped
from hub.store.database import insert_if_absent
from hub.store.tables import checkpoints, time_stamps


@dataclass(frozen=True)
class StoredStamp:
    """One token: `answer` is the authority's answer, `note` the checkpoint of this size that it is about."""

    size: int
    answer: bytes
    stamped_at: str
    received_at: str
    note: str

    def age(self, now: datetime) -> float:
        """Seconds since the token's time."""
        return (now - parse_timestamp(self.stamped_at)).total_seconds()


def latest(connection: Connection) -> StoredStamp | None:
    """The token of the largest stamped tree, None before the first."""
    return _one(connection, _stamps().order_by(time_stamps.c.size.desc()))


def first_covering(connection: Connection, indexes: Iterable[int]) -> list[StoredStamp]:
    """For each place in the log the token of the smallest stamped tree that holds it, where there is one.

    In the order of the trees, each once: what shows earliest that these marks were there.
    """
    found: dict[int, StoredStamp] = {}
    reached = -1
    for index in sorted(indexes):
        if index < reached:
            continue
        stamp = _one(connection, _stamps().where(time_stamps.c.size > index).order_by(time_stamps.c.size))
        if stamp is None:
            break
        found[stamp.size], reached = stamp, stamp.size
    return list(found.values())


def keep(connection: Connection, size: int, answer: bytes, stamped: Stamped, now: datetime) -> bool:
    """Store a token that holds; False when this size has one."""
    row = {
        "size": size,
        "answer": answer,
        "stamped_at": timestamp(stamped.at),
        "received_at": timestamp(now),
    }
    return insert_if_absent(connection, time_stamps, row)


def _stamps() -> Select[Any]:
    c = time_stamps.c
    joined = time_stamps.join(checkpoints, checkpoints.c.size == c.size)
    return select(c.size, c.answer, c.stamped_at, c.received_at, checkpoints.c.note).select_from(joined)


def _one(connection: Connection, query: Select[Any]) -> StoredStamp | None:
    row = connection.execute(query.limit(1)).one_or_none()
    if row is None:
        return None
    return StoredStamp(row.size, bytes(row.answer), row.stamped_at, row.received_at, row.note)
