"""The clocks (期限) of a case by what the hub holds: latest record, accepted transfers, calendar and readings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from evidence.identifiers import timestamp
from hub.access import looking
from hub.callers import Caller
from hub.runtime import Hub
from hub.store import supervision
from hub.store.database import Connection
from hub.store.transfers import Transfer
from hub.supervision import case_facts
from hub.supervision.calendar import calendar_of
from standards.terms.clock_view import by_urgency, entry
from standards.terms.clocks import clocks, summary


def of_case(
    connection: Connection,
    hub: Hub,
    case_uid: str,
    at: datetime,
    *,
    tells: Callable[[Transfer], bool] = lambda transfer: True,
) -> dict[str, Any]:
    """The clocks of a case by what the hub had accepted by `at`, in the order of urgency.

    The record is that of the latest transfer that `tells`; without one there are no clocks. The answer holds no
    personal datum: persons are places in the record, roles and uids.
    """
    calendar = calendar_of(hub)
    known = case_facts.of_case(connection, hub, case_uid, at, tells=tells)
    body = {"case_uid": case_uid, "as_of": timestamp(at), "calendar": calendar.version}
    if known is None:
        return {**body, "record_of": None, **summary([], at), "clocks": []}
    facts, transfer_id = known
    enrolled = supervision.enrolled_types(connection, at)
    found = clocks(facts, calendar, enrolled=enrolled, readings=hub.settings.readings)
    entries = [entry(each, facts.record, at) for each in by_urgency(found, at)]
    return {**body, "record_of": transfer_id, **summary(found, at), "clocks": entries}


def for_party(hub: Hub, who: Caller, case_uid: str) -> dict[str, Any]:
    """The clocks of a case for one of its parties, by the latest record that it sent or received itself.

    Raises 404 for strangers; the look is marked, since a record was read.
    """
    with looking.door(hub, who) as connection:
        looking.require_case(connection, who, case_uid)
        looking.mark_look(connection, hub, who, case_uid)
        found = of_case(connection, hub, case_uid, hub.clock(), tells=lambda transfer: transfer.involves(who.agency))
    hub.log.wake()
    return found
