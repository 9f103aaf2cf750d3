"""The calendar by which this hub counts."""

from __future__ import annotations

import csv

import structlog

from hub.runtime import Hub
from messages.problems import Problem
from standards.terms.calendars import OFFICIAL, Calendar, read_folder, with_years

LOGGER = structlog.get_logger("hub.calendar")


def calendar_of(hub: Hub) -> Calendar:
    """The calendar of this release and the years that the hub's operator added. Raises the problems of a bad file."""
    return with_years(OFFICIAL, read_folder(hub.settings.calendars))


def calendar_in_use(hub: Hub) -> Calendar:
    """The same for receiving and for the sweep, which no file may stop: a year that is bad, or half copied just now,
    is left out and logged. The calendar's version, which every finding names, tells which files counted."""
    try:
        files = read_folder(hub.settings.calendars)
    except OSError as error:
        LOGGER.warning("calendars not read", fault=type(error).__name__)
        return OFFICIAL
    return with_years(OFFICIAL, {name: raw for name, raw in files.items() if _is_good(name, raw)})


def _is_good(name: str, raw: bytes) -> bool:
    try:
        with_years(OFFICIAL, {name: raw})
    except (Problem, ValueError, csv.Error) as error:
        code, place = (error.code, error.place) if isinstance(error, Problem) else (type(error).__name__, "")
        LOGGER.warning("calendar left out", file=name, code=code, place=place)
        return False
    return True
