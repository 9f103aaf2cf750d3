"""Judges whether a transfer follows the procedure (程序) that the law requires. It gives findings only and never
refuses a transfer.

A late but lawful filing goes through with its finding, because refusing it would harm the person in custody. Only a
feedback that answers no open request (D-03) can be refused; `answers_open_request` checks this.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from messages.findings import Finding
from standards import agencies, rules
from standards.judging import conditions
from standards.judging.by_term import fact_name
from standards.judging.connection import Connected, takes_part
from standards.judging.facts import DEAD, CaseFacts, Subject
from standards.judging.states import holds
from standards.judging.verdicts import judge, judged, safely
from standards.judging.verdicts import sweep as sweep_one
from standards.nodes import Node, catalogue
from standards.record import Charge, Decision, Measure, Record, items
from standards.record.history import HistoryEntry
from standards.terms.calendars import OFFICIAL, Calendar
from standards.terms.clocks import Clock, clocks
from standards.terms.deadlines import Mode
from standards.times import day, moment

Json = Mapping[str, Any]
CORE_AGENCIES = agencies.core()
"""The agency types without which there is no exchange; rules that need others wait until one is enrolled."""


@dataclass(frozen=True)
class Examined:
    """What an examination found. `suppressed`: hits that a recorded excuse covers, kept for the audit."""

    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]


@dataclass(frozen=True)
class Swept(Examined):
    """What a sweep found. `wake`: when it may find something else though nothing comes; None: never."""

    wake: datetime | None


def examine(
    facts: CaseFacts,
    *,
    enrolled: Connected | None = None,
    calendar: Calendar = OFFICIAL,
    mode: Mode = "statutory",
) -> Examined:
    """Judge this transfer.

    `facts.history`: the case's accepted transfers before this one, oldest first. `facts.now`: when the hub received it.
    `enrolled`: the agency types that are connected (None: all); rules that need others are not judged.

    1. Preconditions of the node, per person where it says so; unknown is a finding of its own.
    2. The rules judged at the node and those judged everywhere, per person where custody is at stake.
    3. Dates out of order (D-11).
    4. Items that the node requires and the record lacks.
    5. References to persons who are not in the record.
    6. Parts of the record that could not be read because they do not conform to record-v1 (old records may not).

    `mode="conservative"` adds warnings for acts on the last day of a custody deadline. If a rule fails, the result is a
    finding (`rule.not-judged`), not an error.
    """
    book = rules.rules()
    at_hand = [*facts.node.deadline_rules, *(key for key, rule in book.items() if rule.everywhere)]
    parts: list[tuple[str, Callable[[], Iterable[Finding]]]] = [
        ("preconditions", partial(_preconditions, facts)),
        *((key, partial(judge, book[key], facts, calendar, mode)) for key in at_hand if judged(book[key], enrolled)),
        ("dates", partial(_dates, facts)),
        ("items", partial(_items, facts)),
        ("references", partial(_dangling, facts.record)),
        ("record", partial(_unread, facts.record)),
    ]
    return _sorted_out([found for name, part in parts for found in safely(name, part)])


def sweep(
    facts: CaseFacts,
    *,
    enrolled: Connected | None = None,
    calendar: Calendar = OFFICIAL,
    readings: Mapping[str, str] | None = None,
) -> Swept:
    """What is overdue in a case at `facts.now` even though nothing was sent.

    `facts` contains the whole history of the case and the record of its last transfer. Pure: the same facts give the
    same findings, so findings can be reproduced from stored data. If `enrolled` gives the time since when each type is
    connected, nothing is overdue that was due before the types it needs were connected.
    """
    counted = safely("clocks", partial(clocks, facts, calendar, enrolled=enrolled, readings=readings))
    running = [each for each in counted if isinstance(each, Clock)]
    told: list[Clock | Finding | datetime] = [
        *_unread(facts.record),
        *counted,
        *(
            each
            for rule in rules.rules().values()
            if judged(rule, enrolled)
            for each in safely(rule.id, partial(sweep_one, rule, facts, calendar, running))
            if not _before_they_took_part(each, rule, enrolled)
        ),
    ]
    examined = _sorted_out([each for each in told if isinstance(each, Finding)])
    instants = [each for each in told if isinstance(each, datetime)]
    return Swept(examined.findings, examined.suppressed, min(instants, default=None))


def _before_they_took_part(each: Finding | datetime, rule: rules.Rule, enrolled: Connected | None) -> bool:
    due = moment(str(each.params.get("due", ""))) if isinstance(each, Finding) and rule.needs else None
    return due is not None and not takes_part(rule.needs, enrolled, due)


def not_judged(enrolled: Collection[str]) -> list[rules.Rule]:
    """The rules that are not judged: there is no way, or an agency that they need is not enrolled (未接入，未评估)."""
    return [rule for rule in rules.rules().values() if not judged(rule, enrolled)]


def _sorted_out(found: Sequence[Finding]) -> Examined:
    unique = list({(each.code, each.place, str(each.params)): each for each in found}.values())
    return Examined(
        tuple(each for each in unique if each.level != "I"), tuple(each for each in unique if each.level == "I")
    )


def answers_open_request(
    node: Node,
    history: Sequence[HistoryEntry],
    *,
    sender: str | None = None,
    receiver: str | None = None,
    in_reply_to: str | None = None,
) -> bool:
    """Whether a feedback has a request that it can answer; true for every other kind of node.

    A request stays open for every node that lists it in `replies_to`. Where given, `sender` and `receiver` of the
    feedback must be receiver and sender of the request, and `in_reply_to` its transfer.
    """
    if node.kind != "feedback":
        return True
    return any(
        each.node in node.replies_to
        and each.status not in DEAD
        and sender in (None, each.receiver)
        and receiver in (None, each.sender)
        and in_reply_to in (None, each.transfer_id)
        for each in history
    )


def _preconditions(facts: CaseFacts) -> Iterator[Finding]:
    for clause in facts.node.preconditions:
        personal = any(not conditions.is_node(token) for token in clause)
        subjects = facts.subjects("person" if personal else "case")
        told = {subject.place: holds((clause,), facts, subject) for subject in subjects}
        if facts.node.persons == "any" and True in told.values():
            continue
        if facts.node.persons == "any":
            told = {"": None if None in told.values() else False}
        for place, answer in told.items():
            if answer is not True:
                code = "rule.precondition-unknown" if answer is None else "rule.precondition-unmet"
                yield Finding(code, "W", place, "；".join(facts.node.legal_basis), _wanted(facts.node, clause))


def _wanted(node: Node, clause: tuple[str, ...]) -> dict[str, str]:
    return {
        "node": node.id,
        "wanted": "/".join(clause),
        "wanted_zh": "或者".join(_token_name(token, "zh") for token in clause),
        "wanted_en": " or ".join(_token_name(token, "en") for token in clause),
    }


def _token_name(token: str, lang: str) -> str:
    if conditions.is_node(token):
        name = catalogue().get(token).name(lang)
        return f"{name}（{token}）" if lang == "zh" else f"{name} ({token})"
    prefix, _, argument = token.partition(":")
    state = rules.states().get(argument) if prefix == "STATE" else None
    if state is None:
        return fact_name(f"{prefix.lower()}:{argument}", lang) or token
    return state.zh if lang == "zh" else state.en


def _dates(facts: CaseFacts) -> Iterator[Finding]:
    for order in rules.orders():
        for subject in facts.subjects(order.per):
            earlier, later = (facts.latest([source], subject) for source in (order.earlier, order.later))
            if earlier is not None and later is not None and day(earlier) > day(later):
                yield _disorder(order, subject, day(earlier).isoformat(), day(later).isoformat())


def _disorder(order: rules.Order, subject: Subject, earlier: str, later: str) -> Finding:
    params = {
        "earlier": earlier,
        "later": later,
        "earlier_zh": fact_name(order.earlier, "zh"),
        "later_zh": fact_name(order.later, "zh"),
        "earlier_en": fact_name(order.earlier, "en"),
        "later_en": fact_name(order.later, "en"),
    }
    return Finding("rule.D-11", "W", subject.place or "/case", params=params)


def _items(facts: CaseFacts) -> Iterator[Finding]:
    known = items.items()
    for path in facts.node.required_items:
        item = known[path]
        for place in items.missing(item, facts.record):
            yield Finding("item.missing", "D", place, params={"item": path, "item_zh": item.zh, "item_en": item.en})
    for index, person in items.accused(facts.record):
        if person.name_self_reported:
            yield Finding("item.identity-self-reported", "D", f"/persons/{index}/name")


def _unread(record: Record) -> Iterator[Finding]:
    return (Finding("record.unread", "W", place) for place in record.unread)


def _dangling(record: Record) -> Iterator[Finding]:
    known = {person.person_uid for person in record.persons}
    lists: Mapping[str, Sequence[Charge | Measure | Decision]] = {
        "charges": record.charges,
        "measures": record.measures,
        "decisions": record.decisions,
    }
    for name, members in lists.items():
        for index, member in enumerate(members):
            if member.person_uid is not None and member.person_uid not in known:
                yield Finding("rule.dangling-reference", "D", f"/{name}/{index}/person_uid")
    for index, document in enumerate(record.documents):
        for position, uid in enumerate(document.person_uids):
            if uid not in known:
                yield Finding("rule.dangling-reference", "D", f"/documents/{index}/person_uids/{position}")
