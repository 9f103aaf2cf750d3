"""Judges one rule by its kind, for a received transfer or for the sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from messages.findings import Finding
from standards import rules
from standards.judging import by_term
from standards.judging.comparisons import COMPARISONS
from standards.judging.conditions import Expression
from standards.judging.connection import Connected, takes_part
from standards.judging.facts import CaseFacts, Moment, Subject
from standards.judging.states import holds, token_holds
from standards.terms.calendars import Calendar
from standards.terms.clocks import Clock
from standards.terms.deadlines import Mode
from standards.times import BEIJING, day, earliest

_T = TypeVar("_T")


def safely(name: str, judging: Callable[[], Iterable[_T]]) -> list[_T | Finding]:
    """Everything that one part of an examination finds; a finding of its own where that part fails.

    No fault of a rule may keep a case from moving: whatever it raises becomes `rule.not-judged`, which names the part
    and the kind of the fault, and nothing of the record.
    """
    try:
        return list(judging())
    except Exception as error:
        return [Finding("rule.not-judged", "W", "/case", params={"rule": name, "fault": type(error).__name__})]


def judged(rule: rules.Rule, enrolled: Connected | None) -> bool:
    """Whether the rule can be judged: there is a way, and the agencies that it needs are enrolled (`None`: all)."""
    return rule.evaluated and takes_part(rule.needs, enrolled)


def judge(rule: rules.Rule, facts: CaseFacts, calendar: Calendar, mode: Mode) -> Iterator[Finding]:
    """What one rule finds in a transfer. Suppressed hits come too, at level I."""
    for subject in facts.subjects(rule.per):
        if not holds(rule.applies, facts, subject):
            continue
        if rule.kind == "count":
            found = by_term.count(rule, facts)
        elif rule.kind == "term":
            found = by_term.term(rule, facts, subject, calendar, mode)
        elif rule.kind == "condition":
            found = _condition(rule, facts, subject)
        else:
            found = _check(rule, facts, subject)
        for finding in found:
            yield _excused(rule, facts, subject, finding)


def sweep(
    rule: rules.Rule, facts: CaseFacts, calendar: Calendar, clocks: Sequence[Clock]
) -> Iterator[Finding | datetime]:
    """What one rule finds as of `facts.now` without any transfer; and instants at which it may find something else."""
    if rule.clocks:
        yield from _clocks(rule, facts, clocks)
    if not rule.daily or rule.kind == "clock":
        return
    for subject in facts.subjects(rule.per):
        if not holds(rule.applies, facts, subject):
            continue
        if rule.kind == "check":
            yield from (_excused(rule, facts, subject, each) for each in _check(rule, facts, subject))
            if any(each.status == "offered" for each in facts.history):
                yield after(day(facts.now))
            continue
        told = by_term.overdue(rule, facts, subject, calendar)
        if isinstance(told, Finding):
            yield _excused(rule, facts, subject, told)
        elif told is not None:
            yield after(told)


def after(moment: Moment) -> datetime:
    """The first instant after a due time: that time itself, or the end of the day in Beijing."""
    if isinstance(moment, datetime):
        return moment
    return earliest(moment + timedelta(days=1))


def _condition(rule: rules.Rule, facts: CaseFacts, subject: Subject) -> Iterator[Finding]:
    if holds(rule.wrong, facts, subject):
        used = [*_used(rule.applies, facts, subject), *_used(rule.wrong, facts, subject)]
        params = {"node": facts.node.id, "facts": used}
        yield Finding(rule.code, rule.level, subject.place or "/case", rule.basis, params)


def _check(rule: rules.Rule, facts: CaseFacts, subject: Subject) -> Iterator[Finding]:
    for place, params in COMPARISONS[rule.check](facts, subject):
        yield Finding(rule.code, rule.level, place or "/case", rule.basis, params)


def _used(expression: Expression, facts: CaseFacts, subject: Subject) -> list[dict[str, Any]]:
    """The facts of an expression as they were: each token with its answer."""
    shown = {True: "true", False: "false", None: "unknown"}
    return [
        {"source": token.removeprefix("!"), "value": shown[token_holds(token.removeprefix("!"), facts, subject)]}
        for clause in expression
        for token in clause
    ]


def _excused(rule: rules.Rule, facts: CaseFacts, subject: Subject, finding: Finding) -> Finding:
    """The finding itself, or, where a recorded excuse stands, the same at level I with its excuse."""
    if not rule.excuse or not holds(rule.excuse, facts, subject):
        return finding
    excuse = ";".join("/".join(clause) for clause in rule.excuse)
    return replace(finding, level="I", params={**finding.params, "suppressed": excuse})


def _clocks(rule: rules.Rule, facts: CaseFacts, clocks: Sequence[Clock]) -> Iterator[Finding | datetime]:
    for clock in clocks:
        if clock.done is not None or not clock.assessed or clock.right:
            continue
        if clock.id not in rule.clocks or (rule.custody and not clock.custody):
            continue
        late = clock.due_statutory.missed_by(facts.now)
        if not late:
            yield after(day(facts.now)) if clock.paused else after(clock.due_statutory.at)
        if not rule.ahead:
            if late:
                yield _of_clock(rule, facts, clock, late)
        elif not late and _long_enough(rule, clock) and not _notified(rule, facts, clock):
            if clock.days_left(facts.now) <= rule.ahead:
                yield _of_clock(rule, facts, clock, 0)
            else:
                yield after(day(clock.due_statutory.at) - timedelta(days=rule.ahead + 1))


def _long_enough(rule: rules.Rule, clock: Clock) -> bool:
    """Whether anybody can be told so far ahead: of a term of seven days nobody is, seven days before its end."""
    return day(clock.due_statutory.at) - day(clock.start) > timedelta(days=rule.ahead)


def _notified(rule: rules.Rule, facts: CaseFacts, clock: Clock) -> bool:
    """Whether a notice came in the month before the clock runs out."""
    begin = day(clock.due_statutory.at) - timedelta(days=30)
    return any(each.received_at[:10] >= begin.isoformat() for each in facts.earlier(rule.done))


def _of_clock(rule: rules.Rule, facts: CaseFacts, clock: Clock, late: int) -> Finding:
    due = clock.due_statutory
    params: dict[str, Any] = {
        "deadline": clock.id,
        "term": clock.term,
        "start": by_term.shown(clock.start),
        "start_from": clock.start_from,
        "due": by_term.shown(due.at),
        "act": by_term.shown(facts.now.astimezone(BEIJING)),
        "act_from": "now",
        "days": late,
        "mode": due.mode,
        "calendar": due.calendar,
        "custody": clock.custody,
        "extended": clock.extended,
    }
    if clock.pauses:
        params["paused"] = [
            f"{each.first.isoformat()}/{each.last.isoformat() if each.last else ''}" for each in clock.pauses
        ]
    level = "W" if due.provisional else rule.late or rule.level
    return Finding(f"{rule.code}-open", level, clock.place, rule.basis, params)
