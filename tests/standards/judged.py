"""What a transfer at a node gives reason to notice, with the agencies of the core connected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from messages.findings import Finding
from standards.judging.connection import Connected
from standards.judging.facts import CaseFacts
from standards.judging.procedure import CORE_AGENCIES, examine
from standards.nodes import Node
from standards.record import Record
from standards.record.history import HistoryEntry
from standards.terms.calendars import OFFICIAL, Calendar
from standards.terms.deadlines import Mode

Json = dict[str, Any]


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
    """The findings of `examine`."""
    facts = CaseFacts(node, history, Record.read(record), now)
    return list(examine(facts, enrolled=enrolled, calendar=calendar, mode=mode).findings)
