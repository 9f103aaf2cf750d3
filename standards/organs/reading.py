"""Read a table of organs as an office writes it, and report every fault at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from messages import listed
from messages.problems import Problem, ProblemList
from standards import encodings
from standards.limits import LIMITS
from standards.organs import cells
from standards.organs.checking import Placed, faults
from standards.organs.columns import COLUMNS, COMMENT, NEEDED, named, resembled
from standards.organs.model import OrganTree

_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_LOSING = frozenset({"organ.row-width", "organ.file-quoting", "organ.too-many"})
"""With these faults some rows are not read, and a parent that seems unknown may be in one of them."""


@dataclass(frozen=True)
class _Head:
    """The headings as the file has them, and the columns that they mean."""

    shown: Sequence[str]
    columns: Sequence[str]

    @cached_property
    def names(self) -> Mapping[str, str]:
        """How the file calls each column, those that it leaves out as Casehub does."""
        return {**{name: name for name in COLUMNS}, **dict(zip(self.columns, self.shown, strict=True))}


@dataclass(frozen=True)
class _Places(Mapping[str, str]):
    """Where the cells of a row stand, by column. Made when asked for: a large table has millions of them."""

    where: str
    names: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return f"{self.where} {self.names[name]}"

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def read(raw: bytes, place: str) -> OrganTree:
    """The tree of a CSV file: UTF-8 with or without a byte order mark, or GB18030; RFC 4180; headings in the first row.

    Empty rows and rows whose first cell begins with `#` are skipped. Raises `ProblemList` `organ.table-inconsistent`
    with one `Problem` for each fault and its place, `file:line column`: those of `standards.organs.cells` (one cell),
    of `standards.organs.checking` (between organs) and of the file itself (`organ.file-…`, `organ.columns-…`,
    `organ.row-width`, `organ.none`, `organ.too-many`). A table that has a fault also gets `organ.columns-near` for each
    unknown column that looks like a misspelt one.
    """
    problems: list[Problem] = []
    near: list[Problem] = []
    found: list[Placed] = []
    text = _decoded(raw, place, problems)
    if text is not None:
        found = list(_rows(text, place, problems, near))
        problems += faults(found, complete=not any(each.code in _LOSING for each in problems))
    if problems:
        raise ProblemList("organ.table-inconsistent", near + problems, place)
    return OrganTree(each.organ for each in found)


def _decoded(raw: bytes, place: str, problems: list[Problem]) -> str | None:
    if len(raw) > LIMITS.organ_bytes:
        problems.append(Problem("organ.file-large", place, found=len(raw), limit=LIMITS.organ_bytes))
        return None
    body = raw.removeprefix(_UTF8_BOM)
    try:
        text: str | None = None if body.startswith(_UTF16) else body.decode("utf-8")
    except UnicodeDecodeError:
        text = encodings.gb18030(body)
    if text is None:
        problems.append(Problem("organ.file-encoding", place))
    return text


def _rows(text: str, place: str, problems: list[Problem], near: list[Problem]) -> Iterator[Placed]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    head: _Head | None = None
    count = 0
    try:
        for row in reader:
            where = f"{place}:{reader.line_num}"
            if not any(cell.strip() for cell in row) or row[0].lstrip().startswith(COMMENT):
                continue
            if head is None:
                head = _head(row, where, problems, near)
                if head is None:
                    return
                continue
            count += 1
            if count > LIMITS.organs:
                problems.append(Problem("organ.too-many", where, limit=LIMITS.organs))
                return
            if organ := _row(row, head, where, problems):
                yield organ
    except csv.Error as error:
        problems.append(Problem("organ.file-quoting", f"{place}:{reader.line_num}", reason=str(error)))
        return
    if not count:
        problems.append(Problem("organ.none", place, known=",".join(COLUMNS)))


def _head(row: Sequence[str], where: str, problems: list[Problem], near: list[Problem]) -> _Head | None:
    """The headings; None if they do not name the columns, with the reason in `problems`. `near` gets the headings that
    are probably misspelt: they explain other faults and are no fault themselves."""
    shown = [cell.strip() for cell in row]
    while shown and not shown[-1]:
        shown.pop()
    if len(shown) > LIMITS.small:
        problems.append(Problem("organ.columns-many", where, found=len(shown), limit=LIMITS.small))
        return None
    columns = [named(each) for each in shown]
    doubled = sorted({each for each in columns if each and columns.count(each) > 1})
    missing = [each for each in NEEDED if each not in columns]
    near += _near(columns, where)
    known = ",".join(COLUMNS)
    for code, names in (("repeated", doubled), ("missing", missing)):
        if names:
            found = ",".join(shown)[: LIMITS.name]
            problems.append(Problem(f"organ.columns-{code}", where, **listed("names", names), found=found, known=known))
    for number, each in enumerate(shown, start=1):
        if not cells.heading_allowed(each):
            problems.append(Problem("organ.columns-form", where, column=number))
    return None if doubled or missing or not all(map(cells.heading_allowed, shown)) else _Head(shown, columns)


def _near(columns: Sequence[str], where: str) -> Iterator[Problem]:
    absent = [name for name in COLUMNS if name not in columns]
    for each in columns:
        if each not in COLUMNS and (meant := resembled(each, absent)):
            yield Problem("organ.columns-near", where, found=each[: LIMITS.name], meant=meant)


def _row(row: Sequence[str], head: _Head, where: str, problems: list[Problem]) -> Placed | None:
    width = len(head.columns)
    if len(row) < width or any(cell.strip() for cell in row[width:]):
        problems.append(Problem("organ.row-width", where, found=len(row), expected=width))
        return None
    found = {name: cell.strip() for name, cell in zip(head.columns, row, strict=False)}
    places = _Places(where, head.names)
    organ = cells.organ(found, places, problems)
    return Placed(organ, places)
