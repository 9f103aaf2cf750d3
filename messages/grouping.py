"""Findings for people: the worst first, and what is found many times told once.

Two findings are the same when they say the same: code, level, sentence and who declares it. A group keeps every place
and every occasion, in the order in which they were told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from messages import Lang, message

LEVELS = ("V", "W", "D", "I")
"""From the worst to the least."""
LANGS: tuple[Lang, ...] = ("zh", "en")


@dataclass
class Group:
    """One thing found: its first finding, all its places without repeats, and the occasions of each time."""

    finding: Mapping[str, Any]
    places: list[str] = field(default_factory=list)
    occasions: list[Any] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many times it was found."""
        return len(self.occasions)


def grouped(findings: Iterable[tuple[Any, str, Mapping[str, Any]]]) -> list[Group]:
    """Groups of `(occasion, place, finding)`, the worst first, else in the order in which they were first told."""
    found: dict[tuple[str, ...], Group] = {}
    for occasion, place, finding in findings:
        group = found.setdefault(_same(finding), Group(finding))
        group.occasions.append(occasion)
        if place and place not in group.places:
            group.places.append(place)
    return sorted(found.values(), key=lambda group: rank(group.finding))


def rank(finding: Mapping[str, Any]) -> int:
    """0 for the worst level; an unknown level comes last."""
    level = finding.get("level", "W")
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def at_least(finding: Mapping[str, Any], level: str | None) -> bool:
    """Whether a finding is of that level or a worse one."""
    return level is None or rank(finding) <= LEVELS.index(level)


def _same(finding: Mapping[str, Any]) -> tuple[str, ...]:
    code, params = finding["code"], finding.get("params", {})
    said = [finding.get(lang) or message(code).text(lang, params) for lang in LANGS]
    return (code, finding.get("level", "W"), *said, finding.get("by", ""), finding.get("recount", ""))
