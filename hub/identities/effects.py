"""What a confirmed proposal does to ties and numbers, in the caller's transaction, which holds all ties."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from hub.identities import matching, registering, rules
from hub.identities import traits as identity_traits
from hub.identities.registering import Arrival
from hub.identities.rules import Traits
from hub.runtime import Hub
from hub.store import cases, identities, persons
from hub.store.database import Connection
from hub.store.identities import PEOPLE, PERSON, Member, Tie
from hub.store.persons import PersonInCase
from hub.store.proposals import CONFIRMED, PROPOSED, Proposal
from messages.problems import Problem
from standards.record import Record

Changes = dict[str, list[str]]
"""`tied` and `ended` name ties."""

_MARKS: Final = {
    ("merge", "person"): "persons-merged",
    ("merge", "case"): "cases-merged",
    ("link", "person"): "person-linked",
    ("link", "case"): "case-linked",
}


def mark_of(proposal: Proposal, step: str) -> str:
    """The mark action for a step of the proposal."""
    if step == PROPOSED:
        return "identity-proposed"
    if step == CONFIRMED:
        return _MARKS.get((proposal.action, proposal.kind), f"{proposal.kind}-unlinked")
    return "identity-rejected"


def carry_out(connection: Connection, hub: Hub, proposal: Proposal, now: datetime) -> Changes:
    """Do what was confirmed; returns the ties made and ended. Raises what makes it impossible by now."""
    return _EFFECTS[proposal.action](connection, hub, proposal, now)


def blinds(hub: Hub, proposal: Proposal) -> list[str]:
    """The blind indexes of a person's number that the proposal would give, to be held before all ties."""
    number = proposal.details.get("number")
    if proposal.kind != PERSON or proposal.action != "link" or not number:
        return []
    return [persons.blind_of(hub.vault, number["kind"], number["value"])]


def _merge(connection: Connection, _hub: Hub, proposal: Proposal, now: datetime) -> Changes:
    assert proposal.right_id is not None
    tie_id = identities.tie(connection, proposal.left_id, proposal.right_id, kind=proposal.kind, cause=PEOPLE, now=now)
    if tie_id is None:
        raise Problem("identity.already-one")
    return {"tied": [tie_id]}


def _undo(connection: Connection, _hub: Hub, proposal: Proposal, now: datetime) -> Changes:
    if not identities.end_tie(connection, str(proposal.tie_id), now):
        raise Problem("identity.not-standing")
    return {"ended": [str(proposal.tie_id)]}


def _separate(connection: Connection, _hub: Hub, proposal: Proposal, now: datetime) -> Changes:
    """End the ties that were proposed: those of which proposer and confirmer see both ends."""
    ended = [tie_id for tie_id in proposal.details.get("ties", ()) if identities.end_tie(connection, tie_id, now)]
    if not ended:
        raise Problem("identity.not-standing")
    return {"ended": ended}


def _link(connection: Connection, hub: Hub, proposal: Proposal, now: datetime) -> Changes:
    member, number = _member(connection, proposal), _number(proposal)
    if member.kind != PERSON:
        if cases.cases_of_ref(connection, hub.vault, number["agency"], number["value"]) == [member.case_uid]:
            raise Problem("identity.number-known")
        if not cases.restore_ref(connection, hub.vault, member.case_uid, number):
            cases.add_refs(connection, hub.vault, member.case_uid, [number], now)
        return {}
    person = PersonInCase(member.uid, member.case_uid)
    added = persons.add_refs(connection, hub.vault, person, [number], now)
    if not added and not persons.restore_ref(connection, hub.vault, person, number):
        raise Problem("identity.number-known")
    blind = persons.blind_of(hub.vault, number["kind"], number["value"])
    _certificates(connection, hub, member, {blind: _class(number)})
    if matching.telling(number["kind"]):
        fresh = [persons.Numbered(person, number["agency"], number["kind"], blind)]
        arrival = Arrival(Record.read({}), (), member.case_uid, "", "", now)
        registering.match(connection, hub, arrival, {member.uid: member}, numbers=fresh)
    return {}


def _unlink(connection: Connection, hub: Hub, proposal: Proposal, now: datetime) -> Changes:
    """Take the number away; what rules tied over it and over nothing else ends."""
    member, number = _member(connection, proposal), _number(proposal)
    if member.kind != PERSON:
        if not cases.end_ref(connection, hub.vault, member.case_uid, number, now):
            raise Problem("identity.number-unknown")
        return {}
    person = PersonInCase(member.uid, member.case_uid)
    if not persons.end_ref(connection, hub.vault, person, number, now):
        raise Problem("identity.number-unknown")
    _certificates(connection, hub, member, {persons.blind_of(hub.vault, number["kind"], number["value"]): None})
    by_rule = [tie for tie in identities.ties_of(connection, [member.member_id]) if tie.cause != PEOPLE]
    baseless = [tie for tie in by_rule if not _still_holds(connection, hub, member, tie)]
    return {"ended": _end(connection, baseless, now)}


def _still_holds(connection: Connection, hub: Hub, member: Member, tie: Tie) -> bool:
    """Whether the rule of the tie still finds what it tied the two by."""
    rule = rules.table().named(tie.cause)
    other = identities.get(connection, tie.left_id if tie.right_id == member.member_id else tie.right_id)
    assert other is not None
    return rule is not None and rule.basis in matching.shared(connection, hub.vault, member, other)


def _end(connection: Connection, ties: list[Tie], now: datetime) -> list[str]:
    return [tie.tie_id for tie in ties if identities.end_tie(connection, tie.tie_id, now)]


def _certificates(connection: Connection, hub: Hub, member: Member, told: Mapping[str, str | None]) -> None:
    """Set, or with None drop, the class of a certificate in what is known of the person."""
    traits = identities.traits(connection, hub.vault, [member.member_id])[member.member_id]
    known = {**Traits.from_json(traits).certificates, **told}
    kept = {blind: name for blind, name in known.items() if name is not None}
    identities.set_traits(connection, hub.vault, member.member_id, {**traits, "certificates": kept})


def _class(number: Mapping[str, str]) -> str | None:
    """The class of a certificate that people gave; None for other kinds of numbers, which have none."""
    if number["kind"] != persons.CERTIFICATE:
        return None
    return rules.certificate_class(number.get("certificate_type", identity_traits.CITIZEN_CARD), number["value"])


def _member(connection: Connection, proposal: Proposal) -> Member:
    found = identities.get(connection, proposal.left_id)
    assert found is not None
    return found


def _number(proposal: Proposal) -> Mapping[str, str]:
    number: Mapping[str, str] | None = proposal.details.get("number")
    if not number:  # erased meanwhile
        raise Problem("identity.number-unknown")
    return number


_EFFECTS: Final[Mapping[str, Callable[[Connection, Hub, Proposal, datetime], Changes]]] = {
    "merge": _merge,
    "undo": _undo,
    "separate": _separate,
    "link": _link,
    "unlink": _unlink,
}
ACTIONS: Final = tuple(_EFFECTS)
