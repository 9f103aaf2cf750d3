"""Which agency types take part, and since when: what fell due before they did is not held against anybody.

A hub is connected one type after the other. On the day on which the first detention centre joins, every custody of the
years before would otherwise stand there as overdue, though it was handled on paper, as it had to be.
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
