"""The result of a translation."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from codebooks.concepts import Concept
from codebooks.crosswalks import Relationship

Outcome = Literal["equivalent", "broader", "narrower", "ambiguous", "retired", "no-equivalent", "unmapped"]
OUTCOMES: tuple[Outcome, ...] = (
    "equivalent", "broader", "narrower", "ambiguous", "retired", "no-equivalent", "unmapped",
)  # fmt: skip

SAFE_OUTCOMES: frozenset[Outcome] = frozenset({"equivalent", "narrower"})
"""Outcomes whose match says no more than the original did: the same, or the same with less detail. After `broader` the
match would assert what nobody said (the original 盗窃罪, the match 扒窃案)."""


@dataclass(frozen=True, slots=True)
class Match:
    """One candidate in the target system, with its source.

    `relationship` is what the original is to this candidate (`codebooks.crosswalks`), over a chain the weakest that
    holds. `crosswalk` and `row` (its line) are those of the last step, `via` the earlier steps in order; `crosswalk`
    is empty and `row` 0 where the original already stands in the target system. `by` is who says so. `sources` counts
    the codes that end at this candidate on the day (more than one: going back is not the same way), `selectable` is
    false for a heading, and `open` tells that the row's condition could not be decided from the context.
    """

    system: str
    version: str
    code: str
    display: str
    relationship: Relationship
    crosswalk: str
    row: int
    justification: str
    condition: str = ""
    via: tuple[Match, ...] = ()
    by: str = ""
    sources: int = 1
    selectable: bool = True
    open: bool = False

    def coding(self) -> dict[str, str]:
        """The candidate as a coding of the record."""
        return {"system": self.system, "version": self.version, "code": self.code, "display": self.display}

    def to_json(self) -> dict[str, Any]:
        """The candidate for programs and annexes; empty members are left out."""
        body: dict[str, Any] = {**self.coding(), "relationship": self.relationship}
        if self.crosswalk:
            body |= {"crosswalk": self.crosswalk, "row": self.row}
        if self.justification:
            body["justification"] = self.justification
        if self.by:
            body["by"] = self.by
        if self.condition:
            body["condition"] = self.condition
        if self.open:
            body["condition_open"] = True
        if self.sources > 1:
            body["sources"] = self.sources
        if not self.selectable:
            body["selectable"] = False
        if self.via:
            body["via"] = [step.to_json() for step in self.via]
        return body


@dataclass(frozen=True, slots=True)
class Translation:
    """The result of one translation.

    `outcome` is never empty and `matches` never holds the source code as a default. `path` names the systems gone
    through, `successors` what took the place of a retired code, `release` the codebook release that answered. `source`
    is what the code means on the day, or else the concept that had ended or was to come. `cardinality` counts the codes
    that end at the same candidates, and the candidates: `1:1`, `1:n`, `n:1` or `n:n`; empty without a match. `note`
    tells outcomes of one kind apart: `unknown-system`, `unknown-code`, `unknown-target`, `not-yet-valid`,
    `source-ended`, `target-ended`, `target-not-yet-valid`, `no-crosswalk`, `no-row`, `row-not-in-force`,
    `condition-unmet`, `condition-open`, `heading`, `version-differs`, or nothing.
    """

    outcome: Outcome
    matches: tuple[Match, ...]
    path: tuple[str, ...]
    release: str
    successors: tuple[Concept, ...] = ()
    note: str = ""
    source: Concept | None = None
    _text: list[str] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def cardinality(self) -> str:
        """How many codes end at these candidates, and how many candidates there are."""
        if not self.matches:
            return ""
        codes = "n" if any(match.sources > 1 for match in self.matches) else "1"
        return f"{codes}:{'n' if len(self.matches) > 1 else '1'}"

    def to_json(self) -> dict[str, Any]:
        """The answer for programs: one object with stable keys; members without a value are left out."""
        return {**self._told(), "release": self.release}

    def text(self) -> str:
        """The answer as JSON without its release, made once: an engine gives the same answer again and again."""
        if not self._text:
            self._text.append(json.dumps(self._told(), ensure_ascii=False, separators=(",", ":")))
        return self._text[0]

    def _told(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "outcome": self.outcome,
            "matches": [match.to_json() for match in self.matches],
            "path": list(self.path),
        }
        if self.matches:
            body["cardinality"] = self.cardinality
        if self.source is not None:
            body["source"] = self.source.to_json()
        if self.successors:
            body["successors"] = [concept.to_json() for concept in self.successors]
        if self.note:
            body["note"] = self.note
        return body
