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
from pathlib import Path
from typing import Any

from adapters.client.hub import HubAway, Refused, segment
from adapters.client.patience import Patience
from adapters.keys.trust import Alarm
from adapters.receiving import incoming
from adapters.receiving.delivery import Delivered, deliver, discard
from adapters.receiving.incoming import UNSEALABLE
from adapters.state.files import StateFailed
from adapters.state.own_marks import OwnMark
from adapters.station import Station
from adapters.transfers.inbox import listing, page
from evidence.encoding import to_base64
from evidence.marks import body_of
from messages.problems import Problem
from messages.rendering import problem_json


@dataclass(frozen=True)
class Declined:
    """A transfer that was answered with a signed refusal."""

    transfer_id: str
    node: str
    sender: str
    reason: str
    place: str

    def to_json(self) -> dict[str, Any]:
        """With stable keys, for `--json`."""
        return {"status": "declined", **self.__dict__}


@dataclass
class Haul:
    """What one pull brought. `failed` pairs a transfer id with what it met; those transfers stay offered."""

    delivered: list[Delivered] = field(default_factory=list)
    declined: list[Declined] = field(default_factory=list)
    failed: list[tuple[str, Problem]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """With stable keys, for `--json`."""
        return {
            "delivered": [item.to_json() for item in self.delivered],
            "declined": [item.to_json() for item in self.declined],
            "failed": [{"transfer_id": transfer_id, **problem_json(problem)} for transfer_id, problem in self.failed],
        }


OnItem = Callable[[Delivered | Declined], None]


def pull(
    station: Station,
    into: Path,
    *,
    transfer: str | None = None,
    on_item: OnItem | None = None,
    patience: Patience | None = None,
) -> Haul:
    """Pull everything that waits, or one transfer. Raises `HubAway` and `Alarm`; all else is told in the haul.

    With `patience`, what failed before is left for later.
    """
    into.mkdir(parents=True, exist_ok=True)
    haul = Haul()
    station.look_at_own_entry()
    station.flush_marks()
    items = _waiting(station) if transfer is None else [_named(station, transfer)]
    for item in items:
        if patience is None or patience.due(item["transfer_id"]):
            take(station, item, into, haul, on_item, again=transfer is not None, patience=patience)
        station.inbox.advance(int(item["position"]))
    return haul


def _waiting(station: Station) -> list[dict[str, Any]]:
    """What the hub lists as unanswered, and what it may have our answer to, if we were killed before it said so."""
    items = listing(station)
    marks = station.marks.unsent("acknowledged", "declined")
    answered = {body_of(mark).transfer_id for mark in marks} - {item["transfer_id"] for item in items}
    if answered:
        items += [item for item in listing(station, pending=False) if item["transfer_id"] in answered]
    return items


def _named(station: Station, transfer_id: str) -> dict[str, Any]:
    for item in listing(station, pending=False):
        if item["transfer_id"] == transfer_id:
            return item
    raise Problem("adapter.unknown-transfer", transfer_id)


def follow(station: Station, into: Path, *, on_item: OnItem | None = None) -> Iterator[Haul]:
    """Pull for ever: first everything that waits, then each arrival as it comes. A hub that is away is waited for."""
    patience = Patience()
    caught_up = False
    while True:
        haul = Haul()
        try:
            if not caught_up or patience.waits():
                haul = pull(station, into, on_item=on_item, patience=patience)
                caught_up = True
            else:
                arrived = page(station, after=station.inbox.cursor, wait=station.client.limits.poll_wait)
                for item in arrived["items"]:
                    take(station, item, into, haul, on_item, patience=patience)
                station.inbox.advance(int(arrived["next"]))
            station.after_work()
        except HubAway as away:
            caught_up = False
            station.noted("hub-away", code=away.code)
        yield haul


def take(
    station: Station,
    item: dict[str, Any],
    into: Path,
    haul: Haul,
    on_item: OnItem | None,
    *,
    again: bool = False,
    patience: Patience | None = None,
) -> None:
    """Handle one item of the inbox. With `again`, one that was acknowledged is delivered once more."""
    transfer_id = str(item["transfer_id"])
    patience = patience or Patience()
    with station.home.lock(f"pull-{transfer_id}"):
        known = station.inbox.offer(item)
        if known.status in ("acknowledged", "declined") and not again:
            _answer_again(station, transfer_id, known.status)
            return
        try:
            arrived = incoming.fetch(station, transfer_id)
            delivered = deliver(station, arrived, into)
            if known.status != "acknowledged":
                acknowledge(station, transfer_id, arrived.node, arrived.sealed_digests)
        except (HubAway, Alarm, StateFailed):
            raise
        except Problem as problem:
            if problem.code in UNSEALABLE and known.status == "offered":
                discard(transfer_id, into)
                declined = decline(station, item, problem)
                haul.declined.append(declined)
                if on_item:
                    on_item(declined)
            else:
                patience.failed(transfer_id)
                haul.failed.append((transfer_id, problem))
                station.noted("pull-failed", transfer_id=transfer_id, code=problem.code)
            return
    patience.settled(transfer_id)
    station.noted("pulled", transfer_id=transfer_id, node=arrived.node, sender=arrived.sender)
    haul.delivered.append(delivered)
    if on_item:
        on_item(delivered)


def acknowledge(station: Station, transfer_id: str, node: str, digests: dict[str, str]) -> None:
    """Sign that everything is durable, and tell the hub. Raises `HubAway`; the mark is kept and sent again."""
    station.flush_marks()
    mark = station.marks.find(transfer_id, "acknowledged") or station.marks.make(
        transfer_id=transfer_id,
        node=node,
        action="acknowledged",
        occurred_at=station.clock(),
        digests=digests,
        private={"volumes": len(digests)},
    )
    _hand_in(station, transfer_id, mark)
    with station.state.transaction():
        station.marks.confirmed([mark.statement])
        station.inbox.acknowledged(transfer_id)


def decline(station: Station, item: dict[str, Any], problem: Problem) -> Declined:
    """Sign that the transfer cannot be unsealed, with the reason, and tell the hub. Raises `HubAway`."""
    transfer_id = str(item["transfer_id"])
    station.flush_marks()
    mark = station.marks.find(transfer_id, "declined") or station.marks.make(
        transfer_id=transfer_id,
        node=item["node"],
        action="declined",
        occurred_at=station.clock(),
        digests={},
        private={"reason": problem.code, "place": problem.place},
    )
    _hand_in(station, transfer_id, mark)
    with station.state.transaction():
        station.marks.confirmed([mark.statement])
        station.inbox.declined(transfer_id, problem.code)
    station.noted("declined", transfer_id=transfer_id, code=problem.code)
    return Declined(transfer_id, item["node"], item["sender"], problem.code, problem.place)


def _hand_in(station: Station, transfer_id: str, mark: OwnMark) -> None:
    document = {
        "mark": mark.statement.to_json(),
        "private": mark.private,
        "salt": to_base64(mark.salt),
    }
    station.client.send("POST", f"/v1/transfers/{segment(transfer_id)}/acknowledgement", document)


def _answer_again(station: Station, transfer_id: str, status: str) -> None:
    """The hub still lists what we answered: the answer was lost, so it is sent again."""
    mark = station.marks.find(transfer_id, status)
    if mark is not None:
        try:
            _hand_in(station, transfer_id, mark)
        except Refused as refused:
            station.noted("answer-refused", transfer_id=transfer_id, code=refused.code)
