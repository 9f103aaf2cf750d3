"""The hourly summary mark: how many requests nobody vouched for, by reason, instead of one mark each."""

from __future__ import annotations

import threading

from hub.exchange import marking
from hub.limits import LIMITS
from hub.logging import logger
from hub.runtime import Hub

STOP_SECONDS = 30


def summarise(hub: Hub) -> int:
    """Mark what was counted since the last summary; returns how many requests that is, 0 without a mark.

    Raises what the database raises; the tally is kept for the next time then.
    """
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
        self._hub = hub
        self._interval = interval
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; safe to call once more after `stop`."""
        self._stopped.clear()
        self._thread = threading.Thread(target=self._run, name="casehub-noise", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what is left and end; safe to call twice. Stop this before the log, which takes the mark in."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)
            self._thread = None

    def _run(self) -> None:
        while True:
            last_round = self._stopped.wait(self._interval)
            try:
                summarise(self._hub)
            except Exception:  # a database that is away now is there in the next round
                logger().exception("noise summary failed")
            if last_round:
                return
