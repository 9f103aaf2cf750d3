"""The cells of one row: what is wrong in each, and the organ that the row describes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from messages.problems import Problem
from standards import agencies
from standards.formats import PATTERNS, whole
from standards.limits import LIMITS
from standards.organs import hours, levels
from standards.organs.columns import COLUMNS, NEEDED, SEPARATOR, column
from standards.organs.model import Organ, is_area

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_RUNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""A spreadsheet runs a cell that begins with one of these as a formula. No value of an organ begins with one."""
_TELEPHONE = re.compile(r"[0-9(][0-9() -]{1,30}(转[0-9]{1,6})?")


def organ(found: Mapping[str, str], places: Mapping[str, str], problems: list[Problem]) -> Organ:
    """The organ of a row. `found` and `places` are the cells and their places, by column.

    Every fault is added to `problems`: `organ.cell-empty`, `organ.cell-control`, `organ.cell-long`,
    `organ.cell-formula`, `organ.id-form`, `agency.unknown-type`, `organ.level-unknown`, `organ.area-form`,
    `organ.areas-many`, `organ.telephone-form`, `organ.hours-form`, `organ.hours-day`, `organ.hours-day-twice`,
    `organ.hours-span`, `organ.hours-spans-overlap`. A wrong level and wrong hours are left out of the organ, so that it
    can still be compared with the others.
    """
    problems += _damaged(found, places)
    problems += _missing(found, places)
    problems += _identity(found.get("id", ""), places["id"])
    texts = {name: found.get(name, "") for name in ("id", "zh", "en", "parent", "address", "special", "notes")}
    return Organ(
        **texts,
        level=_level(found.get("level", ""), places["level"], problems),
        areas=_areas(found.get("areas", ""), places["areas"], problems),
        telephone=_telephone(found.get("telephone", ""), places["telephone"], problems),
        hours=_hours(found.get("hours", ""), places["hours"], problems),
        more=tuple(sorted((name, cell) for name, cell in found.items() if name not in COLUMNS and cell)),
    )


def heading_allowed(head: str) -> bool:
    """Whether a column may have this name: not empty, not too long, no control character, no formula."""
    return 0 < len(head) <= LIMITS.name and not _control(head) and not head.startswith(_RUNS)


def _control(cell: str) -> bool:
    return _CONTROL.search(cell) is not None


def _damaged(found: Mapping[str, str], places: Mapping[str, str]) -> Iterator[Problem]:
    for name, cell in found.items():
        told = column(name)
        if not told.free:
            continue
        if _control(cell):
            yield Problem("organ.cell-control", places[name])
        elif len(cell) > told.longest:
            yield Problem("organ.cell-long", places[name], found=len(cell), limit=told.longest)
        elif cell.startswith(_RUNS):
            yield Problem("organ.cell-formula", places[name], found=cell[:40])


def _missing(found: Mapping[str, str], places: Mapping[str, str]) -> Iterator[Problem]:
    for name in NEEDED:
        if not found.get(name):
            yield Problem("organ.cell-empty", places[name])


def _identity(short: str, place: str) -> Iterator[Problem]:
    if not short:
        return
    if not whole(PATTERNS["agency"]).search(short):
        yield Problem("organ.id-form", place, found=short[:100])
        return
    try:
        agencies.require_known(short.partition(":")[0], place)
    except Problem as problem:
        yield problem


def _level(cell: str, place: str, problems: list[Problem]) -> str:
    try:
        return levels.require(cell, place).name if cell else ""
    except Problem as problem:
        problems.append(problem)
        return ""


def _areas(cell: str, place: str, problems: list[Problem]) -> tuple[str, ...]:
    areas = tuple(dict.fromkeys(each.strip() for each in cell.split(SEPARATOR) if each.strip()))
    wrong = [each for each in areas if not is_area(each)]
    if wrong:
        problems.append(Problem("organ.area-form", place, found=SEPARATOR.join(wrong)[:100]))
    if len(areas) > LIMITS.small:
        problems.append(Problem("organ.areas-many", place, found=len(areas), limit=LIMITS.small))
    return areas


def _telephone(cell: str, place: str, problems: list[Problem]) -> str:
    numbers = [each.strip() for each in re.split("[;；、]", cell)]
    told = len(cell) <= LIMITS.name and not _control(cell) and all(_TELEPHONE.fullmatch(each) for each in numbers)
    if cell and not told:
        problems.append(Problem("organ.telephone-form", place, found=cell[:100]))
    return cell


def _hours(cell: str, place: str, problems: list[Problem]) -> hours.Hours | None:
    if not cell:
        return None
    try:
        return hours.parse(cell)
    except hours.HoursError as error:
        problems.append(Problem(f"organ.hours-{error.reason}", place, found=cell[:100], part=error.part[:100]))
        return None
