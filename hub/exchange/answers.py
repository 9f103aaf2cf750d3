"""What the parties of a transfer do after it was received: list, read, acknowledge, decline, hand in marks."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection

from evidence import marks as rules
from evidence import statements
from evidence.statements import SignedStatement, read_base64
from hub.exchange import looking, marking, states
from hub.exchange.access import INTAKE, Caller, may_see
from hub.exchange.facts import case_access
from hub.exchange.looking import Hidden
from hub.limits import LIMITS
from hub.log import proofs
from hub.runtime import Hub
from hub.store import agencies, marks, transfers, volumes
from hub.store import inbox as boxes
from hub.store.transfers import Transfer
from standards.problems import Problem

HANDED_IN = frozenset({"opened"})
SETTLING: dict[str, states.Event] = {"acknowledged": "acknowledged", "declined": "declined"}


def inbox(hub: Hub, who: Caller, *, after: int, limit: int, pending: bool) -> dict[str, Any]:
    """One page of the caller's inbox with the newest checkpoint. A handler sees the cases that it is granted on."""
    with hub.database.transaction(write=False) as connection:
        if who.role is None:
            return {"items": [], "next": after, "checkpoint": None}
        items = boxes.listing(connection, who.agency, after=after, limit=limit, pending=pending)
        last = items[-1].position if items else after
        if who.role != INTAKE:
            items = [item for item in items if may_see(who, case_access(connection, who.agency, item.case_uid))]
        note = proofs.latest(connection)
    return {"items": [vars(item) for item in items], "next": last, "checkpoint": None if note is None else note.note}


def read_transfer(hub: Hub, who: Caller, transfer_id: str) -> dict[str, Any]:
    """The whole package but the volumes. The receiver's first look is `fetched`, every other look `viewed`."""
    try:
        with hub.database.transaction() as connection:
            found = looking.transfer_for(connection, who, transfer_id)
            body = _package(connection, hub, found)
            _mark_look(connection, hub, who, found)
    except Hidden as hidden:
        raise looking.refuse(hub, who, hidden) from None
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
    first = who.agency == found.receiver and not any(
        mark.action == "fetched" for mark in marks.of_transfer(connection, hub.vault, found.transfer_id)
    )
    marking.leave(
        connection,
        hub,
        "fetched" if first else "viewed",
        transfer_id=found.transfer_id,
        node=found.node,
        case_uid=found.case_uid,
        private={"agency": who.agency, "handler": who.handler},
    )


def acknowledge(hub: Hub, who: Caller, transfer_id: str, body: Any) -> dict[str, Any]:
    """Settle a transfer by the receiver's signed mark; the same mark again gets the same answer.

    `declined` makes the transfer undeliverable, which the hub marks too. Raises `mark.not-accepted`,
    `mark.out-of-order`, `mark.private`, `transfer.wrong-state`, and 404 to everybody but the receiver.
    """
    mark, private, salt = _mark_of(body)
    action = mark.unverified_body.get("action")
    event = SETTLING.get(str(action))
    if event is None or mark.unverified_body.get("transfer_id") != transfer_id:
        raise Problem("mark.not-accepted", "/mark/action", action=str(action))
    try:
        with hub.database.transaction() as connection:
            transfers.hold(connection, transfer_id)
            found = looking.transfer_for(connection, who, transfer_id)
            if found.receiver != who.agency:
                raise Hidden("transfer", transfer_id)
            statements.verify(
                mark, "mark", agencies.trusted_keys(connection, [who.agency]), hub.clock(), owner=who.agency
            )
            known = marks.by_leaf_hash(connection, hub.vault, rules.leaf_hash(mark))
            if known is not None:
                return {"status": found.status, "leaf_hash": known.leaf_hash}
            status = states.move(_state(found), event)
            stored = marks.accept(
                connection, hub.vault, mark, now=hub.clock(), case_uid=found.case_uid, private=private, salt=salt
            )
            transfers.set_status(connection, transfer_id, status, hub.clock())
            if event == "acknowledged":
                volumes.received(connection, transfer_id, who.agency, hub.clock())
            else:
                marking.leave(
                    connection,
                    hub,
                    "undeliverable",
                    transfer_id=transfer_id,
                    node=found.node,
                    case_uid=found.case_uid,
                    private={"declined": stored.leaf_hash},
                )
    except Hidden as hidden:
        raise looking.refuse(hub, who, hidden) from None
    hub.metrics.transfers.labels(found.node, status).inc()
    hub.log.wake()
    return {"status": status, "leaf_hash": stored.leaf_hash}


def _state(found: Transfer) -> states.State:
    state: states.State = found.status  # type: ignore[assignment]
    return state


def hand_in_marks(hub: Hub, who: Caller, body: Any) -> dict[str, Any]:
    """Store marks that a party signed on transfers that it may see (`opened`). All or none; repeats change nothing."""
    listed = body.get("marks") if isinstance(body, dict) else None
    if not isinstance(listed, list) or not 0 < len(listed) <= LIMITS.marks_per_request:
        raise Problem("http.bad-parameter", "/marks")
    hashes: list[str] = []
    try:
        with hub.database.transaction() as connection:
            keys = agencies.trusted_keys(connection, [who.agency])
            for index, item in enumerate(listed):
                mark = SignedStatement.from_json(item, f"/marks/{index}")
                statements.verify(mark, "mark", keys, hub.clock(), owner=who.agency)
                rules.check_mark(mark, f"/marks/{index}")
                claims = mark.unverified_body
                if claims["action"] not in HANDED_IN or claims["transfer_id"] is None:
                    raise Problem("mark.not-accepted", f"/marks/{index}/action", action=str(claims["action"]))
                found = looking.transfer_for(connection, who, claims["transfer_id"])
                stored = marks.accept(connection, hub.vault, mark, now=hub.clock(), case_uid=found.case_uid)
                hashes.append(stored.leaf_hash)
    except Hidden as hidden:
        raise looking.refuse(hub, who, hidden) from None
    hub.log.wake()
    return {"leaf_hashes": hashes}


def _mark_of(body: Any) -> tuple[SignedStatement, dict[str, Any] | None, bytes | None]:
    if not isinstance(body, dict):
        raise Problem("http.bad-parameter", "/mark")
    mark = SignedStatement.from_json(body.get("mark"), "/mark")
    rules.check_mark(mark, "/mark")
    private, salt = body.get("private"), body.get("salt")
    if private is None and salt is None:
        return mark, None, None
    if not isinstance(private, dict):
        raise Problem("http.bad-parameter", "/private")
    return mark, private, read_base64(salt, "/salt")
