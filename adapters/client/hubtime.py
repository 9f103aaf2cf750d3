"""What the hub's answers tell of its time, and how far our own clock is from it.

Every answer of a hub names its time in the header `Casehub-Time`; an older hub's has `Date` (RFC 9110), and so may what
stands in between. Nobody signs either. So the hub's time is never put into a statement: it may only be a reason not to
sign, to warn, or to choose among our own keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from evidence.identifiers import parse_timestamp, timestamp
from evidence.requests import MAX_AGE
from messages.findings import Finding
from messages.problems import Problem

HEADER = "Casehub-Time"
NOTABLE = 60
"""Seconds between the two clocks from which on somebody should look at them."""


class HubTime:
    """Our clock beside the hub's, as its last answer told it."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.ahead: timedelta | None = None
        """By how much our clock was ahead at the hub's last answer, negative when behind; None before the first."""
        self._told = False

    def heard(self, headers: Mapping[str, str]) -> None:
        """An answer arrived now, with these headers."""
        told = _time_of(headers)
        if told is not None:
            self.ahead = self._clock() - told

    def now(self) -> datetime:
        """The time at the hub, as far as it is known."""
        return self._clock() - (self.ahead or timedelta())

    def difference(self, now: datetime) -> Finding | None:
        """What somebody should be told of the difference, if anything, and once.

        Raises `adapter.clock-off`, with both times, when it is more than the hub bears in a request.
        """
        ahead = self.ahead or timedelta()
        seconds = round(ahead.total_seconds())
        times: dict[str, Any] = {"own": timestamp(now), "hub": timestamp(now - ahead), "seconds": seconds}
        if abs(seconds) > MAX_AGE:
            raise Problem("adapter.clock-off", limit=MAX_AGE, **times)
        if abs(seconds) <= NOTABLE or self._told:
            return None
        self._told = True
        return Finding("adapter.clock-differs", "W", params=times)


def _time_of(headers: Mapping[str, str]) -> datetime | None:
    with suppress(Problem):
        if told := headers.get(HEADER):
            return parse_timestamp(told)
    with suppress(ValueError, TypeError):
        if told := headers.get("Date"):
            return parsedate_to_datetime(told)
    return None
