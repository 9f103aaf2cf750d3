"""The sequencer gives every waiting mark its place in the log.

It looks for marks *without* an index, never for ids greater than the last: transactions commit in another order than
their ids. One transaction numbers a batch, writes the tiles that it changes and moves the tree's size by
compare-and-swap, so a kill leaves either the whole step or nothing of it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, bindparam, select, update

from evidence.log import merkle
from hub.limits import LIMITS
from hub.log import stored
from hub.store.database import Database, try_lock
from hub.store.tables import marks
from messages.problems import Problem


class Sequencer:
    """Numbers the marks of one database. Any number may run; a lock lets one work at a time."""

    def __init__(self, database: Database, origin: str, *, batch: int = LIMITS.sequencer_batch) -> None:
        self._database = database
        self._origin = origin
        self._batch = batch

    def step(self) -> int:
        """Number up to one batch of waiting marks and return how many; 0 when none waits or another works.

        Raises `Problem("log.inconsistent")` when a stored leaf is not the one whose hash was promised.
        """
        with self._database.transaction(write=False) as connection:
            if connection.execute(_waiting().limit(1)).first() is None:
                return 0  # the common case must not queue behind writers
        with self._database.transaction() as connection:
            if not try_lock(connection, f"log/{self._origin}/sequencer"):
                return 0
            return self._number(connection)

    def _number(self, connection: Connection) -> int:
        rows = connection.execute(_waiting().limit(self._batch)).all()
        if not rows:
            return 0
        before = stored.size(connection, self._origin)
        hashes, places = [], []
        for place, row in enumerate(rows, before):
            leaf_hash = merkle.leaf_hash(bytes(row.leaf))
            if leaf_hash != bytes(row.leaf_hash):
                raise Problem("log.inconsistent", f"leaf {row.arrival}")
            places.append({"of_arrival": row.arrival, "place": place})
            hashes.append(leaf_hash)
        stored.grow(connection, self._origin, before, before + len(rows))
        c = marks.c
        numbered = update(marks).where(c.arrival == bindparam("of_arrival"), c.leaf_index.is_(None))
        connection.execute(numbered.values(leaf_index=bindparam("place")), places)
        stored.append(connection, before, hashes)
        return len(rows)


def _waiting() -> Select[Any]:
    c = marks.c
    # Arrival numbers of one chain are drawn under its lock, so a chain's marks enter the log in their own order.
    return select(c.arrival, c.leaf, c.leaf_hash).where(c.leaf_index.is_(None)).order_by(c.arrival)
