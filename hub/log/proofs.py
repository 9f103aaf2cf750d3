"""Checkpoints and proofs, read from stored tiles in O(log n). Only signed sizes are proved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from evidence.canonical import digest_bytes
from evidence.identifiers import timestamp
from evidence.log import merkle
from hub.log import stored
from hub.store.tables import checkpoints, marks
from messages.problems import Problem


@dataclass(frozen=True)
class StoredCheckpoint:
    """A signed checkpoint: `note` is the exact C2SP signed note."""

    size: int
    root: bytes
    note: str
    signed_at: str


@dataclass(frozen=True)
class InclusionProof:
    """The mark's place in the tree of `size` marks, and the audit path, nearest sibling first."""

    index: int
    size: int
    path: tuple[bytes, ...]


def latest(connection: Connection) -> StoredCheckpoint | None:
    """The newest signed checkpoint, None before the first."""
    c = checkpoints.c
    query = select(c.size, c.root, c.note, c.signed_at).order_by(c.size.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else StoredCheckpoint(row.size, bytes(row.root), row.note, row.signed_at)


def of_round(connection: Connection, now: datetime, seconds: int) -> StoredCheckpoint | None:
    """The checkpoint of the current round: the newest one that was signed before it began, or the newest of all before
    the first round has ended. Rounds of `seconds` begin at the same instants for everybody."""
    newest = latest(connection)
    if newest is None or seconds == 0:
        return newest
    began = timestamp(datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC))
    c = checkpoints.c
    query = select(c.size, c.root, c.note, c.signed_at).where(c.signed_at <= began).order_by(c.size.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return newest if row is None else StoredCheckpoint(row.size, bytes(row.root), row.note, row.signed_at)


def inclusion(connection: Connection, leaf_hash: str, size: int) -> InclusionProof:
    """Proof that the mark with `leaf_hash` (`sha256:…`) is in the tree of `size` marks.

    Raises `Problem` `log.size` for a size that was not reached by a checkpoint and `log.unknown-leaf` when the tree
    of that size does not hold the mark.
    """
    _require_signed(connection, size)
    query = select(marks.c.leaf_index).where(marks.c.leaf_hash == digest_bytes(leaf_hash))
    index = connection.execute(query).scalar()
    if index is None or index >= size:
        raise Problem("log.unknown-leaf")
    return InclusionProof(index, size, tuple(inclusion_path(connection, index, size)))


def consistency(connection: Connection, old: int, new: int) -> list[bytes]:
    """Proof that the tree of `old` marks is the beginning of the tree of `new` ones.

    Raises `Problem("log.size")` unless 0 ≤ old ≤ new ≤ the newest checkpoint.
    """
    if not 0 <= old <= new:
        raise Problem("log.size")
    _require_signed(connection, new)
    return consistency_path(connection, old, new)


def inclusion_path(connection: Connection, index: int, size: int) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size`, whose tiles must be there: see `inclusion`."""
    return merkle.inclusion_path(index, size, stored.reader(connection))


def consistency_path(connection: Connection, old: int, new: int) -> list[bytes]:
    """The path from the tree of `old` to that of `new`, whose tiles must be there: see `consistency`."""
    return merkle.consistency_path(old, new, stored.reader(connection))


def _require_signed(connection: Connection, size: int) -> None:
    newest = latest(connection)
    if newest is None or size > newest.size:
        raise Problem("log.size")
