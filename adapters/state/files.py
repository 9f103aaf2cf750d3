"""One SQLite file: each statement durable, a transaction whole or not at all, one problem for whatever fails."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dossier.durable import keep_private
from messages.problems import Problem

NEEDED = 1 << 20
PRIMARY = 0xFF
"""The part of an extended result code of SQLite that names the kind."""


class StateFailed(Problem):
    """`adapter.state` or `adapter.state-full`: the file cannot be read or written. It stops whatever was being done;
    nothing handles it."""


def is_full(error: sqlite3.Error, free: int) -> bool:
    """Whether the file could not be written for want of room: SQLite says so, or speaks of an “I/O error” on a disk
    with `free` bytes left, fewer than it needs for its own files."""
    number = getattr(error, "sqlite_errorcode", None) or 0
    return number == sqlite3.SQLITE_FULL or (number & PRIMARY == sqlite3.SQLITE_IOERR and free < NEEDED)


class StateFile:
    """One open file, made when it is not there. May be used from several threads; `transaction` serialises writers.

    Every method raises `StateFailed`.
    """

    def __init__(self, path: Path) -> None:
        self._place = str(path.parent)
        keep_private(path)
        self._lock = threading.RLock()
        with self._failing():
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30.0)
            self._db.row_factory = sqlite3.Row
        self.run("PRAGMA journal_mode=WAL")
        self.run("PRAGMA synchronous=FULL")

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            free = shutil.disk_usage(self._place).free
            if is_full(error, free):
                raise StateFailed("adapter.state-full", self._place, free=free) from error
            raise StateFailed("adapter.state", self._place, reason=str(error)) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything executed inside becomes durable together; a nested use joins the outer one."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self.run("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._db.in_transaction:  # a full disk has ended it already
                    self.run("ROLLBACK")
                raise
            self.run("COMMIT")

    def run(self, sql: str, *values: Any) -> int:
        """Execute one writing statement; returns the number of rows touched."""
        with self._lock, self._failing():
            return self._db.execute(sql, values).rowcount

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """The first row, or None."""
        with self._lock, self._failing():
            row: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
            return row

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """All rows."""
        with self._lock, self._failing():
            return self._db.execute(sql, values).fetchall()

    def get(self, key: str, default: str = "") -> str:
        """A value of the `meta` table."""
        row = self.one("SELECT value FROM meta WHERE key = ?", key)
        return default if row is None else str(row["value"])

    def put(self, key: str, value: str) -> None:
        """Set a value of the `meta` table."""
        self.run("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)

    def close(self) -> None:
        """Close the file. The object is of no use afterwards."""
        with self._lock, self._failing():
            self._db.close()
