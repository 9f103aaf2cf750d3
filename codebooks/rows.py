"""Strict reading of CSV files written by spreadsheets.

A table is UTF-8 without BOM, one header line, comma separated. What a spreadsheet does to codes is refused by line
rather than guessed away: `1.1E+04` for 011000, a lost leading zero, `#REF!`, a date turned into 2002/3/26.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TypeAlias

from codebooks.errors import CodebookError

NumberedRows: TypeAlias = "Iterable[tuple[int, dict[str, str]]]"
"""Rows of a table as (line in its file, cells by column)."""
MAX_BYTES = 64 * 1024 * 1024
_SCIENTIFIC = re.compile(r"[+-]?\d+(\.\d+)?[eE][+-]?\d+")
_DAMAGE = re.compile(r"#(REF|N/A|NAME\?|VALUE|DIV/0|NUM|NULL)[!?]?|#+")
_CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ufffe\\uffff]")
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def decode(raw: bytes, place: str) -> str:
    """The text of a table file. Raises `CodebookError` for a file too large, a BOM, or another encoding than UTF-8
    (one that reads as GB18030 is named as such)."""
    if len(raw) > MAX_BYTES:
        raise CodebookError("codebook.file-too-large", place, limit=MAX_BYTES)
    if raw.startswith(_BOMS):
        raise CodebookError("codebook.file-bom", f"{place}:1")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise CodebookError("codebook.file-encoding", f"{place}:{line}", looks_like=_other_encoding(raw)) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise CodebookError("codebook.file-encoding", f"{place}:{line}", looks_like="NUL")
    return text


def _other_encoding(raw: bytes) -> str:
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return "?"
    return "GB18030"


def read(
    text: str, place: str, columns: Sequence[str], problems: list[CodebookError]
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows as (line, cells by column). Rows that are damaged go to `problems` instead.

    A wrong header line ends the reading, since no cell could be trusted after it."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if header != list(columns):
            problems.append(CodebookError("codebook.columns", f"{place}:1", expected=",".join(columns)))
            return
        width = len(columns)
        for cells in reader:
            line = reader.line_num
            where = f"{place}:{line}"
            if len(cells) != width:
                problems.append(CodebookError("codebook.row-width", where, expected=width, found=len(cells)))
            elif not damaged(cells, columns, where, problems):
                yield line, dict(zip(columns, cells, strict=True))
    except csv.Error as error:
        problems.append(CodebookError("codebook.row-quoting", f"{place}:{reader.line_num}", reason=str(error)))


def damaged(cells: list[str], columns: Sequence[str], where: str, problems: list[CodebookError]) -> bool:
    """Whether a cell of the row has stray spaces, line breaks or what a spreadsheet made of it; told in `problems`."""
    for name, cell in zip(columns, cells, strict=True):
        if not cell:
            continue
        if cell != cell.strip() or _CONTROL.search(cell):
            problems.append(CodebookError("codebook.cell-spaces", where, column=name))
            return True
        if _SCIENTIFIC.fullmatch(cell) or _DAMAGE.fullmatch(cell):
            problems.append(CodebookError("codebook.cell-damaged", where, column=name, cell=cell))
            return True
    return False


class Days:
    """Parses the few distinct dates of a table once each."""

    def __init__(self) -> None:
        self._known: dict[str, date] = {}

    def parse(self, cell: str, default: date, where: str, problems: list[CodebookError]) -> date:
        """The day of an ISO cell, `default` for an empty one; what is neither goes to `problems`."""
        if not cell:
            return default
        day = self._known.get(cell)
        if day is None:
            day = _iso(cell)
            if day is None:
                problems.append(CodebookError("codebook.cell-date", where, cell=cell))
                return default
            self._known[cell] = day
        return day


def _iso(cell: str) -> date | None:
    try:
        read = date.fromisoformat(cell)
    except ValueError:
        return None
    return read if read.isoformat() == cell else None  # 20020326 and 2002-W13-2 are ISO too, but not what people read
