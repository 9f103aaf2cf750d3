"""The hourly summary mark: the number of unauthenticated requests by reason, instead of one mark each."""

from __future__ import annotations

from functools import partial

from hub import marking
from hub.limits import LIMITS
from hub.logging import logger
from hub.rounds import Rounds
from hub.runtime import Hub


def summarise(hub: Hub) -> int:
    """Log and mark what was counted since the last summary; returns how many requests that is, 0 without a mark.

    Raises what the database raises; the tally is kept for the next time then.
    """
    if answers := hub.noise.take_answers():
        logger().info("unsigned requests", answers=answers)
    tally = hub.noise.take()
    if not tally:
        return 0
    try:
        with hub.database.transaction() as connection:
            private = {"requests": sum(tally.values()), "reasons": tally}
            marking.leave(connection, hub, "noise-summary", private=private)
    except BaseException:
        hub.noise.put_back(tally)
        raise
    hub.log.wake()
    return sum(tally.values())


class Summariser:
    """A thread that writes the summary every `interval` seconds, and once more when it is stopped."""

    def __init__(self, hub: Hub, interval: float = LIMITS.noise_seconds) -> None:
        self._rounds = Rounds("noise", partial(summarise, hub), interval, first=interval, finish=True)

    def start(self) -> None:
        """Begin; safe to call once more after `stop`."""
        self._rounds.start()

    def stop(self) -> None:
        """Write what is left and end; safe to call twice. Stop this before the log, which takes the mark in."""
        self._rounds.stop()
