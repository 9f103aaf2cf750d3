"""A judge of trees and proofs that is RFC 9162 section 2.1 written down, and nothing else.

It shares no code with `evidence.log.merkle`: entries are hashed here, trees are the recursion of the text, and a proof
is judged by reading the recursion that makes it backwards, where ours walks the path from the leaf up as sections
2.1.3.2 and 2.1.4.2 have it. Slow on purpose. It is judged itself by tests/vectors/test_merkle_vectors.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha256

Entries = tuple[bytes, ...]


class RefusedError(Exception):
    """A proof does not prove what it is said to prove."""


def node(left: bytes, right: bytes) -> bytes:
    """HASH(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def split(n: int) -> int:
    """k: the largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


@cache
def mth(entries: Entries) -> bytes:
    """The Merkle tree hash (section 2.1.1)."""
    n = len(entries)
    if n == 0:
        return sha256(b"").digest()
    if n == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = split(n)
    return node(mth(entries[:k]), mth(entries[k:]))


def path(m: int, entries: Entries) -> list[bytes]:
    """PATH(m, D_n), the inclusion proof of entry m (section 2.1.3.1)."""
    n = len(entries)
    if n == 1:
        return []
    k = split(n)
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def proof(m: int, entries: Entries) -> list[bytes]:
    """PROOF(m, D_n), the consistency proof for the first m entries (section 2.1.4.1)."""
    return subproof(m, entries, True)


def subproof(m: int, entries: Entries, b: bool) -> list[bytes]:
    """SUBPROOF(m, D_n, b): b says whether the reader knows MTH(D_m) already (section 2.1.4.1)."""
    n = len(entries)
    if m == n:
        return [] if b else [mth(entries)]
    k = split(n)
    if m <= k:
        return [*subproof(m, entries[:k], b), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], False), mth(entries[:k])]


def verify_inclusion(m: int, n: int, hashed_leaf: bytes, hashes: Sequence[bytes], root: bytes) -> None:
    """The leaf stands at m in the tree of n entries with `root`. Raises `RefusedError`."""
    _require(0 <= m < n and _are_hashes(hashed_leaf, root, *hashes))
    _require(_root_of_path(m, n, hashed_leaf, list(hashes)) == root)


def verify_consistency(m: int, n: int, old_root: bytes, new_root: bytes, hashes: Sequence[bytes]) -> None:
    """The tree of m entries is the beginning of the tree of n. Raises `RefusedError`."""
    _require(0 < m <= n and _are_hashes(old_root, new_root, *hashes))
    _require(_roots_of_subproof(m, n, list(hashes), old_root) == (old_root, new_root))


def _root_of_path(m: int, n: int, hashed_leaf: bytes, hashes: list[bytes]) -> bytes:
    """MTH(D_n), when `hashes` is PATH(m, D_n)."""
    if n == 1:
        _require(not hashes)
        return hashed_leaf
    _require(bool(hashes))
    k, (*inner, last) = split(n), hashes
    if m < k:
        return node(_root_of_path(m, k, hashed_leaf, inner), last)
    return node(last, _root_of_path(m - k, n - k, hashed_leaf, inner))


def _roots_of_subproof(m: int, n: int, hashes: list[bytes], known: bytes | None) -> tuple[bytes, bytes]:
    """MTH(D_m) and MTH(D_n), when `hashes` is SUBPROOF(m, D_n, b); `known` is MTH(D_m) where b is true."""
    if m == n:
        _require(len(hashes) == (known is None))
        same = hashes[0] if known is None else known
        return same, same
    _require(bool(hashes))
    k, (*inner, last) = split(n), hashes
    if m <= k:
        old, new = _roots_of_subproof(m, k, inner, known)
        return old, node(new, last)
    old, new = _roots_of_subproof(m - k, n - k, inner, None)
    return node(last, old), node(last, new)


def _are_hashes(*items: bytes) -> bool:
    return all(len(item) == sha256().digest_size for item in items)


def _require(holds: bool) -> None:
    if not holds:
        raise RefusedError
