"""Moving the hub's database from SQLite to PostgreSQL, whole or not at all.

Two databases that continue the same log would be a forked log. So the old one is closed in the transaction in which it
was read: from its end no program can change a row in it, and none opens it (`hub.database-moved`).

    1. the old database is locked against writers and stays so to the end
    2. one transaction of the new one makes the tables, copies every row, and counts and compares what arrived
    3. the new one commits; then the old one is closed
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Table, func, inspect, select
from sqlalchemy import text as sql

from digests import Digest
from hub.store.database import CLOSED_PREFIX, MOVED, Database, closing_triggers, lock, refuse_moved
from hub.store.migrations import upgrade
from hub.store.tables import metadata
from messages.problems import Problem

BATCH: Final = 500
"""How many rows are held in memory."""
_CHANGES: Final = ("INSERT", "UPDATE", "DELETE")
Progress = Callable[[int], object]


@dataclass(frozen=True)
class Contents:
    """The rows of one table: how many there are, and a sum of their digests that does not depend on their order."""

    rows: int = 0
    digest: int = 0

    def with_row(self, row: tuple[Any, ...]) -> Contents:
        """These and one row more."""
        values = [bytes(value) if isinstance(value, memoryview) else value for value in row]
        digest = Digest.of(repr(values).encode()).value
        return Contents(self.rows + 1, (self.digest + int.from_bytes(digest, "big")) % (1 << 256))


def move(source: Database, target: Database, progress: Progress = lambda _rows: None) -> int:
    """Copy all of `source` into `target`, then close `source`. Returns the number of rows.

    `target` has no tables yet; one that holds exactly what `source` does, because an earlier run was interrupted after
    it was filled, is taken as it is. `progress` is told how many rows are done. Raises `Problem` `move.not-sqlite`,
    `move.not-postgresql`, `move.target-in-use`, `hub.database-moved`, `move.unlike` (nothing was kept), and what the
    databases raise.
    """
    if not source.is_sqlite:
        raise Problem("move.not-sqlite")
    if target.is_sqlite:
        raise Problem("move.not-postgresql")
    source.migrate()
    with source.transaction() as old:
        refuse_moved(old)
        with target.transaction() as new:
            lock(new, "casehub/migrations")
            found = _filled(old, new) if _in_use(new) else _fill(old, new, progress)
        _close(old)
    return sum(each.rows for each in found.values())


def undo(source: Database, target: Database) -> int:
    """Open `source` again and remove all tables of `target`; only while both hold the same. Returns the rows.

    Raises `Problem` `move.not-moved`, and `move.went-on` when the hub has already worked with `target`.
    """
    with source.transaction() as old:
        if not closing_triggers(old):
            raise Problem("move.not-moved")
        with target.transaction() as new:
            lock(new, "casehub/migrations")
            if (found := contents(new)) != contents(old):
                raise Problem("move.went-on")
            metadata.drop_all(new)
            new.execute(sql("DROP TABLE alembic_version"))
        for trigger in closing_triggers(old):
            old.execute(sql(f"DROP TRIGGER {trigger}"))
    return sum(each.rows for each in found.values())


def contents(connection: Connection) -> Mapping[str, Contents]:
    """What every table of the database holds."""
    found = {}
    for table in metadata.sorted_tables:
        held = Contents()
        for row in _rows(connection, table):
            held = held.with_row(row)
        found[table.name] = held
    return found


def _fill(old: Connection, new: Connection, progress: Progress) -> Mapping[str, Contents]:
    upgrade(new)
    for table in reversed(metadata.sorted_tables):
        new.execute(table.delete())  # what a migration put there is in the old one too
    found, done = {}, 0
    for table in metadata.sorted_tables:
        held = Contents()
        batch: list[dict[str, Any]] = []
        for row in _rows(old, table):
            held = held.with_row(row)
            batch.append(dict(zip(table.columns.keys(), row, strict=True)))
            if len(batch) == BATCH:
                done += _insert(new, table, batch)
                progress(done)
        done += _insert(new, table, batch)
        _count_on(old, new, table)
        found[table.name] = held
    progress(done)
    _same(found, contents(new))
    return found


def _filled(old: Connection, new: Connection) -> Mapping[str, Contents]:
    names = set(inspect(new).get_table_names())
    if not set(metadata.tables) <= names or (found := contents(new)) != contents(old):
        raise Problem("move.target-in-use")
    return found


def _same(found: Mapping[str, Contents], arrived: Mapping[str, Contents]) -> None:
    for name, held in found.items():
        if arrived[name] != held:
            raise Problem("move.unlike", name, expected=held.rows, found=arrived[name].rows)


def _rows(connection: Connection, table: Table) -> Iterator[tuple[Any, ...]]:
    for row in connection.execute(select(table), execution_options={"yield_per": BATCH}):
        yield tuple(row)


def _insert(new: Connection, table: Table, batch: list[dict[str, Any]]) -> int:
    count = len(batch)
    if batch:
        new.execute(table.insert(), batch)
        batch.clear()
    return count


def _count_on(old: Connection, new: Connection, table: Table) -> None:
    """Continue the numbers that the database gives where the old one stopped, never below."""
    column = table.autoincrement_column
    if column is None:
        return
    last = old.execute(select(func.max(column))).scalar()
    sequence = new.execute(sql("SELECT pg_get_serial_sequence(:t, :c)"), {"t": table.name, "c": column.name}).scalar()
    if last is not None and sequence is not None:
        new.execute(sql("SELECT setval(CAST(:s AS regclass), :n)"), {"s": sequence, "n": last})


def _in_use(new: Connection) -> bool:
    return bool(inspect(new).get_table_names())


def _close(old: Connection) -> None:
    for table in metadata.tables:
        for change in _CHANGES:
            name = f"{CLOSED_PREFIX}{table}_{change.lower()}"
            told = f"SELECT RAISE(ABORT, '{MOVED}')"
            old.exec_driver_sql(f"CREATE TRIGGER {name} BEFORE {change} ON {table} BEGIN {told}; END")
