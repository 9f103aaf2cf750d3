"""Clocks for output: JSON entries in order of urgency, and the table for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from messages import Lang, text
from messages.columns import table
from standards import agencies
from standards.judging.facts import Moment
from standards.record import Record
from standards.rules.clockwork import PARTY, restart_reasons
from standards.terms.clock_facts import Pause
from standards.terms.clocks import Clock, State
from standards.terms.deadlines import Mode
from standards.times import BEIJING, day

Json = Mapping[str, Any]

URGENCY: tuple[State, ...] = ("overdue", "due-soon", "running", "not-assessed", "lapsed", "met-late", "met")
"""The states, the most urgent first."""
OPEN = frozenset[State]({"overdue", "due-soon", "running"})
"""The states in which something is still to be done."""
COLUMNS = ("who", "term", "duty", "start", "due", "early", "left", "state", "why", "basis")


def by_urgency(clocks: Iterable[Clock], now: datetime) -> list[Clock]:
    """The clocks by urgency; within the same state by due date."""
    return sorted(clocks, key=lambda each: (URGENCY.index(each.state(now)), day(each.due_statutory.at)))


def entry(clock: Clock, record: Record, now: datetime) -> dict[str, Any]:
    """One clock as JSON. It holds no personal datum: a person is a place in the record, a role and a uid."""
    return {
        "id": clock.id,
        "clock": clock.name,
        "zh": clock.zh,
        "en": clock.en,
        "place": clock.place,
        "person_uid": clock.person_uid,
        "role": _role(clock, record),
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
        "counted": clock.due_statutory.counted.isoformat(),
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


def _role(clock: Clock, record: Record) -> str | None:
    if not clock.place.startswith("/persons/"):
        return None
    roles = record.persons[int(clock.place.removeprefix("/persons/"))].roles
    return roles[-1].role if roles else None


def _pause(pause: Pause) -> dict[str, Any]:
    rule, last = pause.rule, None if pause.last is None else pause.last.isoformat()
    first = pause.first.isoformat()
    return {"kind": rule.id, "zh": rule.zh, "en": rule.en, "basis": rule.basis, "first": first, "last": last}


def _restart(kind: str) -> dict[str, str]:
    reason = restart_reasons()[kind]
    return {"kind": kind, "zh": reason.zh, "en": reason.en, "basis": reason.basis}


def shown(value: Moment) -> str:
    """A date as it is, a time of day in minutes with its offset."""
    return value.isoformat(timespec="minutes") if isinstance(value, datetime) else value.isoformat()


def page(
    body: Json, lang: Lang, *, mode: Mode = "statutory", everything: bool = False, columns: int | None = None
) -> str:
    """The answer of `/deadlines` as lines for people: what is open, or with `everything` what is done as well.

    `columns` is the width of the terminal, if there is one."""
    as_of = datetime.fromisoformat(body["as_of"]).astimezone(BEIJING)
    counting = text(f"deadline.counting.{mode}", lang)
    lines = [text("deadline.head", lang, as_of=f"{as_of:%Y-%m-%d %H:%M}", shown=counting, calendar=body["calendar"])]
    listed = [each for each in body["clocks"] if everything or each["state"] in OPEN]
    if listed:
        headers = [text(f"deadline.column.{name}", lang) for name in COLUMNS]
        rows = [_row(each, lang, mode) for each in listed]
        lines.append(table(headers, rows, right=[COLUMNS.index("left")], fit=columns))
    else:
        lines.append(text("deadline.none", lang))
    states = {name.replace("-", "_"): body["states"].get(name, 0) for name in URGENCY}
    lines.append(text("deadline.summary", lang, **{**states, "met": states["met"] + states["met_late"]}))
    provisional = sum(1 for each in body["clocks"] if each["provisional"] and each["done"] is None)
    if provisional:
        lines.append(text("deadline.provisional-terms", lang, count=provisional))
    return "\n".join(lines)


def _row(clock: Json, lang: Lang, mode: Mode) -> tuple[str, ...]:
    left = clock["days_left" if mode == "statutory" else "days_left_conservative"]
    return (
        who(clock, lang),
        f"{clock['id']} {clock[lang]}",
        text("deadline.party", lang) if clock["duty"] == PARTY else agencies.title(clock["duty"], lang),
        *(clock[name][:16].replace("T", " ") for name in ("start", "due", "due_conservative")),
        "-" if clock["done"] else str(left),
        text(f"deadline.state.{clock['state']}", lang) + (f" {clock['done'][:10]}" if clock["done"] else ""),
        ("；" if lang == "zh" else "; ").join(reasons(clock, lang)),
        clock["basis"],
    )


def who(clock: Json, lang: Lang) -> str:
    """Whom an entry concerns, without a name: `第1人（犯罪嫌疑人）`, or the case."""
    if not clock["place"].startswith("/persons/"):
        return text("deadline.whole-case", lang)
    role = text(f"deadline.role.{clock['role']}", lang) if clock["role"] else "-"
    return text("deadline.person", lang, number=int(clock["place"].removeprefix("/persons/")) + 1, role=role)


def reasons(clock: Json, lang: Lang) -> list[str]:
    """Why an entry ends when it does: restarts, extensions, pauses, holidays, and what is doubtful about it."""
    return list(_reasons(clock, lang))


def _reasons(clock: Json, lang: Lang) -> Iterator[str]:
    if clock["restarted_by"]:
        yield clock["restarted_by"][lang]
    if clock["extended"]:
        yield text("deadline.extended", lang, count=clock["extended"])
    if clock["late_extension"]:
        yield text("deadline.late-extension", lang, day=clock["late_extension"][:10])
    for pause in clock["pauses"]:
        code = "deadline.pause" if pause["last"] else "deadline.pause-lasts"
        yield text(code, lang, words=pause[lang], first=pause["first"], last=pause["last"])
    if clock["rolled"]:
        yield text("deadline.rolled", lang, counted=clock["counted"])
    if clock["provisional"]:
        yield text("deadline.provisional", lang, year=clock["counted"][:4])
    if clock["ceased"]:
        yield text("deadline.ceased", lang, day=clock["done"][:10])
