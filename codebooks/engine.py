"""The conversion engine: from a code of one system to the codes of another, on a day.

1. The source code must be valid on the day; a code that has ended is `retired`, and its successors are given.
2. The shortest path over declared crosswalks is used, ordered by name if two are equally short; no crosswalk is read
   backwards.
3. At each step all rows in force on the day apply whose condition the context does not rule out. A row whose target is
   not in force on the day is no match.
4. One match answers with its relationship; several, one that is merely `related`, or one whose condition the context
   leaves open, with `ambiguous`. Without a match the answer says why: `retired`, `no-equivalent` (declared), `unmapped`
   (a gap).

Results are computed once for each code, target and period without changes, and then looked up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from codebooks.answers import Match, Outcome, Translation
from codebooks.cardinality import changes, sources
from codebooks.concepts import OPEN_START, CodeSystem, Concept
from codebooks.crosswalks import RELATIONSHIPS, Crosswalk, Relationship, Row

_ORDER = {name: place for place, name in enumerate(RELATIONSHIPS)}
_NOTHING: Mapping[str, Any] = {}


@dataclass(slots=True)
class _Timeline:
    """The answers for one code and target: `answers[i]` holds from `starts[i]` until the next start."""

    starts: list[date]
    answers: list[Translation | None]
    conditional: bool


@dataclass(frozen=True, slots=True)
class _Miss:
    """Why a step led nowhere."""

    outcome: Outcome
    note: str = ""
    successors: tuple[Concept, ...] = ()


class Engine:
    """Translates over a set of code systems and crosswalks. Safe to share between threads."""

    def __init__(self, release: str, systems: Mapping[str, CodeSystem], crosswalks: Mapping[str, Crosswalk]) -> None:
        self._release = release
        self._systems = systems
        self._from: dict[str, list[Crosswalk]] = {}
        for name in sorted(crosswalks):
            self._from.setdefault(crosswalks[name].source, []).append(crosswalks[name])
        self._routes: dict[tuple[str, str], tuple[Crosswalk, ...] | None] = {}
        self._timelines: dict[tuple[str, str, str], _Timeline] = {}

    def translate(
        self,
        system: str,
        code: str,
        target: str,
        as_of: date,
        context: Mapping[str, Any] | None = None,
        *,
        version: str | None = None,
    ) -> Translation:
        """The answer for one code; see the module. `version` is that of the source coding: where the table does
        not know it, the answer stands and notes `version-differs`. Never raises."""
        timeline = self._timelines.get((system, code, target))
        if timeline is None:
            refusal = self._refusal(system, code, target)
            if refusal is not None:
                return refusal
            timeline = self._timelines[(system, code, target)] = self._timeline(system, code, target)
        if context and timeline.conditional:
            answer: Translation | None = self._answer(system, code, target, as_of, context)
        else:
            place = bisect_right(timeline.starts, as_of) - 1
            answer = timeline.answers[place]
            if answer is None:
                answer = self._answer(system, code, target, timeline.starts[place], _NOTHING)
                timeline.answers[place] = answer
        assert answer is not None
        if version is not None and not answer.note and not self._systems[system].header.knows(version):
            return replace(answer, note="version-differs")
        return answer

    def route(self, system: str, target: str) -> tuple[str, ...] | None:
        """The systems on the way from one to another, both included; None when no declared crosswalks lead there."""
        walks = self._route(system, target)
        return None if walks is None else (system, *(walk.target for walk in walks))

    def _refusal(self, system: str, code: str, target: str) -> Translation | None:
        """The answer that needs no table; kept apart so that made-up codes fill no memory."""
        table = self._systems.get(system)
        if table is None:
            note = "unknown-system"
        elif code not in table.by_code:
            note = "unknown-code"
        elif target not in self._systems:
            note = "unknown-target"
        elif self._route(system, target) is None:
            note = "no-crosswalk"
        else:
            return None
        return Translation("unmapped", (), (system,), self._release, (), note)

    def _route(self, system: str, target: str) -> tuple[Crosswalk, ...] | None:
        """Breadth first over crosswalks by name, hence shortest first and always the same one."""
        key = (system, target)
        if key in self._routes:
            return self._routes[key]
        ways: dict[str, tuple[Crosswalk, ...]] = {system: ()}
        queue = [system]
        for here in queue:
            for walk in self._from.get(here, ()):
                if walk.target not in ways:
                    ways[walk.target] = (*ways[here], walk)
                    queue.append(walk.target)
        if target in self._systems and system in self._systems:
            self._routes[key] = ways.get(target)
        return ways.get(target)

    def _answer(self, system: str, code: str, target: str, day: date, context: Mapping[str, Any]) -> Translation:
        table = self._systems[system]
        walks = self._route(system, target) or ()
        path = (system, *(walk.target for walk in walks))
        concept = table.at(code, day)
        if concept is None:
            return self._out_of_force(table, code, day, path)
        start = Match(
            system, table.header.version, code, concept.display, "equivalent", "", 0, "", selectable=concept.selectable
        )
        matches, misses = [start], list[_Miss]()
        for walk in walks:
            matches, missed = self._step(walk, matches, day, context)
            misses += missed
        if not matches:
            return self._without_match(misses, concept, path)
        counted = tuple(replace(match, sources=sources(walks, self._systems, match.code, day)) for match in matches)
        first, is_open = counted[0], any(match.open for match in counted)
        single = len(counted) == 1 and not misses and not is_open and first.relationship != "related"
        outcome = _outcome(first.relationship) if single else "ambiguous"
        return Translation(outcome, counted, path, self._release, (), "condition-open" if is_open else "", concept)

    def _step(
        self, walk: Crosswalk, before: list[Match], day: date, context: Mapping[str, Any]
    ) -> tuple[list[Match], list[_Miss]]:
        """All matches one crosswalk further, best first, and a miss for each match before that leads nowhere."""
        found: dict[str, Match] = {}
        missed: list[_Miss] = []
        for match in before:
            hits, miss = self._rows(walk, match.code, day, context)
            if not hits:
                missed.append(miss)
            for row, concept, is_open in hits:
                version = self._systems[walk.target].header.version
                further = _further(match, row, concept, walk, version, is_open=is_open)
                known = found.get(row.target)
                found[row.target] = further if known is None else _same_target(known, further)
        ordered = sorted(found.values(), key=lambda match: (_ORDER[match.relationship], match.code))
        return ordered, missed

    def _rows(
        self, walk: Crosswalk, code: str, day: date, context: Mapping[str, Any]
    ) -> tuple[list[tuple[Row, Concept, bool]], _Miss]:
        rows = walk.by_source.get(code, ())
        if not rows:
            return [], _Miss("unmapped", "no-row")
        table = self._systems[walk.target]
        hits: list[tuple[Row, Concept, bool]] = []
        miss = _Miss("unmapped", "row-not-in-force")
        for row in rows:
            if not row.valid_on(day):
                continue
            holds = True if row.condition is None else row.condition.holds(context)
            if holds is False:
                miss = _weaker(miss, _Miss("unmapped", "condition-unmet"))
            elif not row.target:
                miss = _weaker(miss, _Miss("no-equivalent"))
            elif (concept := table.at(row.target, day)) is not None:
                hits.append((row, concept, holds is None))
            else:
                miss = _weaker(miss, _target_out_of_force(table, row.target, day))
        return hits, miss

    def _out_of_force(self, table: CodeSystem, code: str, day: date, path: tuple[str, ...]) -> Translation:
        ended = [row for row in table.by_code[code] if row.valid_to <= day]
        if not ended:
            return Translation("unmapped", (), path, self._release, (), "not-yet-valid", table.by_code[code][0])
        heirs = table.successors(ended[-1], day)
        return Translation("retired", (), path, self._release, heirs, "source-ended", ended[-1])

    def _without_match(self, misses: list[_Miss], concept: Concept, path: tuple[str, ...]) -> Translation:
        if all(miss.outcome == "no-equivalent" for miss in misses):
            return Translation("no-equivalent", (), path, self._release, (), "", concept)
        retired = [miss for miss in misses if miss.outcome == "retired"]
        if retired:
            heirs = dict.fromkeys(heir for miss in retired for heir in miss.successors)
            return Translation("retired", (), path, self._release, tuple(heirs), "target-ended", concept)
        note = next(miss.note for miss in misses if miss.outcome == "unmapped")
        if note == "no-row" and not concept.selectable:
            note = "heading"
        return Translation("unmapped", (), path, self._release, (), note, concept)

    def _timeline(self, system: str, code: str, target: str) -> _Timeline:
        days: set[date] = {OPEN_START}
        conditional = False
        table = self._systems[system]
        _bounds(table, table.by_code[code], days)
        codes = {code}
        walks = self._route(system, target) or ()
        for walk in walks:
            table = self._systems[walk.target]
            rows = [row for source in sorted(codes) for row in walk.by_source.get(source, ())]
            conditional |= any(row.condition is not None for row in rows)
            days.update(day for row in rows for day in (row.valid_from, row.valid_to))
            codes = {row.target for row in rows if row.target}
            _bounds(table, (concept for code in codes for concept in table.by_code[code]), days)
        days.update(changes(walks, self._systems, codes))
        starts = sorted(days)
        return _Timeline(starts, [None] * len(starts), conditional)


def _bounds(table: CodeSystem, concepts: Iterable[Concept], days: set[date]) -> None:
    """Every day on which something about these concepts or those that followed them changes."""
    waiting = list(concepts)
    seen: set[int] = set()
    while waiting:
        concept = waiting.pop()
        if id(concept) in seen:
            continue
        seen.add(id(concept))
        days.update((concept.valid_from, concept.valid_to))
        heirs = (table.heir(code, concept.valid_to) for code in concept.successors)
        waiting.extend(heir for heir in heirs if heir is not None)


def _target_out_of_force(table: CodeSystem, code: str, day: date) -> _Miss:
    ended = [row for row in table.by_code[code] if row.valid_to <= day]
    if not ended:
        return _Miss("unmapped", "target-not-yet-valid")
    return _Miss("retired", "target-ended", table.successors(ended[-1], day))


def _weaker(one: _Miss, other: _Miss) -> _Miss:
    """The miss that says more when several rows of one code miss: retired, then declared, then the later gap."""
    rank = {"retired": 2, "no-equivalent": 1}
    if rank.get(one.outcome, 0) > rank.get(other.outcome, 0):
        return one
    if one.outcome == other.outcome == "retired":
        return replace(one, successors=tuple(dict.fromkeys((*one.successors, *other.successors))))
    return other


def _further(match: Match, row: Row, concept: Concept, walk: Crosswalk, version: str, *, is_open: bool) -> Match:
    return Match(
        walk.target, version, row.target, concept.display, composed(match.relationship, row.relationship),
        walk.name, row.line, row.justification,
        row.condition.text if row.condition else "",
        (*match.via, replace(match, via=())) if match.crosswalk else (),
        row.by, 1, concept.selectable, match.open or is_open,
    )  # fmt: skip


def _same_target(one: Match, other: Match) -> Match:
    """One target reached on two ways: the first way stands, with what both can vouch for."""
    open_on_both = one.open and other.open
    if one.relationship == other.relationship:
        return replace(one, open=open_on_both)
    return replace(one, relationship="related", open=open_on_both)


def composed(first: Relationship, then: Relationship) -> Relationship:
    """What the original is to the end of two steps: equality keeps the other, equal directions add up, the rest is
    only related."""
    if first in ("equivalent", then):
        return then
    return first if then == "equivalent" else "related"


def _outcome(relationship: Relationship) -> Outcome:
    assert relationship != "related"
    return relationship
