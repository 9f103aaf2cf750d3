"""When the hub may sign: not before its keys began, and not before the newest thing that it signed.

A clock that lost its battery, or was ahead and was set back, would otherwise put statements into the log that no key
covers, or that lie before what they follow. While the clock is behind, the hub takes nothing in and signs nothing. If
the clock is right and was ahead before, an operator says so (`casehub log confirm-clock`), and the mark of that is the
newest thing signed from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from evidence.dating import dated
from evidence.identifiers import parse_timestamp, timestamp
from hub.limits import LIMITS
from hub.store.tables import checkpoints, marks
from messages.problems import Problem

BEHIND = "hub.clock-behind"


@dataclass(frozen=True)
class Dating:
    """The hub's clock beside what was signed. `begins`: when the youngest key in use began."""

    clock: Callable[[], datetime]
    begins: datetime

    def now(self, connection: Connection) -> datetime:
        """The instant for what is signed now. Raises `hub.clock-behind` with both times."""
        return self._require(newest(connection))

    def begun(self) -> datetime:
        """The same, looking at the keys only: for the operator who says that the clock was ahead before."""
        return self._require(None)

    def _require(self, floor: datetime | None) -> datetime:
        now = self.clock()
        at = dated(now, [floor, self.begins])
        if at is None:
            before = max(each for each in (floor, self.begins) if each is not None)
            told = {"now": timestamp(now), "before": timestamp(before)}
            raise Problem("hub.clock-behind", **told, retry_after=LIMITS.retry_seconds)
        return at


def newest(connection: Connection) -> datetime | None:
    """When the mark that came in last did, or when the checkpoint over it was signed; None while there is no mark."""
    last = connection.execute(
        select(marks.c.inserted_at, marks.c.leaf_index).order_by(marks.c.arrival.desc()).limit(1)
    ).one_or_none()
    if last is None:
        return None
    at = parse_timestamp(last.inserted_at)
    signed = connection.execute(
        select(checkpoints.c.size, checkpoints.c.signed_at).order_by(checkpoints.c.size.desc()).limit(1)
    ).one_or_none()
    if signed is None or last.leaf_index is None or last.leaf_index >= signed.size:
        return at
    return max(at, parse_timestamp(signed.signed_at))
