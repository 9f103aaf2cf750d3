"""A case judged: the transfers that went before, one of the demo's records, and what gives reason to notice."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from datetime import datetime

from messages.findings import Finding
from standards.judging.connection import Connected
from standards.judging.facts import CaseFacts
from standards.judging.procedure import CORE_AGENCIES, examine
from standards.nodes import Node, catalogue
from standards.record import Record
from standards.record.history import HistoryEntry
from standards.terms.calendars import OFFICIAL, Calendar
from standards.terms.deadlines import Mode
from tests.scene.records import Json

JUDGED_AT = datetime.fromisoformat("2024-12-02T08:00:00+08:00")
"""Some weeks after all that the demo's records tell."""
RECEIVED_AT = "2024-12-01T00:00:00.000Z"


def evaluate(
    node: Node,
    history: Sequence[HistoryEntry],
    record: Json,
    now: datetime,
    *,
    enrolled: Connected | None = CORE_AGENCIES,
    calendar: Calendar = OFFICIAL,
    mode: Mode = "statutory",
) -> list[Finding]:
    """The findings of `examine` where, unless told otherwise, the agencies of the core are connected."""
    facts = CaseFacts(node, history, Record.read(record), now)
    return list(examine(facts, enrolled=enrolled, calendar=calendar, mode=mode).findings)


def codes(found: Sequence[Finding]) -> list[str]:
    """The findings' codes."""
    return [each.code for each in found]


def passed(
    node_id: str,
    transfer_id: str,
    *,
    parties: tuple[str, str] | None = None,
    received_at: str = RECEIVED_AT,
    in_reply_to: str | None = None,
    status: str = "acknowledged",
) -> HistoryEntry:
    """A transfer at the node that the hub has accepted, between agencies of its types unless `parties` are given."""
    node = catalogue().get(node_id)
    sender, receiver = parties or (f"{node.sender}:1", f"{node.receiver}:1")
    return HistoryEntry(
        transfer_id=transfer_id,
        node=node_id,
        sender=sender,
        receiver=receiver,
        received_at=received_at,
        in_reply_to=in_reply_to,
        status=status,
    )


def past(*nodes: str, received_at: str = RECEIVED_AT, status: str = "acknowledged") -> list[HistoryEntry]:
    """Accepted transfers at the nodes given, oldest first, all received at one moment."""
    return [passed(node, f"t{number}", received_at=received_at, status=status) for number, node in enumerate(nodes)]


def at(journey: Sequence[tuple[str, Json]], node: str) -> Json:
    """A copy of the record that the journey tells at the node."""
    return copy.deepcopy(next(record for name, record in journey if name == node))


def before(journey: Sequence[tuple[str, Json]], node: str) -> list[str]:
    """The nodes that the journey passes before this one."""
    names = [name for name, _ in journey]
    return names[: names.index(node)]


def document(record: Json, uid: str) -> Json:
    """The document of a record."""
    found: Json = next(each for each in record["documents"] if each["doc_uid"] == uid)
    return found
