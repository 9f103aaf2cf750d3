"""Coverage of the crosswalks: per direction, how many codes have which outcome.

The same counts make the table of `casehub codebook coverage` and of the README:

    for row in coverage(release, day):
        print(row.source, row.target, row.codes, *(row.counts[outcome] for outcome in OUTCOMES))

A gap differs from a decision: `unmapped` means that nobody has decided (or that the code is not yet in force),
`no-equivalent` that somebody has decided that there is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from codebooks.answers import OUTCOMES, Outcome
from codebooks.crosswalks import Crosswalk
from codebooks.release import Release

COLUMNS: tuple[str, ...] = ("source", "target", "rows", "codes", *OUTCOMES)
"""The columns of the table, in order; `Coverage.cells` fills them."""


@dataclass(frozen=True)
class Coverage:
    """One crosswalk on one day. `rows` are those of its file, `codes` the source codes that the table has ever held;
    `counts` holds every outcome, and its sum is `codes`: those that have ended (`retired`) or came later (`unmapped`)
    included. `headings` are those of the unmapped that cannot be selected, and hence need no row."""

    crosswalk: str
    as_of: date
    rows: int
    counts: Mapping[Outcome, int]
    headings: int = 0

    @property
    def source(self) -> str:
        """The system translated from."""
        return self.crosswalk.partition("--")[0]

    @property
    def target(self) -> str:
        """The system translated to."""
        return self.crosswalk.partition("--")[2]

    @property
    def codes(self) -> int:
        """How many source codes were counted."""
        return sum(self.counts.values())

    def cells(self) -> tuple[str, ...]:
        """The row of the table, by `COLUMNS`."""
        counted = (self.rows, self.codes, *(self.counts[outcome] for outcome in OUTCOMES))
        return (self.source, self.target, *map(str, counted))

    def to_json(self) -> dict[str, Any]:
        """The row for programs."""
        return {
            "crosswalk": self.crosswalk,
            "source": self.source,
            "target": self.target,
            "as_of": self.as_of.isoformat(),
            "rows": self.rows,
            "codes": self.codes,
            **{str(outcome): count for outcome, count in self.counts.items()},
            "headings": self.headings,
        }


def coverage(release: Release, as_of: date) -> list[Coverage]:
    """The coverage of every crosswalk on a day, by name."""
    return [_of(release, release.crosswalks[name], as_of) for name in sorted(release.crosswalks)]


def total(rows: Iterable[Coverage]) -> dict[str, int]:
    """The last line of the table: rows, codes and outcomes over all directions."""
    every = list(rows)
    counted = {str(outcome): sum(row.counts[outcome] for row in every) for outcome in OUTCOMES}
    return {"rows": sum(row.rows for row in every), "codes": sum(row.codes for row in every), **counted}


def _of(release: Release, walk: Crosswalk, as_of: date) -> Coverage:
    answers = [release.translate(walk.source, code, walk.target, as_of) for code in release.system(walk.source).by_code]
    seen = Counter(answer.outcome for answer in answers)
    headings = sum(1 for answer in answers if answer.note == "heading")
    return Coverage(walk.name, as_of, len(walk.rows), {outcome: seen[outcome] for outcome in OUTCOMES}, headings)
