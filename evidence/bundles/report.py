"""What a verification found: numbered checks, and the verdict that follows from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, ParamSpec

from evidence.log.checkpoints import Checkpoint
from messages.problems import Problem

Verdict = Literal["VALID", "INVALID", "UNANCHORED"]
Outcome = Literal["passed", "failed", "unanchored", "not-checked"]
P = ParamSpec("P")

CHECKS = (
    "container",
    "keys",
    "checkpoint",
    "signatures",
    "inclusion",
    "chains",
    "statements",
    "private",
    "cosignatures",
    "time",
    "bag",
)
MAX_PROBLEMS = 20
"""Problems kept for one check; more are counted only."""


@dataclass(frozen=True)
class Check:
    """One numbered check.

    `count` is how many things it looked at, `problems` the first of what was wrong, `unanchored` the places that hold
    only under keys of the bundle itself. A check that was not made says why in `reason` (`no-policy`, `no-stamps`,
    `no-authorities`, `no-library`, `no-bag`). `facts` are what it found out beyond right and wrong.
    """

    number: int
    name: str
    outcome: Outcome
    count: int = 0
    problems: tuple[Problem, ...] = ()
    unanchored: tuple[str, ...] = ()
    reason: str = ""
    facts: tuple[Mapping[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The check with stable keys."""
        return {
            "number": self.number,
            "check": self.name,
            "outcome": self.outcome,
            "count": self.count,
            "problems": [{"code": p.code, "place": p.place, "params": dict(p.params)} for p in self.problems],
            "unanchored": list(self.unanchored),
            "reason": self.reason,
            "facts": [dict(fact) for fact in self.facts],
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
    facts: list[Mapping[str, Any]] = field(default_factory=list)
    skipped: str = ""
    """Why the check was not made in full; what was wrong all the same still counts."""

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
        told = (tuple(self.wrong), tuple(self.unanchored), self.skipped, tuple(self.facts))
        return Check(number, CHECKS[number - 1], self._outcome(), self.count, *told)

    def _outcome(self) -> Outcome:
        if self.wrong:
            return "failed"
        if self.skipped:
            return "not-checked"
        return "unanchored" if self.unanchored else "passed"
