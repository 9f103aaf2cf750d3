"""Looking at identities: by any number, by id, what waits for people, what happened. Every look that shows anything is
a mark `viewed`, whose private part names the members and never the number that was asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from evidence.identifiers import is_uuid
from hub import marking
from hub.access import looking
from hub.access.looking import Hidden
from hub.identities import views
from hub.identities.views import Viewer
from hub.runtime import Hub
from hub.store import cases, identities, persons, proposals
from hub.store.database import Connection
from hub.store.identities import CASE, PERSON, Member

MOST_SHOWN = 500
"""Candidates that one answer lists at most, oldest first."""


def resolve(hub: Hub, viewer: Viewer, value: str, *, kind: str | None = None, reveal: bool = False) -> dict[str, Any]:
    """The identities that `value` leads to: a number of a person or case in any spelling, or an id of the hub's.

    Only a number of a member that the viewer may see leads anywhere. None is an empty list.
    """
    _require_known(hub, viewer)
    with views.entrance(hub, viewer) as connection:
        found = _matching(connection, hub, value.strip(), kind)
        seen = views.visible(connection, viewer, found)
        wholes = identities.components(connection, [member.member_id for member in seen])
        shown = [
            views.shown_identity(connection, hub, viewer, whole, reveal=reveal)
            for whole in sorted(set(wholes.values()), key=min)
        ]
        _mark(connection, hub, viewer, _members(shown), reveal=reveal)
    hub.log.wake()
    return {"identities": shown}


def show(hub: Hub, viewer: Viewer, member_id: str, *, reveal: bool = False) -> dict[str, Any]:
    """One identity by the id of any of its members. Raises 404 for strangers."""
    _require_known(hub, viewer)
    with views.entrance(hub, viewer) as connection:
        _require_one(connection, viewer, member_id)
        whole = identities.component(connection, member_id)
        shown = views.shown_identity(connection, hub, viewer, whole, reveal=reveal)
        _mark(connection, hub, viewer, _members([shown]), reveal=reveal)
    hub.log.wake()
    return shown


def history(hub: Hub, viewer: Viewer, member_id: str) -> dict[str, Any]:
    """Everything that ever happened to the identity's members, in order, as far as the viewer may see both sides."""
    _require_known(hub, viewer)
    with views.entrance(hub, viewer) as connection:
        _require_one(connection, viewer, member_id)
        whole = identities.get_many(connection, identities.component(connection, member_id))
        mine = {item.member_id for item in views.visible(connection, viewer, whole.values())}
        found = proposals.events(connection, hub.vault, mine)
        everyone = identities.get_many(connection, {end for event in found for end in event.members})
        seen = {item.member_id for item in views.visible(connection, viewer, everyone.values())}
        _mark(connection, hub, viewer, sorted(mine), reveal=False)
    hub.log.wake()
    events = [views.shown_event(event) for event in found if set(event.members) <= seen]
    return {"identity": identities.identity_of(mine), "events": events}


def candidates(hub: Hub, viewer: Viewer) -> dict[str, Any]:
    """What waits for people, oldest first, where the viewer may see every side of it."""
    _require_known(hub, viewer)
    with views.entrance(hub, viewer, write=False) as connection:
        waiting = proposals.waiting(connection, hub.vault)
        everyone = identities.get_many(connection, {end for item in waiting for end in item.members})
        seen = {item.member_id for item in views.visible(connection, viewer, everyone.values())}
    open_ones = [item for item in waiting if set(item.members) <= seen]
    shown = [views.shown_proposal(item) for item in open_ones[:MOST_SHOWN]]
    for body in shown:
        body["cases"] = sorted({everyone[end].case_uid for end in body["members"]})
    return {"candidates": shown, "more": max(len(open_ones) - MOST_SHOWN, 0)}


def _require_known(hub: Hub, viewer: Viewer) -> None:
    if viewer.who is not None:
        looking.require_known(hub, viewer.who, "identity", "")


def _require_one(connection: Connection, viewer: Viewer, member_id: str) -> Member:
    if not is_uuid(member_id):
        raise Hidden("identity", "")
    return views.require(connection, viewer, [member_id], member_id)[0]


def _matching(connection: Connection, hub: Hub, value: str, kind: str | None) -> list[Member]:
    found: dict[str, Member] = {}
    if kind in (None, PERSON):
        named = persons.find(connection, hub.vault, value)
        members = identities.of_uids(connection, PERSON, {person.person_uid for person in named})
        wanted = {(person.person_uid, person.case_uid) for person in named}
        found |= {item.member_id: item for item in members if (item.uid, item.case_uid) in wanted}
        if is_uuid(value.lower()):
            found |= {item.member_id: item for item in identities.of_uids(connection, PERSON, [value.lower()])}
            found |= identities.get_many(connection, [value.lower()])
    if kind in (None, CASE):
        uids = cases.find(connection, hub.vault, value)
        found |= {item.member_id: item for item in identities.of_uids(connection, CASE, uids)}
    return [item for item in found.values() if kind in (None, item.kind)]


def _members(shown: Iterable[dict[str, Any]]) -> list[str]:
    return sorted({member["member"] for body in shown for member in body["members"]})


def _mark(connection: Connection, hub: Hub, viewer: Viewer, members: Collection[str], *, reveal: bool) -> None:
    if members:
        private = {"by": viewer.by, "what": "identity", "members": list(members), "reveal": reveal}
        marking.leave(connection, hub, "viewed", about=viewer.agency, private=private)
