"""Findings (预警) of a case: those of its transfers, what is overdue now, and what cannot be judged."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from evidence.identifiers import parse_timestamp, timestamp
from hub.access import looking
from hub.callers import INTAKE, Caller
from hub.runtime import Hub
from hub.store import erasing, supervision, transfers
from hub.store.database import Connection
from hub.store.supervision import Kept
from hub.store.transfers import Transfer
from hub.supervision import case_facts, sweep
from messages.rendering import finding_json
from standards import agencies, rules
from standards.judging import procedure


def of_case(hub: Hub, who: Caller, case_uid: str) -> dict[str, Any]:
    """The findings of a case for one of its parties: of the transfers that it sent or received, and what is late now.

    Raises 404 for strangers; the look is marked, since records were read.
    """
    with looking.door(hub, who) as connection:
        looking.require_case(connection, who, case_uid)
        looking.mark_look(connection, hub, who, case_uid)
        body = listing(connection, hub, case_uid, hub.clock(), party=who.agency)
    hub.log.wake()
    return body


def changes(hub: Hub, who: Caller, *, since: int, limit: int) -> dict[str, Any]:
    """What the sweep opened and cleared in the caller's cases after change `since`, oldest first, with the next cursor.

    Raises `handler.not-allowed` for a handler that the agency does not have.
    """
    looking.require_known(hub, who, "findings", who.agency)
    handler = None if who.role == INTAKE else who.handler
    with hub.database.transaction(write=False) as connection:
        found = supervision.of_agency(connection, hub.vault, who.agency, handler=handler, since=since, limit=limit)
    return {"items": [kept(each) for each in found], "next": found[-1].change if found else since}


def listing(
    connection: Connection,
    hub: Hub,
    case_uid: str,
    at: datetime,
    *,
    party: str | None = None,
    explain: bool = False,
) -> dict[str, Any]:
    """Everything as of `at`. With `explain`, each transfer is judged again, and the result is compared.

    `party`: only the transfers that this agency sent or received.
    """
    rows = [
        row
        for row in transfers.of_case(connection, case_uid)
        if parse_timestamp(row.received_at) <= at and (party is None or row.involves(party))
    ]
    gone = erasing.erased(connection, [row.transfer_id for row in rows])
    rows = [row for row in rows if row.transfer_id not in gone]
    judged = sweep.judge(connection, hub, case_uid, at)
    enrolled = supervision.enrolled_types(connection, at)
    body: dict[str, Any] = {
        "case_uid": case_uid,
        "as_of": timestamp(at),
        "transfers": [_of_transfer(connection, hub, row, explain=explain) for row in rows],
        "record_of": None,
        "late": [],
        "not_judged": [_not_judged(rule, enrolled) for rule in procedure.not_judged(enrolled)],
    }
    if judged is not None:
        swept, record_of, calendar, _ = judged
        body |= {
            "record_of": record_of,
            "calendar": calendar.version,
            "late": [finding_json(each) for each in swept.findings],
        }
        if explain:
            body["suppressed"] = [finding_json(each) for each in swept.suppressed]
    return body


def kept(each: Kept) -> dict[str, Any]:
    """A finding of the sweep as lists show it."""
    return {
        "change": each.change,
        "case_uid": each.case_uid,
        "state": "open" if each.cleared_at is None else "cleared",
        "opened_at": each.opened_at,
        "cleared_at": each.cleared_at,
        "finding": finding_json(each.finding),
    }


def _of_transfer(connection: Connection, hub: Hub, row: Transfer, *, explain: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "transfer_id": row.transfer_id,
        "node": row.node,
        "sender": row.sender,
        "receiver": row.receiver,
        "received_at": row.received_at,
        "findings": transfers.findings(connection, hub.vault, row.transfer_id),
    }
    if explain and row.node in hub.nodes:
        again = case_facts.examine_again(connection, hub, row)
        bare = [each.to_json() for each in again.findings]
        body["same_again"] = bare == [_bare(each) for each in body["findings"] if not each.get("by")]
        body["suppressed"] = [finding_json(each) for each in again.suppressed]
    return body


def _bare(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name in {"code", "level", "place", "basis", "params"}}


def _not_judged(rule: rules.Rule, enrolled: Collection[str]) -> dict[str, Any]:
    missing = [need for need in rule.needs if need not in enrolled]
    names = [[agencies.title(each, lang) for each in missing] for lang in ("zh", "en")]
    return {
        "rule": rule.id,
        "zh": rule.zh,
        "en": rule.en,
        "needs": missing,
        "because_zh": rule.because_zh or f"{'、'.join(names[0])}未接入，未评估。",
        "because_en": rule.because_en or f"Not judged: {', '.join(names[1])} not connected.",
    }
