"""Editing a draft: rows one by one, or a whole table as a spreadsheet gave it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from codebooks import CodebookError, CodebookErrors, build
from codebooks.edits import Edit, conflict, row_edits
from codebooks.formats import csv as spreadsheets
from codebooks.rowfiles import Cells, RowFile, columns_of, found_key, key_of, keyed, place_of, read
from codebooks.tables import header as read_header
from hub.runtime import Hub
from hub.store import codebooks as rows
from hub.store.codebooks import DraftRow, EditRow
from hub.store.database import Connection
from hub.terminology import drafts
from messages.problems import Problem

Action = Literal["add", "change", "end", "remove"]
ACTIONS: tuple[Action, ...] = get_args(Action)


@dataclass(frozen=True)
class RowChange:
    """What is to be done with one row: `table` is a system, a crosswalk `<from>--<to>` or `targets`; `key` names the
    row (not for `add`), `cells` are those that change."""

    action: Action
    table: str
    key: str
    cells: Cells


@dataclass(frozen=True)
class Edited:
    """What an edit did: the draft's version now, the edits, and notes on what an import converted."""

    draft: str
    version: int
    edits: tuple[Edit, ...]
    notes: tuple[CodebookError, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """With stable keys."""
        notes = [{"code": note.code, "place": note.place, "params": note.params} for note in self.notes]
        return {
            "draft": self.draft,
            "version": self.version,
            "edits": [edit.to_json() for edit in self.edits],
            "notes": notes,
        }


def edit(hub: Hub, name: str, by: str, changes: Sequence[RowChange], *, seen: int | None = None) -> Edited:
    """Make the changes, all or none. `seen` is the draft's version that the editor looked at.

    Raises `codebook.no-row`, `codebook.key-ambiguous`, `codebook.row-there`, `codebook.no-column`, and
    `ProblemList("codebook.conflicts")` naming every row that somebody else changed meanwhile, with both values."""
    editor = drafts.person(by)
    with hub.database.transaction() as connection:
        rows.hold_draft(connection, name)
        row = rows.draft(connection, name)
        files = drafts.files_of(connection, row)
        with drafts.problems_told():
            edits = _edits(files, changes, editor)
        return _written(connection, hub, row, edits, by=editor, seen=seen)


def _written(
    connection: Connection, hub: Hub, row: DraftRow, edits: Iterable[Edit], *, by: str, seen: int | None
) -> Edited:
    told = tuple(item for item in edits if item.before != item.after)
    version = drafts.write(connection, hub, row, told, by=by, seen=seen) if told else row.version
    return Edited(row.draft, version, told)


def _edits(files: Mapping[str, bytes], changes: Sequence[RowChange], editor: str) -> list[Edit]:
    opened: dict[str, tuple[tuple[str, ...], dict[str, Cells]]] = {}
    edits: list[Edit] = []
    for change in changes:
        file = place_of(change.table)
        if file not in opened:
            found = read(file, files[file]) if file in files else RowFile(columns_of(file), ())
            opened[file] = (found.columns, keyed(file, found.rows))
        columns, there = opened[file]
        unknown = [column for column in change.cells if column not in columns]
        if unknown:
            raise CodebookError("codebook.no-column", file, names="、".join(unknown), expected="、".join(columns))
        for made in _one(file, columns, there, change, editor):
            edits.append(made)
            if made.after is None:
                there.pop(made.key)
            else:
                there[made.key] = made.after
    return edits


def _one(file: str, columns: Sequence[str], there: Mapping[str, Cells], change: RowChange, editor: str) -> list[Edit]:
    if change.action == "add":
        cells = dict.fromkeys(columns, "") | _defaults(file, editor) | dict(change.cells)
        key = key_of(file, cells)
        if key in there:
            raise CodebookError("codebook.row-there", file, key=key)
        return [Edit(file, key, None, cells)]
    key = found_key(file, there, change.key)
    if change.action == "remove":
        return [Edit(file, key, there[key], None)]
    changed = {**there[key], **change.cells}
    if file.startswith("crosswalks/") and "by" not in change.cells:
        changed["by"] = editor
    if key_of(file, changed) == key.partition("#")[0]:
        return [Edit(file, key, there[key], changed)]
    if key_of(file, changed) in there:
        raise CodebookError("codebook.row-there", file, key=key_of(file, changed))
    return [Edit(file, key, there[key], None), Edit(file, key_of(file, changed), None, changed)]


def _defaults(file: str, editor: str) -> dict[str, str]:
    if file.startswith("tables/"):
        return {"selectable": "yes"}
    return {"relationship": "equivalent", "by": editor} if file.startswith("crosswalks/") else {}


def import_file(
    hub: Hub, name: str, by: str, table: str, raw: bytes, *, header: bytes | None = None, seen: int | None = None
) -> Edited:
    """Put a table or crosswalk as it came from a spreadsheet into a draft, all or nothing.

    The rows that differ from the draft as its editor saw it become edits; a row that somebody else changed meanwhile
    and the file does too conflicts, one that the file leaves alone stays. `header` is the TOML of a new table, or a new
    header for one that exists. Raises `ProblemList` with every bad row by line."""
    editor = drafts.person(by)
    with hub.database.transaction() as connection:
        rows.hold_draft(connection, name)
        row = rows.draft(connection, name)
        files = drafts.files_of(connection, row)
        with drafts.problems_told():
            file = place_of(table)
            incoming = _checked(file, raw, header, files)
            looked_at = drafts.files_of(connection, row, _seen(connection, row, file, editor, seen))
            touched = {item.edit.key: item for item in rows.edits(connection, name) if item.edit.file == file}
            edits = _imported(file, incoming, header, files=files, ancestor=looked_at, touched=touched)
        edited = _written(connection, hub, row, edits, by=editor, seen=row.version)
        return Edited(edited.draft, edited.version, edited.edits, incoming.notes)


def _checked(file: str, raw: bytes, header: bytes | None, files: Mapping[str, bytes]) -> spreadsheets.Imported:
    """The file, checked by itself; how it goes with the rest is for the draft's own checks."""
    if file.startswith("crosswalks/"):
        stem = file.removeprefix("crosswalks/").removesuffix(".csv")
        return spreadsheets.import_crosswalk(stem, raw, build(files).code_systems, file)
    if not file.startswith("tables/"):
        found = read(file, raw.removeprefix(b"\xef\xbb\xbf"))
        return spreadsheets.Imported(found.encode(), found.rows, ())
    beside = file.removesuffix(".csv") + ".toml"
    told = header if header is not None else files.get(beside)
    problems: list[CodebookError] = []
    head = None
    if told is None:
        problems.append(CodebookError("codebook.header-missing", beside))
    else:
        head = read_header(told, beside, problems)
    if head is not None and file != f"tables/{head.id}.csv":
        problems.append(CodebookError("codebook.header", beside, reason=f"id {head.id}"))
    if problems or head is None:
        raise CodebookErrors(problems)
    return spreadsheets.import_table(head, raw, file)


def _seen(connection: Connection, row: DraftRow, file: str, editor: str, seen: int | None) -> int:
    """The version that the file is held against: the one told; else the newest when nobody else touched it, or the
    draft's beginning."""
    if seen is not None:
        if not 0 <= seen <= row.version:
            raise Problem("codebook.bad-version", row.draft, seen=seen, version=row.version)
        return seen
    made = rows.edits(connection, row.draft, after=row.start)
    others = any(item.edit.file == file and item.editor != editor for item in made)
    return row.start if others else row.version


def _imported(
    file: str,
    incoming: spreadsheets.Imported,
    header: bytes | None,
    *,
    files: Mapping[str, bytes],
    ancestor: Mapping[str, bytes],
    touched: Mapping[str, EditRow],
) -> list[Edit]:
    edits = []
    if header is not None:
        beside = file.removesuffix(".csv") + ".toml"
        edits.append(Edit(beside, "", _text(files.get(beside)), _text(header)))
    if file not in files:
        return [*edits, Edit(file, "", None, _text(incoming.content))]
    wanted = read(file, incoming.content)
    if file not in ancestor:  # it came after the version that was seen: then the draft itself is what was seen
        ancestor = files
    from_then = row_edits(file, read(file, ancestor[file]), wanted)
    there = keyed(file, read(file, files[file]).rows)
    clashes = []
    for made in from_then:
        now = there.get(made.key) if made.key else _text(files[file])
        if now == made.before:
            edits.append(made)
        elif now != made.after:
            last = touched.get(made.key)
            clashes.append(conflict(made, now, last.editor if last else "-", last.version if last else 0))
    if clashes:
        raise CodebookErrors(clashes)
    return edits


def _text(raw: bytes | None) -> Cells | None:
    return None if raw is None else {"text": raw.decode("utf-8")}


def exported(hub: Hub, name: str, table: str) -> tuple[int, bytes]:
    """A table of the draft as guarded CSV for a spreadsheet, and the version to name as seen when it comes back."""
    row, files = drafts.contents(hub, name)
    with drafts.problems_told():
        file = place_of(table)
        if file not in files:
            raise CodebookError("codebook.not-a-table", file)
        found = read(file, files[file])
        guarded = tuple({key: spreadsheets.guarded(cell) for key, cell in cells.items()} for cells in found.rows)
        return row.version, RowFile(found.columns, guarded).encode()
