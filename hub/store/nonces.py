"""Nonces of signed requests: each is accepted once while the request could still be fresh."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete

from evidence.identifiers import timestamp
from hub.limits import LIMITS
from hub.store.database import insert_if_absent, upsert
from hub.store.tables import nonces
from messages.problems import Problem


def use(connection: Connection, key_id: str, nonce: str, now: datetime) -> None:
    """Remember `nonce` for `LIMITS.nonce_seconds`. Raises `Problem("request.replayed")` when it was used before."""
    expires = timestamp(now + timedelta(seconds=LIMITS.nonce_seconds))
    if not insert_if_absent(connection, nonces, {"key_id": key_id, "nonce": nonce, "expires": expires}):
        raise Problem("request.replayed")


def forget(connection: Connection, now: datetime) -> int:
    """Drop nonces that have expired; returns how many."""
    return connection.execute(delete(nonces).where(nonces.c.expires < timestamp(now))).rowcount


def probe(connection: Connection, name: str, now: datetime) -> None:
    """Write a row that says nothing, to see that the database can be written to."""
    row = {"key_id": name, "nonce": name, "expires": timestamp(now + timedelta(seconds=LIMITS.nonce_seconds))}
    upsert(connection, nonces, row, update=("expires",))
