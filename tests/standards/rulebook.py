"""Small cases for the rules: a record with what a rule asks about, a history of transfers, and an instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from standards.judging.facts import CaseFacts
from standards.judging.procedure import Examined, Swept, examine, sweep
from standards.nodes import catalogue
from standards.record import Record
from standards.record.history import HistoryEntry
from tests.scene.judging import passed
from tests.scene.records import ZHANG, base_record, measure, paper, worded

Json = dict[str, Any]
Change = Callable[[Json], Any]
Past = tuple[tuple[str, str], ...]


def instant(told: str) -> datetime:
    """Ten in the morning of a Beijing day, or the instant told."""
    return datetime.fromisoformat(told if "T" in told else f"{told}T10:00:00+08:00")


def history(past: Iterable[tuple[str, str]], *, status: str = "acknowledged") -> list[HistoryEntry]:
    """Accepted transfers, oldest first, each received at ten in the morning of its day, answering the one it can."""
    entries: list[HistoryEntry] = []
    for number, (node_id, day) in enumerate(past):
        node = catalogue().get(node_id)
        answered = [each.transfer_id for each in entries if each.node in node.replies_to]
        reply = answered[-1] if answered and node.kind == "feedback" else None
        received_at = f"{day}T02:00:00.000Z"
        entries.append(passed(node_id, f"t{number}", received_at=received_at, in_reply_to=reply, status=status))
    return entries


def changed(*changes: Change) -> Json:
    """The sample record, changed."""
    record = base_record()
    for change in changes:
        change(record)
    return record


def received(
    node: str,
    past: Past,
    record: Json,
    now: str,
    *,
    declared: Iterable[str] | None = None,
    previous: Json | None = None,
) -> Examined:
    """What is found when the hub receives a transfer at `node`, with every agency type enrolled."""
    types = None if declared is None else frozenset(declared)
    facts = CaseFacts(
        catalogue().get(node),
        history(past),
        Record.read(record),
        instant(now),
        declared=types,
        previous=None if previous is None else Record.read(previous),
    )
    return examine(facts)


def swept(past: Past, record: Json, now: str, *, status: str = "acknowledged", enrolled: Any = None) -> Swept:
    """What the sweep finds in the case."""
    entries = history(past, status=status)
    facts = CaseFacts(catalogue().get(past[-1][0]), entries, Record.read(record), instant(now))
    return sweep(facts, enrolled=enrolled)


@dataclass(frozen=True)
class Row:
    """One rule at its edge: `late` triggers it, `near` does not; the same with `spared` instead of `change`."""

    at: str  # the node of the transfer, or "" for the sweep
    past: Past = ()
    change: Change = lambda record: None
    late: str = "2024-12-02"
    near: str = ""
    spared: Change | None = None
    spared_past: Past | None = None


def hits(code: str, row: Row, *, change: Change | None = None, past: Past | None = None, now: str = "") -> int:
    """How many findings of this code the row gives."""
    record = changed(change or row.change)
    entries = row.past if past is None else past
    moment = now or row.late
    found = received(row.at, entries, record, moment).findings if row.at else swept(entries, record, moment).findings
    return sum(1 for each in found if each.code == code)


# What a record may say


def every(*changes: Change) -> Change:
    """Several changes at once."""

    def change(record: Json) -> None:
        for each in changes:
            each(record)

    return change


def decided(kind: str, day: str = "2024-03-04", **more: Any) -> Change:
    """A decision of the person."""
    body = {"decision_uid": f"x-{kind}", "kind": kind, "person_uid": ZHANG, "decided_at": day, **more}
    return lambda record: record.setdefault("decisions", []).append(body)


def measured(display: str, day: str, **more: Any) -> Change:
    """One more measure; earlier ones end on its day."""

    def change(record: Json) -> None:
        for each in record["measures"]:
            each.setdefault("ended_at", day)
        record["measures"].append(measure(f"m{len(record['measures'])}x", ZHANG, display, day, **more))

    return change


def only(display: str, day: str, **more: Any) -> Change:
    """No measure but this one."""
    return lambda record: record.update(measures=[measure("m1", ZHANG, display, day, **more)])


def free(day: str = "2024-03-05") -> Change:
    """Detention has ended."""
    return lambda record: record["measures"][0].update(ended_at=day)


def listed(doc_type: str, day: str, **more: Any) -> Change:
    """The record lists a document."""
    return lambda record: record["documents"].append(paper(f"p-{doc_type}-{day}", doc_type, day, **more))


def case(**members: Any) -> Change:
    """Members of the case."""
    return lambda record: record["case"].update(members)


def person(**members: Any) -> Change:
    """Members of the person."""
    return lambda record: record["persons"][0].update(members)


def charges(*stages: str, system: str = "test.codes", code: str = "1", display: str = "盗窃罪") -> Change:
    """Charges against the person, one of each stage."""
    return lambda record: record.update(
        charges=[
            {
                "charge_uid": f"c{number}",
                "person_uid": ZHANG,
                "stage": stage,
                "crime": worded(display, system, code),
                "main": True,
            }
            for number, stage in enumerate(stages)
        ]
    )


def thing(**members: Any) -> Change:
    """A thing of the case under a measure."""
    return lambda record: record.update(property=[{"property_uid": "w1", "name": "手机", "measure": "扣押", **members}])


def procedure_of(display: str) -> Change:
    """The procedure chosen."""
    return case(procedure=worded(display))
