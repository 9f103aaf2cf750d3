"""All tiles of a tree, for tests that hold everything."""

from __future__ import annotations

from collections.abc import Iterator

from evidence.log.tiles import WIDTH, Tile


def of_tree(size: int) -> Iterator[Tile]:
    """Every tile of hashes of the tree of `size` leaves, level by level, the partial one of each level last."""
    level, count = 0, size
    while count:
        yield from (Tile(level, index) for index in range(count // WIDTH))
        if count % WIDTH:
            yield Tile(level, count // WIDTH, count % WIDTH)
        level, count = level + 1, count // WIDTH
