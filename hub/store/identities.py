"""Members of the crosswalk and the ties between them.

A member is one person of one case, or one case. An identity is what hangs together over standing ties; its id is that
of its oldest member, so the ids of all members lead to it whatever was merged or undone since.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, or_, select, update

from evidence.canonical import canonical
from evidence.identifiers import timestamp, uuid7
from hub.store.database import insert_if_absent, insert_those_absent, lock
from hub.store.tables import identity_members, identity_proposals, identity_ties
from hub.store.vault import Vault

Kind = Literal["person", "case"]
PERSON: Final[Kind] = "person"
CASE: Final[Kind] = "case"
PEOPLE: Final = "people"
"""The cause of a tie that two people decided."""
STANDING, ENDED = "standing", "ended"
CHUNK: Final = 500
"""Ids in one statement: both databases take many more."""


@dataclass(frozen=True)
class Member:
    """One person of one case (`uid` is the person_uid), or one case (`uid` is the case_uid)."""

    member_id: str
    kind: Kind
    uid: str
    case_uid: str
    registered_by: str
    since: str


@dataclass(frozen=True)
class Tie:
    """Two members are one. `cause` is a rule of `hub.identities.rules`, or `people`."""

    tie_id: str
    kind: Kind
    left_id: str
    right_id: str
    cause: str
    status: str
    since: str
    ended_at: str | None


def hold(connection: Connection) -> None:
    """Be alone with all ties until the transaction ends. Take it after every other lock but the chains of marks."""
    lock(connection, "identities")


def hold_numbers(connection: Connection, blinds: Iterable[str]) -> None:
    """Be alone with these numbers, so that of two who bring the same one the second sees the first."""
    for blind in sorted(set(blinds)):
        lock(connection, f"person-ref/{blind}")


def register(
    connection: Connection, kind: Kind, uids: Collection[str], case_uid: str, *, by: str, now: datetime
) -> tuple[dict[str, Member], list[Member]]:
    """Make persons of a case, or the case itself, members. Returns all of them by uid, and those that are new."""
    known = {item.uid: item for item in of_case(connection, case_uid) if item.kind == kind}
    fresh = [uid for uid in dict.fromkeys(uids) if uid not in known]
    rows = [
        {
            # A case is its own member: every id of a case that anybody holds is an id of the crosswalk.
            "member_id": uid if kind == CASE else uuid7(int(now.timestamp() * 1000)),
            "kind": kind,
            "uid": uid,
            "case_uid": case_uid,
            "registered_by": by,
            "since": timestamp(now),
            "traits": None,
        }
        for uid in fresh
    ]
    insert_those_absent(connection, identity_members, rows)
    added = [Member(**{name: row[name] for name in Member.__dataclass_fields__}) for row in rows]  # type: ignore[arg-type]
    return {**known, **{item.uid: item for item in added}}, added


def get(connection: Connection, member_id: str) -> Member | None:
    """One member, or None."""
    return next(iter(get_many(connection, [member_id]).values()), None)


def get_many(connection: Connection, member_ids: Collection[str]) -> dict[str, Member]:
    """Those of the members that exist, by id."""
    found: dict[str, Member] = {}
    for some in chunks(sorted(set(member_ids))):
        found |= {item.member_id: item for item in _members(connection, identity_members.c.member_id.in_(some))}
    return found


def of_case(connection: Connection, case_uid: str) -> list[Member]:
    """The case and its persons."""
    return _members(connection, identity_members.c.case_uid == case_uid)


def of_uids(connection: Connection, kind: Kind, uids: Collection[str]) -> list[Member]:
    """The members that carry any of these uids: a person_uid may stand in several cases once a case was split."""
    found: list[Member] = []
    for some in chunks(sorted(set(uids))):
        found += _members(connection, (identity_members.c.kind == kind) & identity_members.c.uid.in_(some))
    return found


def traits(connection: Connection, vault: Vault, member_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """What is known of these members, by id; {} for those of which nothing is."""
    c = identity_members.c
    found: dict[str, dict[str, Any]] = {}
    for some in chunks(sorted(set(member_ids))):
        for member_id, sealed in connection.execute(select(c.member_id, c.traits).where(c.member_id.in_(some))):
            opened = vault.open_maybe("identity_members", "traits", member_id, sealed)
            found[member_id] = {} if opened is None else json.loads(opened)
    return found


def set_traits(connection: Connection, vault: Vault, member_id: str, told: Mapping[str, Any] | None) -> None:
    """Keep what is known of a member now; None erases it."""
    sealed = None if told is None else vault.seal("identity_members", "traits", member_id, canonical(dict(told)))
    statement = update(identity_members).where(identity_members.c.member_id == member_id)
    connection.execute(statement.values(traits=sealed))


def tie(
    connection: Connection, one: Member | str, other: Member | str, *, kind: Kind, cause: str, now: datetime
) -> str | None:
    """Tie two members; returns the tie's id, or None if the same tie already exists."""
    left, right = sorted(item if isinstance(item, str) else item.member_id for item in (one, other))
    row = {
        "tie_id": uuid7(int(now.timestamp() * 1000)),
        "kind": kind,
        "left_id": left,
        "right_id": right,
        "cause": cause,
        "status": STANDING,
        "since": timestamp(now),
        "ended_at": None,
    }
    return str(row["tie_id"]) if insert_if_absent(connection, identity_ties, row) else None


def end_tie(connection: Connection, tie_id: str, now: datetime) -> bool:
    """End a tie; its row is kept. False if it is not active."""
    c = identity_ties.c
    statement = update(identity_ties).where(c.tie_id == tie_id, c.status == STANDING)
    return connection.execute(statement.values(status=ENDED, ended_at=timestamp(now))).rowcount == 1


def get_tie(connection: Connection, tie_id: str) -> Tie | None:
    """One tie, or None."""
    return next(iter(_ties(connection, identity_ties.c.tie_id == tie_id)), None)


def ties_of(connection: Connection, member_ids: Collection[str], *, standing: bool = True) -> list[Tie]:
    """The ties that touch any of the members, oldest first; with `standing=False` also those that ended."""
    c = identity_ties.c
    found: dict[str, Tie] = {}
    for some in chunks(sorted(set(member_ids))):
        condition = or_(c.left_id.in_(some), c.right_id.in_(some))
        rows = _ties(connection, condition & (c.status == STANDING) if standing else condition)
        found |= {item.tie_id: item for item in rows}
    return sorted(found.values(), key=lambda item: (item.since, item.tie_id))


def component(connection: Connection, member_id: str) -> frozenset[str]:
    """The ids of all members of the identity that `member_id` belongs to, itself included."""
    seen, edge = {member_id}, {member_id}
    while edge:
        edge = _next_to(connection, edge, seen) - seen
        seen |= edge
    return frozenset(seen)


def components(connection: Connection, member_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """The component of each of these members, each looked up once."""
    found: dict[str, frozenset[str]] = {}
    for member_id in sorted(member_ids):
        if member_id not in found:
            whole = component(connection, member_id)
            found |= dict.fromkeys(whole, whole)
    return {member_id: found[member_id] for member_id in member_ids}


def _next_to(connection: Connection, edge: Collection[str], seen: Collection[str]) -> set[str]:
    """The ends of the standing ties that touch `edge`; ties inside `seen` are left in the database."""
    c = identity_ties.c
    found: set[str] = set()
    for some in chunks(sorted(edge)):
        query = select(c.left_id, c.right_id).where(
            c.status == STANDING, or_(c.left_id.in_(some), c.right_id.in_(some))
        )
        if len(seen) <= CHUNK:
            query = query.where(or_(c.left_id.not_in(seen), c.right_id.not_in(seen)))
        for ends in connection.execute(query):
            found.update(ends)
    return found


def identity_of(members: Collection[str]) -> str:
    """The id under which an identity is shown: its oldest member's."""
    return min(members)


def kept_apart(connection: Connection, one: Collection[str], other: Collection[str]) -> bool:
    """Whether people ended a tie, or rejected a merge, between the two: rules must not bring such together again."""
    across: list[tuple[str, str]] = []
    t = identity_ties.c
    c = identity_proposals.c
    for some in chunks(sorted(set(one))):
        ended = select(t.left_id, t.right_id).where(t.status == ENDED, or_(t.left_id.in_(some), t.right_id.in_(some)))
        across += [(left, right) for left, right in connection.execute(ended)]
        query = select(c.left_id, c.right_id).where(
            c.action == "merge", c.status == "rejected", or_(c.left_id.in_(some), c.right_id.in_(some))
        )
        across += [(left, right) for left, right in connection.execute(query)]
    return any((left in one and right in other) or (left in other and right in one) for left, right in across)


def chunks(items: Sequence[str], size: int = CHUNK) -> Iterable[Sequence[str]]:
    """Pieces that fit into one statement of either database."""
    return (items[start : start + size] for start in range(0, len(items), size))


def _members(connection: Connection, condition: Any) -> list[Member]:
    c = identity_members.c
    columns = [c[name] for name in Member.__dataclass_fields__]
    query = select(*columns).where(condition).order_by(c.member_id)
    return [Member(*row) for row in connection.execute(query)]


def _ties(connection: Connection, condition: Any) -> list[Tie]:
    c = identity_ties.c
    columns = [c[name] for name in Tie.__dataclass_fields__]
    query = select(*columns).where(condition).order_by(c.since, c.tie_id)
    return [Tie(*row) for row in connection.execute(query)]
