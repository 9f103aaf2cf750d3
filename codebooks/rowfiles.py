"""The files of a release as rows of cells, for editing: read loosely, written back byte for byte.

Every row has a *key* by which edits name it: a concept its code (and first day, where it has one), a crosswalk row its
source, target, first day and condition, a line of `targets.csv` the unified system. In a release that passes the
checks no two rows of a file have one key.
"""

from __future__ import annotations

import csv
import io
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from codebooks.crosswalks import COLUMNS as ROW_COLUMNS
from codebooks.errors import CodebookError, CodebookErrors
from codebooks.rows import decode
from codebooks.tables import COLUMNS as CONCEPT_COLUMNS

Cells = Mapping[str, str]
TARGETS = "targets.csv"
MANIFEST = "release.toml"


@dataclass(frozen=True)
class RowFile:
    """One CSV file: its header line and its rows in order."""

    columns: tuple[str, ...]
    rows: tuple[Cells, ...]

    def encode(self) -> bytes:
        """The file's bytes: UTF-8 without BOM, line ends `\\n`, quotes only where they are needed."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([[row[name] for name in self.columns] for row in self.rows])
        return out.getvalue().encode("utf-8")


def is_rows(file: str) -> bool:
    """Whether a file of a release is edited row by row; the others (headers, manifest) are edited whole."""
    return file.endswith(".csv")


def columns_of(file: str) -> tuple[str, ...]:
    """The columns that a new file of this name has."""
    if file.startswith("tables/"):
        return CONCEPT_COLUMNS
    if file.startswith("crosswalks/"):
        return ROW_COLUMNS
    raise CodebookError("codebook.not-a-table", file)


def require_name(file: str) -> str:
    """`file` when a release may have a file of this name. Raises `CodebookError("codebook.not-a-table")`."""
    folder, _, name = file.rpartition("/")
    stem, _, suffix = name.rpartition(".")
    fits = (folder == "tables" and suffix in ("csv", "toml")) or (
        folder == "crosswalks" and suffix == "csv" and "--" in stem
    )
    if file == TARGETS or (fits and _plain(stem)):
        return file
    raise CodebookError("codebook.not-a-table", file)


def _plain(stem: str) -> bool:
    return bool(stem) and stem.isascii() and all(sign.isalnum() or sign in ".-_" for sign in stem) and stem[0].isalnum()


def place_of(name: str) -> str:
    """The file that people mean by a name: a code system, `<from>--<to>`, `targets`, or the file itself."""
    if name in (TARGETS, "targets"):
        return TARGETS
    if "/" in name:
        return require_name(name)
    bare = name.removesuffix(".csv")
    return require_name(f"{'crosswalks' if '--' in bare else 'tables'}/{bare}.csv")


def read(file: str, raw: bytes) -> RowFile:
    """The rows of a file. Raises `CodebookErrors` with every line whose number of cells is not the header's."""
    problems: list[CodebookError] = []
    reader = csv.reader(io.StringIO(_text(file, raw), newline=""), strict=True)
    rows: list[Cells] = []
    columns: tuple[str, ...] = ()
    try:
        columns = tuple(next(reader, []))
        for cells in reader:
            if len(cells) == len(columns):
                rows.append(dict(zip(columns, cells, strict=True)))
            else:
                where = f"{file}:{reader.line_num}"
                problems.append(CodebookError("codebook.row-width", where, expected=len(columns), found=len(cells)))
    except csv.Error as error:
        problems.append(CodebookError("codebook.row-quoting", f"{file}:{reader.line_num}", reason=str(error)))
    if problems:
        raise CodebookErrors(problems)
    return RowFile(columns, tuple(rows))


def _text(file: str, raw: bytes) -> str:
    try:
        return decode(raw, file)
    except CodebookError as error:
        raise CodebookErrors([error]) from None


def key_of(file: str, cells: Cells) -> str:
    """The key of a row; readable, because conflicts are reported with it."""
    since = f"@{cells['valid_from']}" if cells.get("valid_from") else ""
    if file.startswith("tables/"):
        return f"{cells.get('code', '')}{since}"
    if file.startswith("crosswalks/"):
        condition = f"{{{cells['condition']}}}" if cells.get("condition") else ""
        return f"{cells.get('source_code', '')}:{cells.get('target_code', '')}{since}{condition}"
    return next(iter(cells.values()), "")


def found_key(file: str, rows: Mapping[str, Cells], wanted: str) -> str:
    """The key of the row that people mean: the key itself, or its beginning where only one row has it.

    Raises `CodebookError`: `codebook.no-row`, or `codebook.key-ambiguous` naming the keys."""
    if wanted in rows:
        return wanted
    near = [key for key in rows if key.startswith((f"{wanted}@", f"{wanted}{{", f"{wanted}:"))]
    if len(near) == 1:
        return near[0]
    if near:
        raise CodebookError("codebook.key-ambiguous", file, key=wanted, keys="、".join(near[:10]))
    raise CodebookError("codebook.no-row", file, key=wanted)


def keyed(file: str, rows: Sequence[Cells]) -> dict[str, Cells]:
    """The rows by key, in order. A repeated key (a draft may be wrong) gets `#2`, `#3` …"""
    found: dict[str, Cells] = {}
    for row in rows:
        key = name = key_of(file, row)
        count = 1
        while name in found:
            count += 1
            name = f"{key}#{count}"
        found[name] = row
    return found


def merged(file: str, rows: Sequence[Cells], new: Iterable[Cells]) -> tuple[Cells, ...]:
    """`rows` with the new ones among them: each behind the last row that does not come after it by its codes, so that
    neighbours stay neighbours even in a file that is in no strict order."""
    least: list[tuple[str, ...]] = []
    for row in reversed(rows):
        order = _order(file, row)
        least.append(min(order, least[-1]) if least else order)
    least.reverse()
    waiting: dict[int, list[Cells]] = {}
    for row in sorted(new, key=lambda cells: _order(file, cells)):
        waiting.setdefault(bisect_right(least, _order(file, row)), []).append(row)
    made: list[Cells] = []
    for place in range(len(rows) + 1):
        made += waiting.get(place, ())
        made += rows[place : place + 1]
    return tuple(made)


def _order(file: str, cells: Cells) -> tuple[str, ...]:
    names = ("source_code", "target_code", "valid_from") if file.startswith("crosswalks/") else ("code", "valid_from")
    return tuple(cells.get(name, "") for name in names)
