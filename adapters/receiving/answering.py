"""The receiver's signed answer to a transfer: `acknowledged` once everything is durable, or `declined`.

A mark that was made is kept and sent again until the hub says that it has it. It is made anew only when the hub can
never take it, for when or with which key it was signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adapters.client.answers import Answered, InboxItem
from adapters.client.hub import Refused, segment
from adapters.state.own_marks import OwnMark
from adapters.state.received import Received
from adapters.station import Station
from evidence.encoding import to_base64
from evidence.marks import body_of, leaf_hash
from messages.problems import Problem

Item = InboxItem | Received
"""A transfer as the hub lists it, or as it was known before."""


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


def acknowledge(station: Station, transfer_id: str, node: str, digests: dict[str, str]) -> None:
    """Sign that everything is durable, and tell the hub. Raises `HubAway`; the mark is kept and sent again."""
    station.flush_marks()
    mark = station.marks.find(transfer_id, "acknowledged") or station.marks.make(
        transfer_id=transfer_id,
        node=node,
        action="acknowledged",
        occurred_at=station.signing_time(),
        digests=digests,
        private={"volumes": len(digests)},
    )
    mark = _hand_in(station, transfer_id, mark)
    with station.state.transaction():
        station.marks.confirmed([mark.statement])
        station.inbox.acknowledged(transfer_id)


def decline(station: Station, item: Item, problem: Problem) -> Declined:
    """Sign that the transfer cannot be unsealed, with the reason, and tell the hub. Raises `HubAway`."""
    transfer_id = item.transfer_id
    station.flush_marks()
    mark = station.marks.find(transfer_id, "declined") or station.marks.make(
        transfer_id=transfer_id,
        node=item.node,
        action="declined",
        occurred_at=station.signing_time(),
        digests={},
        private={"reason": problem.code, "place": problem.place},
    )
    mark = _hand_in(station, transfer_id, mark)
    with station.state.transaction():
        station.marks.confirmed([mark.statement])
        station.inbox.declined(transfer_id, problem.code)
    station.noted("declined", transfer_id=transfer_id, code=problem.code)
    return Declined(transfer_id, item.node, item.sender, problem.code, problem.place)


def _hand_in(station: Station, transfer_id: str, mark: OwnMark) -> OwnMark:
    """Tell the hub the answer; returns it as the hub has it. One that it can never take is signed anew, once."""
    try:
        _send(station, transfer_id, mark)
    except Refused as refused:
        if not refused.for_ever:
            raise
        body = body_of(mark.statement)
        station.noted("answer-anew", transfer_id=transfer_id, code=refused.code)
        station.marks.made_anew(transfer_id, body.seq, station.signing_time())
        again = station.marks.find(transfer_id, body.action)
        assert again is not None
        _send(station, transfer_id, again)
        return again
    return mark


def _send(station: Station, transfer_id: str, mark: OwnMark) -> None:
    document = {
        "mark": mark.statement.to_json(),
        "private": mark.private,
        "salt": to_base64(mark.salt),
    }
    path = f"/v1/transfers/{segment(transfer_id)}/acknowledgement"
    answer = station.client.submit(Answered, "POST", path, document)
    if answer.leaf_hash != leaf_hash(mark.statement):
        raise Problem("adapter.bad-answer", path, what="leaf_hash")


def answer_again(station: Station, transfer_id: str, status: str) -> None:
    """The hub still lists what we answered: the answer was lost, so it is sent again."""
    mark = station.marks.find(transfer_id, status)
    if mark is not None:
        try:
            _hand_in(station, transfer_id, mark)
        except Refused as refused:
            station.noted("answer-refused", transfer_id=transfer_id, code=refused.code)
