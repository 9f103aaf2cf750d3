"""The rule book as data: procedural rules (IR), statutory terms (DL), states, classes of coded values, order of dates.

The TOML files of this folder explain their own forms. The evaluation stands in `standards.procedure`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from standards.conditions import Expression, parse
from standards.findings import Level
from standards.rules.statutory import Deadline, deadlines

__all__ = [
    "Class",
    "Deadline",
    "Order",
    "Per",
    "Regime",
    "Rule",
    "Start",
    "State",
    "classes",
    "deadlines",
    "orders",
    "rules",
    "rules_at",
    "states",
]

Per = Literal["person", "case"]


@dataclass(frozen=True)
class Start:
    """One way to find where a term starts, usable when `condition` holds; the latest moment of `sources` counts."""

    condition: Expression
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Regime:
    """One term that may apply, when `condition` holds: `deadline`, with its `extended`-th extension (0 is none)."""

    condition: Expression
    deadline: str
    extended: int = 0


@dataclass(frozen=True)
class Rule:
    """One procedural rule (IR), of kind `term` (an act came too late) or `count` (an act came too often)."""

    id: str
    kind: Literal["term", "count"]
    level: Level
    at: tuple[str, ...]
    per: Per
    basis: str
    applies: Expression = ()
    start: tuple[Start, ...] = ()
    end: tuple[str, ...] = ()
    regimes: tuple[Regime, ...] = ()
    until: str = ""
    counts: tuple[str, ...] = ()
    most: int = 0
    member: str = ""


@dataclass(frozen=True)
class State:
    """One state token: its names, and the one way (`how`, `argument`) in which a record tells it."""

    token: str
    zh: str
    en: str
    how: str
    argument: Any


@dataclass(frozen=True)
class Order:
    """Two facts of which `earlier` must not lie after `later` (D-11)."""

    per: Per
    earlier: str
    later: str


@dataclass(frozen=True)
class Class:
    """A class of coded values, known by the words of their displays."""

    words: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    agency: str = ""

    def takes(self, words: str) -> bool:
        """Whether `words` belong to this class."""
        return any(each in words for each in self.words) and not any(each in words for each in self.excluded)


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(name).read_text("utf-8"))


@cache
def rules() -> Mapping[str, Rule]:
    """The procedural rules, by id."""
    return {key: _rule(key, body) for key, body in _load("procedure.toml").items()}


def _rule(key: str, body: Mapping[str, Any]) -> Rule:
    starts = tuple(Start(parse(each.get("if", "")), tuple(each["of"])) for each in body.get("start", ()))
    regimes = tuple(
        Regime(parse(each.get("if", "")), each["deadline"], each.get("extended", 0)) for each in body.get("regimes", ())
    )
    return Rule(
        id=key,
        kind=body["kind"],
        level=body["level"],
        at=tuple(body["at"]),
        per=body["per"],
        basis=body["basis"].replace(";", "；"),
        applies=parse(body.get("applies", "")),
        start=starts,
        end=tuple(body.get("end", ())),
        regimes=regimes,
        until=body.get("until", ""),
        counts=tuple(body.get("counts", ())),
        most=body.get("most", 0),
        member=body.get("member", ""),
    )


def rules_at(node_id: str) -> tuple[str, ...]:
    """Ids of the rules evaluated at a node."""
    return tuple(rule.id for rule in rules().values() if node_id in rule.at)


@cache
def states() -> Mapping[str, State]:
    """The state tokens."""
    found = {}
    for token, body in _load("states.toml").items():
        (how,) = set(body) - {"zh", "en"}
        found[token] = State(token, body["zh"], body["en"], how, body[how])
    return found


@cache
def orders() -> tuple[Order, ...]:
    """The order of dates (D-11)."""
    return tuple(Order(**body) for body in _load("dates.toml")["order"])


@cache
def classes(kind: str) -> Mapping[str, Class]:
    """The classes of `measure` or `acceptance`, by name."""
    return {
        name: Class(tuple(body["words"]), tuple(body.get("not", ())), body.get("agency", ""))
        for name, body in _load("classes.toml")[kind].items()
    }
