"""Tiles of the log (C2SP tlog-tiles): its hashes and entries as files that can be cached permanently.

A tile holds up to 256 consecutive hashes. At level `l` the `i`-th hash of tile `n` is the root over the leaves
`(n·256 + i)·256^l … (n·256 + i + 1)·256^l - 1`; a full tile is 8,192 bytes. An entry bundle holds the leaves of one
tile of level 0, each after its length in two bytes, big-endian. Paths stand below the log's prefix:

    tile/<level>/<n>[.p/<width>]        tile/entries/<n>[.p/<width>]

with `n` in groups of three digits, all but the last after an `x`: 1234067 is `x001/x234/067`. Only a tile at the right
edge is partial; it carries its width, 1 to 255. Source: c2sp.org/tlog-tiles.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from evidence.log import merkle
from evidence.log.merkle import HASH_BYTES, NodeAt
from messages.problems import Problem

WIDTH = 256
HEIGHT = 8
MAX_LEVEL = 63
MAX_INDEX = 1 << 55
MAX_ENTRY = 65_535

_PATH = re.compile(
    r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
)


@dataclass(frozen=True)
class Tile:
    """One tile, or with `level` None one entry bundle."""

    level: int | None
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        level = 0 if self.level is None else self.level
        if not (0 <= level <= MAX_LEVEL and 0 <= self.index < MAX_INDEX and 1 <= self.width <= WIDTH):
            raise Problem("evidence.bad-tile")

    @property
    def path(self) -> str:
        """The path below the log's prefix."""
        level = "entries" if self.level is None else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_grouped(self.index)}{partial}"

    @property
    def start(self) -> int:
        """The first hash's or entry's index within the level."""
        return self.index * WIDTH


def parse_path(path: str) -> Tile:
    """The tile that a path names. Raises `Problem("evidence.bad-tile")` for any other spelling of one."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise Problem("evidence.bad-tile")
    level, grouped, width = match.groups()
    tile = Tile(
        None if level == "entries" else int(level),
        int(grouped.replace("/", "").replace("x", "")),
        WIDTH if width is None else int(width),
    )
    if tile.path != path:  # a group of zeros too many
        raise Problem("evidence.bad-tile")
    return tile


def _grouped(index: int) -> str:
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[place : place + 3] for place in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def exists(tile: Tile, size: int) -> bool:
    """Whether the tree of `size` leaves has this tile, so full or this wide."""
    level = 0 if tile.level is None else tile.level
    return tile.start + tile.width <= size >> (HEIGHT * level)


def hashes(tile: Tile, node_at: NodeAt) -> bytes:
    """The bytes of a tile of hashes, from stored nodes."""
    if tile.level is None:
        raise Problem("evidence.bad-tile")
    return b"".join(node_at(HEIGHT * tile.level, tile.start + place) for place in range(tile.width))


def read_hashes(tile: Tile, data: bytes) -> list[bytes]:
    """The hashes of a tile. Raises `Problem("evidence.bad-tile")` for any other number of bytes."""
    if tile.level is None or len(data) != tile.width * HASH_BYTES:
        raise Problem("evidence.bad-tile", path=tile.path)
    return [data[place : place + HASH_BYTES] for place in range(0, len(data), HASH_BYTES)]


def bundle(leaves: Iterable[bytes]) -> bytes:
    """An entry bundle. Raises `Problem("evidence.leaf-too-long")` for a leaf over 65,535 bytes."""
    pieces = []
    for leaf in leaves:
        if len(leaf) > MAX_ENTRY:
            raise Problem("evidence.leaf-too-long", size=len(leaf), limit=MAX_ENTRY)
        pieces += [len(leaf).to_bytes(2, "big"), leaf]
    return b"".join(pieces)


def read_bundle(tile: Tile, data: bytes) -> list[bytes]:
    """The leaves of an entry bundle. Raises `Problem("evidence.bad-tile")` unless exactly its width of them fill it."""
    leaves: list[bytes] = []
    place = 0
    while place < len(data):
        length = int.from_bytes(data[place : place + 2], "big")
        leaf = data[place + 2 : place + 2 + length]
        place += 2 + length
        if place > len(data) or len(leaves) == tile.width:
            raise Problem("evidence.bad-tile", path=tile.path)
        leaves.append(leaf)
    if len(leaves) != tile.width:
        raise Problem("evidence.bad-tile", path=tile.path)
    return leaves


@dataclass
class TileNodes:
    """Stored nodes of the tree of `size` leaves, computed from its tiles: a `merkle.NodeAt`.

    `fetch` gives the bytes of a tile. What it gives is not trusted: a proof made from these nodes is verified against
    a signed root like any other. Tiles are kept, so that many proofs of one tree fetch each tile once.
    """

    size: int
    fetch: Callable[[Tile], bytes]
    _kept: dict[tuple[int, int], Sequence[bytes]] = field(default_factory=dict, repr=False)

    def __call__(self, level: int, index: int) -> bytes:
        """The node over the leaves `index·2^level … (index+1)·2^level - 1`, which must lie within the tree."""
        tile_level, above = divmod(level, HEIGHT)
        first = index << above
        return merkle.root_of(self._tile(tile_level, first // WIDTH)[first % WIDTH : first % WIDTH + (1 << above)])

    def _tile(self, level: int, index: int) -> Sequence[bytes]:
        found = self._kept.get((level, index))
        if found is None:
            width = min(WIDTH, (self.size >> (HEIGHT * level)) - index * WIDTH)
            tile = Tile(level, index, width)
            found = self._kept[level, index] = read_hashes(tile, self.fetch(tile))
        return found
