"""Cases as their parties see them: numbers, parties, links, transfers; and one agency's day."""

from __future__ import annotations

from datetime import date
from typing import Any

from hub.access import looking
from hub.callers import Caller
from hub.runtime import Hub
from hub.store import cases, grants, transfers
from hub.store import reconcile as reconciliation


def find(hub: Hub, who: Caller, wanted: str) -> dict[str, Any]:
    """The caller's cases that `wanted` names; empty when there is none that it may see."""
    with hub.database.transaction(write=False) as connection:
        found = [
            case_uid
            for case_uid in cases.find(connection, hub.vault, wanted)
            if looking.sees(connection, who, case_uid)
        ]
        refs = {case_uid: cases.refs(connection, hub.vault, case_uid) for case_uid in found}
    return {"cases": [{"case_uid": case_uid, "refs": refs[case_uid]} for case_uid in found]}


def read(hub: Hub, who: Caller, case_uid: str) -> dict[str, Any]:
    """The case without any record: transfers are read one by one. Raises 404 for strangers, and marks the look."""
    with looking.door(hub, who) as connection:
        looking.require_case(connection, who, case_uid)
        looking.mark_look(connection, hub, who, case_uid)
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
    hub.log.wake()
    return body


def reconcile(hub: Hub, who: Caller, day: date) -> dict[str, Any]:
    """One agency's day as the hub has it. It names every transfer, so only intake may ask: `handler.not-allowed`."""
    looking.require_intake(hub, who, "reconciliation", day.isoformat())
    with hub.database.transaction(write=False) as connection:
        return reconciliation.day_of(connection, who.agency, day).to_json()
