"""What a transfer tells of persons' and cases' identities, written at the end of the receiving transaction.

 1. the case and its persons become members of the crosswalk, with the numbers that the sender tells of them
 2. somebody else under a new number leads to a verdict of the rules (`identity_matching`, `identity_rules`)
 3. certain: the two are tied, with a mark `person-linked`; not certain: a candidate for people, `identity-proposed`
 4. another agency's number for the case that leads to another case is a candidate for a case opened twice (重复立案)

Registration needs no mark of its own: `received` commits to the record. The marks of 3 and 4 stand outside the
transfer's chain and on no case's trail, since they would tell its parties that there is another case.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub import marking
from hub.identities import matching, rules
from hub.identities import traits as identity_traits
from hub.identities.matching import Pair
from hub.identities.rules import Traits, Verdict
from hub.identities.traits import Told
from hub.runtime import Hub
from hub.store import cases, identities, persons, proposals
from hub.store.database import Connection
from hub.store.identities import CASE, PERSON, Kind, Member
from hub.store.persons import Numbered, PersonInCase
from standards.record import Record

CASES_RULE = "ID-21"
"""The rule under which a number that two cases share makes them a candidate for one case opened twice."""


@dataclass(frozen=True)
class Arrival:
    """An accepted transfer, as far as identities go. `leaf_hash` is its mark `received`."""

    record: Record
    annex: Sequence[Mapping[str, Any]]
    case_uid: str
    sender: str
    leaf_hash: str
    now: datetime


def settle(connection: Connection, hub: Hub, arrival: Arrival) -> None:
    """Steps 1 to 4. Call it last in the transaction: its marks are outside the transfer's chain."""
    told = identity_traits.told(arrival.record, arrival.annex, arrival.sender, hub.vault)
    known, fresh = _register(connection, hub, arrival, told)
    numbers = _numbers(connection, hub, arrival, told)
    in_record = {known[item.person_uid].member_id for item in told}
    identities.hold_numbers(connection, {number.blind for number in numbers})
    new = {member.uid for member in fresh}
    match(connection, hub, arrival, known, numbers=numbers, fresh=new, in_record=in_record)
    _judge_case(connection, hub, arrival)


def match(
    connection: Connection,
    hub: Hub,
    arrival: Arrival,
    known: Mapping[str, Member],
    *,
    numbers: Sequence[Numbered],
    fresh: Collection[str] = (),
    in_record: Collection[str] = (),
) -> None:
    """Steps 2 and 3 for the persons `known` by uid, once their new `numbers` are held."""
    found = matching.pairs(connection, hub.vault, arrival.sender, known, numbers=numbers, fresh=fresh)
    if found:
        identities.hold(connection)
        judged = matching.verdicts(connection, hub.vault, found, in_record)
        _link(connection, hub, arrival, [item for item in judged if item[1].link])
        _ask(connection, hub, arrival, [item for item in judged if not item[1].link])


def _register(
    connection: Connection, hub: Hub, arrival: Arrival, told: Sequence[Told]
) -> tuple[dict[str, Member], list[Member]]:
    """Step 1: the case, its persons and what is known of them. Returns the persons by uid, and those that are new."""
    case_uid, sender, now = arrival.case_uid, arrival.sender, arrival.now
    _, new_cases = identities.register(connection, CASE, [case_uid], case_uid, by=sender, now=now)
    uids = [item.person_uid for item in told]
    known, fresh = identities.register(connection, PERSON, uids, case_uid, by=sender, now=now)
    before = identities.traits(connection, hub.vault, [known[uid].member_id for uid in uids])
    for item in told:
        member_id = known[item.person_uid].member_id
        earlier = before.get(member_id, {})
        traits = (Traits.from_json(earlier).with_later(item.traits) if earlier else item.traits).to_json()
        if traits != earlier:
            identities.set_traits(connection, hub.vault, member_id, traits)
    for member in (*new_cases, *fresh):
        proposals.add_event(
            connection,
            hub.vault,
            kind=member.kind,
            event="registered",
            left_id=member.member_id,
            leaf_hash=arrival.leaf_hash,
            details={"by": sender},
            now=now,
        )
    return known, fresh


def _numbers(connection: Connection, hub: Hub, arrival: Arrival, told: Sequence[Told]) -> list[Numbered]:
    """Step 1 as well: the persons' numbers; returns those that are new and could tie a person to another."""
    added: list[Numbered] = []
    for item in told:
        person = PersonInCase(item.person_uid, arrival.case_uid)
        added += persons.add_refs(connection, hub.vault, person, item.numbers, arrival.now)
    return [number for number in added if matching.telling(number.kind)]


def _link(connection: Connection, hub: Hub, arrival: Arrival, links: Sequence[tuple[Pair, Verdict]]) -> None:
    """Step 3: tie what is certain, one mark for all of it."""
    made = []
    for pair, verdict in links:
        cause = verdict.rule.id
        tie_id = identities.tie(connection, pair.member, pair.other, kind=PERSON, cause=cause, now=arrival.now)
        if tie_id is not None:
            made.append((tie_id, pair, cause))
    if not made:
        return
    changes = [{"tie_id": tie_id, "members": _ids(pair), "rule": cause} for tie_id, pair, cause in made]
    leaf_hash = marking.leave(connection, hub, "person-linked", private=_private(arrival, changes))
    for tie_id, pair, cause in made:
        proposals.add_event(
            connection,
            hub.vault,
            kind=PERSON,
            event="linked",
            left_id=pair.member.member_id,
            right_id=pair.other.member_id,
            tie_id=tie_id,
            leaf_hash=leaf_hash,
            details={"by": cause, "rules": rules.table().version},
            now=arrival.now,
        )


def _ask(connection: Connection, hub: Hub, arrival: Arrival, asked: Sequence[tuple[Pair, Verdict]]) -> None:
    """Step 3: make candidates of what is not certain, unless that rule asked of the two before."""
    found = [(*_ids(pair), verdict.rule.id, list(verdict.contradictions)) for pair, verdict in asked]
    _make_candidates(connection, hub, PERSON, arrival, found)


def _judge_case(connection: Connection, hub: Hub, arrival: Arrival) -> None:
    """Step 4. Cases that the record itself links (分案、并案) are two on purpose."""
    case_uid, shared = arrival.case_uid, set[str]()
    for ref in arrival.record.case.refs:
        if ref.agency != arrival.sender:
            shared |= set(cases.cases_of_ref(connection, hub.vault, ref.agency, ref.value))
    if not shared - {case_uid}:
        return
    identities.hold(connection)
    linked = {end for link in cases.links(connection, case_uid) for end in (link["from"], link["to"])}
    apart = shared - linked - identities.component(connection, case_uid)
    others = identities.of_uids(connection, CASE, apart)
    found: list[tuple[str, str, str, list[str]]] = [(case_uid, item.member_id, CASES_RULE, []) for item in others]
    _make_candidates(connection, hub, CASE, arrival, found)


def _make_candidates(
    connection: Connection, hub: Hub, kind: Kind, arrival: Arrival, found: Iterable[tuple[str, str, str, list[str]]]
) -> None:
    """Candidates of two members each, by rule and contradictions, with one mark for all that are new."""
    made = []
    for one, other, rule, contradictions in found:
        details = {"by": rule, "contradictions": contradictions, "rules": rules.table().version}
        proposal_id = proposals.propose(
            connection,
            hub.vault,
            kind=kind,
            action="merge",
            left_id=one,
            right_id=other,
            rule=rule,
            details=details,
            now=arrival.now,
        )
        if proposal_id is not None:
            made.append((proposal_id, one, other, details))
    if not made:
        return
    changes = [
        {"proposal_id": made_id, "members": [one, other], "rule": told["by"]} for made_id, one, other, told in made
    ]
    leaf_hash = marking.leave(connection, hub, "identity-proposed", private=_private(arrival, changes))
    for proposal_id, one, other, details in made:
        proposals.add_event(
            connection,
            hub.vault,
            kind=kind,
            event="candidate",
            left_id=one,
            right_id=other,
            proposal_id=proposal_id,
            leaf_hash=leaf_hash,
            details=details,
            now=arrival.now,
        )


def _ids(pair: Pair) -> tuple[str, str]:
    return pair.member.member_id, pair.other.member_id


def _private(arrival: Arrival, changes: list[dict[str, Any]]) -> dict[str, Any]:
    return {"by": "rules", "rules": rules.table().version, "case_uid": arrival.case_uid, "changes": changes}
