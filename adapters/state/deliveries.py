"""What became of the transfers that were sent: the open ones, and those of one day. Nothing here reads the others.

Days are civil days in China. `sent_at` is when the hub's receipt says that it received the transfer.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from adapters.state.database import State
from evidence.identifiers import parse_timestamp, timestamp
from standards.times import BEIJING


class Deliveries:
    """Questions to the table `outgoing`, each answered from an index."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.asked: dict[date, int] = {}
        """Of how many open transfers of a day the hub was asked last, in this process."""

    def open_days(self) -> dict[date, int]:
        """The days of which a transfer was sent and nobody has said yet whether it arrived, with how many."""
        rows = self._state.all(
            "SELECT date(sent_at, '+8 hours') AS day, count(*) AS number FROM outgoing"
            " WHERE status = 'sent' AND delivery = '' GROUP BY day ORDER BY day"
        )
        return {date.fromisoformat(row["day"]): int(row["number"]) for row in rows}

    def open_on(self, day: date) -> list[str]:
        """The transfers of a day of which nobody has said yet whether they arrived, oldest first."""
        rows = self._state.all(
            "SELECT transfer_id FROM outgoing WHERE status = 'sent' AND delivery = '' AND sent_at >= ? AND sent_at < ?"
            " ORDER BY sent_at, transfer_id",
            *_bounds(day),
        )
        return [str(row["transfer_id"]) for row in rows]

    def sent_on(self, day: date) -> list[str]:
        """The transfers that were sent on a day, oldest first."""
        rows = self._state.all(
            "SELECT transfer_id FROM outgoing INDEXED BY outgoing_by_day WHERE sent_at >= ? AND sent_at < ?"
            " AND status = 'sent' ORDER BY sent_at, transfer_id",
            *_bounds(day),
        )
        return [str(row["transfer_id"]) for row in rows]

    def unknown(self, transfer_ids: Iterable[str]) -> list[str]:
        """Those that are no transfers of ours."""
        sql = "SELECT 1 FROM outgoing WHERE transfer_id = ?"
        return sorted(each for each in transfer_ids if self._state.one(sql, each) is None)


def day_in_china(instant: str) -> date:
    """The civil day in China of an RFC 3339 instant."""
    return parse_timestamp(instant).astimezone(BEIJING).date()


def _bounds(day: date) -> tuple[str, str]:
    midnight = datetime.combine(day, time(), BEIJING)
    return timestamp(midnight), timestamp(midnight + timedelta(days=1))
