"""Opening hours (办公时间) in one small form, a subset of the `opening_hours` of OpenStreetMap:

    Mo-Fr 08:30-12:00,14:30-17:30; Sa 09:00-12:00; PH off
    24/7

Rules are separated by `; `. A rule has days (`Mo Tu We Th Fr Sa Su` or ranges, separated by commas) and the times on
these days. A last rule `PH off` means closed on public holidays. Refused here, though OpenStreetMap allows them: a day
in two rules, times that overlap or pass midnight, ranges of days that pass Sunday, months, weeks, sunrise, comments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
ALWAYS = "24/7"
_HOLIDAYS = "PH off"
_MINUTES = 24 * 60
_RULE = re.compile(r"(?P<days>[A-Za-z,-]+) (?P<spans>[0-9:,-]+)")
_SPAN = re.compile(r"([0-9]{2}):([0-5][0-9])-([0-9]{2}):([0-5][0-9])")

Span = tuple[int, int]
"""Start and end in minutes of the day: `(510, 720)` is 08:30-12:00."""


class HoursError(ValueError):
    """The text has not this form. `reason` ends the message code: `organ.hours-<reason>`; `part` is the wrong part."""

    def __init__(self, reason: str, part: str) -> None:
        super().__init__(f"{reason}: {part}")
        self.reason = reason
        self.part = part


@dataclass(frozen=True)
class Rule:
    """Days (0 is Monday) and the times on them, both in order."""

    days: tuple[int, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Hours:
    """Opening hours. `always` is `24/7` and has no rules; `holidays_off` means closed on public holidays."""

    rules: tuple[Rule, ...] = ()
    holidays_off: bool = False
    always: bool = False

    def __str__(self) -> str:
        """The text form above; `parse` reads it again."""
        if self.always:
            return ALWAYS
        told = [f"{_days_text(rule.days)} {','.join(map(span_text, rule.spans))}" for rule in self.rules]
        return "; ".join([*told, *([_HOLIDAYS] if self.holidays_off else [])])

    def open_at(self, weekday: int, minute: int, *, holiday: bool = False) -> bool:
        """Whether the office is open on a weekday (0 is Monday) at a minute of the day; it is closed at the end of a
        span. The caller says whether the day is a public holiday. For the services that tell people whether they can
        come now; nothing in the hub asks this yet."""
        if self.always:
            return True
        if holiday and self.holidays_off:
            return False
        spans = (span for rule in self.rules if weekday in rule.days for span in rule.spans)
        return any(start <= minute < end for start, end in spans)


@lru_cache(maxsize=1_024)  # many organs of a table have the same hours
def parse(text: str) -> Hours:
    """The hours of a text. Raises `HoursError` if it has not the form above."""
    if text == ALWAYS:
        return Hours(always=True)
    parts = [part.strip() for part in text.split(";")]
    holidays_off = parts[-1] == _HOLIDAYS
    rules = tuple(_rule(part) for part in (parts[:-1] if holidays_off else parts))
    seen: set[int] = set()
    for rule in rules:
        if twice := seen & set(rule.days):
            raise HoursError("day-twice", DAYS[min(twice)])
        seen |= set(rule.days)
    if not rules:
        raise HoursError("form", text)
    return Hours(rules, holidays_off)


def _rule(text: str) -> Rule:
    found = _RULE.fullmatch(text)
    if found is None:
        raise HoursError("form", text)
    days = [day for part in found["days"].split(",") for day in _days(part)]
    if len(days) != len(set(days)):
        raise HoursError("day-twice", found["days"])
    spans = [_span(part) for part in found["spans"].split(",")]
    if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
        raise HoursError("spans-overlap", found["spans"])
    return Rule(tuple(sorted(days)), tuple(spans))


def _days(part: str) -> range:
    first, dash, last = part.partition("-")
    if first not in DAYS or (dash and last not in DAYS):
        raise HoursError("day", part)
    start = DAYS.index(first)
    end = DAYS.index(last) if dash else start
    if dash and end <= start:
        raise HoursError("day", part)
    return range(start, end + 1)


def _span(part: str) -> Span:
    found = _SPAN.fullmatch(part)
    if found is None:
        raise HoursError("span", part)
    start, end = (int(hour) * 60 + int(minute) for hour, minute in (found.groups()[:2], found.groups()[2:]))
    if not start < end <= _MINUTES:
        raise HoursError("span", part)
    return start, end


def runs(days: tuple[int, ...]) -> list[tuple[int, int]]:
    """Days in order as ranges of first and last day: Monday to Friday and Sunday are `[(0, 4), (6, 6)]`."""
    found: list[tuple[int, int]] = []
    for day in days:
        if found and found[-1][1] == day - 1:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def _days_text(days: tuple[int, ...]) -> str:
    return ",".join(DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}" for first, last in runs(days))


def span_text(span: Span) -> str:
    """A span as `08:30-12:00`."""
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in span)
