"""The result of checking an identifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from codebooks.release import Release

_DIVISIONS = "gb.division"
Grade = Literal["note", "attention", "doubt"]
GRADES: Mapping[str, Grade] = {
    "old-form": "note",
    "residence-permit": "note",
    "permanent-resident": "note",
    "permit-instead": "note",
    "division-later": "note",
    "case-type-not-criminal": "note",
    "court-special": "note",
    "division-not-in-force": "attention",
    "form-not-of-year": "attention",
    "business-unknown": "attention",
    "issuer-unknown": "attention",
    "division-unknown": "doubt",
}
"""How much a warning weighs: `note` is common on real documents, `attention` happens, `doubt` is seldom right."""


@dataclass(frozen=True)
class IdentifierCheck:
    """One verdict. `valid` is true when nothing failed; `failed` and `warnings` name parts in the order of reading;
    `normalized` is the form to store and look up by (empty when the value could not be read), `formatted` the one to
    show (empty unless valid); `rule` is the version of the rule; `parts` are what was read, as text."""

    kind: str
    rule: str
    normalized: str = field(default="", repr=False)
    failed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict, repr=False)
    dates: Mapping[str, date] = field(default_factory=dict, repr=False)
    formatted: str = field(default="", repr=False)

    @property
    def valid(self) -> bool:
        """Whether nothing failed; warnings do not count."""
        return not self.failed

    def not_after(self, today: date) -> IdentifierCheck:
        """The verdict of a reader on `today`: dates inside the value that lie ahead fail by their part."""
        ahead = tuple(part for part, day in self.dates.items() if day > today and part not in self.failed)
        return replace(self, failed=(*self.failed, *ahead), formatted="") if ahead else self

    @property
    def grades(self) -> dict[str, Grade]:
        """Each warning with its weight (`GRADES`)."""
        return {warning: GRADES[warning] for warning in self.warnings}

    def to_json(self) -> dict[str, Any]:
        """The verdict for programs."""
        return {
            "kind": self.kind,
            "valid": self.valid,
            "failed": list(self.failed),
            "warnings": list(self.warnings),
            "grades": self.grades,
            "normalized": self.normalized,
            "formatted": self.formatted,
            "rule": self.rule,
            "parts": dict(self.parts),
        }


def day_of(year: str, month: str, day: str) -> date | None:
    """A calendar day from digits, or None."""
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def division_warnings(code: str, day: date | None, release: Release) -> tuple[str, ...]:
    """Warnings about the division in an identifier on the day given in it.

    Nothing; `division-later` where the code came after the day (a citizen's number carries the code of the place at
    registration, which may be years after birth); `division-not-in-force` where it had been withdrawn by then;
    `division-unknown` where no list since 1980 has it. Never an error: real documents disagree with the lists.
    """
    rows = release.system(_DIVISIONS).by_code.get(code, ())
    if not rows:
        return ("division-unknown",)
    if day is None or any(row.valid_on(day) for row in rows):
        return ()
    return ("division-later",) if rows[-1].valid_from > day else ("division-not-in-force",)
