"""Health and who this hub is."""

from __future__ import annotations

from typing import Literal

from hub.api.models.shape import Digest, Shape


class Health(Shape):
    """The process runs."""

    status: Literal["ok"]


class Readiness(Shape):
    """Database and part store answer."""

    status: Literal["ready"]


class ReleaseName(Shape):
    """A codebook release by its id, and the digest over its files."""

    id: str
    digest: Digest


class HubIdentity(Shape):
    """Name, identity fingerprint and log of a hub, and the codebook release in effect."""

    name: str
    fingerprint: Digest
    log_origin: str
    codebooks: ReleaseName
