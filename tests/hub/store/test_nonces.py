"""A nonce counts once per key while its request could still be fresh."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.limits import LIMITS
from hub.store import nonces
from hub.store.database import Database
from messages.problems import Problem
from tests.scene.clocks import NOW


def test_a_nonce_is_used_once_per_key(database: Database) -> None:
    with database.transaction() as connection:
        nonces.use(connection, "key-1", "n", NOW)
        nonces.use(connection, "key-2", "n", NOW)
        nonces.use(connection, "key-1", "m", NOW)
    with pytest.raises(Problem, match=r"request\.replayed"), database.transaction() as connection:
        nonces.use(connection, "key-1", "n", NOW)


def test_expired_nonces_are_forgotten_and_only_those(database: Database) -> None:
    late = NOW + timedelta(seconds=LIMITS.nonce_seconds + 1)
    with database.transaction() as connection:
        nonces.use(connection, "key", "old", NOW)
        nonces.use(connection, "key", "new", late)
        assert nonces.forget(connection, late) == 1
        with pytest.raises(Problem):
            nonces.use(connection, "key", "new", late)


def test_nonces_outlive_every_request_that_could_be_fresh() -> None:
    assert LIMITS.nonce_seconds > 2 * LIMITS.request_age
