"""Proposals about identities, and the history of all their changes.

Proposals settle once; events are only ever added. Who, why and which number stands sealed in `details`, so that erasing
it leaves the history in order.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from evidence.canonical import canonical
from evidence.identifiers import timestamp, uuid7
from hub.store.database import insert_if_absent
from hub.store.identities import Kind, chunks
from hub.store.tables import identity_events, identity_proposals
from hub.store.vault import Vault

CANDIDATE, PROPOSED, CONFIRMED, REJECTED = "candidate", "proposed", "confirmed", "rejected"
OPEN = (CANDIDATE, PROPOSED)
_PROPOSALS, _EVENTS = "identity_proposals", "identity_events"


@dataclass(frozen=True)
class Proposal:
    """A change that waits for people, or waited. `details` has `by`, `why`, `contradictions`, `number` …"""

    proposal_id: str
    kind: Kind
    action: str
    left_id: str
    right_id: str | None
    tie_id: str | None
    cause: str
    status: str
    since: str
    settled_at: str | None
    details: Mapping[str, Any]

    @property
    def members(self) -> tuple[str, ...]:
        """The members that it is about."""
        return (self.left_id,) if self.right_id is None else (self.left_id, self.right_id)


@dataclass(frozen=True)
class Event:
    """One step of the history; `leaf_hash` names its mark in the log. Erased `details` are empty."""

    event_id: str
    kind: Kind
    event: str
    left_id: str
    right_id: str | None
    tie_id: str | None
    proposal_id: str | None
    at: str
    leaf_hash: str
    details: Mapping[str, Any]

    @property
    def members(self) -> tuple[str, ...]:
        """The members that it is about."""
        return (self.left_id,) if self.right_id is None else (self.left_id, self.right_id)


def propose(
    connection: Connection,
    vault: Vault,
    *,
    kind: Kind,
    action: str,
    left_id: str,
    right_id: str | None = None,
    tie_id: str | None = None,
    rule: str | None = None,
    details: Mapping[str, Any],
    now: datetime,
) -> str | None:
    """Store a proposal of a person, or with `rule` a candidate; None when that rule asked of the two before."""
    proposal_id = uuid7(int(now.timestamp() * 1000))
    if right_id is not None:
        left_id, right_id = sorted((left_id, right_id))
    row = {
        "proposal_id": proposal_id,
        "kind": kind,
        "action": action,
        "left_id": left_id,
        "right_id": right_id,
        "tie_id": tie_id,
        "cause": rule or proposal_id,
        "status": CANDIDATE if rule else PROPOSED,
        "since": timestamp(now),
        "settled_at": None,
        "details": vault.seal(_PROPOSALS, "details", proposal_id, canonical(dict(details))),
    }
    return proposal_id if insert_if_absent(connection, identity_proposals, row) else None


def move(
    connection: Connection,
    vault: Vault,
    proposal: Proposal,
    status: str,
    *,
    details: Mapping[str, Any],
    now: datetime,
) -> bool:
    """Change a proposal's state once: False if it was already changed."""
    c = identity_proposals.c
    statement = update(identity_proposals).where(
        c.proposal_id == proposal.proposal_id, c.status == proposal.status, c.status.in_(OPEN)
    )
    changed = {
        "status": status,
        "settled_at": None if status in OPEN else timestamp(now),
        "details": vault.seal(_PROPOSALS, "details", proposal.proposal_id, canonical(dict(details))),
    }
    return connection.execute(statement.values(changed)).rowcount == 1


def get(connection: Connection, vault: Vault, proposal_id: str) -> Proposal | None:
    """One proposal, or None."""
    return next(iter(_proposals(connection, vault, identity_proposals.c.proposal_id == proposal_id)), None)


def waiting(connection: Connection, vault: Vault) -> list[Proposal]:
    """All unsettled candidates and proposals, oldest first."""
    return _proposals(connection, vault, identity_proposals.c.status.in_(OPEN))


def add_event(
    connection: Connection,
    vault: Vault,
    *,
    kind: Kind,
    event: str,
    left_id: str,
    right_id: str | None = None,
    tie_id: str | None = None,
    proposal_id: str | None = None,
    leaf_hash: str,
    details: Mapping[str, Any],
    now: datetime,
) -> str:
    """Add one step to the history; returns its id."""
    event_id = uuid7(int(now.timestamp() * 1000))
    if right_id is not None:
        left_id, right_id = sorted((left_id, right_id))
    row = {
        "event_id": event_id,
        "kind": kind,
        "event": event,
        "left_id": left_id,
        "right_id": right_id,
        "tie_id": tie_id,
        "proposal_id": proposal_id,
        "at": timestamp(now),
        "leaf_hash": leaf_hash,
        "details": vault.seal(_EVENTS, "details", event_id, canonical(dict(details))),
    }
    connection.execute(insert(identity_events), row)
    return event_id


def events(connection: Connection, vault: Vault, member_ids: Collection[str]) -> list[Event]:
    """Every step that touched any of the members, in order."""
    c = identity_events.c
    found: dict[int, Event] = {}
    names = [name for name in Event.__dataclass_fields__ if name != "details"]
    for some in chunks(sorted(set(member_ids))):
        query = select(identity_events).where(or_(c.left_id.in_(some), c.right_id.in_(some)))
        for row in connection.execute(query).mappings():
            details = _open(vault, _EVENTS, row["event_id"], row["details"])
            found[row["arrival"]] = Event(**{name: row[name] for name in names}, details=details)
    return [found[arrival] for arrival in sorted(found)]


def erase_details(connection: Connection, event_id: str) -> bool:
    """Delete who and why of one step for good; the step itself and its mark stay. False when there is nothing."""
    c = identity_events.c
    statement = update(identity_events).where(c.event_id == event_id, c.details.is_not(None))
    return connection.execute(statement.values(details=None)).rowcount == 1


def _proposals(connection: Connection, vault: Vault, condition: Any) -> list[Proposal]:
    c = identity_proposals.c
    names = [name for name in Proposal.__dataclass_fields__ if name != "details"]
    query = select(identity_proposals).where(condition).order_by(c.since, c.proposal_id)
    return [
        Proposal(
            **{name: row[name] for name in names},
            details=_open(vault, _PROPOSALS, row["proposal_id"], row["details"]),
        )
        for row in connection.execute(query).mappings()
    ]


def _open(vault: Vault, table: str, row: str, sealed: bytes | None) -> dict[str, Any]:
    opened = vault.open_maybe(table, "details", row, sealed)
    return {} if opened is None else dict(json.loads(opened))
