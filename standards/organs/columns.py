"""The columns of a table of organs: what each is called, and what it holds.

A table names its columns in English or in Chinese, in any order. Columns that are not listed here are kept as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from standards.limits import LIMITS

SEPARATOR = "|"
"""Between the areas of one cell; GB/T 2260 codes hold none, and spreadsheets leave it alone."""
COMMENT = "#"
"""A row whose first cell begins so is a comment."""


@dataclass(frozen=True)
class Column:
    """One column. `needed`: no organ is without it. `free`: its cells are any text of one line, and `longest` is their
    limit in code points; the others have a form of their own."""

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
        Column("parent", "上级单位", free=False),
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
    """The column of this name; one that is not known holds any text."""
    return COLUMNS.get(name) or Column(name, name, longest=LIMITS.text)


def named(head: str) -> str:
    """The column that a head means; an unknown head as it is."""
    return next((each.name for each in COLUMNS.values() if head == each.zh), head)
