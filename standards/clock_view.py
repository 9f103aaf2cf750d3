"""Clocks as machines and people read them: JSON entries, the order of urgency, and the reasons for a due moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from standards.clock_facts import Pause
from standards.clocks import Clock, State
from standards.facts import Moment
from standards.messages import Lang, text
from standards.rules.clockwork import restart_reasons
from standards.times import day

URGENCY: tuple[State, ...] = ("overdue", "due-soon", "running", "not-assessed", "lapsed", "met-late", "met")
"""The states, the most urgent first."""
OPEN = frozenset[State]({"overdue", "due-soon", "running"})
"""The states in which something is still to be done."""


def by_urgency(clocks: Iterable[Clock], now: datetime) -> list[Clock]:
    """The clocks, those first that need somebody first; the same state by due day."""
    return sorted(clocks, key=lambda each: (URGENCY.index(each.state(now)), day(each.due_statutory.at)))


def entry(clock: Clock, now: datetime) -> dict[str, Any]:
    """One clock as JSON. It holds no personal datum: a person is a place in the record and a uid."""
    body: dict[str, Any] = {
        "id": clock.id,
        "clock": clock.name,
        "zh": clock.zh,
        "en": clock.en,
        "place": clock.place,
        "person_uid": clock.person_uid,
        "duty": clock.duty,
        "right": clock.right,
        "state": clock.state(now),
        "start": shown(clock.start),
        "start_from": clock.start_from,
        "term": clock.term,
        "extended": clock.extended,
        "due": shown(clock.due_statutory.at),
        "due_conservative": shown(clock.due_conservative.at),
        "days_left": clock.days_left(now),
        "days_left_conservative": clock.days_left(now, "conservative"),
        "custody": clock.custody,
        "rolled": clock.due_statutory.rolled,
        "provisional": clock.provisional,
        "pauses": [_pause(each) for each in clock.pauses],
        "restarted_by": None if clock.restarted_by is None else _restart(clock.restarted_by),
        "late_extension": None if clock.late_extension is None else shown(clock.late_extension),
        "done": None if clock.done is None else shown(clock.done),
        "done_from": clock.done_from or None,
        "ceased": clock.ceased,
        "transfer_id": clock.transfer,
        "basis": clock.basis,
        "confidence": clock.confidence,
        "calendar": clock.due_statutory.calendar,
    }
    return body


def _pause(pause: Pause) -> dict[str, Any]:
    rule = pause.rule
    last = None if pause.last is None else pause.last.isoformat()
    return {
        "kind": rule.id,
        "zh": rule.zh,
        "en": rule.en,
        "basis": rule.basis,
        "first": pause.first.isoformat(),
        "last": last,
    }


def _restart(kind: str) -> dict[str, str]:
    reason = restart_reasons()[kind]
    return {"kind": kind, "zh": reason.zh, "en": reason.en, "basis": reason.basis}


def reasons(clock: Clock, lang: Lang) -> list[str]:
    """Why the term ends when it does, and what is to be known of it: extensions, restarts, pauses, holidays, doubts."""
    return list(_reasons(clock, lang))


def _reasons(clock: Clock, lang: Lang) -> Iterator[str]:
    if clock.restarted_by is not None:
        reason = restart_reasons()[clock.restarted_by]
        yield reason.zh if lang == "zh" else reason.en
    if clock.extended:
        yield text("deadline.extended", lang, count=clock.extended)
    if clock.late_extension is not None:
        yield text("deadline.late-extension", lang, day=shown(clock.late_extension)[:10])
    for pause in clock.pauses:
        words = pause.rule.zh if lang == "zh" else pause.rule.en
        code = "deadline.pause-lasts" if pause.last is None else "deadline.pause"
        yield text(code, lang, words=words, first=pause.first.isoformat(), last=str(pause.last))
    if clock.due_statutory.rolled:
        yield text("deadline.rolled", lang, counted=clock.due_statutory.counted.isoformat())
    if clock.provisional:
        yield text("deadline.provisional", lang, year=clock.due_statutory.counted.year)
    if clock.ceased:
        yield text("deadline.ceased", lang, day=shown(clock.done or clock.start)[:10])


def who(clock: Clock, record: dict[str, Any], lang: Lang) -> str:
    """Whom the clock concerns, without a name: `第1人（犯罪嫌疑人）`, or the case."""
    if not clock.place.startswith("/persons/"):
        return text("deadline.whole-case", lang)
    index = int(clock.place.removeprefix("/persons/"))
    persons: Sequence[dict[str, Any]] = record.get("persons", ())
    roles = persons[index].get("roles", ()) if index < len(persons) else ()
    role = roles[-1].get("role", "") if roles else ""
    return text("deadline.person", lang, number=index + 1, role=text(f"deadline.role.{role}", lang) if role else "-")


def shown(value: Moment) -> str:
    """A date as it is, a time of day in minutes with its offset."""
    return value.isoformat(timespec="minutes") if isinstance(value, datetime) else value.isoformat()
