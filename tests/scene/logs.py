"""A log with invented marks, and an independent recomputation of what it should hold."""

from __future__ import annotations

import hashlib

from sqlalchemy import select

from evidence.keys import SigningKey
from evidence.log import merkle
from evidence.log.checkpoints import verify_checkpoint
from evidence.log.notes import NoteVerifier
from hub.log import proofs
from hub.log.publisher import Publisher
from hub.log.sequencer import Sequencer
from hub.store import marks
from hub.store.database import Database
from hub.store.tables import marks as table
from tests.scene.agencies import HUB
from tests.scene.clocks import NOW, Clock
from tests.scene.keys import HUB_KEY, LOG_KEY, ORIGIN
from tests.scene.stored import VAULT

VERIFIERS = [NoteVerifier(ORIGIN, LOG_KEY.public)]
clock = Clock(NOW)
"""The instant at which everything here happens."""


def sequencer(database: Database, batch: int = 1000) -> Sequencer:
    """A sequencer of the test log."""
    return Sequencer(database, ORIGIN, batch=batch)


def publisher(database: Database, key: SigningKey = LOG_KEY) -> Publisher:
    """A publisher of the test log."""
    return Publisher(database, key, ORIGIN, clock)


def add_marks(database: Database, count: int, transfer_id: str | None = None) -> list[str]:
    """Insert `count` marks of the hub in one transaction and return their leaf hashes."""
    action = "viewed" if transfer_id is None else "fetched"
    with database.transaction() as connection:
        return [
            marks.append(
                connection, VAULT, HUB_KEY, signer=HUB, action=action, now=NOW, transfer_id=transfer_id
            ).leaf_hash
            for _ in range(count)
        ]


def leaves(database: Database) -> list[bytes]:
    """The exact leaves in the order of the log."""
    query = select(table.c.leaf).where(table.c.leaf_index.is_not(None)).order_by(table.c.leaf_index)
    with database.transaction(write=False) as connection:
        return [bytes(leaf) for leaf in connection.execute(query).scalars()]


def plain_root(entries: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, written as it stands there and sharing no code with ours."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    half = 1
    while half * 2 < len(entries):
        half *= 2
    return hashlib.sha256(b"\x01" + plain_root(entries[:half]) + plain_root(entries[half:])).digest()


def require_sound(database: Database, size: int | None = None) -> None:
    """The log holds gapless indexes, and its newest checkpoint is signed over exactly the leaves that are there.

    With `size`, everything is in, and signed.
    """
    entries = leaves(database)
    query = select(table.c.leaf_index).where(table.c.leaf_index.is_not(None)).order_by(table.c.leaf_index)
    with database.transaction(write=False) as connection:
        assert list(connection.execute(query).scalars()) == list(range(len(entries)))
        newest = proofs.latest(connection)
        if newest is not None:
            signed = verify_checkpoint(newest.note.encode(), VERIFIERS)
            assert signed.root == plain_root(entries[: signed.size])
            for index in range(signed.size):
                path = proofs.inclusion_path(connection, index, signed.size)
                merkle.verify_inclusion(index, signed.size, merkle.leaf_hash(entries[index]), path, signed.root)
        if size is not None:
            assert newest is not None
            assert newest.size == len(entries) == size
