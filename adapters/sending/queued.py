"""Sends what is queued in the journal as soon as the hub can be reached again."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.client.hub import HubAway
from adapters.client.patience import Patience
from adapters.sending.push import Pushed, go_on
from adapters.sending.sources import reader
from adapters.state.files import StateFailed
from adapters.station import Station
from messages.problems import Problem


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
