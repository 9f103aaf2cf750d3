"""Checks whether a code may be used: in the system, in force on the day, not a heading, with the name of the table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from codebooks.concepts import CodeSystem, Concept
from codebooks.names import fold

Reason = Literal[
    "unknown-code", "not-yet-valid", "ended", "heading", "display-differs", "version-differs"
]  # fmt: skip
_WARNINGS: frozenset[Reason] = frozenset({"version-differs"})


@dataclass(frozen=True, slots=True)
class Validation:
    """The answer about one code. `reasons` says all that is wrong, worst first; the code is `valid` when there is none
    but that its version is not known. `concept` is what the code means on the day, or else the concept that had ended
    or is to come; `successors` took the place of one that has ended."""

    system: str
    code: str
    reasons: tuple[Reason, ...]
    concept: Concept | None = None
    successors: tuple[Concept, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether the code may be used on the day."""
        return _WARNINGS.issuperset(self.reasons)

    def to_json(self) -> dict[str, Any]:
        """The answer for programs."""
        body: dict[str, Any] = {
            "valid": self.valid,
            "system": self.system,
            "code": self.code,
            "reasons": list(self.reasons),
        }
        if self.concept is not None:
            body["concept"] = self.concept.to_json()
        if self.successors:
            body["successors"] = [concept.to_json() for concept in self.successors]
        return body


def validate(
    table: CodeSystem, code: str, as_of: date, *, display: str | None = None, version: str | None = None
) -> Validation:
    """Whether `code` of `table` may be used on `as_of`. A `display` is compared as names are (`codebooks.names`), with
    every form that the table knows; a `version` against those that the header names. Never raises."""
    rows = table.by_code.get(code, ())
    if not rows:
        return Validation(table.header.id, code, ("unknown-code",))
    concept = table.at(code, as_of)
    reasons: list[Reason] = []
    successors: tuple[Concept, ...] = ()
    if concept is None:
        ended = [row for row in rows if row.valid_to <= as_of]
        concept = ended[-1] if ended else rows[0]
        reasons.append("ended" if ended else "not-yet-valid")
        successors = table.successors(concept, as_of) if ended else ()
    if not concept.selectable:
        reasons.append("heading")
    if display is not None and fold(display) not in {fold(name) for name in (concept.display, *concept.aliases)}:
        reasons.append("display-differs")
    if version is not None and not table.header.knows(version):
        reasons.append("version-differs")
    return Validation(table.header.id, code, tuple(reasons), concept, successors)
