"""Pulls incoming transfers, acknowledges only what is stored durably, and declines what cannot be unsealed.

 1. List what the hub has for us and is not answered; each transfer id is handled once, whatever happened before.
 2. Check it (`incoming`), then unseal and write it (`delivery`).
 3. Only then sign and send `acknowledged`. A mark that was made is sent again after a lost answer, never made anew.
 4. What cannot be unsealed gets a signed `declined` with its reason, and the sender hears of it from the hub.

One transfer that fails does not hold up the others; it stays offered and comes again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from adapters.client.answers import HubIdentity
from adapters.client.hub import HubAway
from adapters.client.patience import Patience
from adapters.keys.trust import Alarm
from adapters.receiving import incoming
from adapters.receiving.answering import Declined, Item, acknowledge, answer_again, decline
from adapters.receiving.delivery import Delivered, deliver, discard
from adapters.receiving.incoming import UNSEALABLE
from adapters.state.files import StateFailed
from adapters.station import Station
from adapters.transfers.inbox import Page, offered, page
from evidence.marks import body_of
from messages.problems import Problem
from messages.rendering import problem_json


@dataclass
class Haul:
    """What one pull brought. `failed` pairs a transfer id with what it met; those transfers stay offered.

    `away`: the line broke at a transfer, although the hub is there; the others were pulled all the same. `listed` is
    the position up to which everything was listed, `last` the newest one of all, if the hub told it.
    """

    delivered: list[Delivered] = field(default_factory=list)
    declined: list[Declined] = field(default_factory=list)
    failed: list[tuple[str, Problem]] = field(default_factory=list)
    away: HubAway | None = None
    listed: int = 0
    last: int | None = None

    def seen(self, page: Page) -> None:
        """A page of the inbox was used up."""
        self.listed, self.last = page.next, page.last

    def keep(self, done: Delivered | Declined | None) -> None:
        """What became of a transfer; None when that was known."""
        if isinstance(done, Delivered):
            self.delivered.append(done)
        elif done is not None:
            self.declined.append(done)

    def to_json(self) -> dict[str, Any]:
        """With stable keys, for `--json`."""
        return {
            "delivered": [item.to_json() for item in self.delivered],
            "declined": [item.to_json() for item in self.declined],
            "failed": [{"transfer_id": transfer_id, **problem_json(problem)} for transfer_id, problem in self.failed],
        }


OnItem = Callable[[Delivered | Declined], None]
NOWHERE = -1
"""No position: what waits is to be listed first."""


def pull(
    station: Station,
    into: Path,
    *,
    transfer: str | None = None,
    on_item: OnItem | None = None,
    patience: Patience | None = None,
) -> Haul:
    """Pull everything that waits, or one transfer. Raises `HubAway`; all else is told in the haul.

    With `patience`, what failed before is left for later.
    """
    into.mkdir(parents=True, exist_ok=True)
    haul = Haul()
    station.look_at_own_entry()
    station.flush_marks()
    patience = patience or Patience()
    items = _waiting(station, haul, patience) if transfer is None else [_named(station, transfer)]
    for item in items:
        take(station, item, into, haul, on_item, again=transfer is not None, patience=patience)
        station.inbox.saw(item.position, item.transfer_id)
    if haul.away is not None:
        raise haul.away
    return haul


def _waiting(station: Station, haul: Haul, patience: Patience) -> Iterator[Item]:
    """What the hub lists as unanswered, and what it may have our answer to, if we were killed before it said so."""
    marks = station.marks.unsent("acknowledged", "declined")
    answered = {str(body_of(mark).transfer_id) for mark in marks}
    try:
        for item in offered(station, on_odd=partial(_odd, haul, patience), on_page=haul.seen):
            answered.discard(item.transfer_id)
            yield item
    except (HubAway, StateFailed):
        raise
    except Problem as problem:
        _odd(haul, patience, problem)
        return
    for transfer_id in sorted(answered):
        if (known := station.inbox.find(transfer_id)) is not None:
            yield known


def _odd(haul: Haul, patience: Patience, problem: Problem) -> None:
    """An item or a page of the inbox that cannot be read: told as often as a transfer that fails."""
    if patience.due(problem.place):
        patience.failed(problem.place)
        haul.failed.append((problem.place, problem))


def _named(station: Station, transfer_id: str) -> Item:
    known = station.inbox.find(transfer_id)
    if known is not None:
        return known
    for pending in (True, False):  # what is not answered is the shorter list
        for item in offered(station, pending=pending):
            if item.transfer_id == transfer_id:
                return item
    raise Problem("adapter.unknown-transfer", transfer_id)


def follow(station: Station, into: Path, *, on_item: OnItem | None = None) -> Iterator[Haul]:
    """Pull for ever: first everything that waits, then each arrival as it comes. A hub that is away is waited for.

    What waits is listed anew after an interruption, when something that failed is due, when the hub's inbox was set
    back, and now and then: no position that the hub ever told keeps a transfer from coming.
    """
    patience, after, polls = Patience(), NOWHERE, 0
    while True:
        haul = Haul()
        try:
            if after == NOWHERE or polls >= station.client.limits.relist_polls or patience.waits():
                before, after, polls = after, NOWHERE, 0
                haul = pull(station, into, on_item=on_item, patience=patience)
                after = max(haul.listed, before) if haul.last is None else haul.last
            else:
                polls += 1
                after = _arrived(station, into, after, haul, on_item, patience)
            station.after_work()
        except HubAway as away:
            after = NOWHERE
            station.noted("hub-away", code=away.code)
        yield haul


def _arrived(  # noqa: PLR0917 - the pieces of one poll
    station: Station, into: Path, after: int, haul: Haul, on_item: OnItem | None, patience: Patience
) -> int:
    """Wait for what comes behind the position `after`, and take it; the position behind which the next comes."""
    try:
        arrived = page(station, after=after, wait=station.client.limits.poll_wait)
    except (HubAway, StateFailed):
        raise
    except Problem as problem:
        _odd(haul, patience, problem)
        return NOWHERE
    for odd in arrived.odd:
        _odd(haul, patience, odd)
    for item in arrived.items:
        take(station, item, into, haul, on_item, patience=patience)
        station.inbox.saw(item.position, item.transfer_id)
    if haul.away is not None:
        raise haul.away
    return NOWHERE if arrived.set_back else arrived.next


def take(
    station: Station,
    item: Item,
    into: Path,
    haul: Haul,
    on_item: OnItem | None,
    *,
    again: bool = False,
    patience: Patience,
) -> None:
    """Handle one item of the inbox, unless it failed a short while ago. With `again`, one that was acknowledged is
    delivered once more. Raises `HubAway` when the hub is away, and not only for this transfer."""
    transfer_id = item.transfer_id
    if not patience.due(transfer_id):
        return
    try:
        with station.home.lock(f"pull-{transfer_id}"):
            done = _taken(station, item, into, again=again)
    except StateFailed:
        raise
    except Problem as problem:
        patience.failed(transfer_id)
        _failed(station, transfer_id, problem, haul)
    else:
        patience.settled(transfer_id)
        haul.keep(done)
        if on_item and done is not None:
            on_item(done)


def _failed(station: Station, transfer_id: str, problem: Problem, haul: Haul) -> None:
    """One transfer failed: the others go on, unless the hub is away for them too."""
    if isinstance(problem, HubAway):
        if not _is_there(station):
            raise problem
        if not problem.answered:
            haul.away = haul.away or problem
            return
    if isinstance(problem, Alarm):
        station.alarm(problem)
    haul.failed.append((transfer_id, problem))
    station.noted("pull-failed", transfer_id=transfer_id, code=problem.code)


def _taken(station: Station, item: Item, into: Path, *, again: bool) -> Delivered | Declined | None:
    """Deliver or decline; None when that was done before. The transfer is locked."""
    transfer_id = item.transfer_id
    known = station.inbox.offer(item)
    if known.status in ("acknowledged", "declined") and not again:
        if item.status == "offered":
            answer_again(station, transfer_id, known.status)
        return None
    try:
        arrived = incoming.fetch(station, transfer_id)
        delivered = deliver(station, arrived, into)
        if known.status != "acknowledged":
            acknowledge(station, transfer_id, arrived.node, arrived.sealed_digests)
    except (HubAway, Alarm, StateFailed):
        raise
    except Problem as problem:
        if problem.code not in UNSEALABLE or known.status != "offered":
            raise
        discard(transfer_id, into)
        return decline(station, item, problem)
    station.noted("pulled", transfer_id=transfer_id, node=arrived.node, sender=arrived.sender)
    return delivered


def _is_there(station: Station) -> bool:
    """Whether the hub answers when it is asked for no transfer at all."""
    try:
        answer = station.client.request("GET", "/v1/hub", attempts=1)
        return station.client.read(HubIdentity, answer).fingerprint == station.trust.hub.fingerprint
    except StateFailed:
        raise
    except Problem:
        return False
