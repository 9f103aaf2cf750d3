"""Housekeeping removes what has run out, and nothing else."""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hub.limits import LIMITS
from hub.settings import load_settings
from hub.store import nonces, parts
from hub.store.blobs import BlobStore, open_blob_store
from hub.store.database import Database
from hub.store.housekeeping import Housekeeper, Tidied, tidy
from tests.scene.agencies import POLICE
from tests.scene.clocks import NOW
from tests.waiting import PATIENCE

LATER = NOW + timedelta(seconds=LIMITS.lease_seconds + 1)


@pytest.fixture
def folder(tmp_path: Path) -> BlobStore:
    return open_blob_store(load_settings(tmp_path))


def uploaded(database: Database, store: BlobStore) -> str:
    part = "sha256:" + hashlib.sha256(b"a part").hexdigest()
    with database.transaction() as connection:
        parts.arrive(connection, part, POLICE, NOW)
        nonces.use(connection, "key", "nonce", NOW)
    with store.writer(part) as writer:
        writer.write(b"a part")
        writer.commit()
    with database.transaction() as connection:
        parts.stored(connection, part, POLICE, 6, NOW)
    return part


def test_a_round_in_time_removes_nothing(database: Database, folder: BlobStore) -> None:
    part = uploaded(database, folder)
    assert tidy(database, folder, NOW) == Tidied(parts=0, leftovers=0, nonces=0)
    assert folder.size(part) == 6


def test_a_late_round_removes_what_has_run_out(database: Database, folder: BlobStore) -> None:
    part = uploaded(database, folder)
    assert tidy(database, folder, LATER) == Tidied(parts=1, leftovers=0, nonces=1)
    assert folder.size(part) is None
    assert tidy(database, folder, LATER) == Tidied(parts=0, leftovers=0, nonces=0)


def test_the_thread_goes_on_after_a_round_that_failed(sqlite_url: str, folder: BlobStore) -> None:
    database = Database(sqlite_url)
    part = uploaded(database, folder)
    asked = threading.Semaphore(0)
    failures = iter([RuntimeError("a store is away")])

    def clock() -> datetime:
        asked.release()
        for failure in failures:
            raise failure
        return LATER

    keeper = Housekeeper(database, folder, clock=clock, interval=0.01)
    keeper.start()
    for _ in range(3):
        assert asked.acquire(timeout=PATIENCE)
    keeper.stop()
    keeper.stop()
    assert folder.size(part) is None
    database.close()
