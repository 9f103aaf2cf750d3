"""The codebook release in effect, loaded from the database without a restart.

Release zero is the tables that ship with Casehub. On a civil day in China the release in effect is the one with the
highest number among those effective by then; no release is ever effective before the day on which it was made, so the
answer for a past day never changes. Any number of processes look at the same rows, at most once a second each; a new
release is built in the background before it takes effect, so that no request waits for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import structlog

import codebooks
from evidence.statements import SignedStatement
from hub.rounds import Rounds
from hub.store import codebooks as rows
from hub.store.codebooks import ReleaseRow
from hub.store.database import Database
from messages.problems import Problem
from standards import times

LOGGER = structlog.get_logger("hub.codebooks")
LOOK_SECONDS = 1.0
BACKGROUND_SECONDS = 0.5
SHIPPED = 0
_OURS = frozenset({"draft", "author", "reviewer", "released_by"})


@dataclass(frozen=True)
class _Known:
    """What was last read: all releases, oldest first, and those that are built, by number."""

    listed: tuple[ReleaseRow, ...] = ()
    built: Mapping[int, codebooks.Release] = field(default_factory=dict)

    def number_on(self, day: str) -> int:
        """The number of the release in effect on an ISO day."""
        return max((row.number for row in self.listed if row.effective_from <= day), default=SHIPPED)


class Releases:
    """The releases of one hub. Safe to share between threads; `start` and `stop` frame the background work."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database, self._clock = database, clock
        self._known = _Known()
        self._looked = -LOOK_SECONDS * 2
        self._looking = threading.Lock()
        self._building = threading.Lock()
        self._rounds = Rounds("codebooks", self._round, BACKGROUND_SECONDS, first=BACKGROUND_SECONDS)

    def current(self) -> codebooks.Release:
        """The release in effect now. A database that is away leaves the last known one."""
        return self.on(times.day(self._clock()))

    def on(self, day: date) -> codebooks.Release:
        """The release in effect on a civil day in China."""
        self._look_now_and_then()
        return self.numbered(self._known.number_on(day.isoformat()))

    def numbered(self, number: int) -> codebooks.Release:
        """A release by its number. Raises `Problem("codebook.no-release")`."""
        if number == SHIPPED:
            return codebooks.load()
        return self._known.built.get(number) or self._build(number)

    def listing(self) -> list[dict[str, Any]]:
        """All releases, oldest first, the shipped one at the head: `{"number", "id", "digest", "effective_from", …}`.

        `in_effect` marks the one that converts today."""
        self.refresh()
        shipped = codebooks.load()
        head = {"id": shipped.id, "number": SHIPPED, "digest": shipped.digest, "effective_from": "", "released_at": ""}
        now = self._known.number_on(times.day(self._clock()).isoformat())
        told = [head, *(row.to_json() for row in self._known.listed)]
        return [{**item, "in_effect": item["number"] == now} for item in told]

    def published(self) -> list[dict[str, Any]]:
        """The same for every agency: without the persons who made and reviewed a release, and without its draft."""
        return [{name: value for name, value in item.items() if name not in _OURS} for item in self.listing()]

    def newest(self) -> tuple[int, str]:
        """Number and id of the release made last, in effect or not."""
        self._look_now_and_then()
        listed = self._known.listed
        return (listed[-1].number, listed[-1].release) if listed else (SHIPPED, codebooks.load().id)

    @property
    def told(self) -> str | None:
        """The id of the release made last, as it was last read; None when there is only the shipped one. It makes no
        query, so that every response can carry it.
        """
        return self._known.listed[-1].release if self._known.listed else None

    def named(self, name: str) -> int:
        """The number of a release by its id, its id without digest, or its number.

        Raises `Problem("codebook.no-release")`."""
        for item in reversed(self.listing()):
            if name in (item["id"], item["id"].partition("+")[0], str(item["number"])):
                return int(item["number"])
        raise Problem("codebook.no-release", name)

    def files(self, number: int) -> dict[str, bytes]:
        """The exact files of a release."""
        return dict(self.numbered(number).files)

    def statement(self, number: int) -> SignedStatement | None:
        """The hub's signed statement of a release; None for the shipped one, which no hub signs."""
        if number == SHIPPED:
            return None
        with self._database.transaction(write=False) as connection:
            return rows.release_statement(connection, number)

    def refresh(self) -> None:
        """Read the list now. Raises what the database raises."""
        with self._database.transaction(write=False) as connection:
            more = rows.releases(connection, after=len(self._known.listed))
        with self._building:
            fresh = [row for row in more if row.number > len(self._known.listed)]
            self._known = replace(self._known, listed=(*self._known.listed, *fresh))
        self._looked = time.monotonic()

    def _look_now_and_then(self) -> None:
        if time.monotonic() - self._looked < LOOK_SECONDS or not self._looking.acquire(blocking=False):
            return
        try:
            self.refresh()
        except Problem as problem:
            self._looked = time.monotonic()
            LOGGER.warning("codebook releases not read", code=problem.code)
        finally:
            self._looking.release()

    def _build(self, number: int) -> codebooks.Release:
        with self._building:
            if number in self._known.built:
                return self._known.built[number]
            with self._database.transaction(write=False) as connection:
                try:
                    files = rows.files(connection, rows.release_files(connection, number))
                except KeyError as error:
                    raise Problem("codebook.no-release", str(number)) from error
            made = codebooks.build(files)
            self._known = replace(self._known, built={**self._known.built, number: made})
            return made

    def start(self) -> None:
        """Build what is in effect, then keep looking; safe to call once more after `stop`."""
        self.current()
        self._rounds.start()

    def stop(self) -> None:
        """End the background work; safe to call twice."""
        self._rounds.stop()

    def _round(self) -> None:
        with suppress(Problem):  # the database is away now; the next round reads again
            self.refresh()
            self._build_ahead()

    def _build_ahead(self) -> None:
        """The release in effect and every one still to come."""
        today = self._known.number_on(times.day(self._clock()).isoformat())
        for row in self._known.listed:
            if row.number >= max(today, 1) and row.number not in self._known.built:
                self._build(row.number)
