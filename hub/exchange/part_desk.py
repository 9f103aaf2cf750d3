"""Parts between HTTP and the stores: who may see one, and the order in which rows and bytes are stored."""

from __future__ import annotations

from collections.abc import Sequence

from hub import marking
from hub.access import looking
from hub.callers import Caller
from hub.quotas import Waiting
from hub.runtime import Hub
from hub.store import parts
from hub.store.blobs import BlobWriter
from messages.problems import Problem


def missing(hub: Hub, who: Caller, digests: Sequence[str]) -> list[str]:
    """Those of `digests` that the caller must upload; it gets a lease on the others."""
    looking.require_known(hub, who, "parts", who.agency)
    with hub.database.transaction() as connection:
        return parts.missing(connection, digests, who.agency, hub.clock())


def begin(hub: Hub, who: Caller, digest: str, size: int) -> BlobWriter:
    """Announce the part of at most `size` bytes, so that no collection takes it, and open a writer.

    Raises `quota.parts` and `quota.part-bytes`.
    """
    looking.require_known(hub, who, "part", digest)
    hub.quotas.part(who.agency, size, lambda: waiting(hub, who.agency))
    with hub.database.transaction() as connection:
        parts.arrive(connection, digest, who.agency, hub.clock())
    return hub.blobs.writer(digest)


def waiting(hub: Hub, agency: str) -> Waiting:
    """The agency's parts that no transfer claims yet."""
    with hub.database.transaction(write=False) as connection:
        return Waiting(*parts.waiting(connection, hub.clock()).get(agency, (0, 0)))


def keep(hub: Hub, who: Caller, digest: str, writer: BlobWriter) -> bool:
    """Make the part durable, then say so in its row; True when the hub did not have it before."""
    writer.commit()
    with hub.database.transaction() as connection:
        new = parts.stored(connection, digest, who.agency, writer.size, hub.clock())
    hub.metrics.part_bytes.labels("in").inc(writer.size)
    return new


def look(hub: Hub, who: Caller, digest: str, *, lease: bool = False) -> int:
    """The part's size when it is here for the caller's agency; `lease` renews the caller's lease.

    Raises `part.unknown` (404) for every other part, and marks that look.
    """
    looking.require_known(hub, who, "part", digest)
    with hub.database.transaction(write=lease) as connection:
        if lease:
            size = parts.lease(connection, digest, who.agency, hub.clock())
        else:
            size = parts.readable(connection, digest, who.agency)
    if size is None:
        marking.access_refused(hub, who, "part", digest)
        raise Problem("part.unknown", digest)
    return size
