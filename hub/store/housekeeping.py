"""Periodic clean-up: unused parts, leftovers of interrupted uploads, expired nonces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from hub.limits import LIMITS
from hub.rounds import Rounds
from hub.store import nonces, parts
from hub.store.blobs import BlobStore
from hub.store.database import Database

LOGGER = structlog.get_logger("hub.store")


@dataclass(frozen=True)
class Tidied:
    """How much one round removed."""

    parts: int
    leftovers: int
    nonces: int


def tidy(database: Database, blobs: BlobStore, now: datetime) -> Tidied:
    """One round. Safe at any time and in several processes at once; raises what the stores raise."""
    with database.transaction() as connection:
        forgotten = nonces.forget(connection, now)
    leftovers = blobs.sweep(now - timedelta(seconds=LIMITS.staging_seconds))
    return Tidied(parts=len(parts.collect(database, blobs, now)), leftovers=leftovers, nonces=forgotten)


class Housekeeper:
    """A thread that tidies at start and then every `interval` seconds until it is stopped."""

    def __init__(self, database: Database, blobs: BlobStore, *, clock: Callable[[], datetime], interval: float) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._rounds = Rounds("housekeeping", self._round, interval)

    def start(self) -> None:
        """Begin; safe to call once more after `stop`."""
        self._rounds.start()

    def stop(self) -> None:
        """Finish the current round and end; safe to call twice."""
        self._rounds.stop()

    def _round(self) -> None:
        tidied = tidy(self._database, self._blobs, self._clock())
        if tidied != Tidied(0, 0, 0):
            LOGGER.info("tidied", parts=tidied.parts, leftovers=tidied.leftovers, nonces=tidied.nonces)
