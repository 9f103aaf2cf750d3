"""The checks between the organs of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from messages import listed
from messages.problems import Problem
from standards import agencies
from standards.organs.levels import levels, parent_types
from standards.organs.model import Organ

_RING = 8
"""How many organs of a loop are named."""


@dataclass(frozen=True)
class Placed:
    """An organ and the place of each of its cells, by column. Its level is empty if the cell was wrong."""

    organ: Organ
    places: Mapping[str, str]


def faults(found: Sequence[Placed], *, complete: bool = True) -> list[Problem]:
    """The contradictions in a table, in its order.

    An id is used twice (`organ.id-twice`). A parent is not in the table (`organ.parent-unknown`), has a level that is
    too low (`organ.parent-lower`) or a wrong type (`organ.parent-type`), or is not named although the organ is not the
    highest of its type (`organ.parent-missing`). Parents form a loop (`organ.cycle`). An organ names no area
    (`organ.area-missing`). What `standards.organs.cells` has refused is not reported again. If rows could not be read,
    the table is not `complete`, and `organ.parent-unknown` is left out.
    """
    first: dict[str, Placed] = {}
    problems: list[Problem] = []
    for each in found:
        organ = each.organ
        if organ.id in first:
            earlier = first[organ.id].places["id"]
            problems.append(Problem("organ.id-twice", each.places["id"], found=organ.id[:100], first=earlier))
        elif organ.id:
            first[organ.id] = each
    organs = {organ_id: each.organ for organ_id, each in first.items()}
    highest = _highest(organs)
    for each in found:
        problems += _parent(each, organs, highest, complete=complete)
        if each.organ.level not in ("", _top()) and not each.organ.areas:
            problems.append(Problem("organ.area-missing", each.places["areas"], level=_top()))
    problems += [
        Problem("organ.cycle", first[ring[0]].places["parent"], ring=_shown(ring), count=len(ring))
        for ring in _rings(organs)
    ]
    return problems


def _shown(ring: Sequence[str]) -> str:
    told = ring if len(ring) <= _RING else (*ring[:_RING], "…")
    return " → ".join((*told, ring[0]))


def _top() -> str:
    return next(iter(levels()))


def _highest(organs: Mapping[str, Organ]) -> dict[str, int]:
    """The rank of the highest organ of each type."""
    ranks: dict[str, int] = {}
    for organ in organs.values():
        if organ.level:
            ranks[organ.type] = min(organ.rank, ranks.get(organ.type, organ.rank))
    return ranks


def _parent(
    each: Placed, organs: Mapping[str, Organ], highest: Mapping[str, int], *, complete: bool
) -> Iterator[Problem]:
    organ, place = each.organ, each.places["parent"]
    if not organ.parent:
        if organ.level and organ.rank > highest.get(organ.type, organ.rank):
            yield Problem("organ.parent-missing", place, organ=organ.id)
        return
    parent = organs.get(organ.parent)
    if parent is None:
        if complete:
            yield Problem("organ.parent-unknown", place, found=organ.parent[:100])
        return
    allowed = parent_types(organ.type)
    if agencies.is_known(organ.type) and parent.type not in allowed:
        yield Problem("organ.parent-type", place, found=parent.id[:100], type=organ.type, **listed("known", allowed))
    if organ.level and parent.level and parent.rank > organ.rank - (parent.type == organ.type):
        yield Problem("organ.parent-lower", place, found=parent.id[:100], at=parent.level, level=organ.level)


def _rings(organs: Mapping[str, Organ]) -> Iterator[tuple[str, ...]]:
    """Each loop of parents once, from its first organ in the table."""
    settled: set[str] = set()
    for start in organs:
        line: dict[str, None] = {}
        here = start
        while here in organs and here not in settled and here not in line:
            line[here] = None
            here = organs[here].parent
        if here in line:
            members = list(line)
            yield tuple(members[members.index(here) :])
        settled |= set(line)
