"""What several `casehub codebook` commands share: the hub, edits as a table, and a folder's faults."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from codebooks import CodebookError, CodebookErrors, load_folder
from codebooks.edits import Edit
from codebooks.release import TARGETLESS
from hub.runtime import Hub, open_hub
from hub.terminology.editing import Edited
from messages import text
from messages.commandline import Console
from messages.findings import Finding
from messages.problems import Problem
from standards import agencies

SHOWN = 60
"""Rows of edits that people see at once; programs see all."""


@contextmanager
def opened(options: argparse.Namespace) -> Iterator[Hub]:
    """The hub of the command line, closed afterwards."""
    hub = open_hub(options.home)
    try:
        yield hub
    finally:
        hub.stop()


def show_edits(console: Console, made: Edited) -> None:
    """What an edit or import did."""
    for note in made.notes:
        console.notice(Finding(note.code, "W", note.place, params=dict(note.params)))
    edit_table(console, [(None, "", edit) for edit in made.edits])
    console.say("cli.hub.codebook.edit.done", draft=made.draft, version=made.version, count=len(made.edits))
    console.result(made.to_json())


def edit_table(console: Console, edits: Sequence[tuple[int | None, str, Edit]]) -> None:
    """Edits as a table: what happened to which row, and the cells that differ."""
    if not edits:
        return
    with_version = any(version is not None for version, _, _ in edits)
    columns = (["version", "editor"] if with_version else []) + ["kind", "file", "key", "cells"]
    rows = []
    for version, editor, edit in edits[:SHOWN]:
        head = [str(version), editor] if with_version else []
        kind = text(f"cli.hub.codebook.kind.{edit.kind}", console.lang)
        rows.append([*head, kind, edit.file, edit.key or "-", _cells(edit)])
    console.table([f"cli.hub.codebook.column.{name}" for name in columns], rows, right=[0] if with_version else [])
    if len(edits) > SHOWN:
        console.say("cli.hub.codebook.more", count=len(edits) - SHOWN)


def _cells(edit: Edit) -> str:
    if not edit.key:
        return ""
    before: Mapping[str, str] = edit.before or {}
    after: Mapping[str, str] = edit.after or {}
    if edit.before is None or edit.after is None:
        return " ".join(f"{name}={cell}" for name, cell in (after or before).items() if cell)
    return " ".join(
        f"{name}: {before.get(name) or '-'} → {cell or '-'}" for name, cell in after.items() if cell != before.get(name)
    )


def problem_of_files(folder: Path) -> list[Problem]:
    """What the release checks refuse in a folder of tables, by file and line, and agency types without targets.

    A release may lack the latter, for it may be older than a type; whoever maintains the files must not forget them.
    """
    try:
        targets = load_folder(folder).targets.values()
    except CodebookErrors as errors:
        return [Problem(item.code, item.place, **item.params) for item in errors.problems]
    except CodebookError as error:
        return [Problem(error.code, error.place, **error.params)]
    lacking = [name for name in agencies.names() if any(name not in by_type for by_type in targets)]
    return [Problem(TARGETLESS, "targets.csv", type=name) for name in lacking]
