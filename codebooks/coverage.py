"""How far the crosswalks reach: per direction, how many codes come out with which outcome."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from codebooks.answers import OUTCOMES, Outcome
from codebooks.release import Release


@dataclass(frozen=True)
class Coverage:
    """One crosswalk on one day. `counts` holds every outcome; its sum is the number of source codes that the table has
    ever held, those that have ended (`retired`) or came later (`unmapped`) included."""

    crosswalk: str
    as_of: date
    counts: dict[Outcome, int]

    def to_json(self) -> dict[str, Any]:
        """The row for programs."""
        return {"crosswalk": self.crosswalk, "as_of": self.as_of.isoformat()} | dict(self.counts.items())


def coverage(release: Release, as_of: date) -> list[Coverage]:
    """The coverage of every crosswalk on a day, by name."""
    rows = []
    for name in sorted(release.crosswalks):
        walk = release.crosswalks[name]
        seen = Counter(
            release.translate(walk.source, code, walk.target, as_of).outcome
            for code in release.system(walk.source).by_code
        )
        rows.append(Coverage(name, as_of, {outcome: seen[outcome] for outcome in OUTCOMES}))
    return rows
