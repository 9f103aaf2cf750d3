"""The rules as data: procedural rules (IR), statutory deadlines (DL), states, classes of coded values, order of dates.

The TOML files in this folder explain their own format. The evaluation is in `standards.judging.procedure`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from standards.domains import table
from standards.rules.book import SECTIONS, Per, Regime, Rule, Start, rules, rules_at
from standards.rules.statutory import Deadline, deadlines

__all__ = [
    "SECTIONS",
    "Class",
    "Deadline",
    "Order",
    "Per",
    "Regime",
    "Rule",
    "Start",
    "State",
    "chapters",
    "classes",
    "deadlines",
    "orders",
    "rules",
    "rules_at",
    "states",
]


@dataclass(frozen=True)
class State:
    """One state token: its names, how it is derived from a record (`how`, `argument`), and what it ends."""

    token: str
    zh: str
    en: str
    how: str
    argument: Any
    excludes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Order:
    """Two facts of which `earlier` must not be after `later` (D-11)."""

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
    return table("rules", name)


@cache
def states() -> Mapping[str, State]:
    """The state tokens."""
    found = {}
    for token, body in _load("states.toml").items():
        (how,) = set(body) - {"zh", "en", "excludes"}
        found[token] = State(token, body["zh"], body["en"], how, body[how], tuple(body.get("excludes", ())))
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


@cache
def chapters() -> Mapping[str, int]:
    """Where the codes of a system tell the chapter of 刑法分则: the place of its two digits, by system."""
    return dict(_load("classes.toml")["chapter"])
