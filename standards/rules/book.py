"""The rules (违规预警): all rules of procedure (IR) and of data (D), read from `arrest.toml` … `package.toml`.

Each file contains one section. An entry has `zh`, `en` (its name), `level` (V violation, W warning, D data), `basis`,
an optional `note` where the law says more than the data show, and:

    kind = "term"         an act came too late, or (daily) has not come though its term is over
    kind = "count"        something happened more often than `most`
    kind = "condition"    `wrong` holds: a condition of standards/judging/conditions.py, most often "X;!Y", X without Y
    kind = "clock"        one of its `clocks` (standards/terms/clocks.py) has run out (daily);
                          with `custody`, only of persons in custody; with `ahead`, that many days before
    kind = "check"        a named comparison of standards/judging/comparisons.py
    kind = "dates"        dates out of order (dates.toml)
    kind = "package"      enforced elsewhere; `codes` are the problems and findings that enforce it
    evaluated = false     cannot be judged from what is exchanged; `because_zh` and `because_en` say why

    at        the nodes at which a transfer is judged       daily     judged by the sweep too
              (a check without them: every transfer)
    per       person | case                                 applies   condition under which it is judged at all
    excuse    condition under which a hit is only kept in the audit (level I)
    needs     agency types that must be enrolled; without them: 未接入，未评估
    refuses   true only for D-01 to D-06

Of terms:
    start     where the term starts: the first entry whose `if` holds and one of whose sources gives a moment
    end       when the act was done: the first source that gives a moment; "now" is the hub's receipt
    regimes   the first whose `if` holds: `deadline` (with its `extended`-th extension), or a `term` (and
              `roll`) of its own
    then      a second term that starts where the first ends   before    days by which the act must come earlier
    until     a lateness beyond this term (or beyond "due") is another rule's
    asks      true: a start that nobody recorded is a finding of its own
    done      nodes whose transfer ends the term (default: `at`); `done_each`: all of them must have come
    done_by   sources that end it as well
    since     only what was done after this moment ends it (default: after the start)
    late      the level of the daily finding, where it is another

Sources of moments: measure:CLASS (executed_at, else decided_at), measure-ended:CLASS, acceptance:CLASS,
reacceptance:CLASS (the latest, if there are two), received:NODE/NODE, document:TYPE (issue_date), served:TYPE,
decision:KIND (decided_at), effective:KIND (effective_date), term:NAME (of a decision), next-document:TYPE@SOURCE,
activity (the last transfer), own-document and own-decision (of the node at hand), now (the hub's receipt; in the sweep,
the present).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from messages.findings import Level
from standards.domains import table
from standards.judging.conditions import Expression, parse

Per = Literal["person", "case"]
Kind = Literal["term", "count", "condition", "clock", "check", "dates", "package", "none"]
SECTIONS: Mapping[str, str] = {
    "A": "arrest.toml",
    "B": "prosecution.toml",
    "C": "trial.toml",
    "D": "supervision.toml",
    "E": "package.toml",
}
"""The sections of the book and their files."""


@dataclass(frozen=True)
class Start:
    """One way to find where a term starts, usable when `condition` holds; the latest moment of `sources` counts."""

    condition: Expression
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Regime:
    """One term that may apply, when `condition` holds: `deadline` with its `extended`-th extension, or `term`."""

    condition: Expression
    deadline: str
    extended: int = 0
    term: str = ""
    roll: Literal["Y", "C", "N"] = "N"


@dataclass(frozen=True)
class Rule:
    """One rule. Rules that share a `number` (`IR-50`, `IR-50-supplement`) are parts of one entry of the rule book."""

    id: str
    section: str
    zh: str
    en: str
    kind: Kind
    level: Level
    basis: str
    at: tuple[str, ...] = ()
    per: Per = "case"
    daily: bool = False
    applies: Expression = ()
    excuse: Expression = ()
    needs: tuple[str, ...] = ()
    start: tuple[Start, ...] = ()
    end: tuple[str, ...] = ()
    regimes: tuple[Regime, ...] = ()
    then: str = ""
    before: int = 0
    until: str = ""
    asks: bool = False
    done: tuple[str, ...] = ()
    done_each: tuple[str, ...] = ()
    done_by: tuple[str, ...] = ()
    since: tuple[str, ...] = ()
    late: Level | None = None
    counts: tuple[str, ...] = ()
    most: int = 0
    member: str = ""
    wrong: Expression = ()
    clocks: tuple[str, ...] = ()
    ahead: int = 0
    custody: bool = False
    check: str = ""
    codes: tuple[str, ...] = ()
    refuses: bool = False
    because_zh: str = ""
    because_en: str = ""
    note: str = ""

    @property
    def number(self) -> str:
        """The number in the rule book: `IR-50` of `IR-50-supplement`."""
        return "-".join(self.id.split("-")[:2])

    @property
    def evaluated(self) -> bool:
        """Whether the rule can be judged at all."""
        return self.kind != "none"

    @property
    def everywhere(self) -> bool:
        """Whether every transfer is judged by it."""
        return self.kind == "check" and not self.at and not self.daily

    @property
    def code(self) -> str:
        """The message code of its findings."""
        return f"rule.{self.id}"

    def name(self, lang: str = "zh") -> str:
        """Its name in `lang`."""
        return self.zh if lang == "zh" else self.en


@cache
def rules() -> Mapping[str, Rule]:
    """All rules by id, in the order of the book. Raises `ValueError` for an entry that is malformed."""
    found: dict[str, Rule] = {}
    for section, name in SECTIONS.items():
        for key, body in table("rules", name).items():
            if key in found:
                msg = f"{name}: {key} stands twice"
                raise ValueError(msg)
            found[key] = _rule(key, section, body)
    return found


def rules_at(node_id: str) -> tuple[str, ...]:
    """Ids of the rules judged when a transfer at the node is received."""
    return tuple(rule.id for rule in rules().values() if node_id in rule.at)


_LISTS = frozenset(
    {"at", "end", "needs", "done", "done_each", "done_by", "since", "counts", "clocks", "codes"},
)
_EXPRESSIONS = frozenset({"applies", "excuse", "wrong"})


def _rule(key: str, section: str, body: Mapping[str, Any]) -> Rule:
    told: dict[str, Any] = {}
    for name, value in body.items():
        if name in _LISTS:
            told[name] = (value,) if isinstance(value, str) else tuple(value)
        elif name in _EXPRESSIONS:
            told[name] = parse(value)
        elif name == "start":
            told[name] = tuple(Start(parse(each.get("if", "")), tuple(each["of"])) for each in value)
        elif name == "regimes":
            told[name] = tuple(_regime(each) for each in value)
        elif name == "evaluated":
            told["kind"] = "none"
        else:
            told[name] = value
    told["basis"] = told.get("basis", "").replace(";", "；")
    try:
        return Rule(id=key, section=section, **told)
    except TypeError as error:
        msg = f"{SECTIONS[section]}: {key}: {error}"
        raise ValueError(msg) from error


def _regime(body: dict[str, Any]) -> Regime:
    return Regime(parse(body.pop("if", "")), body.pop("deadline", ""), **body)
