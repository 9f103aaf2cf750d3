"""What work costs, in steps that can be counted: the same on every machine, however busy it is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event

from hub.store.database import Database

STRIDE = 10
"""Instructions of SQLite's machine between two ticks."""


@dataclass
class Cost:
    """Statements sent to a database, and ticks of SQLite's machine (which a scan of a table costs as well)."""

    statements: int = 0
    ticks: int = 0


@dataclass
class Calls:
    """Functions called, Python's own and others."""

    count: int = 0


@contextmanager
def calls() -> Iterator[Calls]:
    """What the block calls in this thread."""
    made = Calls()

    def called(_frame: object, what: str, _argument: object) -> None:
        made.count += what in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        yield made
    finally:
        sys.setprofile(before)


@contextmanager
def cost_of(database: Database) -> Iterator[Cost]:
    """What the block costs an SQLite database, in all threads of this process."""
    cost = Cost()

    def executed(*_: object) -> None:
        cost.statements += 1

    def ticked() -> int:
        cost.ticks += 1
        return 0

    def watched(connection: object, *_: object) -> None:
        connection.set_progress_handler(ticked, STRIDE)  # type: ignore[attr-defined]

    def left(connection: object, *_: object) -> None:
        connection.set_progress_handler(None, STRIDE)  # type: ignore[attr-defined]

    listeners: dict[str, Callable[..., Any]] = {"before_cursor_execute": executed, "checkout": watched, "checkin": left}
    for name, listener in listeners.items():
        event.listen(database.engine, name, listener)
    try:
        yield cost
    finally:
        for name, listener in listeners.items():
            event.remove(database.engine, name, listener)
