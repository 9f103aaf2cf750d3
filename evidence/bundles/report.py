"""The result of a verification: numbered checks and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, ParamSpec

from evidence.log.checkpoints import Checkpoint
from messages.problems import Problem

Verdict = Literal["VALID", "INVALID", "UNANCHORED", "NEWER"]
Outcome = Literal["passed", "failed", "unanchored", "newer", "not-checked"]
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
    `no-authorities`, `no-library`, `no-bag`). `facts` are what it found out beyond right and wrong, `newer` what holds
    and is newer than this program (`evidence.newer`).
    """

    number: int
    name: str
    outcome: Outcome
    count: int = 0
    problems: tuple[Problem, ...] = ()
    unanchored: tuple[str, ...] = ()
    reason: str = ""
    facts: tuple[Mapping[str, Any], ...] = ()
    newer: tuple[Problem, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The check with stable keys."""
        return {
            "number": self.number,
            "check": self.name,
            "outcome": self.outcome,
            "count": self.count,
            "problems": [_told(problem) for problem in self.problems],
            "unanchored": list(self.unanchored),
            "reason": self.reason,
            "facts": [dict(fact) for fact in self.facts],
            "newer": [_told(problem) for problem in self.newer],
        }


def _told(problem: Problem) -> dict[str, Any]:
    return {"code": problem.code, "place": problem.place, "params": dict(problem.params)}


def verdict_of(checks: tuple[Check, ...]) -> Verdict:
    """INVALID if a check failed, else UNANCHORED if one passed only with untrusted keys, else NEWER if valid content is
    newer than this program, so that its meaning was not read.
    """
    outcomes = {check.outcome for check in checks}
    if "failed" in outcomes:
        return "INVALID"
    if "unanchored" in outcomes:
        return "UNANCHORED"
    return "NEWER" if any(check.newer for check in checks) else "VALID"


@dataclass(frozen=True)
class Report:
    """The checks in order, what the bundle says that it is about, its checkpoint, and its marks in the log's order."""

    checks: tuple[Check, ...]
    subject: Mapping[str, Any] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None
    marks: tuple[Mapping[str, Any], ...] = ()

    @property
    def verdict(self) -> Verdict:
        """VALID, INVALID, UNANCHORED or NEWER."""
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
    newer: list[Problem] = field(default_factory=list)
    skipped: str = ""
    """Why the check was not made in full; what was wrong all the same still counts."""

    def run(self, place: str, look: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> bool:
        """Run one check and return whether it passed; a problem without a place gets this one."""
        self.count += 1
        try:
            look(*args, **kwargs)
        except Problem as problem:
            if len(self.wrong) < MAX_PROBLEMS:
                self.wrong.append(Problem(problem.code, problem.place or place, **problem.params))
            return False
        return True

    def meet(self, place: str, newer: Iterable[Problem]) -> None:
        """Something holds, and is newer than this program."""
        self.newer += [Problem(each.code, place, **each.params) for each in newer]

    def check(self, number: int) -> Check:
        """The check that this tally amounts to."""
        told = (tuple(self.wrong), tuple(self.unanchored), self.skipped, tuple(self.facts))
        newer = tuple(self.newer[:MAX_PROBLEMS])
        return Check(number, CHECKS[number - 1], self._outcome(), self.count, *told, newer)

    def _outcome(self) -> Outcome:
        if self.wrong:
            return "failed"
        if self.skipped:
            return "not-checked"
        if self.unanchored:
            return "unanchored"
        return "newer" if self.newer else "passed"
