"""Clocks (期限): which statutory deadlines run in a case, for whom, their start, due date and state.

Everything comes from recorded facts, by the data of `rules/`: `deadlines.toml`, `clocks.toml` and `readings.toml`.

1. A clock exists if an event that starts it is recorded; nothing is guessed. Where custody is concerned, it runs per
   person.
2. It ends with the act that the law requires, with an event that restarts the deadline, or with the close of the case.
3. An extension counts if its decision is recorded on or before the due date that it extends.
4. Paused days are added; a pause that lasts is counted up to now.
5. Custody is that of the person on the last day, or on the day of the act, or today, whichever comes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Any, Literal

from standards.judging.connection import Connected, takes_part
from standards.judging.facts import CaseFacts, Moment, Subject
from standards.judging.states import holds
from standards.rules.clockwork import Begin, ClockRule, clock_rules, closing, days_ahead
from standards.rules.statutory import Deadline, deadline_on, options
from standards.terms.calendars import OFFICIAL, Calendar
from standards.terms.clock_count import Span, before, counted
from standards.terms.clock_facts import Event, EventLog, Pause
from standards.terms.deadlines import Due, Mode, parse_term
from standards.times import day, earliest

State = Literal["met", "met-late", "running", "due-soon", "overdue", "lapsed", "not-assessed"]


@dataclass(frozen=True)
class Clock:
    """One deadline of a person (`place` is `/persons/0`) or of the case (`/case`), by the recorded facts.

    `id` is the statutory term, `name` the clock of `clocks.toml`. `term` is the total with its `extended` extensions,
    `dues` the due moments before and after each of them. `due_statutory` decides whether the term was missed,
    `due_conservative` from when to warn. `done`: when the act that ends it is recorded, None while it runs; `ceased`:
    the act became needless by then. `late_extension`: an extension decided after the term had ended, which extends
    nothing. `assessed`: False when an agency whose transfers would tell is not connected (未接入，未评估). `right`: the
    term limits a right, nobody fails by letting it pass. `transfer`: the transfer that started it.
    """

    id: str
    name: str
    zh: str
    en: str
    place: str
    person_uid: str | None
    duty: str
    start: Moment
    start_from: str
    term: str
    extended: int
    pauses: tuple[Pause, ...]
    restarted_by: str | None
    due_statutory: Due
    due_conservative: Due
    dues: tuple[Due, ...]
    done: Moment | None
    done_from: str
    custody: bool
    basis: str
    ahead: int
    right: bool = False
    assessed: bool = True
    ceased: bool = False
    late_extension: Moment | None = None
    transfer: str | None = None
    confidence: str = "high"

    @property
    def provisional(self) -> bool:
        """Whether the calendar does not know a year that the term would have to ask for."""
        return self.due_statutory.provisional

    @property
    def paused(self) -> bool:
        """Whether a pause lasts, so that the due moment moves with every day."""
        return self.done is None and any(each.last is None for each in self.pauses)

    def state(self, now: datetime) -> State:
        """The state of the clock at `now`. A right that was not used in time has `lapsed`."""
        if not self.assessed and (self.done is None or self.ceased):
            return "not-assessed"
        if self.ceased and self.right:
            return "lapsed"
        if self.done is not None:
            return "met-late" if self.due_statutory.missed_by(self.done) else "met"
        if self.due_statutory.missed_by(now):
            return "lapsed" if self.right else "overdue"
        return "due-soon" if self.days_left(now, "conservative") <= self.ahead else "running"

    def days_left(self, now: datetime, mode: Mode = "statutory") -> int:
        """Days from today to the due day; negative when that has passed."""
        end = self.due_statutory if mode == "statutory" else self.due_conservative
        return (day(end.at) - day(now)).days


def clocks(
    facts: CaseFacts,
    calendar: Calendar = OFFICIAL,
    *,
    enrolled: Connected | None = None,
    readings: Mapping[str, str] | None = None,
) -> list[Clock]:
    """Every clock of the case, running or done, in the order of `clocks.toml`, per person in the order of the record.

    `enrolled`: the types of the agencies that are connected; None assumes all of them. `readings`: the options chosen
    where texts disagree (`rules/readings.toml`). Raises `ValueError` for an option that does not exist.
    """
    return list(_Reckoner(facts, calendar, enrolled, readings or {}, EventLog(facts)).run())


@dataclass
class _Reckoner:
    facts: CaseFacts
    calendar: Calendar
    enrolled: Connected | None
    readings: Mapping[str, str]
    log: EventLog
    found: dict[tuple[str, str], list[Clock]] = field(default_factory=dict)

    def run(self) -> Iterator[Clock]:
        for rule in clock_rules().values():
            for who in self.facts.subjects(rule.per):
                if holds(rule.applies, self.facts, who):
                    clocks_of = list(self._of_rule(rule, who))
                    self.found[rule.id, who.place] = clocks_of
                    yield from clocks_of

    def _of_rule(self, rule: ClockRule, who: Subject) -> Iterator[Clock]:
        chosen = next((each.deadline for each in rule.choices if holds(each.condition, self.facts, who)), None)
        starts = [] if chosen is None else self._starts(rule, who, chosen)
        for index, start in enumerate(starts):
            wording = deadline_on(chosen or "", day(start.at), self.readings)
            following = starts[index + 1] if index + 1 < len(starts) else None
            if wording is not None:
                end = self._end(rule, who, wording, start, starts)
                if end is None and following is not None and following.restart:
                    end = following
                if end is not None or not self._is_moot(start, who):
                    yield self._clock(rule, who, wording, Span(start, end, following))

    def _is_moot(self, start: Event, who: Subject) -> bool:
        """Whether the clock from which this one starts has ended, so that nothing more is to be done."""
        name = start.source.removeprefix("clock:")
        return name != start.source and all(each.done is not None for each in self.found.get((name, who.place), ()))

    def _starts(self, rule: ClockRule, who: Subject, deadline: str) -> list[Event]:
        found: list[Event] = []
        for begin in rule.begins:
            if holds(begin.condition, self.facts, who):
                picked = self._due_moments(begin, who) if begin.clock else self._picked(rule, begin, who, deadline)
                found += [replace(each, restart=begin.restart) for each in picked]
        merged: dict[tuple[date, str | None], Event] = {}
        for event in sorted(found, key=lambda each: earliest(each.at)):
            merged.setdefault((day(event.at), event.transfer), event)
        return list(merged.values())

    def _due_moments(self, begin: Begin, who: Subject) -> list[Event]:
        level = -1 if begin.level is None else begin.level
        dues = [each.dues for each in self.found.get((begin.clock, who.place), ())]
        return [Event(each[level].at, f"clock:{begin.clock}") for each in dues if level < len(each)]

    def _picked(self, rule: ClockRule, begin: Begin, who: Subject, deadline: str) -> list[Event]:
        read = next((each.start for each in options(deadline, self.readings) if each.start), None)
        first = max((day(each.at) for found in self.log.told(rule.after, who) for each in found), default=date.min)
        last = min((day(each.at) for found in self.log.told(rule.before, who) for each in found), default=date.max)
        all_told = self.log.told(read or begin.sources, who)
        inside = ([each for each in found if first <= day(each.at) <= last] for found in all_told)
        lists = [found for found in inside if found]
        if not lists:
            return []
        if begin.each:
            return max(lists, key=len)
        return [lists[0][0 if begin.pick == "first" else -1]]

    def _end(self, rule: ClockRule, who: Subject, wording: Deadline, start: Event, starts: list[Event]) -> Event | None:
        others = {each.transfer for each in starts if each.transfer != start.transfer} - {None}
        fits = partial(_fits_backwards if parse_term(wording.term).backwards else _fits, start, starts)
        for found in self.log.told(rule.ends, who):
            answers = [each for each in found if start.transfer and each.answers == start.transfer]
            inside = answers or [each for each in found if each.answers not in others and fits(each)]
            if inside:
                return inside[0]
        ceasing = (*rule.ceases, *(() if rule.right else closing()))
        ends = [each for found in self.log.told(ceasing, who) for each in found if fits(each)]
        return replace(min(ends, key=lambda each: earliest(each.at)), ceases=True) if ends else None

    def _clock(self, rule: ClockRule, who: Subject, wording: Deadline, span: Span) -> Clock:
        found = counted(self.log, self.calendar, rule, wording, who=who, span=span)
        length = abs((found.due.counted - day(span.start.at)).days)
        return Clock(
            id=wording.id,
            name=rule.id,
            zh=wording.zh,
            en=wording.en,
            place=who.place or "/case",
            person_uid=who.uid,
            duty=rule.duty,
            start=span.start.at,
            start_from=span.start.source,
            term=found.term,
            extended=len(found.dues) - 1,
            pauses=found.pauses,
            restarted_by=span.start.restart or None,
            due_statutory=found.due,
            due_conservative=found.conservative,
            dues=found.dues,
            done=None if span.end is None else span.end.at,
            done_from="" if span.end is None else span.end.source,
            custody=found.custody,
            basis="；".join(wording.basis),
            ahead=days_ahead(length) if rule.ahead is None else rule.ahead,
            right=rule.right,
            assessed=takes_part(rule.needs, self.enrolled, found.due.at),
            ceased=span.end is not None and span.end.ceases,
            late_extension=found.late_extension,
            transfer=span.start.transfer,
            confidence=wording.confidence,
        )


def _fits(start: Event, starts: list[Event], event: Event) -> bool:
    """Whether `event` can end the clock of `start`: not before it, nor after the event that restarts it."""
    following = next((each for each in starts if each.restart and earliest(each.at) > earliest(start.at)), None)
    return day(event.at) >= day(start.at) and (following is None or before(event, following))


def _fits_backwards(start: Event, starts: list[Event], event: Event) -> bool:
    """Whether `event` belongs to this `start`, which it must precede: to no earlier one of its kind."""
    earlier = [each for each in starts if earliest(each.at) < earliest(start.at)]
    return not earlier or day(event.at) > day(earlier[-1].at)


def summary(found: list[Clock], now: datetime) -> dict[str, Any]:
    """The number of clocks in each state, and the earliest due time of the running ones: that of the case."""
    running = [each for each in found if each.done is None and each.assessed and not each.right]
    counts: dict[str, int] = {}
    for each in found:
        counts[each.state(now)] = counts.get(each.state(now), 0) + 1
    ends = sorted(day(each.due_statutory.at) for each in running)
    return {"states": counts, "next_due": ends[0].isoformat() if ends else None}
