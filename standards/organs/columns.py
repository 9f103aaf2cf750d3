"""The columns of a table of organs: their names and what their cells may contain.

A table names its columns in English or Chinese, in any order. Columns that are not listed here are kept unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from standards.limits import LIMITS

SEPARATOR = "|"
"""Separates the areas in a cell. No code of GB/T 2260 contains it, and spreadsheets do not change it."""
COMMENT = "#"
"""A row whose first cell begins with this is a comment."""
_NEAR = 65
"""How similar a name must be, of 100, to be taken for a misspelt one: 区划 for 管辖区划, phone for telephone."""


@dataclass(frozen=True)
class Column:
    """One column. `needed`: every organ has a value. `free`: a cell is any text of one line with at most `longest` code
    points; the cells of other columns have their own form."""

    name: str
    zh: str
    needed: bool = False
    free: bool = True
    longest: int = LIMITS.name


COLUMNS: Mapping[str, Column] = {
    each.name: each
    for each in (
        Column("id", "单位标识", needed=True, free=False),
        Column("zh", "名称", needed=True),
        Column("en", "英文名称"),
        Column("level", "层级", needed=True, free=False),
        Column("areas", "管辖区划", free=False),
        Column("parent", "上级机关", free=False),
        Column("address", "地址", longest=2 * LIMITS.name),
        Column("telephone", "电话", free=False),
        Column("hours", "办公时间", free=False),
        Column("special", "专门管辖"),
        Column("notes", "备注", longest=LIMITS.text),
    )
}
"""All columns by name, in the order in which they are written."""
NEEDED = tuple(each.name for each in COLUMNS.values() if each.needed)


def column(name: str) -> Column:
    """The column of this name; an unknown column holds any text."""
    return COLUMNS.get(name) or Column(name, name, longest=LIMITS.text)


def named(head: str) -> str:
    """The name of the column with this heading; an unknown heading is returned unchanged."""
    return next((each.name for each in COLUMNS.values() if head == each.zh), head)


def resembled(head: str, absent: Iterable[str]) -> str:
    """The English or Chinese name of an `absent` column that an unknown heading resembles (`areas` for `area`); empty
    if it resembles none."""
    words = [word for name in absent for word in (name, COLUMNS[name].zh)]
    found = process.extractOne(head, words, scorer=fuzz.ratio, processor=str.casefold, score_cutoff=_NEAR)
    return found[0] if found else ""
