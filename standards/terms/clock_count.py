"""How long one deadline of a case runs: its pauses, its extensions in order, and custody (no postponement)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from standards.judging.facts import CaseFacts, Moment, Subject
from standards.judging.states import holds
from standards.rules.clockwork import ClockRule, Extension
from standards.rules.statutory import Deadline
from standards.terms.calendars import Calendar
from standards.terms.clock_facts import Event, EventLog, Pause, in_custody, pauses
from standards.terms.deadlines import Due, Mode, due
from standards.times import day, earliest


@dataclass(frozen=True)
class Span:
    """What starts a clock, what ended it, and the next event that starts a clock of its kind."""

    start: Event
    end: Event | None
    following: Event | None


@dataclass(frozen=True)
class Counted:
    """A term as it was counted: the due moments at each level of extension, the last of them the one that counts."""

    term: str
    dues: tuple[Due, ...]
    conservative: Due
    pauses: tuple[Pause, ...]
    custody: bool
    late_extension: Moment | None

    @property
    def due(self) -> Due:
        """The due moment after all extensions."""
        return self.dues[-1]


def counted(
    log: EventLog, calendar: Calendar, rule: ClockRule, wording: Deadline, *, who: Subject, span: Span
) -> Counted:
    """Count a term: each extension must have been decided on or before the last day of the term that it extends."""
    stops = pauses(log, rule.pauses, who, span.start.at)
    count = _Count(log.facts, calendar, wording, who, span, tuple(stops))
    terms = (wording.term, *wording.extended)
    dues, late = [count.at(terms[0])], None
    for extension, term in zip(rule.extensions, terms[1:], strict=False):
        decided = _decided(log, extension, who, span)
        if decided is not None and dues[-1].missed_by(decided):
            late = decided
            break
        if decided is None and not holds(extension.condition, log.facts, who):
            break
        dues.append(count.at(term))
    term = terms[len(dues) - 1]
    return Counted(
        term,
        tuple(dues),
        count.at(term, "conservative"),
        tuple(each for each in stops if each.first <= dues[-1].counted),
        count.custody(dues[-1].counted),
        late,
    )


@dataclass(frozen=True)
class _Count:
    facts: CaseFacts
    calendar: Calendar
    wording: Deadline
    who: Subject
    span: Span
    stops: tuple[Pause, ...]

    def custody(self, last: date) -> bool:
        """Whether the person was in custody on the last day, the day of the act or today, whichever comes first."""
        act = self.facts.now if self.span.end is None else self.span.end.at
        return in_custody(self.facts, self.who, min(day(act), last))

    def at(self, term: str, mode: Mode = "statutory") -> Due:
        """When `term` ends. A term that binds custody is counted without asking the calendar."""
        bound = self.wording.roll == "C" and self.custody(self._count(term, "statutory", bound=True).counted)
        return self._count(term, mode, bound=bound)

    def _count(self, term: str, mode: Mode, *, bound: bool) -> Due:
        today = day(self.facts.now)
        return due(
            self.span.start.at,
            term,
            custody=bound,
            roll=self.wording.roll != "N",
            excluded=[(each.first, each.last or max(today, each.first)) for each in self.stops],
            mode=mode,
            calendar=self.calendar,
        )


def _decided(log: EventLog, extension: Extension, who: Subject, span: Span) -> Moment | None:
    for source in extension.by:
        inside = [each for each in log.events(source, who) if _within(each, span)]
        if len(inside) >= extension.nth:
            return inside[extension.nth - 1].at
    return None


def _within(event: Event, span: Span) -> bool:
    return day(event.at) >= day(span.start.at) and (span.following is None or before(event, span.following))


def before(event: Event, following: Event) -> bool:
    """Whether `event` still belongs to the clock that `following` may restart."""
    return not following.restart or earliest(event.at) <= earliest(following.at)
