"""Unauthenticated requests, counted by reason and marked once an hour instead of one by one."""

from __future__ import annotations

import threading
from collections import Counter


class Noise:
    """A thread-safe tally of refused unauthenticated requests since it was last taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tally: Counter[str] = Counter()

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
