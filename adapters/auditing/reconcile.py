"""Reconciling with the hub: what the journal has of one day against what the hub has, the difference by name; and every
mark that this adapter made against the log itself, which the hub's operator cannot answer for.

The log is read on from where the monitor stopped (`monitor`). Whatever it ever found is named each time: `log-lacks` a
mark that the hub confirmed, `log-extra` one in our name that we did not make, or twice, `log-reordered` one that does
not follow, `log-forged` one whose signature does not hold, `log-overdue` a receipt's promise. `log-unverified`: the log
itself does not verify.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from adapters.auditing.monitor import monitor
from adapters.auditing.remembering import kept_faults
from adapters.client.answers import Day
from adapters.station import Station
from evidence.identifiers import parse_timestamp
from messages.findings import Finding
from messages.problems import Problem
from standards.times import BEIJING

"""Days are civil days in China."""

IN_LOG = {
    "monitor.not-ours": "log-extra",
    "monitor.mark-twice": "log-extra",
    "monitor.out-of-order": "log-reordered",
    "monitor.promised-other": "log-overdue",
}
"""What a fault that the monitor found is called here; any other is `log-forged`."""


@dataclass(frozen=True)
class Reconciled:
    """One day. `differences` is empty when both sides agree."""

    day: str
    hub: dict[str, Any]
    sent: int
    received: int
    queued: tuple[str, ...]
    differences: tuple[dict[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """With stable keys, for `--json`."""
        return {
            "day": self.day,
            "sent": self.sent,
            "received": self.received,
            "queued": list(self.queued),
            "differences": [dict(item) for item in self.differences],
            "hub": self.hub,
        }


def reconcile(station: Station, day: date) -> Reconciled:
    """Compare `day`. A difference names its transfer and says what one side has and the other has not."""
    answer = _day(station, day)
    at_hub = set(answer.sent.transfers)
    rows = [row for row in station.journal.all() if row.status == "sent" and day_in_china(row.sent_at) == day]
    ours = {row.transfer_id for row in rows}
    known = {row.transfer_id for row in station.journal.all()}
    found = [
        *({"transfer_id": item, "difference": "hub-lacks"} for item in sorted(ours - at_hub)),
        *({"transfer_id": item, "difference": "journal-lacks"} for item in sorted(at_hub - known)),
    ]
    arrived = set(answer.received.transfers)
    open_there = {item.transfer_id for item in answer.received.open}
    for item in sorted(arrived):
        mine = station.inbox.find(item)
        if mine is None or mine.status == "offered":
            found.append({"transfer_id": item, "difference": "not-pulled"})
        elif mine.status == "acknowledged" and item in open_there:
            found.append({"transfer_id": item, "difference": "acknowledgement-lost"})
    found += [
        {"transfer_id": item.transfer_id, "difference": "undeliverable"}
        for item in answer.sent.open
        if item.status == "undeliverable"
    ]
    _settle(station, answer)
    found += against_log(station)
    queued = tuple(row.transfer_id for row in station.journal.queue())
    return Reconciled(day.isoformat(), answer.to_json(), len(ours), len(arrived), queued, tuple(found))


def against_log(station: Station) -> list[dict[str, str]]:
    """Our marks that are missing from the log, extra or out of order, and what in the log itself does not verify."""
    done = monitor(station)
    found = [{"transfer_id": "", "difference": "log-unverified", "mark": alarm.place} for alarm in done.alarms]
    found += [
        {"transfer_id": row["transfer_id"], "difference": "log-lacks", "mark": f"{row['action']}/{row['seq']}"}
        for row in done.missing
    ]
    found += [{"transfer_id": each, "difference": "log-overdue", "mark": "received"} for each in done.overdue]
    found += [
        {
            "transfer_id": fault.transfer_id,
            "difference": IN_LOG.get(fault.code, "log-forged"),
            "mark": str(fault.leaf_index),
        }
        for fault in kept_faults(station)
    ]
    return found


def refresh_deliveries(station: Station) -> list[str]:
    """Ask what became of sent transfers; says and returns those that turned out undeliverable since."""
    days = {day_in_china(row.sent_at) for row in station.journal.undelivered()}
    news: list[str] = []
    for day in sorted(days):
        news += _settle(station, _day(station, day))
    return news


def _day(station: Station, day: date) -> Day:
    answer = station.client.ask(Day, "/v1/reconcile", day=day.isoformat())
    if (answer.agency, answer.day) != (station.agency, day.isoformat()):
        raise Problem("adapter.bad-answer", "/v1/reconcile", what="day")
    return answer


def _settle(station: Station, answer: Day) -> list[str]:
    open_items = {item.transfer_id: item.status for item in answer.sent.open}
    own = {row.transfer_id for row in station.journal.all()}
    news = []
    for transfer_id in answer.sent.transfers:
        if transfer_id not in own:
            continue
        status = open_items.get(transfer_id, "acknowledged")
        if status == "undeliverable" and station.journal.settle(transfer_id, status):
            station.say(Finding("adapter.undeliverable", "W", transfer_id))
            news.append(transfer_id)
        elif status == "acknowledged":
            station.journal.settle(transfer_id, status)
    return news


def day_in_china(instant: str) -> date:
    """The civil day in China of an RFC 3339 instant."""
    return parse_timestamp(instant).astimezone(BEIJING).date()
