from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.log import merkle
from messages.problems import Problem
from tests.evidence.log import definition


class Tree:
    """A tree built by appending, with every stored node kept."""

    def __init__(self, size: int) -> None:
        self.entries = tuple(str(number).encode() for number in range(size))
        self.leaves = [merkle.leaf_hash(entry) for entry in self.entries]
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.frontier = merkle.Frontier()
        for leaf in self.leaves:
            for level, index, node in self.frontier.append(leaf):
                self.nodes[level, index] = node

    def node_at(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]

    def root(self, size: int) -> bytes:
        return merkle.frontier_at(size, self.node_at).root()


SMALL = Tree(70)


@pytest.mark.parametrize("size", range(71))
def test_roots_and_proofs_of_every_small_tree_are_those_of_the_definition(size: int) -> None:
    entries, leaves = SMALL.entries[:size], SMALL.leaves[:size]
    root = definition.mth(entries)
    assert merkle.root_of(leaves) == SMALL.root(size) == root
    for index in range(size):
        path = merkle.inclusion_path(index, size, SMALL.node_at)
        assert path == definition.path(index, entries)
        merkle.verify_inclusion(index, size, leaves[index], path, root)
    for old in range(size + 1):
        path = merkle.consistency_path(old, size, SMALL.node_at)
        if old:
            assert path == definition.proof(old, entries)
        merkle.verify_consistency(old, size, SMALL.root(old), root, path)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 21, 64, 70])
def test_no_other_leaf_index_or_size_is_accepted(size: int) -> None:
    root = SMALL.root(size)
    for index in range(size):
        path = merkle.inclusion_path(index, size, SMALL.node_at)
        for other in range(size):
            if other != index:
                with pytest.raises(Problem):
                    merkle.verify_inclusion(other, size, SMALL.leaves[index], path, root)
        with pytest.raises(Problem):
            merkle.verify_inclusion(index, size, merkle.leaf_hash(b"other"), path, root)
        for wrong in ([*path, root], path[:-1] if path else [root], path[::-1] if len(path) > 1 else [root]):
            with pytest.raises(Problem):
                merkle.verify_inclusion(index, size, SMALL.leaves[index], wrong, root)


LARGE = Tree(5000)


@settings(max_examples=150)
@given(st.data())
def test_random_proofs_of_a_larger_tree(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 5000))
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    root = LARGE.root(size)
    path = merkle.inclusion_path(index, size, LARGE.node_at)
    merkle.verify_inclusion(index, size, LARGE.leaves[index], path, root)
    proof = merkle.consistency_path(old, size, LARGE.node_at)
    merkle.verify_consistency(old, size, LARGE.root(old), root, proof)
    bit = data.draw(st.integers(0, 255))
    checks: list[tuple[list[bytes], Callable[[list[bytes]], None]]] = [
        (path, lambda p: merkle.verify_inclusion(index, size, LARGE.leaves[index], p, root)),
        (proof, lambda p: merkle.verify_consistency(old, size, LARGE.root(old), root, p)),
    ]
    for hashes, check in checks:
        if hashes:
            place = data.draw(st.integers(0, len(hashes) - 1))
            number = int.from_bytes(hashes[place], "big") ^ (1 << bit)
            with pytest.raises(Problem):
                check([*hashes[:place], number.to_bytes(32, "big"), *hashes[place + 1 :]])


def test_appending_takes_logarithmic_work() -> None:
    frontier = merkle.Frontier()
    stored = sum(len(frontier.append(merkle.leaf_hash(bytes([n & 255])))) for n in range(1024))
    assert stored == 2047
    assert len(frontier.nodes) == 1


def test_a_frontier_goes_on_where_another_stopped() -> None:
    resumed = merkle.frontier_at(37, SMALL.node_at)
    for leaf in SMALL.leaves[37:]:
        resumed.append(leaf)
    assert resumed.root() == SMALL.root(70)


@pytest.mark.parametrize(("size", "count"), [(-1, 0), (3, 1), (4, 2), (0, 1)])
def test_a_frontier_that_does_not_fit_its_size(size: int, count: int) -> None:
    with pytest.raises(Problem, match="bad-frontier"):
        merkle.Frontier(size, [bytes(32)] * count)


H = bytes(32)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param((1, 1, H, [], H), "proof-out-of-range", id="index at size"),
        pytest.param((-1, 1, H, [], H), "proof-out-of-range", id="negative index"),
        pytest.param((0, 0, H, [], H), "proof-out-of-range", id="empty tree"),
        pytest.param((0, 1, H, [], b"\1" + H[1:]), "bad-inclusion-proof", id="other root"),
        pytest.param((0, 1, b"short", [], b"short"), "bad-inclusion-proof", id="short hash"),
        pytest.param((0, 2, H, [b"short"], H), "bad-inclusion-proof", id="short sibling"),
        pytest.param((0, 2, H, [], H), "bad-inclusion-proof", id="missing path"),
        pytest.param((0, 1, H, [H], H), "bad-inclusion-proof", id="path too long"),
        pytest.param((0, 1 << 62, H, [H] * 1000, H), "bad-inclusion-proof", id="1000 siblings"),
    ],
)
def test_bad_inclusion_proofs(arguments: tuple[int, int, bytes, list[bytes], bytes], code: str) -> None:
    with pytest.raises(Problem) as caught:
        merkle.verify_inclusion(*arguments)
    assert caught.value.code == f"evidence.{code}"


E = merkle.EMPTY_ROOT


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param((2, 1, H, H, []), "proof-out-of-range", id="shrunk"),
        pytest.param((-1, 1, H, H, []), "proof-out-of-range", id="negative"),
        pytest.param((1, 1, H, E, []), "bad-consistency-proof", id="same size, other root"),
        pytest.param((1, 1, H, H, [H]), "bad-consistency-proof", id="same size, a path"),
        pytest.param((0, 1, H, H, []), "bad-consistency-proof", id="empty tree with a root"),
        pytest.param((0, 0, E, H, []), "bad-consistency-proof", id="two empty trees that differ"),
        pytest.param((0, 1, E, H, [H]), "bad-consistency-proof", id="empty tree with a path"),
        pytest.param((3, 5, H, H, []), "bad-consistency-proof", id="no path"),
        pytest.param((2, 3, H, H, []), "bad-consistency-proof", id="no path from a power of two"),
        pytest.param((2, 3, H, H, [H, H, H]), "bad-consistency-proof", id="path too long"),
        pytest.param((1, 2, b"x", H, [H]), "bad-consistency-proof", id="short root"),
    ],
)
def test_bad_consistency_proofs(arguments: tuple[int, int, bytes, bytes, list[bytes]], code: str) -> None:
    with pytest.raises(Problem) as caught:
        merkle.verify_consistency(*arguments)
    assert caught.value.code == f"evidence.{code}"


def test_the_empty_tree_is_a_prefix_of_every_tree() -> None:
    merkle.verify_consistency(0, 0, E, E, [])
    merkle.verify_consistency(0, 9, E, SMALL.root(9), [])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 3)])
def test_paths_out_of_range(index: int, size: int) -> None:
    with pytest.raises(Problem, match="proof-out-of-range"):
        merkle.inclusion_path(index, size, SMALL.node_at)
    with pytest.raises(Problem, match="proof-out-of-range"):
        merkle.consistency_path(size + 1, size, SMALL.node_at)
