"""The hub's list of transfers for this agency, page by page: nothing grows with what was received long ago.

Where the next page begins follows from the items of this one. An item of another form, or one that does not stand
behind those before it, is told and left out; the others are not held up by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from adapters.client.answers import InboxItem, InboxPage
from adapters.station import Station
from messages.problems import Problem

PLACE = "/v1/inbox"

OnOdd = Callable[[Problem], None]
"""Told of each item that cannot be read: its place, and which member of it is wrong."""


@dataclass(frozen=True)
class Page:
    """One page: what could be read, what could not, and the position behind which the next page begins."""

    items: tuple[InboxItem, ...]
    odd: tuple[Problem, ...]
    next: int
    full: bool


def listing(station: Station, *, pending: bool = True) -> list[dict[str, Any]]:
    """The hub's inbox for this agency, oldest first: what is not answered yet, or everything. Odd items are told."""
    return [item.to_json() for item in offered(station, pending=pending)]


def offered(station: Station, *, pending: bool = True, on_odd: OnOdd | None = None) -> Iterator[InboxItem]:
    """The same, item by item; each page is asked for when the one before it was used up.

    Without `on_odd` the station tells odd items. A page that leads no further ends the listing.
    """
    tell, told, after = on_odd or station.tell, set[str](), 0
    for _ in range(station.client.limits.listing_pages):
        found = page(station, after=after, pending=pending)
        yield from found.items
        for problem in found.odd:
            if problem.place not in told:
                told.add(problem.place)
                tell(problem)
        if not found.full or found.next <= after:
            return
        after = found.next


def page(station: Station, *, after: int, pending: bool = False, wait: int = 0) -> Page:
    """One page, from the position `after` on. Empty, the hub answers after `wait` seconds."""
    limit = station.client.limits.inbox_page
    answer = station.client.ask(
        InboxPage,
        PLACE,
        after=str(after),
        wait=str(wait),
        limit=str(limit),
        pending="true" if pending else "false",
        extra_wait=float(wait),
    )
    items: list[InboxItem] = []
    odd: list[Problem] = []
    for index, told in enumerate(answer.items):
        try:
            item = InboxItem.read(told)
            if item.position <= (items[-1].position if items else after):
                raise TypeError("position")
        except (KeyError, TypeError) as error:
            odd.append(_odd(index, told, error))
        else:
            items.append(item)
    following = items[-1].position if items else max(answer.next, after)
    return Page(tuple(items), tuple(odd), following, len(answer.items) >= limit)


def _odd(index: int, told: Any, error: Exception) -> Problem:
    transfer_id = told.get("transfer_id") if isinstance(told, dict) else None
    place = transfer_id if isinstance(transfer_id, str) else f"{PLACE}/items/{index}"
    return Problem("adapter.odd-item", place[:80], member=str(error.args[0] if error.args else "-")[:40])
