"""Judges one procedural rule (IR) by its deadline or count: was the step taken in time, at all, or too often?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from messages import catalogue as messages
from messages import text
from messages.findings import Finding, Level
from standards import rules
from standards.judging.facts import CaseFacts, Moment, Subject
from standards.judging.states import holds
from standards.terms.calendars import Calendar
from standards.terms.deadlines import Due, Mode, due
from standards.times import day, earliest


def count(rule: rules.Rule, facts: CaseFacts) -> Iterator[Finding]:
    """That something happened more often than the law allows, by the history or by the record's own count."""
    before = sum(1 for _ in facts.earlier(rule.counts))
    told = facts.record.case.member(rule.member) or 0 if rule.member else 0
    counted = max(before + 1, told)
    if counted > rule.most:
        params = {"count": counted, "most": rule.most, "before": before}
        yield Finding(rule.code, rule.level, "/case", rule.basis, params)


def term(rule: rules.Rule, facts: CaseFacts, who: Subject, calendar: Calendar, mode: Mode) -> Iterator[Finding]:
    """Findings if the act of this transfer came after its deadline.

    Each finding gives article, facts used, due time, counting mode and calendar version. If a recorded extension covers
    the delay, its level is I.
    """
    act, act_from = facts.first(rule.end, who)
    running = _running(rule, facts, who, calendar)
    if isinstance(running, Finding):
        if rule.asks:
            yield running
        return
    if running is None or act is None:
        return
    end, late = running.end(), running.end().missed_by(act)
    if late and rule.until and running.past(rule.until, act):
        return
    known = _Judged(rule, running, act, act_from)
    yield from known.findings(end, late)
    if not late and running.regime.extended:
        yield from known.suppressed()
    if not late and mode == "conservative" and running.custody:
        yield from known.on_the_last_day()


def overdue(rule: rules.Rule, facts: CaseFacts, who: Subject, calendar: Calendar) -> Finding | Moment | None:
    """That a term is over, as of `facts.now`, and nothing of what would end it has come.

    The due moment while the term still runs; None when none runs, or none any more.
    """
    running = _running(rule, facts, who, calendar)
    if running is None or isinstance(running, Finding) or _is_done(rule, facts, who, running.start):
        return None
    end = running.end()
    late = end.missed_by(facts.now)
    if not late:
        return end.at
    level: Level = "W" if end.provisional else rule.late or rule.level
    params = _Judged(rule, running, facts.now, "now").params(end, late)
    return Finding(f"{rule.code}-open", level, running.place, rule.basis, params)


def _is_done(rule: rules.Rule, facts: CaseFacts, who: Subject, start: Moment) -> bool:
    since = facts.latest(rule.since, who) if rule.since else start
    begin = earliest(since if since is not None else start)
    came = {
        each.node
        for each in facts.earlier(rule.done_each or rule.done or rule.at)
        if earliest(datetime.fromisoformat(each.received_at)) >= begin
    }
    if rule.done_each:
        return came >= set(rule.done_each)
    told = (each for source in rule.done_by for each in facts.moments(source, who))
    return bool(came) or any(day(each) >= day(begin) for each in told)


@dataclass(frozen=True)
class _Running:
    """A term that runs, or ran, for one subject."""

    rule: rules.Rule
    regime: rules.Regime
    deadline: rules.Deadline | None
    place: str
    start: Moment
    start_from: str
    custody: bool
    calendar: Calendar

    @property
    def label(self) -> str:
        """The name of the term: its DL, or the length that the rule gives."""
        return self.regime.deadline or self.regime.term

    @property
    def length(self) -> str:
        """The term itself."""
        if self.deadline is None:
            return self.regime.term
        return (self.deadline.term, *self.deadline.extended)[self.regime.extended]

    def due(self, length: str, mode: Mode = "statutory") -> Due:
        """When a term of this length ends that began at the start."""
        roll = self.regime.roll if self.deadline is None else self.deadline.roll
        count_on = partial(
            due, custody=self.custody and roll == "C", roll=roll != "N", calendar=self.calendar, mode=mode
        )
        end = count_on(self.start, length)
        if self.rule.then:
            end = count_on(end.at, self.rule.then)
        return end

    def end(self, mode: Mode = "statutory") -> Due:
        """The last lawful moment of the act."""
        end = self.due(self.length, mode)
        return replace(end, at=day(end.at) - timedelta(days=self.rule.before)) if self.rule.before else end

    def past(self, until: str, act: Moment) -> bool:
        """Whether the lateness is another rule's business."""
        return bool(self.due(self.length if until == "due" else until).missed_by(act))


def _running(rule: rules.Rule, facts: CaseFacts, who: Subject, calendar: Calendar) -> _Running | Finding | None:
    """The term that runs for the subject; a finding when its start is not recorded; None when none runs."""
    regime = next((each for each in rule.regimes if holds(each.condition, facts, who)), None)
    if regime is None:
        return None
    deadline = rules.deadlines()[regime.deadline] if regime.deadline else None
    place = who.place or "/case"
    start, start_from = _start(rule, facts, who)
    if start is None:
        return None if deadline is None else _no_start(deadline, start_from, place, rule.basis)
    if deadline is not None and day(start) < deadline.valid_from:
        return None
    # a term of the whole case is bound by whoever is in custody: the earliest due moment counts
    concerned = facts.persons() if who.person is None else (who,)
    custody = any(holds((("STATE:IN_CUSTODY",),), facts, each) for each in concerned)
    return _Running(rule, regime, deadline, place, start, start_from, custody, calendar)


@dataclass(frozen=True)
class _Judged:
    """The facts on which one judgment rests."""

    rule: rules.Rule
    running: _Running
    act: Moment
    act_from: str

    def findings(self, end: Due, late: int) -> Iterator[Finding]:
        """That the term was missed; a warning only while the calendar does not know the year."""
        if end.provisional and day(self.act) > end.counted:
            params = {"year": end.counted.year, "due": shown(end.at)}
            yield Finding("rule.calendar-unknown", "W", self.running.place, params=params)
        if late:
            level: Level = "W" if end.provisional else self.rule.level
            yield Finding(self.rule.code, level, self.running.place, self.rule.basis, self.params(end, late))

    def suppressed(self) -> Iterator[Finding]:
        """That the base term was missed, but a recorded extension covers it."""
        deadline = self.running.deadline
        base = None if deadline is None else self.running.due(deadline.term)
        late = 0 if base is None else base.missed_by(self.act)
        if base is not None and late:
            excuse = ";".join("/".join(clause) for clause in self.running.regime.condition)
            params = {**self.params(base, late), "suppressed": excuse}
            yield Finding(self.rule.code, "I", self.running.place, self.rule.basis, params)

    def on_the_last_day(self) -> Iterator[Finding]:
        """That the act came on the last lawful day, where others count the start day: a warning, no violation."""
        early = self.running.end("conservative")
        late = early.missed_by(self.act)
        if late:
            yield Finding("rule.last-day", "W", self.running.place, self.rule.basis, self.params(early, late))

    def params(self, end: Due, late: int) -> dict[str, Any]:
        """Everything by which the judgment can be explained and made again."""
        running = self.running
        return {
            "deadline": running.label,
            "term": running.length,
            "start": shown(running.start),
            "start_from": running.start_from,
            "due": shown(end.at),
            "act": shown(self.act),
            "act_from": self.act_from,
            "days": late,
            "mode": end.mode,
            "calendar": end.calendar,
            "custody": running.custody,
        }


def _start(rule: rules.Rule, facts: CaseFacts, who: Subject) -> tuple[Moment | None, str]:
    """Where the term starts, and from which sources that is known (or would be)."""
    asked = ""
    for option in rule.start:
        if holds(option.condition, facts, who):
            asked = asked or option.sources[0]
            found = facts.latest(option.sources, who)
            if found is not None:
                return found, "+".join(option.sources)
    return None, asked


def _no_start(deadline: rules.Deadline, source: str, place: str, basis: str) -> Finding:
    params = {
        "fact": source,
        "fact_zh": fact_name(source, "zh") or deadline.start,
        "fact_en": fact_name(source, "en") or deadline.start,
        "deadline": deadline.id,
        "deadline_zh": deadline.zh,
    }
    return Finding("rule.fact-missing", "W", place, basis, params)


def fact_name(source: str, lang: str) -> str:
    """The name of a source in words; empty when the catalogue has none."""
    key = f"fact.{source}"
    return text(key, "zh" if lang == "zh" else "en") if key in messages() else ""


def shown(value: date | datetime) -> str:
    """A time as shown in findings: a day, or to the minute."""
    return value.isoformat(timespec="minutes") if isinstance(value, datetime) else value.isoformat()
