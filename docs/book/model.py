"""What the book consists of: categories and specifications, as `specifications.toml` lists them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


class BookError(Exception):
    """A page and the data disagree; the message names page and place. Every fault of a build is told at once."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Category:
    """One of the eight categories."""

    letter: str
    zh: str
    en: str


@dataclass(frozen=True)
class Specification:
    """One numbered specification. `parts` are what of the standard it specifies: `nodes:ARR`, `table:gb.sex` …"""

    number: str
    zh: str
    en: str
    scope_zh: str
    scope_en: str
    rules: tuple[tuple[str, str], ...]
    references: tuple[str, ...]
    parts: tuple[str, ...]

    @property
    def letter(self) -> str:
        """The category's letter."""
        return self.number[0]


@dataclass(frozen=True)
class Book:
    """All of it."""

    categories: tuple[Category, ...]
    specifications: tuple[Specification, ...]

    def of(self, category: Category) -> tuple[Specification, ...]:
        """The specifications of one category, in order."""
        return tuple(each for each in self.specifications if each.letter == category.letter)


def load(folder: Path = FOLDER) -> Book:
    """The book as its TOML files say. Raises `BookError` for numbers that do not run, or members that lack."""
    source = tomllib.loads((folder / "specifications.toml").read_text("utf-8"))
    categories = tuple(Category(**each) for each in source["category"])
    specifications = tuple(_specification(each) for each in source["specification"])
    book = Book(categories, specifications)
    faults = []
    for category in categories:
        wanted = [f"{category.letter}{index}" for index in range(1, len(book.of(category)) + 1)]
        if [each.number for each in book.of(category)] != wanted:
            faults.append(f"specifications.toml: {category.letter}: numbers do not run from 1")
    faults += [
        f"specifications.toml: {each.number}: no category {each.letter}"
        for each in specifications
        if each.letter not in {category.letter for category in categories}
    ]
    if faults:
        raise BookError(faults)
    return book


def _specification(body: Mapping[str, Any]) -> Specification:
    return Specification(
        number=body["number"],
        zh=body["zh"],
        en=body["en"],
        scope_zh=body["scope_zh"],
        scope_en=body["scope_en"],
        rules=tuple((zh, en) for zh, en in body.get("rules", ())),
        references=tuple(body.get("references", ())),
        parts=tuple(body["parts"]),
    )
