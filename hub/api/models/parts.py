"""Parts of sealed volumes."""

from __future__ import annotations

from pydantic import Field

from hub.api.models.shape import Digest, Shape
from hub.limits import LIMITS


class PartsAsked(Shape):
    """Parts by the SHA-256 of their ciphertext."""

    digests: list[Digest] = Field(max_length=LIMITS.digests_per_question)


class PartsMissing(Shape):
    """Those of the parts asked about that the caller must upload, in the order asked."""

    missing: list[Digest]


class StoredPart(Shape):
    """A part that the hub holds now."""

    digest: Digest
    size: int
