"""Settling an alarm: a person looks at what was kept, decides, and says why.

The decision is kept in the home (`adapters.keys.alarms`) and marked: a mark `alarm-settled` outside transfers, whose
private part {code, place, params, by, reason} stays with the agency. The log says that this agency has settled an alarm
and when, and the agency can show which and why. From then on the alarm is not told again; every check goes on.
"""

from __future__ import annotations

from adapters.keys.alarms import Noted
from adapters.station import Station
from evidence.marks import leaf_hash
from messages.problems import Problem

ACTION = "alarm-settled"
MAX_TEXT = 2000
"""Characters of a reason or a name."""


def settle(station: Station, number: int, *, by: str, reason: str) -> Noted:
    """Settle the alarm of this number. Raises `alarm.unknown`, `alarm.settled` and `alarm.no-reason`."""
    by, reason = by.strip(), reason.strip()
    for name, text in (("by", by), ("reason", reason)):
        if not 0 < len(text) <= MAX_TEXT:
            raise Problem("alarm.no-reason", f"--{name}", limit=MAX_TEXT)
    with station.home.lock("settling"):
        found, now = station.alarm_book.open(number), station.clock()
        said = {"code": found.code, "place": found.place, "params": dict(found.params)}
        mark = station.marks.make(
            transfer_id="",
            node="",
            action=ACTION,
            occurred_at=now,
            digests={},
            private={**said, "by": by, "reason": reason},
        )
        leaf = leaf_hash(mark.statement)
        settled = station.alarm_book.settle(number, by=by, reason=reason, mark=leaf, now=now)
    station.alarms = station.unsettled(station.alarms)
    station.noted("alarm-settled", code=found.code, mark=leaf)
    station.flush_marks()
    return settled
