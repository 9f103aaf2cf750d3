"""The work list: codes from real transfers with no mapping or several, with suggestions.

An item is one *step*: a code of one system that a crosswalk does not carry over to the next. It reads the entries of
stored annexes; items that the given release resolves are dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from rapidfuzz import fuzz, process

from codebooks.dryrun import shown_code, shown_system
from codebooks.errors import CodebookError
from codebooks.names import fold
from codebooks.release import Release
from standards.record.annex import AnnexEntry

SUGGESTIONS = 3
LEAST_SCORE = 55.0
OPEN = ("unmapped", "ambiguous")


@dataclass(frozen=True)
class Step:
    """What is missing: `code` of `source` has no row, or several, to `target`. `source` equals `target` for a code
    that its own table does not have."""

    source: str
    code: str
    target: str

    @property
    def name(self) -> str:
        """By which people name it: `police.case-class/050299/unified.crime`."""
        return f"{self.source}/{self.code}/{self.target}"

    @classmethod
    def named(cls, name: str) -> Step:
        """The step of a name. Raises `CodebookError("codebook.no-work-item")`."""
        parts = name.split("/")
        if len(parts) != 3 or not all(parts):
            raise CodebookError("codebook.no-work-item", item=name)
        return cls(*parts)


@dataclass(frozen=True)
class Suggestion:
    """A code of the target whose name is near; `score` from 0 to 100 (rapidfuzz `WRatio` over folded names)."""

    code: str
    display: str
    score: float

    def to_json(self) -> dict[str, Any]:
        """With stable keys."""
        return dict(vars(self))


@dataclass
class _Work:
    outcome: str = ""
    note: str = ""
    candidates: tuple[str, ...] = ()
    count: int = 0
    senders: Counter[str] = field(default_factory=Counter)
    last_seen: str = ""


class Worklist:
    """Collects steps from annex entries. Memory grows with distinct codes, not with traffic."""

    def __init__(self, release: Release) -> None:
        self._release = release
        self._work: dict[Step, _Work] = {}

    def add(self, entries: Iterable[AnnexEntry], sender_type: str, seen_on: str) -> None:
        """The entries of one annex, from a sender of this type, on this day."""
        for entry in entries:
            if not any(leg.outcome in OPEN for leg in (entry.unified, entry.receiver)):
                continue
            for step, outcome, note, candidates in dict.fromkeys(self._steps(entry)):
                work = self._work.setdefault(step, _Work())
                work.outcome, work.note, work.candidates = outcome, note, candidates
                work.count += 1
                work.senders[sender_type] += 1
                work.last_seen = max(work.last_seen, seen_on)

    def _steps(self, entry: AnnexEntry) -> Iterator[tuple[Step, str, str, tuple[str, ...]]]:
        original, release = entry.original, self._release
        day = date.fromisoformat(entry.as_of or "")
        system = shown_system(original.get("system"), release)
        code: Any = original.get("code")
        if system == "?" or code not in release.system(system).by_code:
            yield Step(system, shown_code(system, code, release), system), "unmapped", "unknown-code", ()
            return
        for target in dict.fromkeys(leg.system or "" for leg in (entry.unified, entry.receiver)):
            route = release.engine.route(system, target) or (system, target)
            yield from self._along(route, code, day)

    def _along(self, route: tuple[str, ...], code: str, day: date) -> Iterator[tuple[Step, str, str, tuple[str, ...]]]:
        codes = [code]
        for here, there in pairwise(route):
            further = []
            for one in codes:
                answer = self._release.translate(here, one, there, day)
                further += [match.code for match in answer.matches]
                if answer.outcome in OPEN:
                    candidates = tuple(match.code for match in answer.matches)
                    yield Step(here, one, there), answer.outcome, answer.note, candidates
            codes = list(dict.fromkeys(further))

    def items(self, limit: int | None = None) -> list[dict[str, Any]]:
        """The work, most frequent first, with suggestions."""
        order = sorted(self._work.items(), key=lambda item: (-item[1].count, item[0].name))
        return [self._told(step, work) for step, work in order[:limit]]

    def _told(self, step: Step, work: _Work) -> dict[str, Any]:
        table = self._release.code_systems.get(step.source)
        concept = table.at(step.code, None) if table is not None else None
        return {
            "item": step.name,
            "system": step.source,
            "code": step.code,
            "display": concept.display if concept else "",
            "target": step.target,
            "outcome": work.outcome,
            "note": work.note,
            "count": work.count,
            "senders": dict(sorted(work.senders.items())),
            "last_seen": work.last_seen,
            "candidates": list(work.candidates),
            "suggestions": [item.to_json() for item in suggestions(self._release, step)],
        }


def suggestions(release: Release, step: Step, limit: int = SUGGESTIONS) -> list[Suggestion]:
    """The codes of the target whose names, in any form, are nearest to the name of the code; best first.

    Only codes in force and fit to be chosen are suggested. Empty for a code that has no name."""
    if step.source == step.target or step.source not in release.code_systems or step.target not in release.code_systems:
        return []
    concept = release.lookup(step.source, step.code)
    if concept is None:
        return []
    forms: dict[str, str] = {}
    for found in release.concepts(step.target):
        if found.selectable and found.valid_to == date.max:
            for name in (found.display, *found.aliases):
                forms.setdefault(fold(name), found.code)
    best: dict[str, float] = {}
    for name in dict.fromkeys(fold(form) for form in (concept.display, *concept.aliases)):
        for form, score, _ in process.extract(name, list(forms), scorer=fuzz.WRatio, limit=limit * 3):
            if score >= LEAST_SCORE:
                best[forms[form]] = max(best.get(forms[form], 0.0), round(score, 1))
    order = sorted(best.items(), key=lambda item: (-item[1], item[0]))[:limit]
    named = [(code, release.lookup(step.target, code), score) for code, score in order]
    return [Suggestion(code, concept.display, score) for code, concept, score in named if concept is not None]
