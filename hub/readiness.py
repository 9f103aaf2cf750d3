"""Whether the hub can work: its clock, its database and its part store, tried and not only asked.

Both stores are written to and synced, since a full disk still answers questions. What was found is told again for a few
seconds, so that strangers who ask `/readyz` cannot make the hub write at each call.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from hub.limits import LIMITS
from hub.log.dating import BEHIND
from hub.runtime import Hub
from hub.store import nonces
from messages.problems import Problem

PROBE = "readiness"


class Looker:
    """What keeps one hub from working, if anything."""

    def __init__(self, hub: Hub, now: Callable[[], float] = time.monotonic) -> None:
        self.hub = hub
        self._now = now
        self._lock = threading.Lock()
        self._until = float("-inf")
        self._found: Problem | None = None

    def problem(self) -> Problem | None:
        """What keeps the hub from working, found at most `LIMITS.ready_seconds` ago; None when nothing does."""
        with self._lock:
            if self._now() >= self._until:
                self._found = look(self.hub)
                self._until = self._now() + LIMITS.ready_seconds
            return self._found

    def require(self) -> None:
        """Raises what keeps the hub from working."""
        problem = self.problem()
        if problem is not None:
            raise problem


def look(hub: Hub) -> Problem | None:
    """What keeps the hub from working: `hub.clock-behind`, or `hub.not-ready` with the store and the reason."""
    try:
        require(hub)
    except Problem as problem:
        return problem
    return None


def require(hub: Hub) -> None:
    """Try clock, database and part store. Raises `hub.clock-behind`, and `hub.not-ready` naming the store."""
    for name, tried in (("database", _database), ("parts", _parts)):
        try:
            tried(hub)
        except Exception as error:
            reason = error.code if isinstance(error, Problem) else type(error).__name__
            if reason == BEHIND:
                raise
            raise Problem("hub.not-ready", name, store=name, reason=reason) from error


def _database(hub: Hub) -> None:
    with hub.database.transaction() as connection:
        nonces.probe(connection, PROBE, hub.clock())
        hub.dating.now(connection)


def _parts(hub: Hub) -> None:
    hub.blobs.ping()
