"""The time of a test: one fixed instant, the day on which the sample case ends, and a clock that is the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from standards.times import BEIJING

NOW = datetime(2026, 3, 4, 1, 2, 3, 456_000, UTC)


def after(seconds: float = 0, *, minutes: float = 0) -> datetime:
    """NOW and some time."""
    return NOW + timedelta(seconds=seconds, minutes=minutes)


def yesterday() -> date:
    """The day before today in China, on which the sample case ends."""
    return datetime.now(BEIJING).date() - timedelta(days=1)


class Clock:
    """Real time, moved by what a test asks for; or standing still: from `at` on, or since `now` was set."""

    def __init__(self, at: datetime | None = None) -> None:
        self.moved = timedelta()
        self._stands = at

    def __call__(self) -> datetime:
        """Now."""
        return (self._stands or datetime.now(UTC)) + self.moved

    @property
    def now(self) -> datetime:
        """Now; once it is set, no time passes by itself."""
        return self()

    @now.setter
    def now(self, at: datetime) -> None:
        self._stands, self.moved = at, timedelta()

    @contextmanager
    def standing(self, at: datetime | None = None) -> Iterator[datetime]:
        """Inside, it is `at` (the next whole second) and no time passes."""
        self._stands = at or datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
        try:
            yield self._stands
        finally:
            self._stands = None
