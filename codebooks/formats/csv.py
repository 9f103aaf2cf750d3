"""Tables and crosswalks as CSV, for spreadsheets on the way out and strictly checked on the way in.

**Out.** A cell that a spreadsheet would run as a formula (it begins with `=`, `+`, `-`, `@`, their full-width forms, a
tab or a line break) goes out with an apostrophe before it, as does one that begins with an apostrophe before such a
sign; `unguarded` takes exactly these away again. Codes that look like numbers are text all the same: whoever opens the
file should import the columns as text, and where that was forgotten the import refuses what became of them by line.

**In.** `import_table` and `import_crosswalk` take a file as it comes from a desk: any order of columns, a byte order
mark, GB18030, empty rows at the end. Each of these is a note. Everything else that is not right is refused, all bad
rows at once by line, and nothing is imported half. The content that comes out is the form in which tables are kept.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from codebooks import crosswalks, tables
from codebooks.concepts import OPEN_END, OPEN_START, CodeSystem, Concept, Header
from codebooks.crosswalks import Crosswalk, Row
from codebooks.errors import CodebookError, CodebookErrors
from codebooks.formats.text import decoded
from codebooks.rows import damaged

_RUNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
_NEEDED = {tables.COLUMNS: ("code", "display"), crosswalks.COLUMNS: ("source_code", "relationship", "target_code")}
Cells = dict[str, str]


@dataclass(frozen=True)
class Imported:
    """An imported file. `content` is the table as it is stored (UTF-8, columns in order, line feeds), `rows` its cells
    by column, `notes` what was converted on the way, each with code, place and params.
    """

    content: bytes
    rows: tuple[Mapping[str, str], ...]
    notes: tuple[CodebookError, ...]


def guarded(cell: str) -> str:
    """The cell as it can be opened in a spreadsheet without running; `unguarded` gives it back."""
    return f"'{cell}" if cell.lstrip("'").startswith(_RUNS) else cell


def unguarded(cell: str) -> str:
    """The cell that `guarded` was given; any other cell as it is."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_RUNS) else cell


def export_table(system: CodeSystem) -> bytes:
    """The table as guarded CSV in UTF-8 without a byte order mark, lines ending in CR LF (RFC 4180)."""
    return _written(tables.COLUMNS, map(concept_cells, system.concepts))


def export_crosswalk(walk: Crosswalk) -> bytes:
    """The crosswalk as guarded CSV, as `export_table`."""
    return _written(crosswalks.COLUMNS, map(row_cells, walk.rows))


def concept_cells(concept: Concept) -> Cells:
    """The cells of a concept by column, as in its table."""
    return {
        "code": concept.code,
        "display": concept.display,
        "parent": concept.parent,
        "selectable": "yes" if concept.selectable else "no",
        "valid_from": "" if concept.valid_from == OPEN_START else concept.valid_from.isoformat(),
        "valid_to": "" if concept.valid_to == OPEN_END else concept.valid_to.isoformat(),
        "successors": "|".join(concept.successors),
        "aliases": "|".join(concept.aliases),
        "article": concept.article,
        "note": concept.note,
    }


def row_cells(row: Row) -> Cells:
    """The cells of a crosswalk row by column, as in its file."""
    return {
        "source_code": row.source,
        "relationship": row.relationship,
        "target_code": row.target,
        "valid_from": "" if row.valid_from == OPEN_START else row.valid_from.isoformat(),
        "valid_to": "" if row.valid_to == OPEN_END else row.valid_to.isoformat(),
        "condition": row.condition.text if row.condition else "",
        "justification": row.justification,
        "by": row.by,
    }


def kept(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    """Rows in the form in which tables are kept in `codebooks/`: UTF-8, line feeds, nothing guarded."""
    return _written(columns, rows, end="\n", guard=False)


def import_table(header: Header, raw: bytes, place: str = "") -> Imported:
    """A table of the system that `header` describes. Raises `CodebookErrors` naming every bad row by line.

    Columns are matched by name, in any order; `code` and `display` must be there, others that are not count as empty
    (`selectable` as yes) with a note. A column that the table does not have is refused.
    """
    return checked_table(header, _Incoming(raw, place or f"{header.id}.csv", tables.COLUMNS))


def import_crosswalk(name: str, raw: bytes, systems: Mapping[str, CodeSystem], place: str = "") -> Imported:
    """A crosswalk `<from>--<to>` between two of `systems`; as `import_table`."""
    incoming = _Incoming(raw, place or f"{name}.csv", crosswalks.COLUMNS)
    crosswalks.crosswalk_of(name, incoming.rows, incoming.place, systems, incoming.problems)
    return incoming.imported()


def checked_table(header: Header, incoming: Incoming) -> Imported:
    """The imported rows, if they form a valid table of `header`. Raises `CodebookErrors`."""
    tables.system_of(header, incoming.rows, incoming.place, incoming.problems)
    return incoming.imported()


class Incoming:
    """Rows on the way in: read, not yet checked against each other."""

    def __init__(self, columns: tuple[str, ...], place: str) -> None:
        self.columns = columns
        self.place = place
        self.problems: list[CodebookError] = []
        self.notes: list[CodebookError] = []
        self.rows: list[tuple[int, Cells]] = []

    def imported(self) -> Imported:
        """The import, when nothing was wrong. Raises `CodebookErrors`, in line order."""
        if self.problems:
            raise CodebookErrors(sorted(self.problems, key=lambda problem: _line(problem.place)))
        rows = tuple(cells for _, cells in self.rows)
        return Imported(kept(self.columns, rows), rows, tuple(self.notes))


class _Incoming(Incoming):
    def __init__(self, raw: bytes, place: str, columns: tuple[str, ...]) -> None:
        super().__init__(columns, place)
        try:
            text = decoded(raw, place, self.notes)
        except CodebookError as error:
            raise CodebookErrors([error]) from None
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            given = self._columns(next(reader, []))
            if given:
                self._read(reader, given)
        except csv.Error as error:
            where = f"{place}:{reader.line_num}"
            self.problems.append(CodebookError("codebook.row-quoting", where, reason=str(error)))

    def _columns(self, given: list[str]) -> list[str]:
        """The columns in the order of the file; none when they cannot be told, with the reason in `problems`."""
        while given and not given[-1]:
            given = given[:-1]
        where = f"{self.place}:1"
        doubled = sorted({name for name in given if given.count(name) > 1})
        unknown = [name for name in given if name not in self.columns]
        missing = [name for name in _NEEDED[self.columns] if name not in given]
        for code, names in (("repeated", doubled), ("unknown", unknown), ("missing", missing)):
            if names:
                named = "、".join(names)
                problem = f"codebook.columns-{code}"
                self.problems.append(CodebookError(problem, where, names=named, expected=",".join(self.columns)))
        if self.problems:
            return []
        absent = [name for name in self.columns if name not in given]
        if absent:
            self.notes.append(CodebookError("codebook.note-columns-absent", where, names="、".join(absent)))
        if given != [name for name in self.columns if name in given]:
            self.notes.append(CodebookError("codebook.note-columns-order", where))
        return given

    def _read(self, reader: Iterator[list[str]], given: Sequence[str]) -> None:
        blank = guards = 0
        for number, found in enumerate(reader, start=2):
            line = getattr(reader, "line_num", number)
            where = f"{self.place}:{line}"
            if not any(found):
                blank += 1
                continue
            cells = [unguarded(cell) for cell in found[: len(given)]]
            guards += cells != found[: len(given)]
            if blank:
                self.problems.append(CodebookError("codebook.row-empty", f"{self.place}:{line - 1}"))
                blank = 0
            if len(found) < len(given) or any(found[len(given) :]):
                error = CodebookError("codebook.row-width", where, expected=len(given), found=len(found))
                self.problems.append(error)
            elif not damaged(cells, given, where, self.problems):
                self.rows.append((line, self._complete(dict(zip(given, cells, strict=True)))))
        for code, count in (("empty-rows", blank), ("unguarded", guards)):
            if count:
                self.notes.append(CodebookError(f"codebook.note-{code}", self.place, count=count))

    def _complete(self, cells: Cells) -> Cells:
        complete = {name: cells.get(name, "") for name in self.columns}
        if "selectable" in self.columns and "selectable" not in cells:
            complete["selectable"] = "yes"
        return complete


def _line(place: str) -> int:
    tail = place.rpartition(":")[2]
    return int(tail) if tail.isdigit() else 0


def _written(
    columns: Sequence[str], rows: Iterable[Mapping[str, str]], *, end: str = "\r\n", guard: bool = True
) -> bytes:
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator=end)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([guarded(row[name]) if guard else row[name] for name in columns])
    return made.getvalue().encode("utf-8")
