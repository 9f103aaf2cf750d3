"""The sweep (巡检): finds what is overdue in any case even though nothing was sent.

A round looks at the cases that may have changed, a page at a time: those with a transfer or an answer since, those
whose next term runs out, and all when rule book, calendar or the enrolled agencies are others. Each page is one
transaction under a lock, so that several hubs never look at the same cases at once; only what opens or clears is
written. One mark records all changes of a round, as numbers and as a digest; the changes of an interrupted round are
recorded by the next round's mark.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from evidence.canonical import digest_of
from hub import marking
from hub.limits import LIMITS
from hub.rounds import Rounds
from hub.runtime import Hub
from hub.store import supervision
from hub.store.database import Connection, apart, try_lock
from hub.supervision import case_facts
from hub.supervision.calendar import calendar_in_use
from standards import rules
from standards.judging import procedure
from standards.judging.procedure import Swept
from standards.terms.calendars import Calendar
from standards.times import day

LOCK = "casehub/sweep"
LOGGER = structlog.get_logger("hub.sweep")


@dataclass(frozen=True)
class Round:
    """What one round did. `busy`: another hub was at it, so that the rest was left to that one."""

    cases: int
    opened: int
    cleared: int
    busy: bool = False


@dataclass(frozen=True)
class _Book:
    """What every case of a round is judged by."""

    calendar: Calendar
    enrolled: Mapping[str, datetime]
    readings: dict[str, str]

    @property
    def basis(self) -> str:
        """Digest of everything but the case itself on which findings rest."""
        told = {
            "rules": sorted(rules.rules()),
            "terms": sorted(rules.deadlines()),
            "calendar": self.calendar.version,
            "enrolled": {name: day(since).isoformat() for name, since in self.enrolled.items()},
            "readings": self.readings,
        }
        return digest_of(told)


def sweep(hub: Hub, *, page: int = LIMITS.sweep_page) -> Round:
    """One round. Raises `hub.clock-behind`, and what the database raises; work done before that is kept."""
    after, looked, opened, cleared = "", 0, 0, 0
    with hub.database.transaction(write=False) as connection:
        now = hub.dating.now(connection)
        book = _book(connection, hub, now)
    while True:
        with hub.database.transaction() as connection:
            if not try_lock(connection, LOCK):
                return Round(looked, opened, cleared, busy=True)
            due = supervision.due(connection, now, book.basis, after=after, limit=page)
            for case_uid in due:
                changed = _look_safely(connection, hub, case_uid, now, book)
                opened, cleared = opened + changed.opened, cleared + changed.cleared
            looked += len(due)
            if len(due) < page:
                marked = _mark(connection, hub)
                break
        after = due[-1]
    if marked:
        hub.log.wake()
    return Round(looked, opened, cleared)


def judge(
    connection: Connection, hub: Hub, case_uid: str, at: datetime
) -> tuple[Swept, str, Calendar, Mapping[str, datetime]] | None:
    """What is late in a case as of `at`, by what the hub held then; the transfer whose record told, calendar, enrolled.

    None for a case without a transfer by then. Pure in what is stored: the same instant gives the same findings.
    """
    book = _book(connection, hub, at)
    found = case_facts.of_case(connection, hub, case_uid, at)
    if found is None:
        return None
    facts, record_of = found
    swept = procedure.sweep(facts, enrolled=book.enrolled, calendar=book.calendar, readings=book.readings)
    return swept, record_of, book.calendar, book.enrolled


def _book(connection: Connection, hub: Hub, at: datetime) -> _Book:
    enrolled = supervision.enrolled_types(connection, at)
    return _Book(calendar_in_use(hub), enrolled, dict(hub.settings.readings))


def _look_safely(connection: Connection, hub: Hub, case_uid: str, now: datetime, book: _Book) -> supervision.Changed:
    """One case that cannot be read stays due and is logged; it keeps no other from being looked at."""

    def failed(error: Exception) -> None:
        LOGGER.error("case not swept", case=case_uid, fault=type(error).__name__)

    with apart(connection, failed):
        return _look(connection, hub, case_uid, now, book)
    return supervision.Changed(0, 0)


def _look(connection: Connection, hub: Hub, case_uid: str, now: datetime, book: _Book) -> supervision.Changed:
    found = case_facts.of_case(connection, hub, case_uid, now)
    swept = Swept((), (), None)
    if found is not None:
        swept = procedure.sweep(found[0], enrolled=book.enrolled, calendar=book.calendar, readings=book.readings)
    changed = supervision.keep(connection, hub.vault, case_uid, swept.findings, now)
    supervision.looked_at(connection, case_uid, now, swept.wake, book.basis)
    return changed


def _mark(connection: Connection, hub: Hub) -> bool:
    """One mark for every change that no mark tells of yet."""
    last, changes = supervision.unmarked(connection)
    if not changes:
        return False
    gone = sum(1 for *_, cleared in changes if cleared is not None)
    private = {
        "opened": len(changes) - gone,
        "cleared": gone,
        "changes": [changes[0][2], last],
        "digest": digest_of([[case_uid, key, number] for case_uid, key, number, _ in changes]),
    }
    marking.leave(connection, hub, "findings-swept", private=private)
    supervision.marked(connection, last)
    return True


class Sweeper:
    """A thread that sweeps now and then. Stop it before the log, which takes its mark in."""

    def __init__(self, hub: Hub, interval: float, *, first: float = LIMITS.sweep_first) -> None:
        self._rounds = Rounds("sweep", partial(sweep, hub), interval, first=min(first, interval))

    def start(self) -> None:
        """Begin; safe to call once more after `stop`."""
        self._rounds.start()

    def stop(self) -> None:
        """Finish the current round and end; safe to call twice."""
        self._rounds.stop()
