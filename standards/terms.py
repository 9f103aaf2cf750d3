"""Judging one procedural rule (IR): did the act come in time, did it come too often?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from standards import rules
from standards.calendars import Calendar
from standards.deadlines import Due, Mode, due
from standards.facts import CaseFacts, Moment, Subject
from standards.findings import Finding, Level
from standards.messages import catalogue as messages
from standards.messages import text
from standards.states import holds
from standards.times import day


def judge(rule: rules.Rule, facts: CaseFacts, calendar: Calendar, mode: Mode) -> Iterator[Finding]:
    """What one rule finds. Each finding names article, facts used, due moment, counting mode and calendar version."""
    for subject in facts.subjects(rule.per):
        if holds(rule.applies, facts, subject):
            judged = _count(rule, facts) if rule.kind == "count" else _term(rule, facts, subject, calendar, mode)
            yield from judged


def _count(rule: rules.Rule, facts: CaseFacts) -> Iterator[Finding]:
    before = sum(1 for _ in facts.earlier(rule.counts))
    told = facts.record.get("case", {}).get(rule.member, 0)
    count = max(before + 1, told)
    if count > rule.most:
        params = {"count": count, "most": rule.most, "before": before}
        yield Finding(f"rule.{rule.id}", rule.level, "/case", rule.basis, params)


def _term(rule: rules.Rule, facts: CaseFacts, who: Subject, calendar: Calendar, mode: Mode) -> Iterator[Finding]:
    regime = next(each for each in rule.regimes if holds(each.condition, facts, who))
    deadline = rules.deadlines()[regime.deadline]
    place = who.place or "/case"
    start, start_from = _start(rule, facts, who)
    act, act_from = facts.first(rule.end, who)
    if start is None:
        yield _no_start(deadline, start_from, place, rule.basis)
        return
    if act is None or day(start) < deadline.valid_from:
        return
    custody = bool(holds((("STATE:IN_CUSTODY",),), facts, who))
    term = (deadline.term, *deadline.extended)[regime.extended]
    bound = custody and deadline.roll == "C"
    count = partial(due, start, custody=bound, roll=deadline.roll != "N", calendar=calendar)
    end = count(term)
    late = end.missed_by(act)
    if late and rule.until and count(rule.until).missed_by(act):
        return
    known = _Judged(rule, place, start, start_from, act, act_from, custody)
    yield from known.findings(deadline.id, term, end, late)
    if not late and mode == "conservative" and custody:
        early = count(term, mode=mode)
        yield from known.findings_on_the_last_day(deadline.id, term, early)


@dataclass(frozen=True)
class _Judged:
    """The facts on which one judgment rests."""

    rule: rules.Rule
    place: str
    start: Moment
    start_from: str
    act: Moment
    act_from: str
    custody: bool

    def findings(self, deadline: str, term: str, end: Due, late: int) -> Iterator[Finding]:
        """That the term was missed; a warning only while the calendar does not know the year."""
        if end.provisional and day(self.act) > end.counted:
            params = {"year": end.counted.year, "due": _shown(end.at)}
            yield Finding("rule.calendar-unknown", "W", self.place, params=params)
        if late:
            level: Level = "W" if end.provisional else self.rule.level
            params = self._params(deadline, term, end, late)
            yield Finding(f"rule.{self.rule.id}", level, self.place, self.rule.basis, params)

    def findings_on_the_last_day(self, deadline: str, term: str, early: Due) -> Iterator[Finding]:
        """That the act came on the last lawful day, where others count the start day: a warning, no violation."""
        late = early.missed_by(self.act)
        if late:
            params = self._params(deadline, term, early, late)
            yield Finding("rule.last-day", "W", self.place, self.rule.basis, params)

    def _params(self, deadline: str, term: str, end: Due, late: int) -> dict[str, Any]:
        return {
            "deadline": deadline,
            "term": term,
            "start": _shown(self.start),
            "start_from": self.start_from,
            "due": _shown(end.at),
            "act": _shown(self.act),
            "act_from": self.act_from,
            "days": late,
            "mode": end.mode,
            "calendar": end.calendar,
            "custody": self.custody,
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


def _shown(value: date | datetime) -> str:
    return value.isoformat(timespec="minutes") if isinstance(value, datetime) else value.isoformat()
