"""When an unattended program retries something that failed.

Each failure doubles the pause, from a quarter of a minute to an hour, so that a damaged part is neither fetched once a
second nor forgotten. Only `watch` and `pull --follow` are patient; a command that a person gives tries at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable

FIRST_PAUSE = 15.0
LONGEST_PAUSE = 3600.0


class Patience:
    """Remembers failures by transfer id, for as long as the process lives."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failed: dict[str, tuple[float, float]] = {}

    def due(self, transfer_id: str) -> bool:
        """Whether to try it now: it never failed, or its pause is over."""
        return self._failed.get(transfer_id, (0.0, 0.0))[1] <= self._now()

    def failed(self, transfer_id: str) -> None:
        """It failed; the next pause is twice as long."""
        pause, _ = self._failed.get(transfer_id, (FIRST_PAUSE / 2, 0.0))
        pause = min(2 * pause, LONGEST_PAUSE)
        self._failed[transfer_id] = pause, self._now() + pause

    def settled(self, transfer_id: str) -> None:
        """It succeeded, or is no business of ours any more."""
        self._failed.pop(transfer_id, None)

    def waits(self) -> bool:
        """Whether something that failed is due again."""
        return any(at <= self._now() for _, at in self._failed.values())
