"""Tiles: paths as the specification writes them, contents that give back every hash, proof and entry of the tree."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.log import merkle, tiles
from evidence.log.tiles import Tile, TileNodes, parse_path
from messages.problems import Problem
from tests.evidence.log.whole_tree import of_tree


def tree(size: int) -> tuple[list[bytes], merkle.NodeAt]:
    """Leaf hashes and stored nodes of a tree of `size` leaves."""
    frontier, nodes = merkle.Frontier(), {}
    leaves = [merkle.leaf_hash(str(index).encode()) for index in range(size)]
    for leaf in leaves:
        for level, index, node in frontier.append(leaf):
            nodes[level, index] = node
    return leaves, lambda level, index: nodes[level, index]


BIG_SIZE = 70_000
BIG_LEAVES, BIG_NODES = tree(BIG_SIZE)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(1, 1234067), "tile/1/x001/x234/067"),
        (Tile(None, 999), "tile/entries/999"),
        (Tile(None, 1000, 1), "tile/entries/x001/000.p/1"),
        (Tile(63, 5, 255), "tile/63/005.p/255"),
    ],
)
def test_paths_as_the_specification_writes_them(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert parse_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/01",
        "tile/0/001.p",
        "tile/entries/x00a/001",
        "tile/data/000",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/../000",
        "tile/0/٠٠١",
        "",
    ],
)
def test_other_spellings_name_no_tile(path: str) -> None:
    with pytest.raises(Problem, match=r"evidence\.bad-tile"):
        parse_path(path)


@given(level=st.one_of(st.none(), st.integers(0, 63)), index=st.integers(0, (1 << 55) - 1), width=st.integers(1, 256))
def test_every_path_leads_back_to_its_tile(level: int | None, index: int, width: int) -> None:
    assert parse_path(Tile(level, index, width).path) == Tile(level, index, width)


def test_the_tree_of_seventy_thousand_of_the_specification() -> None:
    found = list(of_tree(70_000))
    assert [tile for tile in found if tile.level == 0 and tile.width == 256] == [Tile(0, n) for n in range(273)]
    assert found[273:] == [Tile(0, 273, 112), Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(of_tree(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(of_tree(0)) == []


def test_a_tile_holds_the_roots_that_the_specification_says() -> None:
    data = tiles.hashes(Tile(1, 1, 17), BIG_NODES)
    assert len(data) == 17 * 32
    for place in range(17):
        start = (256 + place) * 256
        wanted = merkle.root_of(BIG_LEAVES[start : start + 256])
        assert data[32 * place : 32 * place + 32] == wanted
    assert len(tiles.hashes(Tile(0, 7), BIG_NODES)) == 8192


def test_a_tile_exists_once_its_last_hash_does() -> None:
    assert tiles.exists(Tile(0, 273, 112), 70_000)
    assert not tiles.exists(Tile(0, 273, 113), 70_000)
    assert tiles.exists(Tile(0, 273, 111), 70_000)
    assert tiles.exists(Tile(1, 0), 65_536)
    assert not tiles.exists(Tile(1, 0), 65_535)
    assert not tiles.exists(Tile(63, 0, 1), 70_000)


@settings(max_examples=60)
@given(st.integers(1, BIG_SIZE), st.data())
def test_proofs_from_tiles_are_the_proofs_of_the_tree(size: int, data: st.DataObject) -> None:
    asked: list[Tile] = []

    def fetch(tile: Tile) -> bytes:
        asked.append(tile)
        assert tiles.exists(tile, size)
        return tiles.hashes(tile, BIG_NODES)

    nodes = TileNodes(size, fetch)
    root = merkle.frontier_at(size, BIG_NODES).root()
    assert merkle.frontier_at(size, nodes).root() == root
    index = data.draw(st.integers(0, size - 1))
    merkle.verify_inclusion(index, size, BIG_LEAVES[index], merkle.inclusion_path(index, size, nodes), root)
    old = data.draw(st.integers(0, size))
    path = merkle.consistency_path(old, size, nodes)
    merkle.verify_consistency(old, size, merkle.root_of(BIG_LEAVES[:old]), root, path)
    assert len(asked) == len(set(asked)) <= 3 * (size.bit_length() // 8 + 2)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_bundles_give_back_their_leaves(leaves: list[bytes]) -> None:
    tile = Tile(None, 0, len(leaves))
    data = tiles.bundle(leaves)
    assert tiles.read_bundle(tile, data) == leaves
    for wrong in (data[:-1], data + b"\x00", data + b"\x00\x00"):
        with pytest.raises(Problem, match=r"evidence\.bad-tile"):
            tiles.read_bundle(tile, wrong)


def test_the_bytes_of_a_bundle() -> None:
    assert tiles.bundle([b"a", b"", b"bc"]) == b"\x00\x01a\x00\x00\x00\x02bc"
    longest = b"x" * 65_535
    assert tiles.bundle([longest])[:2] == b"\xff\xff"
    with pytest.raises(Problem, match=r"evidence\.leaf-too-long"):
        tiles.bundle([longest + b"x"])


@pytest.mark.parametrize("data", [b"", b"x" * 31, b"x" * 33, b"x" * 64])
def test_a_tile_of_another_length_is_refused(data: bytes) -> None:
    with pytest.raises(Problem, match=r"evidence\.bad-tile"):
        tiles.read_hashes(Tile(0, 0, 1), data)


def test_a_tile_that_lies_gives_proofs_that_do_not_hold() -> None:
    def lying(tile: Tile) -> bytes:
        data = bytearray(tiles.hashes(tile, BIG_NODES))
        data[0] ^= 1
        return bytes(data)

    root = merkle.frontier_at(300, BIG_NODES).root()
    path = merkle.inclusion_path(299, 300, TileNodes(300, lying))
    with pytest.raises(Problem, match=r"evidence\.bad-inclusion-proof"):
        merkle.verify_inclusion(299, 300, BIG_LEAVES[299], path, root)


def test_a_leaf_hash_is_that_of_rfc_6962() -> None:
    assert merkle.leaf_hash(b"") == hashlib.sha256(b"\x00").digest()
