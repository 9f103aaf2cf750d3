"""What ends a transfer in the journal before the hub has taken it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from adapters.client.hub import HubAway, Refused
from adapters.keys.trust import Alarm
from adapters.sending.submission import FINAL, comes_anew
from adapters.state.files import StateFailed
from adapters.state.journal import QUEUED, Outgoing
from adapters.station import Station
from messages.problems import Problem

SUBMITTING = "submitting"
PASSING = frozenset(
    {
        "adapter.no-recipient-key",
        "adapter.recipient-key-newer",
        "adapter.clock-off",
        "adapter.clock-behind",
        "adapter.bad-answer",  # a login page, a proxy: no word of the hub's
    }
)
"""What is refused here today and may be right tomorrow: it stays queued."""


@contextmanager
def ending(station: Station, row: Outgoing) -> Iterator[None]:
    """What can never leave as it was queued does not stay queued; `deliver` does this for the hub's own refusals.

    What passes by itself or after a person's look stays: a hub that is away, a state file that fails, an alarm about
    keys, a receiver without a key just now, a clock that is wrong.
    """
    try:
        yield
    except (HubAway, StateFailed, Alarm):
        raise
    except Problem as problem:
        status = station.journal.get(row.transfer_id).status
        if isinstance(problem, Refused):
            lasting = problem.status in FINAL and not comes_anew(problem)
        else:  # what may have arrived is ended by the hub alone
            lasting = problem.code not in PASSING and status != SUBMITTING
        if lasting and status in QUEUED:
            station.journal.refuse(row.transfer_id, problem.code)
            station.noted("refused", transfer_id=row.transfer_id, code=problem.code)
        raise
