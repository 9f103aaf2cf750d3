"""Periodic background work: a thread that works, waits and repeats until it is stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

LOGGER = structlog.get_logger("hub.rounds")
STOP_SECONDS = 30


class Rounds:
    """A thread that calls `work` every `interval` seconds.

    A round that fails is logged, and the next one tries again. `first`: seconds before the first round. `finish`:
    whether one more round follows when it is stopped, so that nothing is left over.
    """

    def __init__(
        self, name: str, work: Callable[[], object], interval: float, *, first: float = 0.0, finish: bool = False
    ) -> None:
        self._name = name
        self._work = work
        self._interval = interval
        self._first = first
        self._finish = finish
        self._woken = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; safe to call once more after `stop`."""
        self._stopped.clear()
        self._woken.clear()
        self._thread = threading.Thread(target=self._run, name=f"casehub-{self._name}", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Have the next round begin now."""
        self._woken.set()

    def stop(self) -> None:
        """Finish the current round, and the last one if there is one; safe to call twice."""
        if self._thread is None:
            return
        self._stopped.set()
        self._woken.set()
        self._thread.join(STOP_SECONDS)
        self._thread = None

    def _run(self) -> None:
        if self._first:
            self._woken.wait(self._first)
        while True:
            # cleared before it is asked: a stop that comes in between is seen either here or in the wait below
            self._woken.clear()
            stopping = self._stopped.is_set()
            if self._finish or not stopping:
                self._round()
            if stopping:
                return
            self._woken.wait(self._interval)

    def _round(self) -> None:
        try:
            self._work()
        except Exception:  # a database or store that is away now is there in the next round
            LOGGER.exception("round failed", rounds=self._name)
