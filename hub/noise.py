"""Requests that nobody signed, counted instead of logged one by one.

Those that were refused are counted by reason and marked once an hour; all of them are counted by operation and status,
and logged in one line with that mark.
"""

from __future__ import annotations

import threading
from collections import Counter


class Noise:
    """A thread-safe tally of refused unauthenticated requests since it was last taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tally: Counter[str] = Counter()
        self._answers: Counter[str] = Counter()

    def answered(self, method: str, route: str, status: int) -> None:
        """Add one unsigned request that was answered; method and route are from closed lists."""
        with self._lock:
            self._answers[f"{method} {route} {status}"] += 1

    def take_answers(self) -> dict[str, int]:
        """Return the counts of answers by operation and status and reset them."""
        with self._lock:
            taken, self._answers = dict(self._answers), Counter()
        return taken

    def count(self, reason: str) -> None:
        """Add one request that was refused for `reason` (a message code)."""
        with self._lock:
            self._tally[reason] += 1

    def take(self) -> dict[str, int]:
        """Return the counts by reason and reset them."""
        with self._lock:
            taken, self._tally = dict(self._tally), Counter()
        return taken

    def put_back(self, taken: dict[str, int]) -> None:
        """Return a tally that could not be written."""
        with self._lock:
            self._tally.update(taken)
