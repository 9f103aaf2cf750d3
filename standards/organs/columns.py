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
    """One column. `needed`: no organ is without it. `longest` is the limit of its cells in code points."""

    name: str
    zh: str
    needed: bool = False
    longest: int = LIMITS.name


COLUMNS: Mapping[str, Column] = {
    each.name: each
    for each in (
        Column("id", "单位标识", needed=True),
        Column("zh", "名称", needed=True),
        Column("en", "英文名称"),
        Column("level", "层级", needed=True),
        Column("areas", "管辖区划", longest=8 * LIMITS.small),
        Column("parent", "上级单位"),
        Column("address", "地址", longest=2 * LIMITS.name),
        Column("telephone", "电话"),
        Column("hours", "办公时间"),
        Column("special", "专门管辖"),
        Column("notes", "备注", longest=LIMITS.text),
    )
}
"""All columns by name, in the order in which they are written."""
NEEDED = tuple(each.name for each in COLUMNS.values() if each.needed)
MORE_LONGEST = LIMITS.text


def named(head: str) -> str:
    """The column that a head means; an unknown head as it is."""
    return next((each.name for each in COLUMNS.values() if head == each.zh), head)
