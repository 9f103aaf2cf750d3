"""Named comparisons of the rules (kind `check`): records, charges, property, seals.

Each yields the place and the parameters of a hit. Missing facts give no hit, and parameters contain no personal data:
they name members, not values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from standards.judging.facts import CaseFacts, Subject
from standards.judging.tokens import held_property
from standards.nodes import catalogue
from standards.record import Person
from standards.record.items import is_accused
from standards.terms.calendars import OFFICIAL
from standards.terms.deadlines import due
from standards.times import day, moment

Hit = tuple[str, dict[str, Any]]
Comparison = Callable[[CaseFacts, Subject], Iterator[Hit]]

ACKNOWLEDGE_DAYS = 3
"""Platform time (平台时限) within which a receiver acknowledges; no statute sets one."""
_MEMBERS = {
    "name": ("姓名", "name"),
    "birth_date": ("出生日期", "birth date"),
    "certificates": ("证件号码", "certificate number"),
}


def _staged(facts: CaseFacts, who: Subject, stage: str) -> int:
    return sum(1 for each in facts.charges(who) if each.stage == stage)


def _not_transferred(facts: CaseFacts, who: Subject) -> Iterator[Hit]:
    """IR-30: charged at indictment, or decided upon, without a charge of the transfer stage."""
    told = {each.stage for each in facts.record.charges}
    chosen = facts.decisions(["supplementary-prosecution", "additional-prosecution"], who)
    if who.person is None or "transfer" not in told or chosen:
        return
    if not _staged(facts, who, "transfer"):
        yield who.place, {"node": facts.node.id}


def _charges_differ(facts: CaseFacts, who: Subject) -> Iterator[Hit]:
    """IR-48: as many charges indicted as were transferred, unless a decision tells why not."""
    transferred, indicted = _staged(facts, who, "transfer"), _staged(facts, who, "indictment")
    explained = facts.decisions(
        ["charge-dropped", "charge-added", "supplementary-prosecution", "additional-prosecution"], who
    )
    if transferred and indicted and transferred != indicted and not explained:
        yield who.place, {"transferred": transferred, "indicted": indicted}


def _unsealed(facts: CaseFacts, who: Subject) -> Iterator[Hit]:
    """D-08: a legal paper that the record itself tells to bear no seal."""
    for index, each in enumerate(facts.record.documents):
        if each.sealed is False and each.doc_type.startswith("F"):
            yield f"/documents/{index}/sealed", {"doc_type": each.doc_type}


def _person_differs(facts: CaseFacts, who: Subject) -> Iterator[Hit]:
    """D-09: the same person in the record before."""
    if who.person is None or facts.previous is None:
        return
    earlier = {each.person_uid: each for each in facts.previous.persons}.get(who.person.person_uid)
    differing = [] if earlier is None else list(_differing(who.person, earlier))
    if differing:
        names = [[_MEMBERS[member][index] for member in differing] for index in (0, 1)]
        params = {"members": differing, "members_zh": "、".join(names[0]), "members_en": ", ".join(names[1])}
        yield who.place, params


def _differing(now: Person, before: Person) -> Iterator[str]:
    if now.name and before.name and now.name != before.name:
        yield "name"
    if now.birth_date and before.birth_date and now.birth_date != before.birth_date:
        yield "birth_date"
    here, there = ({each.number for each in person.certificates} for person in (now, before))
    if here and there and not here & there:
        yield "certificates"


def _person_count(facts: CaseFacts, who: Subject) -> Iterator[Hit]:
    """D-09: as many accused as the case says."""
    told = facts.record.case.person_count
    listed = sum(1 for each in facts.record.persons if is_accused(each))
    if told is not None and listed and told != listed:
        yield "/case/person_count", {"told": told, "listed": listed}


def _property_left(facts: CaseFacts, who: Subject) -> Iterator[Hit]:
    """D-16: told not to travel, and nothing tells where it stays."""
    for index, each in held_property(facts):
        if each.moves_with_case is False and not (each.custodian or each.place or each.proposal):
            yield f"/property/{index}", {}


def _property_expiring(facts: CaseFacts, who: Subject) -> Iterator[Hit]:
    """D-17: the measure lapses before the receiver's term (审查起诉 one month, first instance two) is over."""
    term = "P2M" if facts.node.receiver == "court" else "P1M"
    expected = day(due(day(facts.now), term, custody=False, roll=False, calendar=OFFICIAL).at)
    for index, each in held_property(facts):
        ends = moment(each.expiry_date or "")
        if ends is not None and day(ends) < expected:
            yield (
                f"/property/{index}/expiry_date",
                {"expiry": day(ends).isoformat(), "expected": expected.isoformat()},
            )


def _not_acknowledged(facts: CaseFacts, who: Subject) -> Iterator[Hit]:
    """D-18: offered, and not answered within the platform's time."""
    for each in facts.history:
        offered = moment(each.received_at)
        late = 0 if offered is None else (day(facts.now) - day(offered) - timedelta(ACKNOWLEDGE_DAYS)).days
        if each.status == "offered" and late > 0 and offered is not None:
            node = catalogue().get(each.node) if each.node in catalogue() else None
            name = each.node if node is None else f"{node.id} {node.zh}"
            shown: date = day(offered)
            yield (
                f"/transfers/{each.transfer_id}",
                {"node": name, "offered": shown.isoformat(), "days": late, "receiver": each.receiver},
            )


COMPARISONS: Mapping[str, Comparison] = {
    "not-transferred": _not_transferred,
    "charges-differ": _charges_differ,
    "unsealed": _unsealed,
    "person-differs": _person_differs,
    "person-count": _person_count,
    "property-left": _property_left,
    "property-expiring": _property_expiring,
    "not-acknowledged": _not_acknowledged,
}
