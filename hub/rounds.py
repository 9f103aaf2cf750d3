"""Periodic background work: a thread that works, waits and repeats until it is stopped."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from pathlib import Path

import structlog

from messages.problems import Problem

LOGGER = structlog.get_logger("hub.rounds")
STOP_SECONDS = 30


class Rounds:
    """A thread that calls `work` every `interval` seconds.

    A round that fails is logged in one line, once while it fails in the same way, and the next one tries again.
    `first`: seconds before the first round. `finish`: whether one more round follows when it is stopped, so that
    nothing is left over.
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
        self._trouble = ""

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
        except Problem as problem:  # a database or store that is away or full now is not in a later round
            if problem.code != self._trouble:
                LOGGER.warning("round failed", rounds=self._name, code=problem.code, place=problem.place)
            self._trouble = problem.code
        except Exception as error:  # none of ours: what failed and where, without what it was about
            if type(error).__name__ != self._trouble:
                LOGGER.error("round failed", rounds=self._name, **cause(error))
            self._trouble = type(error).__name__
        else:
            self._trouble = ""


def cause(error: Exception) -> dict[str, str]:
    """What failed and where, for a line of the log; no word of the data."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    return {"fault": type(error).__name__, "where": where}
