"""Which instant a signer may give: never before its key began, nor before what it signed earlier in a chain. Pure.

Clocks are set back by small steps while programs run. A step that is not longer than `STEP` is bridged: the statement
takes the instant before which it must not lie. A longer one means that the clock is wrong, now or before, and then
nothing may be signed: nobody could tell later which of the two it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

STEP = timedelta(seconds=5)
"""How far a clock may go back without anybody having to look at it."""


def dated(now: datetime, floors: Iterable[datetime | None]) -> datetime | None:
    """`now`, or the latest of `floors` where that is later by at most `STEP`; None where it is later by more."""
    floor = max((each for each in floors if each is not None), default=now)
    if floor <= now:
        return now
    return floor if floor - now <= STEP else None
