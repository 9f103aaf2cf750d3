"""Comparing sets of tables: a draft with its base, or two releases, by rows and by answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from codebooks import CodebookErrors, build
from codebooks import edits as row_edits
from codebooks.edits import Edit
from codebooks.outcomes import changed_outcomes
from hub.runtime import Hub
from hub.terminology import drafts
from standards import times

KINDS = ("added", "changed", "ended", "removed")


@dataclass(frozen=True)
class Comparison:
    """`outcomes` is empty if a side does not pass the checks; `comparable` is then False."""

    before: str
    after: str
    as_of: date
    edits: tuple[Edit, ...]
    outcomes: tuple[dict[str, Any], ...]
    comparable: bool

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of each kind; every kind is named."""
        seen = Counter(edit.kind for edit in self.edits)
        return {kind: seen[kind] for kind in KINDS}

    def to_json(self) -> dict[str, Any]:
        """With stable keys."""
        return {
            "before": self.before,
            "after": self.after,
            "as_of": self.as_of.isoformat(),
            "counts": self.counts,
            "rows": [edit.to_json() for edit in self.edits],
            "outcomes": list(self.outcomes),
            "outcomes_compared": self.comparable,
        }


def compare(hub: Hub, one: str, other: str | None = None, as_of: date | None = None) -> Comparison:
    """A draft with its base, or, with `other`, release `one` with release `other`.

    Raises `codebook.no-draft` or `codebook.no-release`."""
    if other is None:
        row, after = drafts.contents(hub, one)
        before = drafts.base_of(hub, row)
        names = (row.base, row.draft)
    else:
        before, after = (hub.releases.files(hub.releases.named(name)) for name in (one, other))
        names = (one, other)
    with drafts.problems_told():
        edits = row_edits.diff(before, after)
    day = as_of or times.day(hub.clock())
    outcomes = _outcomes(before, after, day)
    return Comparison(*names, day, edits, tuple(outcomes or ()), outcomes is not None)


def _outcomes(before: Mapping[str, bytes], after: Mapping[str, bytes], day: date) -> list[dict[str, Any]] | None:
    try:
        return changed_outcomes(build(before), build(after), day)
    except CodebookErrors:
        return None
