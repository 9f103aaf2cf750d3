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
from adapters.client.patience import Patience
from adapters.station import Station
from messages.findings import Finding
from messages.problems import Problem

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
    ours = set(station.deliveries.sent_on(day))
    found = [
        *({"transfer_id": item, "difference": "hub-lacks"} for item in sorted(ours - at_hub)),
        *({"transfer_id": item, "difference": "journal-lacks"} for item in station.deliveries.unknown(at_hub - ours)),
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
    _settle(station, day, answer)
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


def refresh_deliveries(station: Station, patience: Patience | None = None) -> list[str]:
    """Ask what became of sent transfers; says and returns those that turned out undeliverable since.

    One question for each day of which something is open. With `patience`, a day of which nothing is new is asked again
    after growing pauses; it counts as another one once more was sent or settled.
    """
    news: list[str] = []
    for day, number in station.deliveries.open_days().items():
        if patience is not None and _waits(station, day, number, patience):
            continue
        news += _settle(station, day, _day(station, day))
    return news


def _waits(station: Station, day: date, number: int, patience: Patience) -> bool:
    """Whether the day is not asked about now; each time that it is makes the next pause longer."""
    name = day.isoformat()
    if station.deliveries.asked.get(day) != number:
        station.deliveries.asked[day] = number
        patience.settled(name)
    if not patience.due(name):
        return True
    patience.failed(name)
    return False


def _day(station: Station, day: date) -> Day:
    answer = station.client.ask(Day, "/v1/reconcile", day=day.isoformat())
    if (answer.agency, answer.day) != (station.agency, day.isoformat()):
        raise Problem("adapter.bad-answer", "/v1/reconcile", what="day")
    return answer


def _settle(station: Station, day: date, answer: Day) -> list[str]:
    """Note what the hub says of the transfers of a day that are open here."""
    open_items = {item.transfer_id: item.status for item in answer.sent.open}
    at_hub = set(answer.sent.transfers)
    news = []
    for transfer_id in station.deliveries.open_on(day):
        status = open_items.get(transfer_id, "acknowledged")
        if transfer_id not in at_hub or status not in ("acknowledged", "undeliverable"):
            continue
        if station.journal.settle(transfer_id, status) and status == "undeliverable":
            station.say(Finding("adapter.undeliverable", "W", transfer_id))
            news.append(transfer_id)
    return news
