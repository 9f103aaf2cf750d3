"""Tables that are wider than the terminal: cells are wrapped, or each row becomes a block of lines.

Chinese characters take two columns. Words, codes and dates are never cut; a table that still does not fit becomes
blocks, as in database shells.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import zip_longest

_PIECES = re.compile(r"\s+|[\u2e80-\u9fff\uff00-\uffef][，。；：、！？）》”]*|[^\s\u2e80-\u9fff\uff00-\uffef]+")
_NARROWEST = 10
"""Columns below which a cell of words is no joy to read."""


def columns_of(words: str) -> int:
    """Terminal columns, without the tables that `messages.columns.width` loads: 2 for wide characters, else 1."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in words)


def wrapped(words: str, columns: int) -> list[str]:
    """`words` in lines of at most `columns`, broken at spaces and between Chinese signs, never before punctuation."""
    lines, line, used = [], "", 0
    for piece in _PIECES.findall(words):
        taken = columns_of(piece)
        if line and used + taken > columns:
            lines.append(line.rstrip())
            line, used = "", 0
        if line or not piece.isspace():
            line, used = line + piece, used + taken
    return [*lines, line.rstrip()] if line.strip() else lines or [""]


def widths(rows: Sequence[Sequence[str]], columns: int, gap: int) -> list[int] | None:
    """The width of each column so that all rows (the heads are the first) fit into `columns`; None if they cannot.

    The widest columns give way first, none below its longest word; a head over short cells takes several lines."""
    count = len(rows[0])
    found = [max(columns_of(row[index]) for row in rows) for index in range(count)]
    least = [_least([row[index] for row in rows]) for index in range(count)]
    over = sum(found) + gap * (count - 1) - columns
    while over > 0:
        index = max(range(count), key=lambda each: found[each] if found[each] > least[each] else 0)
        if found[index] <= least[index]:
            return None
        found[index] -= 1
        over -= 1
    return found


def _least(cells: Sequence[str]) -> int:
    body = max(map(columns_of, cells[1:]), default=0)
    longest = max((columns_of(piece) for cell in cells for piece in _PIECES.findall(cell)), default=0)
    return max(longest, min(body, _NARROWEST))


def in_lines(row: Sequence[str], given: Sequence[int]) -> list[list[str]]:
    """A row as the lines that its longest cell takes."""
    parts = [wrapped(cell, columns) for cell, columns in zip(row, given, strict=True)]
    return [list(line) for line in zip_longest(*parts, fillvalue="")]


def blocks(headers: Sequence[str], rows: Sequence[Sequence[str]], columns: int) -> str:
    """Each row as lines `head  cell`, an empty line between rows; empty cells are left out."""
    label = max(columns_of(head) for head in headers) + 2
    return "\n\n".join("\n".join(_block(headers, row, label, columns)) for row in rows)


def _block(headers: Sequence[str], row: Sequence[str], label: int, columns: int) -> list[str]:
    lines = []
    for head, cell in zip(headers, row, strict=True):
        if cell:
            for number, part in enumerate(wrapped(cell, max(_NARROWEST, columns - label))):
                name = "" if number else head
                lines.append(name + " " * (label - columns_of(name)) + part)
    return lines
