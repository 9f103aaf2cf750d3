"""The publisher signs a checkpoint only for a tree that it has recomputed itself.

 1. Read the tree's size and the last signed checkpoint, whose signature must be this log's. The head that is kept
    outside the database must lie within this tree.
 2. The stored tiles below the last checkpoint must give its root.
 3. Re-read the exact leaf bytes of every mark since, without gap, and append their hashes to that tree.
 4. The stored tiles must give the same new root, and a consistency proof from the old root to it must hold.
 5. Sign, and store the checkpoint unless another publisher has signed this size or a larger one meanwhile; then keep
    it outside the database too.

Nothing is signed after a failure; the tree is never rewritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import Connection, select

from evidence.identifiers import timestamp
from evidence.keys import SigningKey
from evidence.log import merkle
from evidence.log.checkpoints import Checkpoint, sign_checkpoint, verify_checkpoint
from evidence.log.notes import NoteVerifier
from hub.log import proofs, stored
from hub.log.dating import Dating
from hub.log.heads import Head
from hub.log.proofs import StoredCheckpoint
from hub.store.database import Database, insert_if_absent, lock
from hub.store.tables import checkpoints, marks
from messages.problems import Problem

READ_BATCH = 500


class Publisher:
    """Signs the checkpoints of one log. Any number may run; each size is signed once."""

    def __init__(
        self,
        database: Database,
        key: SigningKey,
        origin: str,
        clock: Callable[[], datetime],
        head: Head | None = None,
    ) -> None:
        self._database = database
        self._key = key
        self._origin = origin
        self._clock = clock
        self._head = head
        self._kept = -1
        self.dating: Dating | None = None
        """When it may sign; always, unless this is set."""

    def step(self) -> Checkpoint | None:
        """Sign what is new; None when nothing is.

        Raises `Problem` `log.inconsistent` or `hub.clock-behind`, and then signs nothing.
        """
        kept = None if self._head is None else self._head.read()
        with self._database.transaction(write=False) as connection:
            last = proofs.latest(connection)
            size = stored.size(connection, self._origin)
            self._compare(connection, last, size, kept)
            if last is not None and size == last.size:
                return None
            now = self._clock() if self.dating is None else self.dating.now(connection)
            checkpoint = self._recomputed(connection, last, size)
        note = sign_checkpoint(checkpoint, self._key)
        if not self._store(checkpoint, note, now):
            return None
        self._keep(checkpoint.size, note)
        return checkpoint

    def look_again(self) -> None:
        """Hold the tree against the head outside the database at the next step, even if nothing is new."""
        self._kept = -1

    def _compare(
        self, connection: Connection, last: StoredCheckpoint | None, size: int, kept: Checkpoint | None
    ) -> None:
        """Hold the tree against the head outside the database, and bring that up to what others signed meanwhile."""
        if self._head is None or (last is not None and last.size == size == self._kept):
            return
        self._head.require_reached(connection, size, kept)
        if last is not None:
            self._signed(last)
            self._keep(last.size, last.note.encode())

    def _keep(self, size: int, note: bytes) -> None:
        if self._head is not None:
            self._head.keep(note)
            self._kept = size

    def _recomputed(self, connection: Connection, last: StoredCheckpoint | None, size: int) -> Checkpoint:
        node_at = stored.reader(connection)
        # Step 1
        old_size, old_root = (0, merkle.EMPTY_ROOT) if last is None else self._signed(last)
        if size < old_size:
            raise Problem("log.inconsistent", f"size {size} below signed {old_size}")
        # Step 2
        frontier = merkle.frontier_at(old_size, node_at)
        _require(frontier.root() == old_root, f"root of {old_size}")
        # Step 3
        for leaf in _leaves(connection, old_size, size):
            frontier.append(merkle.leaf_hash(leaf))
        root = frontier.root()
        # Step 4
        _require(merkle.frontier_at(size, node_at).root() == root, f"root of {size}")
        path = merkle.consistency_path(old_size, size, node_at)
        merkle.verify_consistency(old_size, size, old_root, root, path)
        return Checkpoint(self._origin, size, root)

    def _signed(self, last: StoredCheckpoint) -> tuple[int, bytes]:
        try:
            verifier = NoteVerifier(self._origin, self._key.public, self._key.alg)
            signed = verify_checkpoint(last.note.encode(), [verifier])
        except Problem as error:
            raise Problem("log.inconsistent", f"checkpoint {last.size}") from error
        _require((signed.size, signed.root) == (last.size, last.root), f"checkpoint {last.size}")
        return signed.size, signed.root

    def _store(self, checkpoint: Checkpoint, note: bytes, now: datetime) -> bool:
        # Step 5
        row = {
            "size": checkpoint.size,
            "root": checkpoint.root,
            "note": note.decode(),
            "signed_at": timestamp(now),
        }
        with self._database.transaction() as connection:
            lock(connection, f"log/{self._origin}/publisher")
            last = proofs.latest(connection)
            if last is not None and last.size >= checkpoint.size:
                return False
            return insert_if_absent(connection, checkpoints, row)


def _leaves(connection: Connection, start: int, end: int) -> Iterator[bytes]:
    """The leaf bytes of `start … end - 1`, a few hundred in memory at a time."""
    c = marks.c
    for first in range(start, end, READ_BATCH):
        until = min(first + READ_BATCH, end)
        query = select(c.leaf_index, c.leaf).where(c.leaf_index >= first, c.leaf_index < until).order_by(c.leaf_index)
        rows = connection.execute(query).all()
        _require([row.leaf_index for row in rows] == list(range(first, until)), f"leaves {first}-{until - 1}")
        yield from (bytes(row.leaf) for row in rows)


def _require(holds: bool, place: str) -> None:
    if not holds:
        raise Problem("log.inconsistent", place)
