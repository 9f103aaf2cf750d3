"""The Merkle tree of RFC 6962 section 2.1 (RFC 9162 section 2.1) with SHA-256, as pure functions.

Hashes are 32 bytes. Prefixes: 0x00 before a leaf, 0x01 before two nodes. A *stored node* is the root
of a perfect subtree: `node_at(level, index)` gives the one over the leaves `index·2^level … (index+1)·2^level - 1`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from digests import SHA256, Digest
from messages.problems import Problem

_hash = SHA256.new
HASH_BYTES = SHA256.size
EMPTY_ROOT = _hash(b"").digest()
MAX_PROOF = 64
"""Longest path that any tree below 2^63 leaves can need."""

NodeAt = Callable[[int, int], bytes]


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf)."""
    return _hash(b"\x00" + leaf).digest()


def text_of(hashed: bytes) -> str:
    """A hash of the tree in the text form of digests."""
    return str(Digest(SHA256.name, hashed))


def leaf_digest(leaf: bytes) -> str:
    """The hash of a leaf in the text form of digests."""
    return text_of(leaf_hash(leaf))


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return _hash(b"\x01" + left + right).digest()


@dataclass
class Frontier:
    """The right edge of a growing tree: the roots of its perfect subtrees, largest first. Appending takes O(log n)."""

    size: int = 0
    nodes: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.nodes) != self.size.bit_count():
            raise Problem("evidence.bad-frontier")

    def append(self, hashed_leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add a leaf's hash. Returns the stored nodes that are now complete, `(level, index, hash)`, leaf first."""
        level, index, node = 0, self.size, hashed_leaf
        completed = [(level, index, node)]
        while index & 1:
            node = node_hash(self.nodes.pop(), node)
            level, index = level + 1, index >> 1
            completed.append((level, index, node))
        self.nodes.append(node)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """The root over everything appended; of no leaf, SHA-256 of nothing."""
        if not self.nodes:
            return EMPTY_ROOT
        root = self.nodes[-1]
        for node in reversed(self.nodes[:-1]):
            root = node_hash(node, root)
        return root


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root over leaf hashes."""
    frontier = Frontier()
    for hashed in leaf_hashes:
        frontier.append(hashed)
    return frontier.root()


def frontier_at(size: int, node_at: NodeAt) -> Frontier:
    """The frontier of the first `size` leaves, from stored nodes."""
    nodes, start = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            nodes.append(node_at(level, start >> level))
            start += 1 << level
    return Frontier(size, nodes)


def range_root(start: int, end: int, node_at: NodeAt) -> bytes:
    """MTH(D[start:end]) from stored nodes, for a `start` that RFC 6962's recursion can reach (a multiple of the
    largest power of two below `end - start`, or 0)."""
    if end - start == 1:
        return node_at(0, start)
    half = _split(end - start)
    if end - start == 2 * half:
        return node_at(half.bit_length(), start // (2 * half))
    return node_hash(range_root(start, start + half, node_at), range_root(start + half, end, node_at))


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_path(index: int, size: int, node_at: NodeAt) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size` leaves (RFC 6962 section 2.1.1), nearest sibling first.

    Raises `Problem("evidence.proof-out-of-range")` unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise Problem("evidence.proof-out-of-range", index=index, size=size)
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(range_root(middle, end, node_at))
            end = middle
        else:
            path.append(range_root(start, middle, node_at))
            start = middle
    return path[::-1]


def consistency_path(old: int, new: int, node_at: NodeAt) -> list[bytes]:
    """The consistency proof between the trees of `old` and `new` leaves (RFC 6962 section 2.1.2); empty for equal sizes
    and for an empty old tree. Raises `Problem("evidence.proof-out-of-range")` unless 0 <= old <= new."""
    if not 0 <= old <= new:
        raise Problem("evidence.proof-out-of-range", index=old, size=new)
    if old in (0, new):
        return []
    path: list[bytes] = []
    start, end, whole = 0, new, True
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(range_root(middle, end, node_at))
            end = middle
        else:
            path.append(range_root(start, middle, node_at))
            start, whole = middle, False
    if not whole:
        path.append(range_root(start, end, node_at))
    return path[::-1]


def verify_inclusion(index: int, size: int, hashed_leaf: bytes, path: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf is at `index` in the tree of `size` leaves with `root` (RFC 9162 section 2.1.3.2).

    Raises `Problem` `evidence.proof-out-of-range` for an impossible position, `evidence.bad-inclusion-proof` for a path
    of wrong length, a hash that has not 32 bytes, or another root.
    """
    if not 0 <= index < size:
        raise Problem("evidence.proof-out-of-range", index=index, size=size)
    _require_hashes([hashed_leaf, root, *path], "evidence.bad-inclusion-proof")
    fn, sn, node = index, size - 1, hashed_leaf
    for sibling in path:
        if sn == 0:
            raise Problem("evidence.bad-inclusion-proof", index=index, size=size)
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or node != root:
        raise Problem("evidence.bad-inclusion-proof", index=index, size=size)


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> None:
    """The tree of `old` leaves is a prefix of the tree of `new` leaves (RFC 9162 section 2.1.4.2).

    An empty old tree is a prefix of every tree, with an empty path and the root of nothing. Raises `Problem`
    `evidence.proof-out-of-range` for sizes in the wrong order, `evidence.bad-consistency-proof` for everything else.
    """
    if not 0 <= old <= new:
        raise Problem("evidence.proof-out-of-range", index=old, size=new)
    _require_hashes([old_root, new_root, *path], "evidence.bad-consistency-proof")
    if old in (0, new):
        expected = EMPTY_ROOT if old == 0 else new_root
        if path or old_root != expected or (new == 0 and new_root != EMPTY_ROOT):
            raise Problem("evidence.bad-consistency-proof", old=old, new=new)
        return
    if _roots_from(old, new, old_root, path) != (old_root, new_root):
        raise Problem("evidence.bad-consistency-proof", old=old, new=new)


def _roots_from(old: int, new: int, old_root: bytes, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The two roots that a consistency path leads to, or None when its length does not fit."""
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not steps:
        return None
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = steps[0]
    for node in steps[1:]:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            first, second = node_hash(node, first), node_hash(node, second)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, node)
        fn, sn = fn >> 1, sn >> 1
    return (first, second) if sn == 0 else None


def _require_hashes(hashes: Sequence[bytes], code: str) -> None:
    if len(hashes) > MAX_PROOF + 2 or any(len(item) != HASH_BYTES for item in hashes):
        raise Problem(code)
