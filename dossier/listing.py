"""Reads catalog.csv (卷内目录), the table in every volume's folder.

UTF-8, with or without a byte order mark; GB18030 is recognised and read with a finding. Every fault of every row is
found in one pass and named with its line.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from dossier.descriptor import DOC_TYPE
from dossier.limits import LIMITS, Limits
from messages.findings import Finding
from messages.problems import Problem

REQUIRED = ("seq", "doc_type", "title", "page_from", "page_to", "file")
OPTIONAL = ("book", "doc_no", "responsible", "doc_date", "cover_pages", "person_refs", "excluded", "note")
MOST_BOOK, MOST_SEQ, MOST_PAGE = 9_999, 999_999, 9_999_999

_YES_NO = {"": False, "0": False, "false": False, "no": False, "否": False} | {
    "1": True,
    "true": True,
    "yes": True,
    "是": True,
}
_SEPARATORS = re.compile(r"[;；,，|\s]+")
_WINDOW = 1 << 20
_WHOLE = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: one file of one item. `at` and `line` say where it stands; page numbers are None where empty."""

    at: str
    line: int
    book: int
    seq: int
    doc_type: str
    title: str
    doc_no: str
    responsible: str
    doc_date: str
    page_from: int | None
    page_to: int | None
    cover_pages: int
    file: str
    person_refs: tuple[str, ...]
    excluded: bool
    note: str

    @property
    def place(self) -> str:
        """File and line, as messages name them; the file alone where there is no line."""
        return f"{self.at}:{self.line}" if self.line else self.at


@dataclass
class Listing:
    """What a catalog.csv says, and what is wrong with it."""

    rows: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_listing(data: bytes, place: str, limits: Limits = LIMITS) -> Listing:
    """Read the bytes of a catalog.csv; `place` is its path inside the case folder. Never raises for its content."""
    listing = Listing()
    encoding = _encoding(data, place, listing)
    if encoding is None:
        return listing
    # Decoded line by line: a large catalogue never stands in memory as text.
    reader = csv.DictReader(io.TextIOWrapper(io.BytesIO(data), encoding, newline=""), strict=True)
    try:
        columns = [(name or "").strip() for name in reader.fieldnames or ()]
        missing = [name for name in REQUIRED if name not in columns]
        if missing or len(set(columns)) != len(columns):
            problem = Problem("dossier.listing-columns", place, columns=", ".join(missing) or "—")
            listing.problems.append(problem)
            return listing
        unknown = [name for name in columns if name not in REQUIRED + OPTIONAL]
        if unknown:
            listing.findings.append(
                Finding("dossier.listing-column-unknown", "D", place, params={"count": len(unknown)})
            )
        reader.fieldnames = columns
        for cells in reader:
            _row(cells, (place, reader.line_num), listing, limits)
    except csv.Error:
        listing.problems.append(Problem("dossier.listing-malformed", f"{place}:{reader.line_num}"))
    return listing


def _encoding(data: bytes, place: str, listing: Listing) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            for start in range(0, len(data), _WINDOW):
                decoder.decode(data[start : start + _WINDOW])
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        if encoding == "gb18030":
            listing.findings.append(Finding("dossier.listing-gb18030", "D", place))
        return encoding
    listing.problems.append(Problem("dossier.listing-encoding", place))
    return None


def _row(cells: Mapping[str | None, object], where: tuple[str, int], listing: Listing, limits: Limits) -> None:
    values = {name: (value or "").strip() for name, value in cells.items() if name and isinstance(value, str | None)}
    if None in cells:  # more cells than columns; missing ones at the end count as empty
        listing.problems.append(Problem("dossier.listing-malformed", f"{where[0]}:{where[1]}"))
    elif any(values.values()):
        reader = _Cells(values, where, limits)
        row = reader.row()
        listing.problems += reader.problems
        if not reader.problems:
            listing.rows.append(row)


class _Cells:
    """Reads the cells of one row and collects what is wrong with them."""

    def __init__(self, values: Mapping[str, str], where: tuple[str, int], limits: Limits) -> None:
        self.values, self.where, self.limits = values, where, limits
        self.problems: list[Problem] = []

    def row(self) -> Row:
        first, last = self.whole("page_from", 1, MOST_PAGE), self.whole("page_to", 1, MOST_PAGE)
        one_only = (first is None) != (last is None)
        if one_only or (first and last and not 0 <= last - first < self.limits.pages_per_file):
            self.refuse("page_to")
        return Row(
            at=self.where[0],
            line=self.where[1],
            book=self.whole("book", 1, MOST_BOOK) or 1,
            seq=self.required_whole("seq", MOST_SEQ),
            doc_type=self.doc_type(),
            title=self.text("title"),
            doc_no=self.text("doc_no"),
            responsible=self.text("responsible"),
            doc_date=self.date("doc_date"),
            page_from=first,
            page_to=last,
            cover_pages=self.whole("cover_pages", 0, self.limits.pages_per_file) or 0,
            file=self.required_text("file"),
            person_refs=self.references("person_refs"),
            excluded=self.yes_no("excluded"),
            note=self.text("note"),
        )

    def refuse(self, column: str) -> None:
        self.problems.append(Problem("dossier.listing-cell", f"{self.where[0]}:{self.where[1]}", column=column))

    def text(self, column: str) -> str:
        value = self.values.get(column, "")
        if len(value) > self.limits.text_characters:
            self.refuse(column)
        return sys.intern(value)  # organs and dates stand in row after row

    def required_text(self, column: str) -> str:
        value = self.text(column)
        if not value:
            self.refuse(column)
        return value

    def whole(self, column: str, least: int, most: int) -> int | None:
        value = self.values.get(column, "")
        if not value:
            return None
        if not _WHOLE.fullmatch(value) or not least <= int(value) <= most:
            self.refuse(column)
            return least
        return int(value)

    def required_whole(self, column: str, most: int) -> int:
        value = self.whole(column, 1, most)
        if value is None:
            self.refuse(column)
        return value or 1

    def doc_type(self) -> str:
        value = self.values.get("doc_type", "").upper()
        if not DOC_TYPE.fullmatch(value):
            self.refuse("doc_type")
        return sys.intern(value)

    def date(self, column: str) -> str:
        value = self.values.get(column, "")
        if value:
            try:
                return date.fromisoformat(value).isoformat()
            except ValueError:
                self.refuse(column)
        return value

    def references(self, column: str) -> tuple[str, ...]:
        found = tuple(each for each in _SEPARATORS.split(self.values.get(column, "")) if each)
        if len(found) > self.limits.person_refs:
            self.refuse(column)
        return found

    def yes_no(self, column: str) -> bool:
        value = self.values.get(column, "").lower()
        if value not in _YES_NO:
            self.refuse(column)
        return _YES_NO.get(value, False)
