"""Trees of organs as tables may hold them, for property tests."""

from __future__ import annotations

import re

from hypothesis import strategies as st

from standards import agencies
from standards.organs import Organ, OrganTree
from standards.organs.cells import heading_allowed
from standards.organs.columns import COLUMNS
from standards.organs.hours import Hours, Rule, Span
from standards.organs.levels import levels, parent_types

_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_STARTS = re.compile(r"^[\s=+\-@＝＋－＠]+")
"""What no cell begins with; `= =1` still begins as a formula when only one of both is cut off."""
cells = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00") | st.sampled_from("市县,\"'|;#= \n"), max_size=12
).map(lambda text: _STARTS.sub("", _ODD.sub("", text)).rstrip())
names = cells.filter(bool)
areas = st.integers(100000, 999999).map(str)
_CHINESE = {column.zh for column in COLUMNS.values()}
heads = names.filter(lambda head: heading_allowed(head) and head not in COLUMNS and head not in _CHINESE)


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    """Hours in every form that there is."""
    if draw(st.booleans()):
        return Hours(always=True)
    days = draw(st.lists(st.integers(0, 6), unique=True, min_size=1, max_size=7))
    cuts = sorted(draw(st.sets(st.integers(1, len(days)), max_size=3)) | {len(days)})
    groups = [tuple(sorted(days[start:end])) for start, end in zip([0, *cuts], cuts, strict=False)]
    rules = tuple(Rule(group, draw(spans())) for group in groups)
    return Hours(rules, holidays_off=draw(st.booleans()))


@st.composite
def spans(draw: st.DrawFn) -> tuple[Span, ...]:
    """Spans of a day in order, none overlapping."""
    edges = sorted(draw(st.sets(st.integers(0, 24 * 60), min_size=2, max_size=8)))
    return tuple(zip(edges[::2], edges[1::2], strict=False))


@st.composite
def trees(draw: st.DrawFn) -> OrganTree:
    """Trees that hold together: every organ below one that it may belong to, or at the top of its type."""
    organs: list[Organ] = []
    kinds = draw(st.lists(st.sampled_from(agencies.names()), min_size=1, max_size=8))
    more = draw(st.lists(heads, unique=True, max_size=2))
    for number, kind in enumerate(kinds):
        organs.append(draw(_organ(f"{kind}:{number}", organs, more)))
    return OrganTree(draw(st.permutations(organs)))


@st.composite
def _organ(draw: st.DrawFn, short: str, organs: list[Organ], more: list[str]) -> Organ:
    kind = short.partition(":")[0]
    own = [each for each in organs if each.type == kind]
    if own:
        parent = draw(st.sampled_from([each for each in own if each.level != "base"]))
        below = [level.name for level in levels().values() if level.rank > parent.rank]
    else:
        above = [each for each in organs if each.type in parent_types(kind) and each.level != "base"]
        parent = draw(st.sampled_from(above)) if above else Organ("", "", "supreme")
        below = [level.name for level in levels().values() if level.rank >= parent.rank and level.decides]
    level = draw(st.sampled_from(below))
    filled = st.dictionaries(st.sampled_from(more), names) if more else st.just({})
    return Organ(
        id=short,
        zh=draw(names),
        level=level,
        en=draw(cells),
        areas=tuple(draw(st.lists(areas, unique=True, min_size=level != "supreme", max_size=3))),
        parent=parent.id,
        address=draw(cells),
        telephone=draw(st.sampled_from(["", "12309", "000-00000001", "(000) 00000001转12; 110"])),
        hours=draw(st.none() | hours()),
        special=draw(cells),
        notes=draw(cells),
        more=tuple(sorted(draw(filled).items())),
    )
