"""What must be tidied now and then: parts that nobody needs, leftovers of broken uploads, nonces that have expired."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from hub.limits import LIMITS
from hub.store import nonces, parts
from hub.store.blobs import BlobStore
from hub.store.database import Database

LOGGER = structlog.get_logger("hub.store")
STOP_SECONDS = 30


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
        self._interval = interval
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; safe to call once more after `stop`."""
        self._stopped.clear()
        self._thread = threading.Thread(target=self._run, name="casehub-housekeeping", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the round at hand and end; safe to call twice."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)
            self._thread = None

    def _run(self) -> None:
        while True:
            try:
                tidied = tidy(self._database, self._blobs, self._clock())
            except Exception:  # a store that is away now is there in the next round
                LOGGER.exception("housekeeping failed")
            else:
                if tidied != Tidied(0, 0, 0):
                    LOGGER.info("tidied", parts=tidied.parts, leftovers=tidied.leftovers, nonces=tidied.nonces)
            if self._stopped.wait(self._interval):
                return
