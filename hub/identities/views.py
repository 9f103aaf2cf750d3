"""What each caller is shown of identities.

An agency sees the members whose cases its handler may see, and does not learn that others exist. The hub's operators
see all. Names and certificate numbers are shortened unless requested in full.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hub import marking
from hub.access import looking
from hub.access.looking import Hidden
from hub.callers import Caller
from hub.identities import rules
from hub.identities import traits as identity_traits
from hub.runtime import Hub
from hub.store import cases, identities, persons
from hub.store.database import Connection
from hub.store.identities import PERSON, Member, Tie
from hub.store.persons import PersonInCase
from hub.store.proposals import Event, Proposal
from messages.problems import Problem

MOST_TIES = 200
"""Ties of one identity that are shown, oldest first: a person of a hundred cases has thousands."""


@dataclass(frozen=True)
class Viewer:
    """A person who looks or decides: `by` identifies one person, as far as the hub can tell."""

    by: str
    agency: str | None
    who: Caller | None

    def sees(self, connection: Connection, case_uid: str) -> bool:
        """Whether the case is open to the viewer."""
        return self.who is None or looking.sees(connection, self.who, case_uid)


def handler(who: Caller) -> Viewer:
    """A handler of an agency, as the request was signed."""
    return Viewer(f"{who.agency}/{who.handler}", who.agency, who)


def operator(name: str) -> Viewer:
    """An operator at the hub. Raises `identity.no-name` for a name that names nobody."""
    plain = name.strip()
    if not plain or len(plain) > 64 or not plain.isprintable():
        raise Problem("identity.no-name", "--as")
    return Viewer(f"operator/{plain}", None, None)


@contextmanager
def entrance(hub: Hub, viewer: Viewer, *, write: bool = True) -> Iterator[Connection]:
    """A transaction in which `Hidden` may be raised: 404 for an agency, `identity.unknown` here.

    Whatever an agency is refused inside is marked.
    """
    if viewer.who is not None:
        with marking.refusals(hub, viewer.who), looking.door(hub, viewer.who, write=write) as connection:
            yield connection
        return
    try:
        with hub.database.transaction(write=write) as connection:
            yield connection
    except Hidden:
        raise Problem("identity.unknown") from None


def visible(connection: Connection, viewer: Viewer, members: Iterable[Member]) -> list[Member]:
    """Those of the members whose cases the viewer may see, in the order of the ids."""
    ordered = sorted(members, key=lambda item: item.member_id)
    seen = {uid: viewer.sees(connection, uid) for uid in {item.case_uid for item in ordered}}
    return [item for item in ordered if seen[item.case_uid]]


def require(connection: Connection, viewer: Viewer, member_ids: Collection[str], target: str) -> list[Member]:
    """All these members. Raises `Hidden` unless every one of them exists and may be seen."""
    found = identities.get_many(connection, member_ids)
    seen = visible(connection, viewer, found.values())
    if not member_ids or len(seen) != len(set(member_ids)):
        raise Hidden("identity", target)
    return seen


def visible_ties(connection: Connection, viewer: Viewer, member: Member) -> list[str]:
    """The standing ties of a member of which the viewer may see both ends."""
    return seen_ties(connection, viewer, [tie.tie_id for tie in identities.ties_of(connection, [member.member_id])])


def seen_ties(connection: Connection, viewer: Viewer, tie_ids: Iterable[str]) -> list[str]:
    """The ties of which the viewer may see both ends; the others would reveal cases that it must not know."""
    ties = [tie for tie in (identities.get_tie(connection, tie_id) for tie_id in tie_ids) if tie is not None]
    ends = identities.get_many(connection, {end for tie in ties for end in (tie.left_id, tie.right_id)})
    seen = {item.member_id for item in visible(connection, viewer, ends.values())}
    return [tie.tie_id for tie in ties if {tie.left_id, tie.right_id} <= seen]


def shown_identity(
    connection: Connection, hub: Hub, viewer: Viewer, whole: Collection[str], *, reveal: bool
) -> dict[str, Any]:
    """An identity, all of whose members are `whole`, as far as the viewer may see it, which must be one of them."""
    seen = visible(connection, viewer, identities.get_many(connection, whole).values())
    ids = {item.member_id for item in seen}
    ties = [tie for tie in identities.ties_of(connection, ids) if {tie.left_id, tie.right_id} <= ids]
    return {
        "identity": identities.identity_of(ids),
        "kind": seen[0].kind,
        "members": [_shown_member(connection, hub, item, reveal) for item in seen],
        "ties": [shown_tie(tie) for tie in ties[:MOST_TIES]],
        "more_ties": max(len(ties) - MOST_TIES, 0),
    }


def _shown_member(connection: Connection, hub: Hub, member: Member, reveal: bool) -> dict[str, Any]:
    told = {"member": member.member_id, "case_uid": member.case_uid, "since": member.since}
    told["registered_by"] = member.registered_by
    if member.kind != PERSON:
        numbers = cases.every_ref(connection, hub.vault, member.case_uid)
        parties = sorted(cases.parties(connection, member.case_uid))
        links = cases.links(connection, member.case_uid)
        return {**told, "numbers": numbers, "parties": parties, "links": links}
    person = PersonInCase(member.uid, member.case_uid)
    traits = identities.traits(connection, hub.vault, [member.member_id])[member.member_id]
    names = [name if reveal else shortened_name(name) for name in traits.get("names", ())]
    numbers = [
        item if reveal or item["kind"] not in identity_traits.SHARED else {**item, "value": shortened(item["value"])}
        for item in persons.every_ref(connection, hub.vault, person)
    ]
    return {**told, "person_uid": member.uid, "names": names, "numbers": numbers}


def shortened(value: str | None) -> str | None:
    """A certificate number of which only length and last two signs are left."""
    return None if value is None else "*" * max(len(value) - 2, 1) + value[-2:]


def shortened_name(name: str) -> str:
    """A name of which the first sign is left."""
    return name[:1] + "*" * 2


def shown_tie(tie: Tie) -> dict[str, Any]:
    """A tie with the words of the rule that made it."""
    return {
        "tie": tie.tie_id,
        "members": [tie.left_id, tie.right_id],
        "cause": tie.cause,
        **_rule(tie.cause),
        "since": tie.since,
        "ended_at": tie.ended_at,
    }


def shown_proposal(proposal: Proposal) -> dict[str, Any]:
    """A proposal or candidate; the number that it may be about stays out."""
    details: Mapping[str, Any] = proposal.details
    rule = details.get("rule", details.get("by", "") if proposal.status == "candidate" else "")
    return {
        "proposal": proposal.proposal_id,
        "kind": proposal.kind,
        "action": proposal.action,
        "status": proposal.status,
        "members": list(proposal.members),
        "tie": proposal.tie_id,
        "since": proposal.since,
        "settled_at": proposal.settled_at,
        "by": details.get("by"),
        "why": details.get("why"),
        "decided_by": details.get("decided_by"),
        "contradictions": list(details.get("contradictions", ())),
        **_rule(rule),
    }


def shown_event(event: Event) -> dict[str, Any]:
    """One step of the history with its mark."""
    return {
        "at": event.at,
        "event": event.event,
        "members": list(event.members),
        "tie": event.tie_id,
        "proposal": event.proposal_id,
        "by": event.details.get("by"),
        "why": event.details.get("why"),
        "contradictions": list(event.details.get("contradictions", ())),
        "leaf_hash": event.leaf_hash,
    }


def _rule(rule_id: Any) -> dict[str, Any]:
    rule = rules.table().named(str(rule_id))
    return {} if rule is None else {"rule": {"zh": rule.zh, "en": rule.en, "confidence": rule.confidence}}
