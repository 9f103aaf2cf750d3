"""Finds closed lists: source files that write several words of one vocabulary side by side."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

FOLDERS = ("adapters", "bench", "codebooks", "docs/book", "dossier", "evidence", "hub", "messages", "standards")
ENOUGH = 3
SIDE_BY_SIDE = r"(?:[\s\"'`|,、/()（）]|或者?|and|or|[\u4e00-\u9fff])+"
"""What may stand between two words of a list in prose, in a pattern or in a row."""


def files_listing(words: Collection[str], root: Path) -> set[str]:
    """The files of the programs, relative to `root`, in which three words of a vocabulary or more stand in one
    literal, one pattern or one sentence. Data that has one word in each of its rows is no list."""
    found = set()
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in _READERS and _lists(path, words):
                found.add(path.relative_to(root).as_posix())
    if _lists(root / "pyproject.toml", words):
        found.add("pyproject.toml")
    return found


def _lists(path: Path, words: Collection[str]) -> bool:
    return any(
        len(set(group) & set(words)) >= ENOUGH for group in _READERS[path.suffix](path.read_text("utf-8"), words)
    )


def _python(text: str, words: Collection[str]) -> Iterator[list[str]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            yield [each.value for each in node.elts if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        elif isinstance(node, ast.Dict):
            yield [each.value for each in node.keys if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _prose(node.value, words)


def _json(text: str, words: Collection[str]) -> Iterator[list[str]]:
    def groups(value: Any) -> Iterator[list[str]]:
        if isinstance(value, list):
            yield [each for each in value if isinstance(each, str)]
        if isinstance(value, dict):
            yield list(value)
        for each in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
            yield from groups(each)
        if isinstance(value, str):
            yield from _prose(value, words)

    yield from groups(json.loads(text))


def _prose(text: str, words: Collection[str]) -> Iterator[list[str]]:
    word = rf"(?<![\w-])(?:{'|'.join(map(re.escape, words))})(?![\w-])"
    for run in re.finditer(rf"{word}(?:{SIDE_BY_SIDE}{word}){{{ENOUGH - 1},}}", text):
        yield re.findall(word, run[0])


_READERS = {".py": _python, ".json": _json, ".toml": _prose, ".csv": _prose}
