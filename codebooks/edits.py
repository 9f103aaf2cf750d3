"""Edits: the changes from one set of release files to another, row by row.

An `Edit` names a file and a row by its key, with the old content (`before`) and the new content (`after`); with an
empty key it concerns a whole file. An edit *conflicts* if `before` differs from the current content: somebody else has
changed the row since. Both values are then reported, so that nothing is overwritten unseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from codebooks.errors import CodebookError, CodebookErrors
from codebooks.rowfiles import Cells, RowFile, columns_of, is_rows, keyed, merged, read

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Edit:
    """One change. For a row, `before` and `after` are its cells; for a whole file (`key` empty) `{"text": …}`. None
    means that there is no row.
    """

    file: str
    key: str
    before: Cells | None
    after: Cells | None

    @property
    def kind(self) -> str:
        """`added`, `removed`, `ended` (only its last day and successors were filled in) or `changed`."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        told = {name for name in self.after if self.after[name] != self.before.get(name, "")}
        ended = "valid_to" in told and told <= {"valid_to", "successors"} and not self.before.get("valid_to")
        return "ended" if ended else "changed"

    def to_json(self) -> dict[str, Any]:
        """For programs and for the store."""
        sides = {"before": self.before, "after": self.after}
        told = {name: None if cells is None else dict(cells) for name, cells in sides.items()}
        return {"file": self.file, "key": self.key, "kind": self.kind, **told}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Edit:
        """What `to_json` gave."""
        return cls(body["file"], body["key"], body["before"], body["after"])


class _Open:
    """A file being edited: its rows by key, and which of them are new."""

    def __init__(self, file: str, raw: bytes | None) -> None:
        found = RowFile(columns_of(file), ()) if raw is None else read(file, raw)
        self._file, self._columns = file, found.columns
        self._rows = keyed(file, found.rows)
        self._new: set[str] = set()

    def at(self, key: str) -> Cells | None:
        """The current row."""
        return self._rows.get(key)

    def put(self, key: str, cells: Cells | None) -> None:
        """Set the row to `cells`, or remove it."""
        if cells is None:
            self._rows.pop(key, None)
            self._new.discard(key)
            return
        if key not in self._rows:
            self._new.add(key)
        self._rows[key] = cells

    def encode(self) -> bytes:
        """The file's bytes now."""
        old = [row for key, row in self._rows.items() if key not in self._new]
        return RowFile(self._columns, merged(self._file, old, [self._rows[key] for key in self._new])).encode()


def apply(files: Files, edits: Iterable[Edit]) -> dict[str, bytes]:
    """The files after the edits, in their order. Raises `CodebookErrors` with one `codebook.conflict` for every edit
    whose `before` differs from the current content; `files` is not changed.
    """
    made = dict(files)
    opened: dict[str, _Open] = {}
    conflicts: list[CodebookError] = []
    for edit in edits:
        if edit.key and edit.file not in opened:
            opened[edit.file] = _Open(edit.file, made.get(edit.file))
        elif not edit.key and edit.file in opened:
            made[edit.file] = opened.pop(edit.file).encode()
        there = opened[edit.file].at(edit.key) if edit.key else _whole(made.get(edit.file))
        if there != edit.before:
            conflicts.append(conflict(edit, there))
        elif edit.key:
            opened[edit.file].put(edit.key, edit.after)
        elif edit.after is None:
            del made[edit.file]
        else:
            made[edit.file] = edit.after["text"].encode("utf-8")
    if conflicts:
        raise CodebookErrors(conflicts)
    return made | {file: found.encode() for file, found in opened.items()}


def merged_onto(files: Files, edits: Iterable[Edit], by: str = "-") -> dict[str, bytes]:
    """The edits rebased on other files: edits that are already there are dropped, and a row that was changed
    differently conflicts. `by` names who changed it. Raises `CodebookErrors`.
    """
    opened: dict[str, Mapping[str, Cells]] = {}
    wanted, conflicts = [], []
    for edit in edits:
        raw = files.get(edit.file)
        if edit.key and edit.file not in opened:
            opened[edit.file] = {} if raw is None else keyed(edit.file, read(edit.file, raw).rows)
        there = opened[edit.file].get(edit.key) if edit.key else _whole(raw)
        if there == edit.before:
            wanted.append(edit)
        elif there != edit.after:
            conflicts.append(conflict(edit, there, by))
    if conflicts:
        raise CodebookErrors(conflicts)
    return apply(files, wanted)


def conflict(edit: Edit, there: Cells | None, by: str = "-", version: int | str = "-") -> CodebookError:
    """The conflict of an edit with the current content, with both values. `by` and `version`: whose change it was."""
    mine, theirs = _told(edit.after, there), _told(there, edit.after)
    return CodebookError("codebook.conflict", edit.file, key=edit.key, mine=mine, theirs=theirs, by=by, version=version)


def _told(cells: Cells | None, other: Cells | None) -> str:
    """The cells in which a row differs from another, as `display=盗窃罪 …`; `-` for no row."""
    if cells is None:
        return "-"
    if "text" in cells:
        return f"{len(cells['text'])} characters"
    differing = {name: cell for name, cell in cells.items() if other is None or cell != other.get(name)}
    shown = differing or cells
    return " ".join(f"{name}={cell}" for name, cell in shown.items() if cell or name in differing)


def diff(before: Files, after: Files, *, whole: bool = False) -> tuple[Edit, ...]:
    """The edits that lead from one set of files to another, by file: removed and changed rows in the old order, then
    added ones in the new. With `whole`, every file that differs is one edit, so that even the order of its rows is
    kept. Raises `CodebookErrors` for a file that is not readable as rows."""
    edits: list[Edit] = []
    for file in sorted({*before, *after}):
        old, new = before.get(file), after.get(file)
        if old == new:
            continue
        if whole or not is_rows(file) or old is None or new is None:
            edits.append(Edit(file, "", _whole(old), _whole(new)))
        else:
            edits += row_edits(file, read(file, old), read(file, new))
    return tuple(edits)


def row_edits(file: str, old: RowFile, new: RowFile) -> list[Edit]:
    """The edits that lead from the rows of a file to others; one of the whole file where the columns differ."""
    if old.columns != new.columns:
        return [Edit(file, "", _whole(old.encode()), _whole(new.encode()))]
    was, will = keyed(file, old.rows), keyed(file, new.rows)
    edits = [Edit(file, key, row, will.get(key)) for key, row in was.items() if row != will.get(key)]
    return edits + [Edit(file, key, None, row) for key, row in will.items() if key not in was]


def _whole(raw: bytes | None) -> Cells | None:
    return None if raw is None else {"text": raw.decode("utf-8")}
