"""The full audit (日志全检): recomputes the whole log from its leaves and compares it with everything that was ever
signed.

The publisher re-reads only new leaves before it signs; a change of an old leaf is detected only by someone who reads
that leaf. The audit reads all of them:

 1. Indexes run from 0 without a gap; none lies beyond the size.
 2. Each leaf has its hash, is a mark that its actor signed with a key that counted then, says what its row says,
    follows its chain, and fits its private part. So do the marks that still wait.
 3. Every stored tile holds the hashes that the leaves give, and there is no other tile.
 4. Every stored checkpoint is signed by this log's key, and its root is the one of so many leaves. Cosignatures hold
    under the witness's keys; they and time stamps are of checkpoints that are there. (Tokens: `casehub-verify`.)
 5. The head outside the database lies within this tree, and no contradiction is kept beside it.

A mark that is newer than this program (`evidence.newer`) is checked in the same way and counted; it is not a fault.

One pass in one snapshot, a tile of leaves in memory at a time. After a fault the hashes that the tiles promise are
taken further, so that one altered leaf is one fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, or_, select

from evidence.keys import TrustedKeys
from evidence.log import merkle
from evidence.log.checkpoints import verify_checkpoint
from evidence.log.cosignatures import Witness, verify_cosignatures
from evidence.log.merkle import HASH_BYTES
from evidence.log.notes import NoteVerifier, parse_note
from evidence.log.tiles import WIDTH, Tile
from hub.log import audit_leaves, stored
from hub.log.audit_leaves import LeafCheck
from hub.log.audit_report import LISTED, Audit
from hub.log.heads import CONTRADICTIONS, FILE, Head
from hub.store.database import Database
from hub.store.tables import checkpoints, log_cosignatures, log_tiles, marks, time_stamps
from hub.store.vault import Vault
from messages.problems import Problem


@dataclass(frozen=True)
class Judge:
    """What the log is held against: its key, everybody's identity keys, the vault, the head outside the database.

    `newer_signers` are those who also have identity keys of types that this program does not have.
    """

    verifier: NoteVerifier
    keys: TrustedKeys
    vault: Vault
    head: Head
    newer_signers: frozenset[str] = frozenset()


def audit(database: Database, judge: Judge, told: Callable[[int, int], None] = lambda done, of: None) -> Audit:
    """Audit the whole log. `told` receives the progress (done, of). Faults are returned, never raised."""
    with database.transaction(write=False) as connection:
        return _Reading(connection, judge, told).run()


class _Reading:
    def __init__(self, connection: Connection, judge: Judge, told: Callable[[int, int], None]) -> None:
        self._connection, self._judge, self._told = connection, judge, told
        self._leaves = LeafCheck(connection, judge.vault, judge.keys, judge.newer_signers)
        self._frontier = merkle.Frontier()
        self._levels: list[list[bytes]] = []
        self._found = Audit(size=stored.size(connection, judge.verifier.name))
        self._signed = self._checkpoints()
        self._next = next(self._signed, None)
        self._head_root: bytes | None = None

    def run(self) -> Audit:
        """The audit."""
        size, known = self._found.size, self._head()
        self._reach(known)
        for first in range(0, size, WIDTH):
            self._tile(first, min(first + WIDTH, size), known)
            self._told(min(first + WIDTH, size), size)
        self._edges()
        self._beyond()
        self._orphans()
        self._against_head(known)
        return self._found

    # Steps 1 and 2

    def _tile(self, first: int, end: int, known: int) -> None:
        """The leaves of one tile of level 0."""
        c, promised = marks.c, self._stored(Tile(0, first // WIDTH, end - first))
        query = audit_leaves.rows().where(c.leaf_index >= first, c.leaf_index < end).order_by(c.leaf_index)
        there = {row.leaf_index: row for row in self._connection.execute(query)}
        for index in range(first, end):
            at = (index - first) * HASH_BYTES
            hashed = self._leaf(index, there.get(index), promised[at : at + HASH_BYTES])
            self._append(hashed)
            self._reach(known)

    def _leaf(self, index: int, row: Row[Any] | None, promised: bytes) -> bytes:
        """The hash to go on with: the leaf's own, or after a fault what the tile promises, if it does."""
        if row is None:
            self._found.fault("log.fault.leaf-missing", f"leaf {index}")
            return promised or bytes(HASH_BYTES)
        faults = list(self._leaves.faults(row))
        self._found.met(self._leaves.newer)
        for code, params in faults:
            self._found.fault(code, f"leaf {index}", **params)
        own = merkle.leaf_hash(bytes(row.leaf))
        altered = any(code == "log.fault.leaf-hash" for code, _ in faults)
        return promised if altered and promised else own

    def _beyond(self) -> None:
        """Marks at places that the log does not have, and marks that wait."""
        c, size = marks.c, self._found.size
        outside = select(c.leaf_index).where((c.leaf_index >= size) | (c.leaf_index < 0)).order_by(c.leaf_index)
        for index in self._connection.execute(outside.execution_options(yield_per=WIDTH)).scalars():
            self._found.fault("log.fault.leaf-outside", f"leaf {index}", size=size)
        arrival = -1
        while True:
            query = audit_leaves.rows().where(c.leaf_index.is_(None), c.arrival > arrival).order_by(c.arrival)
            rows = self._connection.execute(query.limit(WIDTH)).all()
            for row in rows:
                self._found.waiting += 1
                for code, params in self._leaves.faults(row):
                    self._found.fault(code, f"arrival {row.arrival}", **params)
                self._found.met(self._leaves.newer)
            if not rows:
                return
            arrival = rows[-1].arrival

    # Step 3

    def _append(self, hashed: bytes) -> None:
        self._frontier.append(hashed)
        level, node = 0, hashed
        while True:
            if level == len(self._levels):
                self._levels.append([])
            row = self._levels[level]
            row.append(node)
            if len(row) < WIDTH:
                return
            place = (self._frontier.size >> (8 * (level + 1))) - 1
            self._compare(Tile(level, place), row)
            node = merkle.root_of(row)
            row.clear()
            level += 1

    def _edges(self) -> None:
        """The partial tiles at the right edge, and tiles that no tree of this size has."""
        size, c = self._found.size, log_tiles.c
        for level, row in enumerate(self._levels):
            if row:
                self._compare(Tile(level, size >> (8 * (level + 1)), len(row)), row)
        edge = {tile.level: tile.index for tile in of_edge(size)}
        beside = [and_(c.level == level, or_(c.position > index, c.position < 0)) for level, index in edge.items()]
        stray = or_(c.level >= len(edge), c.level < 0, *beside)
        query = select(c.level, c.position).where(stray).order_by(c.level, c.position)
        for level, position in self._connection.execute(query.execution_options(yield_per=WIDTH)):
            self._found.fault("log.fault.tile-stray", f"tile {level}/{position}")

    def _compare(self, tile: Tile, computed: list[bytes]) -> None:
        held = self._stored(tile)
        self._found.tiles += 1
        if not held:
            self._found.fault("log.fault.tile-missing", tile.path)
        elif held != b"".join(computed):
            self._found.fault("log.fault.tile", tile.path)

    def _stored(self, tile: Tile) -> bytes:
        c = log_tiles.c
        query = select(c.hashes).where(c.level == tile.level, c.position == tile.index)
        held = self._connection.execute(query).scalar()
        return b"" if held is None else bytes(held)

    # Step 4

    def _reach(self, known: int) -> None:
        """Whatever speaks of a tree of just so many leaves."""
        size = self._frontier.size
        if size == known:
            self._head_root = self._frontier.root()
        while self._next is not None and self._next.size <= size:
            self._checkpoint(self._next, self._frontier.root() if self._next.size == size else None)
            self._next = next(self._signed, None)

    def _checkpoints(self) -> Iterator[Row[Any]]:
        last, c = None, checkpoints.c
        while True:
            query = select(checkpoints).order_by(c.size).limit(WIDTH)
            rows = self._connection.execute(query if last is None else query.where(c.size > last)).all()
            yield from rows
            if not rows:
                return
            last = rows[-1].size

    def _checkpoint(self, row: Row[Any], root: bytes | None) -> None:
        place = f"checkpoint {row.size}"
        self._found.checkpoints += 1
        self._found.newest = row.size
        try:
            signed = verify_checkpoint(row.note.encode(), [self._judge.verifier])
        except Problem as problem:
            self._found.fault("log.fault.checkpoint-note", place, why=problem.code)
            return
        if (signed.size, signed.root) != (row.size, bytes(row.root)):
            self._found.fault("log.fault.checkpoint-row", place)
        if signed.root != root:
            self._found.fault("log.fault.checkpoint-root", place)
        self._cosignatures(row)

    def _cosignatures(self, row: Row[Any]) -> None:
        c = log_cosignatures.c
        query = select(c.witness, c.line).where(c.size == row.size).order_by(c.witness)
        body = row.note.partition("\n\n")[0] + "\n"
        for witness, line in self._connection.execute(query):
            self._found.cosignatures += 1
            known = [Witness(witness, entry.public, entry.kty) for entry in self._judge.keys.of(witness, "identity")]
            try:
                note = parse_note(f"{body}\n{line}".encode())
                held = verify_cosignatures(note, known)
                named = {signature.name for signature in note.signatures} == {witness}
                # by none of the keys that can be checked
                newer = not held and named and witness in self._judge.newer_signers
            except Problem:
                held, newer = [], False
            self._found.newer_cosignatures += newer
            if not held and not newer:
                self._found.fault("log.fault.cosignature", f"checkpoint {row.size}", witness=witness)

    def _orphans(self) -> None:
        """What speaks of a checkpoint that is not there."""
        for table, name in ((log_cosignatures, "cosignature"), (time_stamps, "time-stamp")):
            alone = select(table.c.size).where(~exists().where(checkpoints.c.size == table.c.size))
            for size in self._connection.execute(alone.order_by(table.c.size).limit(LISTED)).scalars():
                self._found.fault("log.fault.no-checkpoint", f"{name} {size}")

    # Step 5

    def _head(self) -> int:
        """The size that the head outside the database tells; -1 without one."""
        for path in self._judge.head.accusations():
            self._found.fault("log.fault.contradiction", f"{CONTRADICTIONS}/{path.name}")
        try:
            kept = self._judge.head.read()
        except Problem:
            self._found.fault("log.fault.head", FILE)
            return -1
        return -1 if kept is None else kept.size

    def _against_head(self, known: int) -> None:
        size = self._found.size
        while self._next is not None:
            self._found.fault("log.fault.checkpoint-beyond", f"checkpoint {self._next.size}", size=size)
            self._found.checkpoints += 1
            self._found.newest = self._next.size
            self._next = next(self._signed, None)
        if known < 0:
            if self._found.newest and "log.fault.head" not in self._found.counts:
                self._found.fault("log.fault.head-missing", FILE)
            return
        kept = self._judge.head.read()
        assert kept is not None
        if known > size:
            self._found.fault("log.fault.head-beyond", FILE, size=size, kept=known)
        elif kept.root != self._head_root:
            self._found.fault("log.fault.head-root", FILE, size=size, kept=known)


def of_edge(size: int) -> Iterator[Tile]:
    """The last tile of each level of the tree of `size` leaves."""
    level, count = 0, size
    while count:
        index = (count - 1) // WIDTH
        yield Tile(level, index, count - index * WIDTH)
        level, count = level + 1, count // WIDTH
