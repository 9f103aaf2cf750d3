"""What the receiver of a transfer sees of it: its inbox, and the whole package but the volumes."""

from __future__ import annotations

import json
from typing import Any

from hub import marking
from hub.access import looking
from hub.callers import INTAKE, Caller
from hub.log import proofs
from hub.runtime import Hub
from hub.store import agencies, marks, transfers, volumes
from hub.store import inbox as boxes
from hub.store.database import Connection
from hub.store.transfers import Transfer


def inbox(hub: Hub, who: Caller, *, after: int, limit: int, pending: bool, known: int = 0) -> dict[str, Any]:
    """One page of the caller's inbox with the newest checkpoint. A handler sees the cases that it is granted on.

    Intake is told the newest position, and what stands at the position `known`: so it sees when this inbox is not the
    one that it has read before.

    Raises `handler.not-allowed` for a handler that the agency does not have.
    """
    looking.require_known(hub, who, "inbox", who.agency)
    with hub.database.transaction(write=False) as connection:
        items = boxes.listing(connection, who.agency, after=after, limit=limit, pending=pending)
        following = items[-1].position if items else after
        if who.role != INTAKE:
            items = [item for item in items if looking.sees(connection, who, item.case_uid)]
        told = _place(connection, who, known) if who.role == INTAKE else {}
        note = proofs.latest(connection)
    checkpoint = None if note is None else note.note
    return {"items": [vars(item) for item in items], "next": following, **told, "checkpoint": checkpoint}


def _place(connection: Connection, who: Caller, known: int) -> dict[str, Any]:
    stands = boxes.at(connection, who.agency, known) if known else None
    last = boxes.last_position(connection, who.agency)
    return {"last": last} if stands is None else {"last": last, "known": stands}


def newest(hub: Hub, who: Caller) -> int:
    """The newest position in the agency's inbox: the cheap question that a long poll may repeat."""
    with hub.database.transaction(write=False) as connection:
        return boxes.last_position(connection, who.agency)


def read_transfer(hub: Hub, who: Caller, transfer_id: str) -> dict[str, Any]:
    """The whole package but the volumes. The receiver's first look is `fetched`, every other look `viewed`."""
    with looking.door(hub, who) as connection:
        transfers.hold(connection, transfer_id)  # two first looks at once are one first look
        found = looking.transfer_for(connection, who, transfer_id)
        body = _package(connection, hub, found)
        _mark_look(connection, hub, who, found)
    hub.log.wake()
    return body


def _package(connection: Connection, hub: Hub, found: Transfer) -> dict[str, Any]:
    contents = transfers.contents(connection, hub.vault, found.transfer_id)
    carried = volumes.of_transfer(connection, found.transfer_id)
    return {
        "transfer_id": found.transfer_id,
        "node": found.node,
        "status": found.status,
        "sender": found.sender,
        "receiver": found.receiver,
        "case_uid": found.case_uid,
        "received_at": found.received_at,
        "envelope": json.loads(contents.envelope),
        "record": json.loads(contents.record),
        "annex": json.loads(contents.annex),
        "descriptors": [volume.descriptor.to_json() for volume in carried],
        "receipt": json.loads(contents.receipt),
        "findings": json.loads(contents.findings),
        "sender_keys": [key.to_json() for key in agencies.key_statements(connection, found.sender)],
    }


def _mark_look(connection: Connection, hub: Hub, who: Caller, found: Transfer) -> None:
    first = who.agency == found.receiver and not marks.has(connection, found.transfer_id, "fetched")
    marking.leave(
        connection,
        hub,
        "fetched" if first else "viewed",
        transfer_id=found.transfer_id,
        node=found.node,
        case_uid=found.case_uid,
        about=who.agency,
        private={"agency": who.agency, "handler": who.handler},
    )
