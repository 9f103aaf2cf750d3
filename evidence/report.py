"""What a verification found: numbered checks, and the verdict that follows from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, ParamSpec

from evidence.checkpoints import Checkpoint
from standards.problems import Problem

Verdict = Literal["VALID", "INVALID", "UNANCHORED"]
Outcome = Literal["passed", "failed", "unanchored", "not-checked"]
P = ParamSpec("P")

CHECKS = ("container", "keys", "checkpoint", "signatures", "inclusion", "chains", "statements", "private")
MAX_PROBLEMS = 20
"""Problems kept for one check; more are counted only."""


@dataclass(frozen=True)
class Check:
    """One numbered check.

    `count` is how many things it looked at, `problems` the first of what was wrong, `unanchored` the places that hold
    only under keys of the bundle itself.
    """

    number: int
    name: str
    outcome: Outcome
    count: int = 0
    problems: tuple[Problem, ...] = ()
    unanchored: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The check with stable keys."""
        return {
            "number": self.number,
            "check": self.name,
            "outcome": self.outcome,
            "count": self.count,
            "problems": [{"code": p.code, "place": p.place, "params": dict(p.params)} for p in self.problems],
            "unanchored": list(self.unanchored),
        }


def verdict_of(checks: tuple[Check, ...]) -> Verdict:
    """INVALID when a check failed, else UNANCHORED when one holds only under keys that nobody vouches for."""
    outcomes = {check.outcome for check in checks}
    if "failed" in outcomes:
        return "INVALID"
    return "UNANCHORED" if "unanchored" in outcomes else "VALID"


@dataclass(frozen=True)
class Report:
    """The checks in order, what the bundle says that it is about, its checkpoint, and its marks in the log's order."""

    checks: tuple[Check, ...]
    subject: Mapping[str, Any] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None
    marks: tuple[Mapping[str, Any], ...] = ()

    @property
    def verdict(self) -> Verdict:
        """VALID, INVALID or UNANCHORED."""
        return verdict_of(self.checks)

    @property
    def failed(self) -> Check | None:
        """The first check that failed."""
        return next((check for check in self.checks if check.outcome == "failed"), None)

    def to_json(self) -> dict[str, Any]:
        """The report with stable keys, for programs."""
        seen = self.checkpoint
        return {
            "verdict": self.verdict,
            "failed_check": self.failed.number if self.failed else None,
            "checks": [check.to_json() for check in self.checks],
            "subject": dict(self.subject),
            "log": {"origin": seen.origin, "size": seen.size, "root": seen.root.hex()} if seen else None,
            "marks": [dict(mark) for mark in self.marks],
        }


@dataclass
class Tally:
    """What one check meets on its way."""

    count: int = 0
    unanchored: list[str] = field(default_factory=list)
    wrong: list[Problem] = field(default_factory=list)

    def run(self, place: str, look: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> bool:
        """Look at one thing and tell whether it was well; a problem without a place gets this one."""
        self.count += 1
        try:
            look(*args, **kwargs)
        except Problem as problem:
            if len(self.wrong) < MAX_PROBLEMS:
                self.wrong.append(Problem(problem.code, problem.place or place, **problem.params))
            return False
        return True

    def check(self, number: int) -> Check:
        """The check that this tally amounts to."""
        outcome: Outcome = "failed" if self.wrong else "unanchored" if self.unanchored else "passed"
        return Check(number, CHECKS[number - 1], outcome, self.count, tuple(self.wrong), tuple(self.unanchored))
