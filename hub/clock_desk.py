"""What an operator says about the hub's clock, when it is before what the hub signed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from evidence.identifiers import timestamp
from hub.log.dating import newest
from hub.runtime import Hub
from hub.store import marks
from messages.problems import Problem

ACTION = "clock-confirmed"


@dataclass(frozen=True)
class Confirmed:
    """The hub's time, the newest thing that it had signed, and whether that was later."""

    now: str
    newest: str | None
    confirmed: bool

    def to_json(self) -> dict[str, Any]:
        """With stable keys, for `--json`."""
        return asdict(self)


def confirm(hub: Hub, why: str) -> Confirmed:
    """The clock is right and was ahead before: the mark of this, with the reason in its private part, is dated now.

    Nothing is written while the clock is not behind. Raises `hub.clock-behind` when it is before the hub's keys began:
    then it cannot be right.
    """
    with hub.database.transaction() as connection:
        last = newest(connection)
        told = None if last is None else timestamp(last)
        try:
            return Confirmed(timestamp(hub.dating.now(connection)), told, confirmed=False)
        except Problem:
            now = hub.dating.begun()
        marks.append(
            connection,
            hub.vault,
            hub.keys.identity,
            signer=hub.settings.owner,
            action=ACTION,
            now=now,
            private={"now": timestamp(now), "newest": told, "why": why},
        )
    return Confirmed(timestamp(now), told, confirmed=True)
