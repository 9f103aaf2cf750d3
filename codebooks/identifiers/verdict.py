"""What a check of an identifier finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from codebooks.release import Release

_DIVISIONS = "gb.division"


@dataclass(frozen=True)
class IdentifierCheck:
    """One verdict. `valid` is true when nothing failed; `failed` and `warnings` name parts in the order of reading;
    `normalized` is the form to store and look up by (empty when the value could not be read); `rule` is the version of
    the rule; `parts` are what was read, as text."""

    kind: str
    rule: str
    normalized: str = ""
    failed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict, repr=False)
    dates: Mapping[str, date] = field(default_factory=dict, repr=False)

    @property
    def valid(self) -> bool:
        """Whether nothing failed; warnings do not count."""
        return not self.failed

    def not_after(self, today: date) -> IdentifierCheck:
        """The verdict of a reader on `today`: dates inside the value that lie ahead fail by their part."""
        ahead = tuple(part for part, day in self.dates.items() if day > today and part not in self.failed)
        return replace(self, failed=(*self.failed, *ahead)) if ahead else self

    def to_json(self) -> dict[str, Any]:
        """The verdict for programs."""
        return {
            "kind": self.kind,
            "valid": self.valid,
            "failed": list(self.failed),
            "warnings": list(self.warnings),
            "normalized": self.normalized,
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
    """What there is to say about the division in an identifier, in rising order of oddity.

    Nothing; `division-not-in-force` where the code is known but not for that day (cards and numbers were often issued
    under the list of another year); `division-unknown` where no list since 1980 has it. Never an error: real documents
    disagree with the lists."""
    rows = release.system(_DIVISIONS).by_code.get(code, ())
    if not rows:
        return ("division-unknown",)
    if day is not None and not any(row.valid_on(day) for row in rows):
        return ("division-not-in-force",)
    return ()
