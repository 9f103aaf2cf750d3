"""The key directory."""

from __future__ import annotations

from pydantic import Field

from hub.api.models.shape import Agency, AgencyEntry, Digest, Instant, Shape, SignedKey


class EnrolledAgency(Shape):
    """One agency by type and code."""

    agency: Agency
    type: str
    code: str
    name: str
    revoked: bool


class Directory(Shape):
    """All agencies, revoked ones included."""

    agencies: list[EnrolledAgency]


class RevokedKey(Shape):
    """A key that counts no longer, and since when."""

    key_id: Digest
    revoked_at: Instant


class AgencyKeys(Shape):
    """An agency's key statements, oldest first, and its revocations."""

    agency: AgencyEntry
    keys: list[SignedKey]
    revoked: list[RevokedKey]


class NewKey(Shape):
    """A key statement of the caller."""

    key: SignedKey = Field(description="Signed by the identity, or an identity by its predecessor.")


class KeyAdded(Shape):
    """The key is in the directory."""

    key_id: Digest
