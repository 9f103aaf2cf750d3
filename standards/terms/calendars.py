"""Working days of the official calendar (节假日安排), as article 105 paragraph 4 needs them.

The State Council announces one year at a time. If the package `chinesecalendar` does not know a year yet, or is wrong,
a maintainer adds a CSV file `YEAR.csv` with the columns `date,kind,name`: `off` is a day without work, `work` a make-up
working day (调休). A row takes precedence over the package; other days of the file's year follow the normal week.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from typing import Protocol

import chinese_calendar

from digests import Digest
from messages.problems import Problem

COLUMNS = ("date", "kind", "name")
LARGEST = 64 * 1024
"""Bytes of one year's file: a year has fewer than 400 rows."""


class Calendar(Protocol):
    """Which days are worked. `version` goes into every finding, so that it can be replayed."""

    @property
    def version(self) -> str:
        """Name and version of the table."""

    def is_workday(self, day: date) -> bool | None:
        """Whether `day` is worked, adjusted weekends (调休) included; None for a year that the table does not know."""


class PackagedCalendar:
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


@dataclass(frozen=True)
class MaintainedCalendar:
    """`base` with the years and days that maintainers gave as CSV files."""

    base: Calendar
    days: Mapping[date, bool]
    years: frozenset[int]
    version: str

    def is_workday(self, day: date) -> bool | None:
        """The row of the day, else what the base knows, else the week in a year that has a file."""
        if day in self.days:
            return self.days[day]
        known = self.base.is_workday(day)
        return day.weekday() < 5 if known is None and day.year in self.years else known


def with_years(base: Calendar, files: Mapping[str, bytes]) -> Calendar:
    """`base` and the years of `files`, by name (`2027.csv`); `base` itself without any.

    Its version names every file with the start of its digest. Raises `Problem` for the first bad row (file and line).
    """
    if not files:
        return base
    days: dict[date, bool] = {}
    version = base.version
    for name, raw in sorted(files.items()):
        days.update(_rows(name, raw))
        found = Digest.of(raw)
        version += f" + {name} {found.algorithm}:{found.hex[:12]}"
    return MaintainedCalendar(base, days, frozenset(int(name[:4]) for name in files), version)


def _rows(name: str, raw: bytes) -> Mapping[date, bool]:
    """The days of one file. A byte order mark and GB18030 are read as well."""
    if re.fullmatch(r"(19|20)\d\d\.csv", name) is None:
        raise Problem("calendar.bad-name", name)
    found: dict[date, bool] = {}
    for line, row in enumerate(csv.reader(io.StringIO(_text(name, raw))), start=1):
        cells = [cell.strip() for cell in row]
        if line == 1:
            if tuple(cells[:3]) != COLUMNS:
                raise Problem("calendar.bad-columns", f"{name}:1", columns=",".join(COLUMNS))
        elif any(cells):
            day, off = _row(f"{name}:{line}", cells)
            if found.setdefault(day, not off) is off:
                raise Problem("calendar.twice", f"{name}:{line}", day=day.isoformat())
    if not any(worked is False for worked in found.values()):
        raise Problem("calendar.empty", name)
    return found


def _text(name: str, raw: bytes) -> str:
    if len(raw) > LARGEST:
        raise Problem("calendar.too-large", name, limit=LARGEST)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Problem("calendar.bad-encoding", name)


def _row(place: str, cells: list[str]) -> tuple[date, bool]:
    try:
        day = date.fromisoformat(cells[0])
    except ValueError:
        raise Problem("calendar.bad-date", place) from None
    if len(cells) < 2 or cells[1] not in ("off", "work"):
        raise Problem("calendar.bad-kind", place)
    if abs(day.year - int(place[:4])) > 1:
        raise Problem("calendar.wrong-year", place, day=day.isoformat())
    return day, cells[1] == "off"


def read_folder(folder: Path) -> dict[str, bytes]:
    """The CSV files of a folder by name; none when there is no such folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.csv"))} if folder.is_dir() else {}


def _released() -> dict[str, bytes]:
    folder = resources.files(__package__).joinpath("holidays")
    files = folder.iterdir() if folder.is_dir() else ()
    return {each.name: each.read_bytes() for each in files if each.name.endswith(".csv")}


OFFICIAL: Calendar = with_years(PackagedCalendar(), _released())
"""The calendar of this release: the package, and the years in `standards/terms/holidays/`."""
