"""An agency's handlers (承办人) and their access to cases. Every change leaves a mark."""

from __future__ import annotations

import re
from typing import Any

from hub import marking
from hub.access import looking
from hub.callers import INTAKE, Caller
from hub.runtime import Hub
from hub.store import agencies, grants
from hub.store.database import Connection
from messages.problems import Problem

_HANDLER_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")


def grant(hub: Hub, who: Caller, case_uid: str, handler: str) -> dict[str, Any]:
    """Let `handler` of the caller's agency see the case. Raises `handler.unknown`, and 404 for who may not see it."""
    with looking.door(hub, who) as connection:
        looking.require_case(connection, who, case_uid)
        _require_id(handler, "handler.unknown")
        if agencies.handler_role(connection, who.agency, handler) is None:
            raise Problem("handler.unknown", handler=handler)
        if grants.grant(connection, case_uid, who.agency, handler, by=who.handler, now=hub.clock()):
            _mark(connection, hub, who, "granted", handler=handler, case_uid=case_uid)
        granted = grants.granted(connection, case_uid, who.agency)
    hub.log.wake()
    return {"case_uid": case_uid, "handlers": sorted(granted)}


def withdraw(hub: Hub, who: Caller, case_uid: str, handler: str) -> dict[str, Any]:
    """Take the case away from `handler`; withdrawing twice changes nothing."""
    with looking.door(hub, who) as connection:
        looking.require_case(connection, who, case_uid)
        _require_id(handler, "handler.unknown")
        if grants.revoke(connection, case_uid, who.agency, handler, hub.clock()):
            _mark(connection, hub, who, "revoked", handler=handler, case_uid=case_uid)
        granted = grants.granted(connection, case_uid, who.agency)
    hub.log.wake()
    return {"case_uid": case_uid, "handlers": sorted(granted)}


def listing(hub: Hub, who: Caller) -> dict[str, Any]:
    """The caller's handlers; the adapter's own intake identity is always there and not listed."""
    looking.require_known(hub, who, "handlers", who.agency)
    with hub.database.transaction(write=False) as connection:
        found = agencies.handlers_of(connection, hub.vault, who.agency)
    return {
        "handlers": [
            {"handler": item.handler, "role": item.role, "removed": item.removed_at is not None} for item in found
        ]
    }


def add(hub: Hub, who: Caller, handler: str, role: str) -> dict[str, Any]:
    """Make a handler known, or change its role. Raises `handler.bad-id` and `handler.not-allowed`: only intake may.

    The intake role sees every case of the agency, so taking it on is a mark; so is losing it.
    """
    looking.require_intake(hub, who, "handler", handler)
    _require_id(handler, "handler.bad-id")
    if role not in ("intake", "handler"):
        raise Problem("http.bad-parameter", "/role")
    with hub.database.transaction() as connection:
        before = agencies.handler_role(connection, who.agency, handler)
        agencies.put_handler(connection, hub.vault, who.agency, handler, role=role, name=None, now=hub.clock())
        if (before == INTAKE) != (role == INTAKE):
            _mark(connection, hub, who, "granted" if role == INTAKE else "revoked", handler=handler)
    hub.log.wake()
    return {"handler": handler, "role": role}


def remove(hub: Hub, who: Caller, handler: str) -> dict[str, Any]:
    """Remove a handler's role and all its access; if added again, it starts with none.

    Raises `handler.unknown` and `handler.not-allowed`.
    """
    looking.require_intake(hub, who, "handler", handler)
    _require_id(handler, "handler.unknown")
    with hub.database.transaction() as connection:
        if not agencies.remove_handler(connection, who.agency, handler, hub.clock()):
            raise Problem("handler.unknown", handler=handler)
        for case_uid in grants.revoke_all(connection, who.agency, handler, hub.clock()):
            _mark(connection, hub, who, "revoked", handler=handler, case_uid=case_uid)
        _mark(connection, hub, who, "revoked", handler=handler)
    hub.log.wake()
    return {"handler": handler, "removed": True}


def _require_id(handler: str, code: str) -> None:
    if not _HANDLER_ID.fullmatch(handler) or handler == INTAKE:
        raise Problem(code, handler=handler)


def _mark(
    connection: Connection, hub: Hub, who: Caller, action: str, *, handler: str, case_uid: str | None = None
) -> None:
    """One change of what a handler may see: of one case, or with None of everything that its role opens."""
    private = {"agency": who.agency, "handler": handler, "by": who.handler, "case_uid": case_uid}
    marking.leave(connection, hub, action, case_uid=case_uid, about=who.agency, private=private)
