"""What the full audit of the log found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from messages.problems import Problem

EXPLAINED = "log.explained."
LISTED = 20
"""So many faults of one kind are listed; the others are counted."""


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it must be. `place` is `leaf 17`, a tile's path, `checkpoint 40` or a file's name."""

    code: str
    place: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass
class Audit:
    """What was looked at and what was found, in the order of the log."""

    size: int = 0
    waiting: int = 0
    tiles: int = 0
    checkpoints: int = 0
    cosignatures: int = 0
    newest: int | None = None
    """Size of the newest checkpoint; None before the first."""
    faults: list[Fault] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """How many faults of each kind there are, listed or not."""

    explained: list[Fault] = field(default_factory=list)
    """What looks like a fault and has an explanation; the log is sound all the same."""
    explained_counts: Counter[str] = field(default_factory=Counter)

    newer: Counter[str] = field(default_factory=Counter)
    """How many marks are newer than this program, by the code of what is new in them; no faults."""
    newer_marks: int = 0
    newer_cosignatures: int = 0
    """How many cosignatures may be by keys of types that this program does not have: they were not checked."""

    def met(self, newer: Iterable[Problem]) -> None:
        """Note what in one mark is newer than this program."""
        codes = {problem.code for problem in newer}
        self.newer.update(codes)
        self.newer_marks += bool(codes)

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.counts

    def fault(self, code: str, place: str, **params: Any) -> None:
        """Note one fault, or what has an explanation (`log.explained.…`)."""
        explained = code.startswith(EXPLAINED)
        counts, listed = (self.explained_counts, self.explained) if explained else (self.counts, self.faults)
        counts[code] += 1
        if counts[code] <= LISTED:
            listed.append(Fault(code, place, params))
