"""Connections and transactions, on SQLite and on PostgreSQL.

SQLite: write-ahead log, `synchronous=FULL`, foreign keys, and every writing transaction is `BEGIN IMMEDIATE`, so that
there is exactly one writer. PostgreSQL: read committed, with row locks and advisory locks where order matters.
Errors of the database reach a person as `hub.database-away`, `hub.database-busy` or `hub.storage-full`.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, func, make_url, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from digests import Digest
from dossier.durable import keep_private
from messages.problems import Problem

BUSY_SECONDS = 30
_WRITE = "casehub_write"
_PRIMARY = 0xFF
_NEEDED = 1 << 20
CLOSED_PREFIX = "casehub_moved_"
MOVED = "casehub: moved"
"""Names and message of the triggers that close a database whose hub was moved to another one (`hub.store.moving`)."""


class Database:
    """One database. Safe to share between threads; close it at the end."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        """Open `sqlite:///path` or `postgresql://…`. Nothing is connected before the first transaction."""
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        elif parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
            raise Problem("hub.settings-invalid", "database_url", reason="sqlite:///path or postgresql://… expected")
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.engine: Engine = create_engine(
            parsed, pool_size=pool_size, max_overflow=pool_size, pool_timeout=BUSY_SECONDS, hide_parameters=True
        )
        # Waiting writers queue here in turn; SQLite's own busy handler sleeps and is not fair.
        self._writer = threading.Lock()
        self._folder = Path(str(parsed.database)).parent if self.is_sqlite else None
        self.place = parsed.render_as_string()
        """The database's URL without its password."""
        if self.is_sqlite:
            Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
            event.listen(self.engine, "do_connect", _close_to_others)
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def transaction(self, write: bool = True) -> Iterator[Connection]:
        """One unit of work: commits when the block ends, rolls back completely when it raises.

        With `write=False` the block sees one unchanging snapshot and must only read. Do not nest writing blocks.
        """
        options = self._options(write)
        with (
            _problems(self._folder),
            self._turn(write),
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    def migrate(self) -> None:
        """Bring the schema up to date; several processes may call it at once."""
        from hub.store.migrations import upgrade  # noqa: PLC0415 - alembic is slow to import and needed only here

        with self.transaction() as connection:
            lock(connection, "casehub/migrations")
            upgrade(connection)

    def ping(self) -> None:
        """Raises `Problem("hub.database-away")` when the database does not answer."""
        with self.transaction(write=False) as connection:
            connection.execute(select(1))

    def close(self) -> None:
        """Close all connections; safe to call twice."""
        self.engine.dispose()

    def _options(self, write: bool) -> dict[str, Any]:
        if self.is_sqlite:
            return {_WRITE: write}
        if write:
            return {"isolation_level": "READ COMMITTED"}
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    @contextmanager
    def _turn(self, write: bool) -> Iterator[None]:
        if not (self.is_sqlite and write):
            yield
            return
        if not self._writer.acquire(timeout=BUSY_SECONDS):
            raise Problem("hub.database-busy")
        try:
            yield
        finally:
            self._writer.release()


def _close_to_others(_dialect: object, _record: object, arguments: Sequence[Any], _options: object) -> None:
    keep_private(Path(arguments[0]))


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions on its own
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get(_WRITE, True)
    connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if write else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def _problems(folder: Path | None) -> Iterator[None]:
    try:
        yield
    except (OperationalError, PoolTimeoutError) as error:
        raise Problem(_code(error, folder)) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Problem("hub.database-away") from error
        if str(error.orig) == MOVED:
            raise Problem("hub.database-moved") from error
        raise


def _code(error: OperationalError | PoolTimeoutError, folder: Path | None) -> str:
    if isinstance(error, PoolTimeoutError):
        return "hub.database-busy"
    number = getattr(error.orig, "sqlite_errorcode", None)
    state = getattr(error.orig, "sqlstate", None) or ""
    if number in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE) or state == "53100":
        return "hub.storage-full"
    if folder is not None and (number or 0) & _PRIMARY == sqlite3.SQLITE_IOERR and _free(folder) < _NEEDED:
        return "hub.storage-full"  # SQLite calls it a disk I/O error when there is no room for its own files
    # 40001 serialisation failure, 40P01 deadlock, 55P03 lock not available: the same request succeeds when repeated.
    if number in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or state in ("40001", "40P01", "55P03"):
        return "hub.database-busy"
    return "hub.database-away"


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def lock(connection: Connection, name: str) -> None:
    """Wait for the lock `name` and hold it to the end of this writing transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_lock_number(name))))


def try_lock(connection: Connection, name: str) -> bool:
    """Take the lock `name` to the end of this writing transaction; False when another process holds it."""
    if connection.dialect.name == "postgresql":
        return bool(connection.execute(select(func.pg_try_advisory_xact_lock(_lock_number(name)))).scalar())
    return True  # BEGIN IMMEDIATE is the lock


def refuse_moved(connection: Connection) -> None:
    """Raises `Problem` `hub.database-moved` when the hub works with another database now (`hub.store.moving`)."""
    if closing_triggers(connection):
        raise Problem("hub.database-moved")


def closing_triggers(connection: Connection) -> list[str]:
    """The names of the triggers that refuse every change since the database was moved; none while it is in use."""
    if connection.dialect.name != "sqlite":
        return []
    asked = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE :prefix")
    return list(connection.execute(asked, {"prefix": f"{CLOSED_PREFIX}%"}).scalars())


@contextmanager
def apart(connection: Connection, failed: Callable[[Exception], object]) -> Iterator[None]:
    """A part of the transaction whose fault is its own: it is undone alone, and `failed` is told of it.

    Nothing is raised then, and the transaction goes on. Errors of the database are the transaction's and are raised.
    """
    try:
        with connection.begin_nested():
            yield
    except SQLAlchemyError:
        raise
    except Exception as error:
        failed(error)


def insert_if_absent(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert `row` unless a unique constraint already holds its like; True when it was inserted.

    Waits for a concurrent transaction that inserts the same, so that the answer is final.
    """
    # Drivers differ on `rowcount` after an insert; a returned row says the same on both.
    return connection.execute(_unless_there(table, connection.dialect.name), dict(row)).first() is not None


def insert_those_absent(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert all `rows`, leaving alone those that are there already."""
    if rows:
        statement = _insert(table, connection.dialect.name).on_conflict_do_nothing()
        connection.execute(statement, [dict(row) for row in rows])


def upsert(connection: Connection, table: Table, row: Mapping[str, Any], *, update: tuple[str, ...]) -> None:
    """Insert `row`; where its primary key is there already, set the columns named in `update` from it."""
    connection.execute(_or_set(table, connection.dialect.name, update), dict(row))


@cache
def _unless_there(table: Table, dialect: str) -> Any:
    return _insert(table, dialect).on_conflict_do_nothing().returning(*table.primary_key)


@cache
def _or_set(table: Table, dialect: str, update: tuple[str, ...]) -> Any:
    statement = _insert(table, dialect)
    keys = [column.name for column in table.primary_key]
    return statement.on_conflict_do_update(
        index_elements=keys, set_={name: statement.excluded[name] for name in update}
    )


def _insert(table: Table, dialect: str) -> Any:
    """An INSERT of the dialect at hand; both spell ON CONFLICT alike but share no type."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def _lock_number(name: str) -> int:
    return int.from_bytes(Digest.of(name.encode()).value[:8], "big", signed=True)


__all__ = [
    "Connection",
    "Database",
    "apart",
    "closing_triggers",
    "insert_if_absent",
    "insert_those_absent",
    "lock",
    "refuse_moved",
    "try_lock",
    "upsert",
]
