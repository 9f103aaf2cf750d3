"""The transparency log's proofs (RFC 6962) and cosignatures."""

from __future__ import annotations

from hub.api.models.shape import Base64, Digest, Shape


class InclusionProof(Shape):
    """That a mark is in the tree of `size` marks: its index and audit path."""

    leaf_hash: Digest
    index: int
    size: int
    path: list[Base64]


class ConsistencyProof(Shape):
    """That the tree of `new` marks begins with that of `old`."""

    old: int
    new: int
    path: list[Base64]


class CosignatureAnswer(Shape):
    """Which tree the cosignature is about, and whether it was new."""

    size: int
    stored: bool
