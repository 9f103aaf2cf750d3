"""The stored tree: tiles of up to 256 hashes (C2SP tlog-tiles), and its size.

Appending touches the tile at the right edge of each level that changes, so its cost is O(log n) however long the log
is; a full tile never changes again. Every other node is recomputed from a tile when it is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from evidence.log import merkle
from evidence.log.merkle import HASH_BYTES, NodeAt
from evidence.log.tiles import HEIGHT, WIDTH, Tile
from hub.store.database import insert_if_absent, upsert
from hub.store.tables import log_state, log_tiles
from messages.problems import Problem


def size(connection: Connection, origin: str) -> int:
    """How many marks have their place."""
    return int(connection.execute(select(log_state.c.size).where(log_state.c.origin == origin)).scalar() or 0)


def reader(connection: Connection) -> NodeAt:
    """`node_at(level, index)` over the database, each tile read at most once.

    It raises `Problem("log.inconsistent")` for a node whose hashes should be there and are not.
    """
    known: dict[tuple[int, int], bytes] = {}

    def node_at(level: int, index: int) -> bytes:
        tile_level, above = divmod(level, HEIGHT)
        position, place = divmod(index << above, WIDTH)
        if (tile_level, position) not in known:
            known[tile_level, position] = _read(connection, tile_level, position)
        hashes = _split(known[tile_level, position])[place : place + (1 << above)]
        if len(hashes) != 1 << above:
            raise Problem("log.inconsistent", f"node {level}/{index}")
        return merkle.root_of(hashes)

    return node_at


def tile(connection: Connection, wanted: Tile) -> bytes:
    """The bytes of a tile of hashes that the tree is known to have: see `evidence.log.tiles.exists`.

    A partial tile is the beginning of the tile now at its place. Raises `Problem("log.inconsistent")`.
    """
    assert wanted.level is not None
    found = _read(connection, wanted.level, wanted.index)[: wanted.width * HASH_BYTES]
    if len(found) != wanted.width * HASH_BYTES:
        raise Problem("log.inconsistent", wanted.path)
    return found


def append(connection: Connection, before: int, leaf_hashes: Sequence[bytes]) -> None:
    """Put leaf hashes behind the first `before`, level by level.

    Raises `Problem("log.inconsistent")` when a tile at the right edge does not hold what `before` leaves give.
    """
    level, start, hashes = 0, before, list(leaf_hashes)
    while hashes:
        full: list[bytes] = []
        position, width = divmod(start, WIDTH)
        held = _read(connection, level, position) if width else b""
        if len(held) != width * HASH_BYTES:
            raise Problem("log.inconsistent", f"tile {level}/{position}")
        for first in range(-width, len(hashes), WIDTH):
            content = (held if first < 0 else b"") + b"".join(hashes[max(first, 0) : first + WIDTH])
            row = {"level": level, "position": position, "hashes": content}
            upsert(connection, log_tiles, row, update=("hashes",))
            if len(content) == WIDTH * HASH_BYTES:
                full.append(merkle.root_of(_split(content)))
            position += 1
        level, start, hashes = level + 1, start // WIDTH, full


def grow(connection: Connection, origin: str, before: int, after: int) -> None:
    """Move the size from `before` to `after`, or raise `Problem("log.inconsistent")` when it is not `before`."""
    insert_if_absent(connection, log_state, {"origin": origin, "size": 0})
    statement = update(log_state).where(log_state.c.origin == origin, log_state.c.size == before)
    if connection.execute(statement.values(size=after)).rowcount != 1:
        raise Problem("log.inconsistent", f"size {before}")


def _read(connection: Connection, level: int, position: int) -> bytes:
    c = log_tiles.c
    found = connection.execute(select(c.hashes).where(c.level == level, c.position == position)).scalar()
    return b"" if found is None else bytes(found)


def _split(hashes: bytes) -> list[bytes]:
    return [hashes[place : place + HASH_BYTES] for place in range(0, len(hashes), HASH_BYTES)]
