"""The cells of one row: which of them are wrong by themselves, and the organ that they make."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from messages.problems import Problem
from standards import agencies
from standards.formats import PATTERNS, whole
from standards.limits import LIMITS
from standards.organs import hours, levels
from standards.organs.columns import COLUMNS, NEEDED, SEPARATOR, column
from standards.organs.model import Organ

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_RUNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What a spreadsheet runs as a formula when a cell begins with it; nothing of an organ does."""
_AREA = re.compile(r"[1-9][0-9]{5}")
"""GB/T 2260: two digits each for province, city and county."""
_TELEPHONE = re.compile(r"[0-9(][0-9() -]{1,30}(转[0-9]{1,6})?")


def organ(found: Mapping[str, str], places: Mapping[str, str], problems: list[Problem]) -> Organ:
    """The organ of a row. `found` and `places` are cells and their places by column.

    What is wrong goes to `problems`: `organ.cell-…`, `organ.id-form`, `agency.unknown-type`, `organ.level-unknown`,
    `organ.area-form`, `organ.areas-many`, `organ.telephone-form`, `organ.hours-form`. The organ is then made without
    it, so that organs can be held against each other all the same.
    """
    problems += _damaged(found, places)
    problems += _missing(found, places)
    problems += _identity(found.get("id", ""), places["id"])
    level = found.get("level", "")
    meant = levels.named(level)
    if level and meant is None:
        known = "、".join(f"{each.name} {each.zh}" for each in levels.levels().values())
        problems.append(Problem("organ.level-unknown", places["level"], found=level[:100], known=known))
    texts = {name: found.get(name, "") for name in ("id", "zh", "en", "parent", "address", "special", "notes")}
    return Organ(
        **texts,
        level="" if meant is None else meant.name,
        areas=_areas(found.get("areas", ""), places["areas"], problems),
        telephone=_telephone(found.get("telephone", ""), places["telephone"], problems),
        hours=_hours(found.get("hours", ""), places["hours"], problems),
        more=tuple(sorted((name, cell) for name, cell in found.items() if name not in COLUMNS and cell)),
    )


def speakable(head: str) -> bool:
    """Whether a column may be called so: not empty, no longer than a name, nothing that a spreadsheet would run."""
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


def _areas(cell: str, place: str, problems: list[Problem]) -> tuple[str, ...]:
    areas = tuple(dict.fromkeys(each.strip() for each in cell.split(SEPARATOR) if each.strip()))
    wrong = [each for each in areas if not _AREA.fullmatch(each)]
    if wrong:
        problems.append(Problem("organ.area-form", place, found="、".join(wrong)[:100]))
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
        why = Problem(f"organ.hours-{error.reason}", place, found=cell[:100], part=error.part[:100])
        problems.append(why)
        return None
