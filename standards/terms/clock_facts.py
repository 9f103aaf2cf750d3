"""The events of a case that clocks need: times by source, each with the transfer that reported it, and custody.

Beside the sources of `standards.judging.facts`: `term:NAME` (a moment in the terms of a decision), `effective:KIND`
(the effective date of a decision, or for `F…` of a document), `frozen:CLASS` (since when property of this class is
frozen).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from standards import rules
from standards.judging.facts import CaseFacts, Moment, Subject, began, measure_class
from standards.judging.states import state_holds
from standards.record import Measure
from standards.rules.clockwork import PauseRule, pause_rules
from standards.times import day, earliest, moment

CUSTODY = frozenset({"detention", "arrest"})


@dataclass(frozen=True)
class Event:
    """An event. `transfer`: the transfer that reported it, `answers`: the one to which that replied."""

    at: Moment
    source: str
    transfer: str | None = None
    answers: str | None = None
    restart: str = ""
    ceases: bool = False


@dataclass(frozen=True)
class Pause:
    """Days that do not count, both included; `last` is None while the pause lasts."""

    rule: PauseRule
    first: date
    last: date | None


@dataclass
class EventLog:
    """The events of one case, read once for each source and subject."""

    facts: CaseFacts
    _events: dict[tuple[str, str], list[Event]] = field(default_factory=dict)
    _places: dict[str, frozenset[str]] = field(default_factory=dict)

    def events(self, source: str, who: Subject) -> list[Event]:
        """Every event of the subject from a source, in order. Raises `KeyError` for an unknown source."""
        key = source, who.place
        if key not in self._events:
            self._events[key] = sorted(_read(self.facts, source, who), key=lambda each: earliest(each.at))
        return self._events[key]

    def told(self, sources: Sequence[str], who: Subject) -> Iterator[list[Event]]:
        """The events of each source that tells any, in the order of the sources.

        What the history tells names no person. It is left out where the record tells the same thing of another person,
        but not of this one.
        """
        of_others = False
        for source in sources:
            of_history = source.startswith("received:")
            if of_history and who.person is not None and of_others:
                continue
            found = self.events(source, who)
            if found:
                yield found
            elif not of_history:
                of_others = of_others or bool(self._told_of(source) - {who.place})

    def _told_of(self, source: str) -> frozenset[str]:
        if source not in self._places:
            told = (each.place for each in self.facts.persons() if self.events(source, each))
            self._places[source] = frozenset(told)
        return self._places[source]


def _read(facts: CaseFacts, source: str, who: Subject) -> list[Event]:
    name, _, argument = source.partition(":")
    if name == "received":
        received = ((entry, moment(entry.received_at)) for entry in facts.earlier(argument.split("/")))
        return [Event(at, source, entry.transfer_id, entry.in_reply_to) for entry, at in received if at]
    if name in _OWN:
        moments = (moment(text) for text in _OWN[name](facts, argument, who) if isinstance(text, str))
        return [Event(at, source) for at in moments if at]
    return [Event(at, source) for at in facts.moments(source, who)]


def in_custody(facts: CaseFacts, who: Subject, on: date) -> bool:
    """Whether the person was in custody on a day, by the measures that ran then, or else by the state that is known."""
    if who.person is None:
        return False
    measures = facts.measures(who)
    if not measures:
        return bool(state_holds("IN_CUSTODY", facts, who))
    running = [each for each in measures if _runs(each, on)]
    return bool(running) and measure_class(running[-1]) in CUSTODY


def _runs(measure: Measure, on: date) -> bool:
    start, end = began(measure), moment(measure.ended_at or "")
    return start is not None and day(start) <= on and (end is None or day(end) >= on)


def pauses(log: EventLog, names: Sequence[str], who: Subject, start: Moment) -> list[Pause]:
    """The pauses of these kinds that end after `start`, in order."""
    found = []
    for rule in (pause_rules()[name] for name in names):
        begins, ends = (next(log.told(sources, who), []) for sources in (rule.begins, rule.ends))
        for index, event in enumerate(begins):
            until = begins[index + 1].at if index + 1 < len(begins) else None
            last = next((each.at for each in ends if day(each.at) >= day(event.at)), None)
            if last is None and until is not None:
                continue  # the same pause, told again
            first = day(event.at) + timedelta(days=rule.next_day)
            if last is None or day(last) > day(start):
                found.append(Pause(rule, first, None if last is None else day(last)))
    return sorted(set(found), key=lambda each: each.first)


def _effective(facts: CaseFacts, name: str, who: Subject) -> list[Any]:
    if name[:1] in "FE" and name[1:].isdigit():
        return [each.effective_date for each in facts.documents([name], who)]
    return [each.effective_date for each in facts.decisions([name], who)]


def _frozen(facts: CaseFacts, kind: str, who: Subject) -> list[Any]:
    """When property of a class was frozen that still awaits its disposal."""
    known = rules.classes("property")[kind]
    return [
        each.date
        for each in facts.record.property
        if "冻结" in (each.measure or "")
        and not each.disposition
        and known.takes("".join(words for words in (each.kind, each.name, each.measure) if words))
    ]


_OWN: Mapping[str, Callable[[CaseFacts, str, Subject], list[Any]]] = {
    "term": lambda facts, name, who: facts.terms(name, who),
    "effective": _effective,
    "frozen": _frozen,
}
