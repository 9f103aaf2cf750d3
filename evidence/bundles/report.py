"""The result of a verification: numbered checks, the level of evidence reached, and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, ParamSpec

from evidence.log.checkpoints import Checkpoint
from evidence.newer import newer
from evidence.statements import SignedStatement
from messages.problems import Problem
from standards.actions import has_form

Verdict = Literal["VALID", "INVALID", "UNANCHORED", "NEWER", "NOTHING", "LESS"]
Outcome = Literal["passed", "failed", "unanchored", "newer", "unbound", "less", "not-checked"]
Level = Literal["none", "signed", "witnessed"]
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

    `unbound` are things that are signed or enclosed, but that no mark binds: they did not pass. A check that ended with
    `less` holds and is less than the verifier asked for; `problems` then says what is missing.
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
    unbound: tuple[str, ...] = ()

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
            "unbound": list(self.unbound),
        }


def _told(problem: Problem) -> dict[str, Any]:
    return {"code": problem.code, "place": problem.place, "params": dict(problem.params)}


@dataclass(frozen=True)
class Witnessing:
    """What witnesses did. `asked` is the level that the verifier asked for, `reached` whether enough of them cosigned,
    `independent` whether anybody vouches for the log or a mark whose key is not the hub's own."""

    asked: Level = "witnessed"
    reached: bool = False
    independent: bool = False


@dataclass(frozen=True)
class Report:
    """The checks in order, what signed statements say that the bundle is about, its checkpoint, and its marks in the
    log's order. `bound` lists what marks bind, with the marks, `unbound` what none does, `warnings` what holds and is
    out of order, late or signed with a key that had ended. `claimed` is the unsigned subject of the manifest."""

    checks: tuple[Check, ...]
    subject: Mapping[str, Any] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None
    marks: tuple[Mapping[str, Any], ...] = ()
    witnessing: Witnessing = Witnessing()
    bound: tuple[Mapping[str, Any], ...] = ()
    unbound: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[Problem, ...] = ()
    claimed: Mapping[str, Any] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()
    """Whose keys the verifier lacks."""

    @property
    def verdict(self) -> Verdict:
        """INVALID if a check failed; NOTHING if no mark was shown; UNANCHORED if something holds only with untrusted
        keys; NEWER if valid content is newer than this program; LESS if the level asked for is not reached, something
        is not bound, or a warning stands; else VALID."""
        outcomes = {check.outcome for check in self.checks}
        if "failed" in outcomes:
            return "INVALID"
        if not self.marks:
            return "NOTHING"
        if "unanchored" in outcomes:
            return "UNANCHORED"
        if any(check.newer for check in self.checks):
            return "NEWER"
        met = self.level == "witnessed" or self.witnessing.asked == "signed"
        whole = not self.unbound and not self.warnings and "less" not in outcomes
        return "VALID" if met and whole and self.witnessing.independent else "LESS"

    @property
    def level(self) -> Level:
        """`none`: something fails, no mark is shown, or one holds only with untrusted keys. `signed`: trusted keys
        signed marks and log. `witnessed`: enough witnesses cosigned the log as well."""
        if not self.marks or any(check.outcome in ("failed", "unanchored") for check in self.checks):
            return "none"
        return "witnessed" if self.witnessing.reached else "signed"

    @property
    def stamped(self) -> bool:
        """Whether a time stamp holds under an authority that the verifier brought."""
        return any(check.name == "time" and check.outcome == "passed" and check.facts for check in self.checks)

    @property
    def unchecked(self) -> tuple[Check, ...]:
        """The checks that were not made."""
        return tuple(check for check in self.checks if check.outcome == "not-checked")

    @property
    def failed(self) -> Check | None:
        """The first check that failed."""
        return next((check for check in self.checks if check.outcome == "failed"), None)

    def to_json(self) -> dict[str, Any]:
        """The report with stable keys, for programs."""
        seen = self.checkpoint
        return {
            "verdict": self.verdict,
            "level": self.level,
            "asked": self.witnessing.asked,
            "stamped": self.stamped,
            "bound": [dict(each) for each in self.bound],
            "unbound": [dict(each) for each in self.unbound],
            "warnings": [_told(problem) for problem in self.warnings],
            "keys_lacking": list(self.lacking),
            "failed_check": self.failed.number if self.failed else None,
            "checks": [check.to_json() for check in self.checks],
            "subject": dict(self.subject),
            "claimed": dict(self.claimed),
            "log": {"origin": seen.origin, "size": seen.size, "root": seen.root.hex()} if seen else None,
            "marks": [dict(mark) for mark in self.marks],
        }


def shown_marks(listed: Sequence[Mapping[str, Any]], marks: Mapping[str, SignedStatement]) -> Iterator[dict[str, Any]]:
    """The marks that were read, as a report lists them, in the order in which the manifest lists them."""
    for number, item in enumerate(listed, 1):
        mark = marks.get(f"marks/{number:06}.json")
        if mark is None:
            continue
        body = mark.unverified_body
        action, node = body.get("action"), body.get("node")
        yield {
            "index": item["index"],
            "leaf_hash": item["leaf_hash"],
            "actor": body["actor"]["agency"],
            **{name: body[name] for name in ("transfer_id", "occurred_at", "seq")},
            "action": action if has_form(action) else None,
            "node": node if isinstance(node, str) else None,
            "newer": bool(newer(mark)),
        }


@dataclass
class Tally:
    """What one check meets on its way."""

    count: int = 0
    unanchored: list[str] = field(default_factory=list)
    wrong: list[Problem] = field(default_factory=list)
    facts: list[Mapping[str, Any]] = field(default_factory=list)
    newer: list[Problem] = field(default_factory=list)
    unbound: list[str] = field(default_factory=list)
    less: list[Problem] = field(default_factory=list)
    """What is less than the verifier asked for."""
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
        told = (tuple(self.wrong or self.less), tuple(self.unanchored), self.skipped, tuple(self.facts))
        newer = tuple(self.newer[:MAX_PROBLEMS])
        return Check(number, CHECKS[number - 1], self._outcome(), self.count, *told, newer, tuple(self.unbound))

    def _outcome(self) -> Outcome:
        if self.wrong:
            return "failed"
        if self.skipped:
            return "not-checked"
        if self.unanchored:
            return "unanchored"
        if self.newer:
            return "newer"
        return "unbound" if self.unbound else "less" if self.less else "passed"
