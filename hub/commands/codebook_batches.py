"""The file of `casehub codebook batch`: a JSON list, one JSON object a line, or CSV with a header line.

`to` may stand for `target`. CSV may have further columns, which are not looked at; `-` is standard input.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

from codebooks import CodebookError
from codebooks.formats.text import decoded, read_limited
from messages.problems import Problem

_MEMBERS = ("system", "code", "target", "to", "as_of", "version", "context")


def read_items(path: Path) -> list[Any]:
    """The items, in order. In CSV an empty cell says nothing, and `context` holds a JSON object.

    Raises `codebook.batch-file` naming the line, and what `decoded` refuses. A byte order mark and GB18030 are read."""
    try:
        source = sys.stdin.buffer if str(path) == "-" else path
        text = decoded(read_limited(source, str(path)), str(path), [])
    except CodebookError as error:
        raise Problem(error.code, error.place, **error.params) from None
    start = text.lstrip()[:1]
    read = {"[": _whole, "{": _lines}.get(start, _table)
    return [_named(item) for item in read(text, path)]


def _named(item: Any) -> Any:
    """The item with `target` said, where it says `to` as the command line does."""
    if isinstance(item, dict) and "to" in item and "target" not in item:
        return {"target" if name == "to" else name: value for name, value in item.items()}
    return item


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
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    missing = [name for name in ("system", "code") if name not in (reader.fieldnames or ())]
    if missing:
        raise Problem("codebook.batch-columns", f"{path}:1", missing="、".join(missing))
    items: list[Any] = []
    try:
        for cells in reader:
            item: dict[str, Any] = {name: cells[name] for name in _MEMBERS if cells.get(name)}
            if "context" in item:
                item["context"] = json.loads(item["context"])
            items.append(item)
    except (csv.Error, ValueError, RecursionError) as error:
        raise Problem("codebook.batch-file", f"{path}:{reader.line_num}") from error
    return items
