"""The log as files (C2SP tlog-tiles): tiles of hashes and bundles of entries, up to the newest signed checkpoint."""

from __future__ import annotations

from sqlalchemy import Connection, select

from evidence.log import tiles
from evidence.log.tiles import Tile
from hub.log import proofs, stored
from hub.store.tables import marks
from messages.problems import Problem


def resource(connection: Connection, path: str) -> bytes:
    """The bytes of `tile/…` below the log's prefix; they never change.

    Raises `Problem` `evidence.bad-tile` for another spelling of a path, `log.no-tile` for a tile that no signed tree
    has, `log.inconsistent` when what is stored does not give it.
    """
    tile = tiles.parse_path(path)
    newest = proofs.latest(connection)
    if newest is None or not tiles.exists(tile, newest.size):
        raise Problem("log.no-tile", tile.path)
    return stored.tile(connection, tile) if tile.level is not None else tiles.bundle(_leaves(connection, tile))


def _leaves(connection: Connection, tile: Tile) -> list[bytes]:
    c = marks.c
    until = tile.start + tile.width
    query = select(c.leaf).where(c.leaf_index >= tile.start, c.leaf_index < until).order_by(c.leaf_index)
    found = [bytes(leaf) for leaf in connection.execute(query).scalars()]
    if len(found) != tile.width:
        raise Problem("log.inconsistent", tile.path)
    return found
