"""Which agency types take part, and since when: earlier due dates give no findings.

Agency types are connected to a hub one after another. Without this rule, on the day the first detention centre joins,
all custody of earlier years would be reported as overdue, although it was correctly handled on paper.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from standards.times import day

Connected = Collection[str] | Mapping[str, datetime]
"""Agency types, or agency types with the instant at which the first of each was connected."""


def takes_part(needs: Collection[str], connected: Connected | None, due: date | datetime | None = None) -> bool:
    """Whether all types that are needed are connected (None: all are), and were so on the day of `due`."""
    if connected is None:
        return True
    if not set(needs) <= set(connected):
        return False
    if due is None or not isinstance(connected, Mapping):
        return True
    last: date = day(due)
    return all(day(connected[need]) <= last for need in needs)
