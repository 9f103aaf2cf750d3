"""Working days of the official calendar (节假日安排), as article 105 paragraph 4 needs them."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib import metadata
from typing import Protocol

import chinese_calendar


class Calendar(Protocol):
    """Which days are worked. `version` goes into every finding, so that it can be replayed."""

    @property
    def version(self) -> str:
        """Name and version of the table."""

    def is_workday(self, day: date) -> bool | None:
        """Whether `day` is worked, adjusted weekends (调休) included; None for a year that the table does not know."""


class OfficialCalendar:
    """The State Council's yearly arrangements, from the package `chinesecalendar`."""

    @property
    def version(self) -> str:
        """`chinesecalendar 1.11.0`."""
        return _version()

    def is_workday(self, day: date) -> bool | None:
        """As the protocol says."""
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            return None


@cache
def _version() -> str:
    return f"chinesecalendar {metadata.version('chinesecalendar')}"


OFFICIAL = OfficialCalendar()
