"""Sends what is queued in the journal as soon as the hub can be reached again, or takes it out of the queue."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.client.answers import Transfer
from adapters.client.hub import HubAway, Refused, segment
from adapters.client.patience import Patience
from adapters.sending.push import Pushed, go_on
from adapters.sending.sources import reader
from adapters.state.files import StateFailed
from adapters.state.journal import QUEUED, Outgoing
from adapters.station import Station
from digests import Digest
from messages.problems import Problem

DROPPED = "dropped"
"""What the journal says of a transfer that a person took out of the queue."""
GONE = 404


@dataclass
class Sent:
    """What became of the queue. `failed` pairs a transfer id with what it met."""

    sent: list[Pushed] = field(default_factory=list)
    failed: list[tuple[str, Problem]] = field(default_factory=list)


def send_queued(station: Station, *, outbox: bool = True, patience: Patience | None = None) -> Sent:
    """Send everything that is queued; one that fails does not hold up the others. Raises `HubAway`.

    Without `outbox`, what came from a watched outbox is left to `watch`, which moves the folder too. With `patience`,
    what failed before is left for later.
    """
    done, patience = Sent(), patience or Patience()
    for row in station.journal.queue():
        if not patience.due(row.transfer_id) or (not outbox and row.request.source.get("stamp")):
            continue
        try:
            if (pushed := go_on(station, row, reader(station, row.request))) is not None:
                done.sent.append(pushed)
        except (HubAway, StateFailed):
            raise
        except Problem as problem:
            patience.failed(row.transfer_id)
            done.failed.append((row.transfer_id, problem))
            station.noted("queued-failed", transfer_id=row.transfer_id, code=problem.code)
    return done


def drop(station: Station, transfer_id: str) -> Outgoing:
    """Take a transfer out of the queue: it will never be sent. Returns its row.

    Raises `adapter.not-queued`, `adapter.at-hub` when the hub has it although its answer was lost, and `HubAway` when
    that cannot be asked.
    """
    request = station.journal.get(transfer_id).request
    with station.home.lock(f"push-{Digest.parse(request.key).hex[:32]}"):
        row = station.journal.get(transfer_id)
        if row.status not in QUEUED:
            raise Problem("adapter.not-queued", transfer_id)
        if row.submission is not None and _at_hub(station, transfer_id):
            raise Problem("adapter.at-hub", transfer_id)
        station.journal.refuse(transfer_id, DROPPED)
        station.noted("dropped", transfer_id=transfer_id)
        return station.journal.get(transfer_id)


def _at_hub(station: Station, transfer_id: str) -> bool:
    try:
        path = f"/v1/transfers/{segment(transfer_id)}"
        station.client.ask(Transfer, path, most=station.client.limits.answer_bytes)
    except Refused as refused:
        if refused.status == GONE:
            return False
        raise
    return True
