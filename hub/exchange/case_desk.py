"""Cases as their parties see them: numbers, parties, transfers, open requests; handlers and their grants."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from hub.exchange import looking, marking
from hub.exchange.access import INTAKE, Caller, may_see
from hub.exchange.facts import case_access
from hub.exchange.looking import Hidden
from hub.runtime import Hub
from hub.store import agencies, cases, grants, transfers
from hub.store import reconcile as reconciliation
from standards.problems import Problem

_HANDLER_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")


def find(hub: Hub, who: Caller, wanted: str) -> dict[str, Any]:
    """The caller's cases that `wanted` names; empty when there is none that it may see."""
    with hub.database.transaction(write=False) as connection:
        found = [
            case_uid
            for case_uid in cases.find(connection, hub.vault, wanted)
            if may_see(who, case_access(connection, who.agency, case_uid))
        ]
        refs = {case_uid: cases.refs(connection, hub.vault, case_uid) for case_uid in found}
    return {"cases": [{"case_uid": case_uid, "refs": refs[case_uid]} for case_uid in found]}


def read(hub: Hub, who: Caller, case_uid: str) -> dict[str, Any]:
    """The case without any record: transfers are read one by one. Raises 404 for strangers, and marks the look."""
    try:
        with hub.database.transaction() as connection:
            looking.require_case(connection, who, case_uid)
            marking.leave(
                connection,
                hub,
                "viewed",
                case_uid=case_uid,
                private={"agency": who.agency, "handler": who.handler, "case_uid": case_uid},
            )
            history = transfers.of_case(connection, case_uid)
            body = {
                "case_uid": case_uid,
                "refs": cases.refs(connection, hub.vault, case_uid),
                "parties": sorted(cases.parties(connection, case_uid)),
                "links": cases.links(connection, case_uid),
                "handlers": sorted(grants.granted(connection, case_uid, who.agency)),
                "transfers": [
                    {
                        "transfer_id": row.transfer_id,
                        "node": row.node,
                        "sender": row.sender,
                        "receiver": row.receiver,
                        "status": row.status,
                        "received_at": row.received_at,
                        "in_reply_to": row.in_reply_to,
                        "pages": row.pages,
                        "bytes": row.bytes,
                    }
                    for row in history
                    if row.involves(who.agency)
                ],
            }
    except Hidden as hidden:
        raise looking.refuse(hub, who, hidden) from None
    hub.log.wake()
    return body


def grant(hub: Hub, who: Caller, case_uid: str, handler: str) -> dict[str, Any]:
    """Let `handler` of the caller's agency see the case. Raises `handler.unknown`, and 404 for who may not see it."""
    try:
        with hub.database.transaction() as connection:
            looking.require_case(connection, who, case_uid)
            if agencies.handler_role(connection, who.agency, handler) is None:
                raise Problem("handler.unknown", handler=handler)
            if grants.grant(connection, case_uid, who.agency, handler, by=who.handler, now=hub.clock()):
                private = {"agency": who.agency, "handler": handler, "by": who.handler, "case_uid": case_uid}
                marking.leave(connection, hub, "granted", case_uid=case_uid, private=private)
            granted = grants.granted(connection, case_uid, who.agency)
    except Hidden as hidden:
        raise looking.refuse(hub, who, hidden) from None
    hub.log.wake()
    return {"case_uid": case_uid, "handlers": sorted(granted)}


def withdraw(hub: Hub, who: Caller, case_uid: str, handler: str) -> dict[str, Any]:
    """Take the case away from `handler`; withdrawing twice changes nothing."""
    try:
        with hub.database.transaction() as connection:
            looking.require_case(connection, who, case_uid)
            if grants.revoke(connection, case_uid, who.agency, handler, hub.clock()):
                private = {"agency": who.agency, "handler": handler, "by": who.handler, "case_uid": case_uid}
                marking.leave(connection, hub, "revoked", case_uid=case_uid, private=private)
            granted = grants.granted(connection, case_uid, who.agency)
    except Hidden as hidden:
        raise looking.refuse(hub, who, hidden) from None
    hub.log.wake()
    return {"case_uid": case_uid, "handlers": sorted(granted)}


def handlers(hub: Hub, who: Caller) -> dict[str, Any]:
    """The caller's handlers; the adapter's own intake identity is always there and not listed."""
    with hub.database.transaction(write=False) as connection:
        found = agencies.handlers_of(connection, hub.vault, who.agency)
    return {
        "handlers": [
            {"handler": item.handler, "role": item.role, "removed": item.removed_at is not None} for item in found
        ]
    }


def add_handler(hub: Hub, who: Caller, handler: str, role: str) -> dict[str, Any]:
    """Make a handler known. Raises `handler.bad-id` and `handler.not-allowed`: only intake may."""
    _require_intake(hub, who, handler)
    if not _HANDLER_ID.fullmatch(handler) or handler == INTAKE:
        raise Problem("handler.bad-id")
    if role not in ("intake", "handler"):
        raise Problem("http.bad-parameter", "/role")
    with hub.database.transaction() as connection:
        agencies.put_handler(connection, hub.vault, who.agency, handler, role=role, name=None, now=hub.clock())
    return {"handler": handler, "role": role}


def remove_handler(hub: Hub, who: Caller, handler: str) -> dict[str, Any]:
    """End a handler's access everywhere. Raises `handler.unknown`."""
    _require_intake(hub, who, handler)
    with hub.database.transaction() as connection:
        if not agencies.remove_handler(connection, who.agency, handler, hub.clock()):
            raise Problem("handler.unknown", handler=handler)
    return {"handler": handler, "removed": True}


def _require_intake(hub: Hub, who: Caller, handler: str) -> None:
    if who.role != INTAKE:
        marking.access_refused(hub, who, "handler", handler)
        raise Problem("handler.not-allowed")


def reconcile(hub: Hub, agency: str, day: date) -> dict[str, Any]:
    """One agency's day as the hub has it."""
    with hub.database.transaction(write=False) as connection:
        return reconciliation.day_of(connection, agency, day).to_json()
