"""The file of `casehub codebook batch`: a JSON list, one JSON object a line, or CSV with a header line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from codebooks import CodebookError
from codebooks.formats.text import decoded, read_limited
from standards.problems import Problem

_MEMBERS = ("system", "code", "target", "as_of", "version", "context")


def read_items(path: Path) -> list[Any]:
    """The items, in order. In CSV an empty cell says nothing, and `context` holds a JSON object.

    Raises `codebook.batch-file` naming the line, and what `decoded` refuses. A byte order mark and GB18030 are read."""
    try:
        text = decoded(read_limited(path, str(path)), str(path), [])
    except CodebookError as error:
        raise Problem(error.code, error.place, **error.params) from None
    start = text.lstrip()[:1]
    if start == "[":
        return _whole(text, path)
    return _lines(text, path) if start == "{" else _table(text, path)


def _whole(text: str, path: Path) -> list[Any]:
    try:
        items = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Problem("codebook.batch-file", f"{path}:{getattr(error, 'lineno', 1)}") from error
    assert isinstance(items, list)
    return items


def _lines(text: str, path: Path) -> list[Any]:
    items = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                items.append(json.loads(line))
            except (ValueError, RecursionError) as error:
                raise Problem("codebook.batch-file", f"{path}:{number}") from error
    return items


def _table(text: str, path: Path) -> list[Any]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, restkey="…")
    unknown = [name for name in reader.fieldnames or [] if name not in _MEMBERS]
    if unknown or not {"system", "code"} <= set(reader.fieldnames or ()):
        raise Problem("codebook.batch-file", f"{path}:1")
    items: list[Any] = []
    try:
        for cells in reader:
            item: dict[str, Any] = {name: cell for name, cell in cells.items() if cell}
            if "context" in item:
                item["context"] = json.loads(item["context"])
            items.append(item)
    except (csv.Error, ValueError, RecursionError) as error:
        raise Problem("codebook.batch-file", f"{path}:{reader.line_num}") from error
    return items
