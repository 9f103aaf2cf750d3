"""The clocks (期限) of a case by what the hub holds: latest record, accepted transfers, calendar and readings."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from evidence.identifiers import parse_timestamp, timestamp
from hub.exchange import looking, marking
from hub.exchange.access import Caller
from hub.exchange.calendar import calendar_of
from hub.runtime import Hub
from hub.store import agencies, transfers
from hub.store.transfers import Transfer
from standards.clock_view import by_urgency, entry
from standards.clocks import Clock, clocks, summary
from standards.facts import DEAD, CaseFacts


@dataclass(frozen=True)
class CaseClocks:
    """The clocks of a case as of `now`, with the record from which they were read and the transfer that brought it."""

    case_uid: str
    now: datetime
    clocks: list[Clock]
    record: dict[str, Any]
    record_of: str | None
    calendar: str

    def to_json(self) -> dict[str, Any]:
        """The clocks in the order of urgency. No personal datum: persons are places in the record and uids."""
        return {
            "case_uid": self.case_uid,
            "as_of": timestamp(self.now),
            "record_of": self.record_of,
            "calendar": self.calendar,
            **summary(self.clocks, self.now),
            "clocks": [entry(each, self.record, self.now) for each in by_urgency(self.clocks, self.now)],
        }


def of_case(
    connection: Connection,
    hub: Hub,
    case_uid: str,
    now: datetime,
    *,
    tells: Callable[[Transfer], bool] = lambda transfer: True,
) -> CaseClocks:
    """The clocks of a case by what the hub had accepted by `now`.

    The record is that of the latest transfer that `tells`; without one there are no clocks.
    """
    known = [row for row in transfers.of_case(connection, case_uid) if parse_timestamp(row.received_at) <= now]
    telling = [row for row in known if row.status not in DEAD and tells(row) and row.node in hub.nodes]
    calendar = calendar_of(hub)
    if not telling:
        return CaseClocks(case_uid, now, [], {}, None, calendar.version)
    last = telling[-1]
    record = json.loads(transfers.contents(connection, hub.vault, last.transfer_id).record)
    numbers = {row.transfer_id for row in known}
    history = [each for each in transfers.history(connection, case_uid) if each["transfer_id"] in numbers]
    facts = CaseFacts(hub.nodes.get(last.node), history, record, now)
    enrolled = {item.agency.partition(":")[0] for item in agencies.every(connection) if item.revoked_at is None}
    found = clocks(facts, calendar, enrolled=enrolled, readings=hub.settings.readings)
    return CaseClocks(case_uid, now, found, record, last.transfer_id, calendar.version)


def for_party(hub: Hub, who: Caller, case_uid: str) -> dict[str, Any]:
    """The clocks of a case for one of its parties, by the latest record that it sent or received itself.

    Raises 404 for strangers; the look is marked, since a record was read.
    """
    with looking.door(hub, who) as connection:
        looking.require_case(connection, who, case_uid)
        private = {"agency": who.agency, "handler": who.handler, "case_uid": case_uid}
        marking.leave(connection, hub, "viewed", case_uid=case_uid, about=who.agency, private=private)
        found = of_case(connection, hub, case_uid, hub.clock(), tells=lambda transfer: transfer.involves(who.agency))
    hub.log.wake()
    return found.to_json()
