"""Changes of identities: one person proposes, another confirms. Both must be allowed to see all members concerned, or
be operators.

`merge` links two members. `undo` ends one tie, `separate` all ties of one member; the earlier state is restored.
`link` registers a number for a member, `unlink` removes one. Every step is an event and a mark; nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evidence.identifiers import is_uuid
from hub import marking
from hub.access import looking
from hub.access.looking import Hidden
from hub.identities import effects as identity_effects
from hub.identities import traits, views
from hub.identities.views import Viewer
from hub.runtime import Hub
from hub.store import identities, proposals
from hub.store.database import Connection
from hub.store.identities import PERSON, Member
from hub.store.proposals import CANDIDATE, CONFIRMED, OPEN, PROPOSED, REJECTED, Proposal
from messages.problems import Problem
from standards import plain

MOST_WORDS = 500
"""Signs of a reason."""


@dataclass(frozen=True)
class Wanted:
    """A change as it is asked for: `members` one or two, `tie_id` for `undo`, `number` for `link` and `unlink`."""

    action: str
    members: tuple[str, ...] = ()
    tie_id: str | None = None
    number: Mapping[str, str] | None = None
    why: str = ""


def propose(hub: Hub, viewer: Viewer, wanted: Wanted) -> dict[str, Any]:
    """Propose a change. Raises 404 for strangers to any side, and what makes the change impossible."""
    _require_known(hub, viewer)
    why = _reason(wanted.why)
    with views.entrance(hub, viewer) as connection:
        identities.hold(connection)
        members = _sides(connection, viewer, wanted)
        _require_possible(connection, hub, viewer, wanted, members)
        left, *rest = (item.member_id for item in members)
        details: dict[str, Any] = {"by": viewer.by, "why": why}
        if wanted.number is not None:
            details["number"] = dict(wanted.number)
        if wanted.action == "separate":
            details["ties"] = views.visible_ties(connection, viewer, members[0])
        proposal_id = proposals.propose(
            connection,
            hub.vault,
            kind=members[0].kind,
            action=wanted.action,
            left_id=left,
            right_id=rest[0] if rest else None,
            tie_id=wanted.tie_id,
            details=details,
            now=hub.clock(),
        )
        assert proposal_id is not None
        made = _get(connection, hub, viewer, proposal_id)
        told = _told(connection, hub, viewer, made, step=PROPOSED, why=why)
    hub.log.wake()
    return told


def take_up(hub: Hub, viewer: Viewer, proposal_id: str, why: str = "") -> dict[str, Any]:
    """Propose what a rule made a candidate. Raises `identity.settled` when it is none any more."""
    return _move(hub, viewer, proposal_id, PROPOSED, why)


def confirm(hub: Hub, viewer: Viewer, proposal_id: str, why: str = "") -> dict[str, Any]:
    """Carry out a proposal. Raises `identity.same-person` for the person who proposed it, `identity.not-proposed` for a
    candidate, `identity.settled` if it was already settled.
    """
    return _move(hub, viewer, proposal_id, CONFIRMED, why)


def reject(hub: Hub, viewer: Viewer, proposal_id: str, why: str = "") -> dict[str, Any]:
    """Settle a proposal or candidate without doing it; rules will not tie the two again. One person is enough."""
    return _move(hub, viewer, proposal_id, REJECTED, why)


def _move(hub: Hub, viewer: Viewer, proposal_id: str, status: str, why: str) -> dict[str, Any]:
    _require_known(hub, viewer)
    reason = _reason(why)
    with views.entrance(hub, viewer) as connection:
        found = _get(connection, hub, viewer, proposal_id)
        identities.hold_numbers(connection, identity_effects.blinds(hub, found))
        identities.hold(connection)
        found = _get(connection, hub, viewer, proposal_id)  # as it is now that nobody else moves it
        _require_movable(found, viewer, status)
        details = dict(found.details)
        if status == PROPOSED:
            details |= {"by": viewer.by, "why": reason, "rule": found.cause}
        else:
            details |= {"decided_by": viewer.by, "decided_why": reason}
        now = hub.clock()
        if not proposals.move(connection, hub.vault, found, status, details=details, now=now):
            raise Problem("identity.settled")
        changes = identity_effects.carry_out(connection, hub, found, now) if status == CONFIRMED else {}
        after = _get(connection, hub, viewer, proposal_id)
        told = _told(connection, hub, viewer, after, step=status, why=reason, changes=changes)
        shown = {name: views.seen_ties(connection, viewer, ties) for name, ties in changes.items()}
    hub.log.wake()
    return {**told, **shown}


def _require_movable(found: Proposal, viewer: Viewer, status: str) -> None:
    if found.status not in OPEN or (status == PROPOSED and found.status != CANDIDATE):
        raise Problem("identity.settled")
    if status == CONFIRMED:
        if found.status == CANDIDATE:
            raise Problem("identity.not-proposed")
        if found.details.get("by") == viewer.by:
            raise Problem("identity.same-person")


def _sides(connection: Connection, viewer: Viewer, wanted: Wanted) -> list[Member]:
    """The members that the change is about, once the viewer may see them all."""
    if wanted.action == "undo":
        tie = identities.get_tie(connection, wanted.tie_id or "")
        if tie is None:
            raise Hidden("identity", wanted.tie_id or "")
        sides = views.require(connection, viewer, (tie.left_id, tie.right_id), tie.tie_id)
        if tie.status != identities.STANDING:
            raise Problem("identity.not-standing")
        return sides
    if not all(is_uuid(item) for item in wanted.members):
        raise Hidden("identity", "")
    return views.require(connection, viewer, wanted.members, "/".join(wanted.members))


def _require_possible(connection: Connection, hub: Hub, viewer: Viewer, wanted: Wanted, members: list[Member]) -> None:
    if wanted.action == "merge":
        if len(wanted.members) != 2 or len(members) != 2:
            raise Problem("identity.already-one")
        if members[0].kind != members[1].kind:
            raise Problem("identity.kinds-differ")
        if members[1].member_id in identities.component(connection, members[0].member_id):
            raise Problem("identity.already-one")
    elif wanted.action == "separate":
        if not views.visible_ties(connection, viewer, members[0]):
            raise Problem("identity.not-standing")
    elif wanted.action in ("link", "unlink"):
        _require_number(viewer, wanted, members[0])
    same = {item.member_id for item in members}
    for item in proposals.waiting(connection, hub.vault):
        alike = (item.action, set(item.members), item.tie_id) == (wanted.action, same, wanted.tie_id)
        if alike and item.status == PROPOSED and wanted.number == item.details.get("number"):
            raise Problem("identity.proposed-already")


def _require_number(viewer: Viewer, wanted: Wanted, member: Member) -> None:
    """Numbers of an agency are its own to tell; certificates belong to nobody."""
    number = wanted.number or {}
    texts = [number.get(name) for name in ("agency", "kind", "value")]
    if not all(isinstance(text, str) and len(text) <= 200 for text in texts) or any(plain.faults(texts)):
        raise Problem("identity.number", "/number")
    shared = member.kind == PERSON and number["kind"] in traits.SHARED
    if not number["value"].strip() or not number["kind"] or shared != (number["agency"] == ""):
        raise Problem("identity.number", "/number")
    if not shared and viewer.agency not in (None, number["agency"]):
        raise Problem("identity.other-agency", "/number/agency")


def _get(connection: Connection, hub: Hub, viewer: Viewer, proposal_id: str) -> Proposal:
    found = proposals.get(connection, hub.vault, proposal_id) if is_uuid(proposal_id) else None
    if found is None:
        raise Hidden("identity", proposal_id if is_uuid(proposal_id) else "")
    ties = (identities.get_tie(connection, tie_id) for tie_id in found.details.get("ties", ()))
    ends = {end for tie in ties if tie is not None for end in (tie.left_id, tie.right_id)}
    views.require(connection, viewer, {*found.members, *ends}, proposal_id)
    return found


def _told(
    connection: Connection,
    hub: Hub,
    viewer: Viewer,
    proposal: Proposal,
    *,
    step: str,
    why: str,
    changes: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Mark the step, add it and what it ended to the history, and show the proposal as it is now."""
    effects = changes or {}
    leaf_hash = _mark(connection, hub, viewer, proposal, step=step, told={"why": why, **effects})
    made: dict[str, Any] = {
        "kind": proposal.kind,
        "proposal_id": proposal.proposal_id,
        "leaf_hash": leaf_hash,
        "details": {"by": viewer.by, "why": why},
        "now": hub.clock(),
    }
    proposals.add_event(
        connection,
        hub.vault,
        event=f"{proposal.action}-{step}",
        left_id=proposal.left_id,
        right_id=proposal.right_id,
        tie_id=next(iter(effects.get("tied", ())), proposal.tie_id),
        **made,
    )
    for tie in filter(None, (identities.get_tie(connection, tie_id) for tie_id in effects.get("ended", ()))):
        proposals.add_event(
            connection,
            hub.vault,
            event="ended",
            left_id=tie.left_id,
            right_id=tie.right_id,
            tie_id=tie.tie_id,
            **made,
        )
    return views.shown_proposal(proposal)


def _mark(
    connection: Connection, hub: Hub, viewer: Viewer, proposal: Proposal, *, step: str, told: Mapping[str, Any]
) -> str:
    """The mark of one step. One on a case's trail would tell its parties of the other case."""
    cases = {item.case_uid for item in identities.get_many(connection, proposal.members).values()}
    private = {
        "by": viewer.by,
        "action": proposal.action,
        "proposal_id": proposal.proposal_id,
        "members": list(proposal.members),
        **told,
    }
    action = identity_effects.mark_of(proposal, step)
    case_uid = next(iter(cases)) if len(cases) == 1 else None
    return marking.leave(connection, hub, action, case_uid=case_uid, about=viewer.agency, private=private)


def _require_known(hub: Hub, viewer: Viewer) -> None:
    if viewer.who is not None:
        looking.require_known(hub, viewer.who, "identity", "")


def _reason(why: str) -> str:
    if len(why) > MOST_WORDS or any(plain.faults([why])):
        raise Problem("identity.reason", "/why", limit=MOST_WORDS)
    return why.strip()
