"""Code systems and their concepts in a release.

Validity runs from `valid_from` (inclusive) to `valid_to` (exclusive). `OPEN_START` and `OPEN_END` mean "since the table
exists" and "still in force". One code may have several concepts, one after another in time: GB/T 2260 gives a withdrawn
code to another district.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

OPEN_START = date.min
OPEN_END = date.max


@dataclass(frozen=True, slots=True)
class Concept:
    """One row of a code table. `line` is its line in the CSV file, for provenance."""

    system: str
    code: str
    display: str
    parent: str = ""
    selectable: bool = True
    valid_from: date = OPEN_START
    valid_to: date = OPEN_END
    successors: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    article: str = ""
    note: str = ""
    line: int = 0

    def valid_on(self, day: date) -> bool:
        """Whether the concept is in force on `day`."""
        return self.valid_from <= day < self.valid_to

    def to_json(self) -> dict[str, Any]:
        """The concept for programs; open ends and empty members are left out."""
        body: dict[str, Any] = {"system": self.system, "code": self.code, "display": self.display}
        if self.parent:
            body["parent"] = self.parent
        body["selectable"] = self.selectable
        if self.valid_from != OPEN_START:
            body["valid_from"] = self.valid_from.isoformat()
        if self.valid_to != OPEN_END:
            body["valid_to"] = self.valid_to.isoformat()
        for name in ("successors", "aliases"):
            if getattr(self, name):
                body[name] = list(getattr(self, name))
        for name in ("article", "note"):
            if getattr(self, name):
                body[name] = getattr(self, name)
        return body


@dataclass(frozen=True)
class Header:
    """The header file of a table. `stand_in` is true for a table that only stands in for one that is not public;
    `unified` names the unified system of the same subject (its own id for a unified one, empty for none);
    `earlier_versions` are those whose codes mean the same as far as this table holds them."""

    id: str
    title_zh: str
    title_en: str
    publisher: str
    instrument: str
    version: str
    source: str
    code_pattern: str
    valid_from: str = ""
    valid_to: str = ""
    stand_in: bool = False
    unified: str = ""
    note_zh: str = ""
    note_en: str = ""
    earlier_versions: Sequence[str] = ()

    def knows(self, version: str) -> bool:
        """Whether the table speaks for codes of this version."""
        return version == self.version or version in self.earlier_versions


@dataclass(frozen=True)
class CodeSystem:
    """One code table: header, concepts in file order, and concepts by code in time order."""

    header: Header
    concepts: tuple[Concept, ...]
    by_code: Mapping[str, tuple[Concept, ...]] = field(repr=False)

    def at(self, code: str, day: date | None) -> Concept | None:
        """The concept that `code` means on `day`; with no day the latest. None when there is none."""
        rows = self.by_code.get(code, ())
        if day is None:
            return rows[-1] if rows else None
        for row in rows:
            if row.valid_on(day):
                return row
        return None

    def children(self, code: str, day: date | None = None) -> tuple[Concept, ...]:
        """The concepts directly under `code`, in file order; with a day only those in force."""
        return tuple(row for row in self._below.get(code, ()) if day is None or row.valid_on(day))

    def parents(self, code: str, day: date | None = None) -> tuple[Concept, ...]:
        """The concepts above `code`, nearest first; a parent that is not in force on the day stands as it was last."""
        found: list[Concept] = []
        concept = self.at(code, day)
        while concept is not None and concept.parent:
            concept = self.at(concept.parent, day) or self.at(concept.parent, None)
            if concept is not None:
                found.append(concept)
        return tuple(found)

    @cached_property
    def _below(self) -> Mapping[str, list[Concept]]:
        below: dict[str, list[Concept]] = {}
        for row in self.concepts:
            if row.parent:
                below.setdefault(row.parent, []).append(row)
        return below

    def subsumes(self, ancestor: str, code: str, day: date | None = None) -> bool:
        """Whether `code` is `ancestor` or below it."""
        if self.at(code, day) is None:
            return False
        return code == ancestor or any(concept.code == ancestor for concept in self.parents(code, day))

    def successors(self, concept: Concept, day: date) -> tuple[Concept, ...]:
        """The concepts in force on `day` that took the place of `concept`, through any number of changes.

        A successor that itself ended without one is dropped; an empty answer says that nothing took its place."""
        found: dict[tuple[str, date], Concept] = {}
        for code in concept.successors:
            heir = self.heir(code, concept.valid_to)
            if heir is None:
                continue
            heirs = (heir,) if heir.valid_to > day else self.successors(heir, day)
            found.update({(row.code, row.valid_from): row for row in heirs})
        return tuple(found.values())

    def heir(self, code: str, ended: date) -> Concept | None:
        """The concept that `code` means on the day `ended`, or the first one after it."""
        for row in self.by_code.get(code, ()):
            if row.valid_to > ended:
                return row
        return None
