"""The hub's list of transfers for this agency, page by page: nothing grows with what was received long ago.

Where the next page begins follows from the items of this one. An item of another form, or one that does not stand
behind those before it, is told and left out; the others are not held up by it.

Positions are the hub's, and begin again where it was set back to an older state. So each question names the newest
position that was seen here, and the hub tells which transfer stands there: another one, or none, is an alarm
(`trust.inbox-set-back`), and what is remembered is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from adapters.client.answers import InboxItem, InboxPage
from adapters.station import Station
from messages.problems import Problem

PLACE = "/v1/inbox"

OnPage = Callable[["Page"], None]
OnOdd = Callable[[Problem], None]
"""Told of each item that cannot be read: its place, and which member of it is wrong."""


@dataclass(frozen=True)
class Page:
    """One page: what could be read, what could not, and the position behind which the next page begins.

    `last` is the newest position of all, None from a hub that does not tell it; `set_back`: it is not the inbox that
    was read before.
    """

    items: tuple[InboxItem, ...]
    odd: tuple[Problem, ...]
    next: int
    full: bool
    last: int | None = None
    set_back: bool = False


def listing(station: Station, *, pending: bool = True) -> list[dict[str, Any]]:
    """The hub's inbox for this agency, oldest first: what is not answered yet, or everything. Odd items are told."""
    return [item.to_json() for item in offered(station, pending=pending)]


def offered(
    station: Station, *, pending: bool = True, on_odd: OnOdd | None = None, on_page: OnPage = lambda _page: None
) -> Iterator[InboxItem]:
    """The same, item by item; each page is asked for when the one before it was used up.

    Without `on_odd` the station tells odd items; `on_page` is told of each page when its items were used up. A page
    that leads no further ends the listing.
    """
    tell, told, after = on_odd or station.tell, set[str](), 0
    for _ in range(station.client.limits.listing_pages):
        found = page(station, after=after, pending=pending)
        yield from found.items
        on_page(found)
        for problem in found.odd:
            if problem.place not in told:
                told.add(problem.place)
                tell(problem)
        if not found.full or found.next <= after:
            return
        after = found.next


def page(station: Station, *, after: int, pending: bool = False, wait: int = 0) -> Page:
    """One page, from the position `after` on. Empty, the hub answers after `wait` seconds."""
    limit, newest = station.client.limits.inbox_page, station.inbox.newest()
    answer = station.client.ask(
        InboxPage,
        PLACE,
        after=str(after),
        wait=str(wait),
        limit=str(limit),
        pending="true" if pending else "false",
        known=str(0 if newest is None else newest[0]),
        extra_wait=float(wait),
    )
    set_back = _is_set_back(station, answer, after, newest)
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
    return Page(tuple(items), tuple(odd), following, len(answer.items) >= limit, answer.last, set_back)


def _is_set_back(station: Station, answer: InboxPage, after: int, newest: tuple[int, str] | None) -> bool:
    """Whether the hub no longer has what it once had; an alarm then, and nothing is remembered of it any more."""
    if answer.last is None:
        return False
    position, transfer_id = newest or (0, None)
    if answer.last >= max(after, position) and answer.known == transfer_id:
        return False
    station.inbox.forget_newest()
    place, now = str(max(after, position)), station.clock()
    station.alarm(station.trust.alarm("trust.inbox-set-back", place, now, last=answer.last))
    return True


def _odd(index: int, told: Any, error: Exception) -> Problem:
    transfer_id = told.get("transfer_id") if isinstance(told, dict) else None
    place = transfer_id if isinstance(transfer_id, str) else f"{PLACE}/items/{index}"
    return Problem("adapter.odd-item", place[:80], member=str(error.args[0] if error.args else "-")[:40])
