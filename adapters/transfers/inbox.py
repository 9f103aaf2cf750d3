"""The hub's list of transfers for this agency."""

from __future__ import annotations

from typing import Any

from adapters.station import Station


def listing(station: Station, *, pending: bool = True) -> list[dict[str, Any]]:
    """The hub's inbox for this agency, oldest first: what is not answered yet, or everything."""
    found: list[dict[str, Any]] = []
    after = 0
    while True:
        one = page(station, after=after, pending=pending)
        found += one["items"]
        if len(one["items"]) < station.client.limits.inbox_page:
            return found
        after = one["next"]


def page(station: Station, *, after: int, pending: bool = False, wait: int = 0) -> dict[str, Any]:
    """One page of it, from the position `after` on: `items` and `next`. Empty, the hub answers after `wait` seconds."""
    answer: dict[str, Any] = station.client.get(
        "/v1/inbox",
        after=str(after),
        wait=str(wait),
        limit=str(station.client.limits.inbox_page),
        pending="true" if pending else "false",
        extra_wait=float(wait),
    )
    return answer
