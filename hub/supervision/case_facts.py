"""The facts of a case as the rules ask for them, by what the hub holds: now, or as of an earlier instant.

As of an instant, only transfers count that the hub had accepted by then, in the state that they had then, and the
agencies that were enrolled then. So whatever was found can be found again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from codebooks.conversion import findings as conversion_findings
from dossier import inspection
from evidence.identifiers import parse_timestamp
from evidence.statements import SignedStatement
from hub.runtime import Hub
from hub.store import erasing, marks, supervision, transfers, volumes
from hub.store.database import Connection
from hub.store.transfers import OFFERED, UNDELIVERABLE, Transfer
from hub.supervision.calendar import calendar_in_use
from messages.findings import Finding
from standards.judging import completeness, procedure
from standards.judging.facts import DEAD, CaseFacts
from standards.judging.procedure import Examined
from standards.record import Record
from standards.record.annex import Annex
from standards.record.history import HistoryEntry

Json = dict[str, Any]


def of_case(
    connection: Connection,
    hub: Hub,
    case_uid: str,
    at: datetime,
    *,
    tells: Callable[[Transfer], bool] = lambda transfer: True,
) -> tuple[CaseFacts, str] | None:
    """The whole history as of `at` with the record of the last transfer for which `tells` is true, and its id; None
    without one.
    """
    rows = _known(connection, case_uid, at)
    telling = [row for row in rows if row.status not in DEAD and row.node in hub.nodes and tells(row)]
    if not telling:
        return None
    last = telling[-1]
    record = Record.read(transfers.record(connection, hub.vault, last.transfer_id))
    return CaseFacts(hub.nodes.get(last.node), [row.entry() for row in rows], record, at), last.transfer_id


def previous(connection: Connection, hub: Hub, earlier: Sequence[HistoryEntry]) -> Record | None:
    """The record of the last transfer of a history that reached its receiver; None without one."""
    living = [each.transfer_id for each in earlier if each.status not in DEAD]
    return Record.read(transfers.record(connection, hub.vault, living[-1])) if living else None


def examine_again(connection: Connection, hub: Hub, row: Transfer) -> Examined:
    """What a stored transfer gave reason to notice, judged again from what is stored.

    The findings of the receipt come out the same, in the same order, as long as rule book and calendar are the same;
    those of the conversion come from the stored annex.
    """
    at = parse_timestamp(row.received_at)
    earlier = [each for each in _known(connection, row.case_uid, at) if _before(each, row)]
    carried = volumes.of_transfer(connection, row.transfer_id)
    reused = frozenset(each.volume_id for each in carried if each.reused_from)
    declaration = inspection.declaration([each.descriptor.unverified_body for each in carried], reused=reused)
    contents = transfers.contents(connection, hub.vault, row.transfer_id)
    told = [each.entry() for each in earlier]
    node = hub.nodes.get(row.node)
    facts = CaseFacts(
        node,
        told,
        Record.read(json.loads(contents.record)),
        at,
        declared=completeness.declared_types(declaration),
        previous=previous(connection, hub, told),
    )
    enrolled = supervision.enrolled_types(connection, at)
    examined = procedure.examine(facts, enrolled=enrolled, calendar=calendar_in_use(hub))
    annex = Annex.read(SignedStatement.decode(contents.annex).unverified_body)
    converted = [Finding.from_json(each) for each in conversion_findings(annex.entries)]
    return replace(examined, findings=(*completeness.findings(node, declaration), *examined.findings, *converted))


def _before(each: Transfer, row: Transfer) -> bool:
    return (each.received_at, each.transfer_id) < (row.received_at, row.transfer_id)


def _known(connection: Connection, case_uid: str, at: datetime) -> list[Transfer]:
    rows = [row for row in transfers.of_case(connection, case_uid) if parse_timestamp(row.received_at) <= at]
    gone = erasing.erased(connection, [row.transfer_id for row in rows])
    rows = [row for row in rows if row.transfer_id not in gone]  # nothing is found by what nobody can read
    return [_as_of(connection, row, at) for row in rows]


def _as_of(connection: Connection, row: Transfer, at: datetime) -> Transfer:
    """The transfer in the state that it had at `at`."""
    if row.status == OFFERED or parse_timestamp(row.settled_at) <= at:
        return row
    if row.status == "superseded":
        declined = marks.first_at(connection, row.transfer_id, "undeliverable")
        if declined is not None and parse_timestamp(declined) <= at:
            return replace(row, status=UNDELIVERABLE)
    return replace(row, status=OFFERED)
