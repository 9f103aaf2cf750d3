"""The calculator of time limits: article 105 刑事诉讼法 and article 202 法院解释 (months).

1. The hour and the day on which a term starts are not counted.
2. A month runs to the same day of the target month; from the last day of a month to the last day of the target month;
   and to its last day when it has no such day. Terms of several months are counted from the original day at once.
3. A last day that is not worked moves to the next working day, except where custody would become longer.
4. Backward terms (`-P7D`: at least 7 days before) do not move.
5. Paused time (鉴定, 阅卷) is added day by day: each day once, only days on which the term runs, and only a pause that
   began before the term ended.

Grammar of a term: `P7D`, `P1M`, `P1M15D`, `P1M+P15D`, `P1Y`, `PT24H`, `P10WD` (working days), `-P3D`. Grammar of a
node's deadline: alternatives joined by `|`, each a term that may be `extendable` by another.
"""

from __future__ import annotations

import calendar as months
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from standards.terms.calendars import OFFICIAL, Calendar
from standards.times import BEIJING, day

Mode = Literal["statutory", "conservative"]

_TERM = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D|(\d+)WD)?|PT(\d+)H")


@dataclass(frozen=True)
class Term:
    """A length of time. Working days and hours are not combined; `backwards` counts towards the past."""

    months: int = 0
    days: int = 0
    workdays: int = 0
    hours: int = 0
    backwards: bool = False


@dataclass(frozen=True)
class Allowed:
    """One alternative of a deadline: a base term, and by how much it can lawfully be extended."""

    base: Term
    extension: Term | None = None


@dataclass(frozen=True)
class Due:
    """A computed due moment.

    `at` is a date, or for terms in hours a Beijing datetime. `counted` is the day before any move over holidays.
    `provisional`: the calendar does not know the year, so that only weekends were taken as not worked.
    """

    at: date | datetime
    counted: date
    rolled: bool
    mode: Mode
    calendar: str
    provisional: bool = False

    def missed_by(self, act: date | datetime) -> int:
        """Whole days, at least 1, by which `act` came too late; 0 when it was in time."""
        if isinstance(self.at, datetime) and isinstance(act, datetime):
            late = act - self.at
            return 0 if late <= timedelta(0) else max(1, late.days)
        return max(0, (day(act) - day(self.at)).days)


def parse_term(text: str) -> Term:
    """A term from its text. Raises `ValueError` for anything outside the grammar, an empty or a mixed term included."""
    backwards, body = text.startswith("-"), text.removeprefix("-")
    years = month = days = workdays = hours = 0
    for part in body.split("+"):
        found = _TERM.fullmatch(part)
        if found is None or not any(found.groups()):
            msg = f"malformed term {text!r}"
            raise ValueError(msg)
        y, m, d, w, h = (int(group or 0) for group in found.groups())
        years, month, days, workdays, hours = years + y, month + m, days + d, workdays + w, hours + h
    kinds = sum(bool(each) for each in (years or month or days, workdays, hours))
    if kinds > 1 or (backwards and kinds and not days):
        msg = f"term {text!r} mixes hours or working days with other units, or counts them backwards"
        raise ValueError(msg)
    return Term(years * 12 + month, days, workdays, hours, backwards)


def parse_alternatives(text: str) -> tuple[Allowed, ...]:
    """The alternatives of a node's deadline; the empty text gives none. Raises `ValueError`."""
    found = []
    for alternative in (part.strip() for part in text.split("|") if part.strip()):
        base, separator, extension = alternative.partition(" extendable ")
        found.append(Allowed(parse_term(base), parse_term(extension) if separator else None))
    return tuple(found)


def add_months(start: date, count: int) -> date:
    """`start` plus `count` months by the same-day rule (法院解释第202条)."""
    index = start.year * 12 + start.month - 1 + count
    year, month = index // 12, index % 12 + 1
    last = months.monthrange(year, month)[1]
    if start.day == months.monthrange(start.year, start.month)[1]:
        return date(year, month, last)
    return date(year, month, min(start.day, last))


def due(
    start: date | datetime,
    term: Term | str,
    *,
    custody: bool,
    roll: bool = True,
    excluded: Iterable[tuple[date, date]] = (),
    mode: Mode = "statutory",
    calendar: Calendar = OFFICIAL,
) -> Due:
    """When a term that started at `start` ends.

    `custody`: the term binds the custody of a person and never moves over holidays. `roll`: the rule moves at all.
    `excluded`: paused time, first and last day both included, in any order; overlaps count once, and terms in hours and
    backward terms know no pause. `mode="conservative"` gives the day before, for warnings.
    """
    term = parse_term(term) if isinstance(term, str) else term
    if term.hours:
        return _due_hours(start, term, mode, calendar)
    first = day(start)
    if term.backwards:
        counted, known = first - timedelta(days=term.days), True
    elif term.workdays:
        counted, known = _after_workdays(first, term.workdays, _paused(excluded), calendar)
    else:
        raw = add_months(first, term.months) + timedelta(days=term.days)
        counted, known = _after_pauses(first, raw, _paused(excluded)), True
    end = counted
    if roll and not custody and not term.backwards:
        end, all_known = _next_workday(counted, calendar)
        known = known and all_known
    if mode == "conservative":
        end -= timedelta(days=1)
    return Due(end, counted, end > counted, mode, calendar.version, provisional=not known)


def _due_hours(start: date | datetime, term: Term, mode: Mode, calendar: Calendar) -> Due:
    if not isinstance(start, datetime):
        end: date | datetime = start + timedelta(days=-(-term.hours // 24))
    else:
        begin = start.astimezone(BEIJING) if start.tzinfo else start.replace(tzinfo=BEIJING)
        full = begin.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        end = full + timedelta(hours=term.hours)
    if mode == "conservative":
        end -= timedelta(hours=1) if isinstance(end, datetime) else timedelta(days=1)
    return Due(end, day(end), rolled=False, mode=mode, calendar=calendar.version)


def _worked(which: date, calendar: Calendar) -> tuple[bool, bool]:
    """Whether a day is worked, and whether the calendar knows."""
    answer = calendar.is_workday(which)
    return (which.weekday() < 5, False) if answer is None else (answer, True)


def _next_workday(which: date, calendar: Calendar) -> tuple[date, bool]:
    known = True
    while True:
        worked, told = _worked(which, calendar)
        known = known and told
        if worked:
            return which, known
        which += timedelta(days=1)


def _after_workdays(start: date, count: int, pauses: list[tuple[date, date]], calendar: Calendar) -> tuple[date, bool]:
    which, known = start, True
    while count:
        which += timedelta(days=1)
        worked, told = _worked(which, calendar)
        known = known and told
        count -= worked and not any(first <= which <= last for first, last in pauses)
    return which, known


def _paused(excluded: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    """The pauses in order, without overlaps; what ends before it begins is none."""
    merged: list[tuple[date, date]] = []
    for first, last in sorted(span for span in excluded if span[0] <= span[1]):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _after_pauses(start: date, end: date, pauses: list[tuple[date, date]]) -> date:
    for begin, last in pauses:
        first = max(begin, start + timedelta(days=1))
        if first <= min(end, last):
            end += timedelta(days=(last - first).days + 1)
    return end
