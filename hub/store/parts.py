"""Parts: blobs, the leases of their uploaders and the claims of transfers.

A part lives in three steps. *Arriving*: its row and the uploader's lease exist, its bytes may not. *Stored*: its bytes
are durable in the blob store. *Claimed*: a transfer needs it, for good. Collection removes what has neither a live
lease nor a claim, under the same row lock under which leases and claims are taken, so none of them can be cheated.

A part is there only for an agency that uploaded it or is party to a transfer that claims it. Announcing the digest of a
stranger's part shows nothing of it: the lease counts once the agency has sent the bytes itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, exists, func, or_, select, update

from evidence.identifiers import timestamp
from hub.limits import LIMITS
from hub.store.blobs import BlobStore
from hub.store.database import Database, insert_if_absent, insert_those_absent, upsert
from hub.store.tables import blob_claims, blob_leases, blobs, transfers

ARRIVING, STORED = "arriving", "stored"


def arrive(connection: Connection, digest: str, agency: str, now: datetime) -> None:
    """Announce that `agency` is about to write the part. Commit this before the bytes become visible."""
    row = {"digest": digest, "size": 0, "state": ARRIVING, "since": timestamp(now)}
    insert_if_absent(connection, blobs, row)
    while not _locked(connection, [digest]):  # a collection removed the row that was there, between the two statements
        insert_if_absent(connection, blobs, row)
    lease_row = {"digest": digest, "agency": agency, "state": ARRIVING, "expires": _expiry(now)}
    upsert(connection, blob_leases, lease_row, update=("expires",))


def stored(connection: Connection, digest: str, agency: str, size: int, now: datetime) -> bool:
    """The bytes that `agency` sent are durable; True when the hub did not have them before. Call `arrive` first."""
    _locked(connection, [digest])
    lease_row = {"digest": digest, "agency": agency, "state": STORED, "expires": _expiry(now)}
    upsert(connection, blob_leases, lease_row, update=("state", "expires"))
    c = blobs.c
    statement = update(blobs).where(c.digest == digest, c.state == ARRIVING)
    return connection.execute(statement.values(state=STORED, size=size, since=timestamp(now))).rowcount == 1


def lease(connection: Connection, digest: str, agency: str, now: datetime) -> int | None:
    """The size of a part that is here for `agency`, whose lease begins anew; None for every other part."""
    return lease_many(connection, [digest], agency, now).get(digest)


def lease_many(connection: Connection, digests: Collection[str], agency: str, now: datetime) -> dict[str, int]:
    """Sizes of those parts that are here for `agency`; its leases begin anew. What a transfer claims needs none."""
    _locked(connection, digests)
    found = _visible(connection, digests, agency)
    c = blob_leases.c
    for some in _batches(sorted(found)):
        renewed = update(blob_leases).where(c.digest.in_(some), c.agency == agency)
        connection.execute(renewed.values(expires=_expiry(now)))
    return found


def missing(connection: Connection, digests: Collection[str], agency: str, now: datetime) -> list[str]:
    """Those that `agency` must upload, in the order asked; parts of strangers count as missing."""
    held = lease_many(connection, digests, agency, now)
    return [digest for digest in dict.fromkeys(digests) if digest not in held]


def readable(connection: Connection, digest: str, agency: str) -> int | None:
    """The part's size when it is here for `agency`, else None. Changes nothing."""
    return _visible(connection, [digest], agency).get(digest)


def absent(connection: Connection, sizes: dict[str, int], agency: str) -> frozenset[str]:
    """Of the parts by digest and declared size, those not here for `agency` or of another size.

    Locks the rows until the transaction ends, so what is present now can be claimed.
    """
    _locked(connection, sizes)
    found = _visible(connection, sizes, agency)
    return frozenset(digest for digest, size in sizes.items() if found.get(digest) != size)


def waiting(connection: Connection, now: datetime) -> dict[str, tuple[int, int]]:
    """Number and bytes of the parts that no transfer of their uploader claims yet, by agency."""
    c = blob_leases.c
    query = (
        select(c.agency, func.count(), func.coalesce(func.sum(blobs.c.size), 0))
        .join_from(blob_leases, blobs, blobs.c.digest == c.digest)
        .where(c.expires > timestamp(now))
        .group_by(c.agency)
    )
    return {agency: (count, int(size)) for agency, count, size in connection.execute(query)}


def claim(connection: Connection, transfer_id: str, digests: Iterable[str], agency: str) -> None:
    """Bind the parts to the transfer for good; the sender's leases on them end. Check with `absent` before."""
    wanted = sorted(set(digests))
    for some in _batches(wanted):
        rows = [{"digest": digest, "transfer_id": transfer_id} for digest in some]
        insert_those_absent(connection, blob_claims, rows)  # two volumes of one transfer may name one part
        connection.execute(delete(blob_leases).where(blob_leases.c.digest.in_(some), blob_leases.c.agency == agency))


def collect(database: Database, store: BlobStore, now: datetime, *, limit: int = 1_000) -> list[str]:
    """Remove up to `limit` parts without live lease and claim, one transaction each; returns their digests.

    Killed between bytes and row, the row is met again and removed at the next call.
    """
    with database.transaction(write=False) as connection:
        candidates = list(connection.execute(_orphans(now).limit(limit)).scalars())
    removed = []
    for digest in candidates:
        with database.transaction() as connection:
            _locked(connection, [digest])
            if connection.execute(_orphans(now).where(blobs.c.digest == digest)).scalar() is None:
                continue
            store.remove(digest)
            connection.execute(delete(blob_leases).where(blob_leases.c.digest == digest))
            connection.execute(delete(blobs).where(blobs.c.digest == digest))
            removed.append(digest)
    return removed


def _orphans(now: datetime) -> Any:
    claimed = exists().where(blob_claims.c.digest == blobs.c.digest)
    leased = exists().where(blob_leases.c.digest == blobs.c.digest, blob_leases.c.expires > timestamp(now))
    return select(blobs.c.digest).where(~claimed, ~leased).order_by(blobs.c.digest)


def _locked(connection: Connection, digests: Collection[str]) -> set[str]:
    """Lock the parts' rows, in one order for all so that two transactions never wait for each other. Returns those that
    are there."""
    found: set[str] = set()
    for some in _batches(sorted(set(digests))):
        query = select(blobs.c.digest).where(blobs.c.digest.in_(some)).order_by(blobs.c.digest)
        found.update(connection.execute(query.with_for_update()).scalars())
    return found


def _visible(connection: Connection, digests: Collection[str], agency: str) -> dict[str, int]:
    c, t = blobs.c, transfers.c
    sent = blob_leases.c.state == STORED
    leased = exists().where(blob_leases.c.digest == c.digest, blob_leases.c.agency == agency, sent)
    party = exists().where(
        blob_claims.c.digest == c.digest,
        blob_claims.c.transfer_id == t.transfer_id,
        or_(t.sender == agency, t.receiver == agency),
    )
    found: dict[str, int] = {}
    for some in _batches(sorted(set(digests))):
        query = select(c.digest, c.size).where(c.digest.in_(some), c.state == STORED, leased | party)
        found.update((digest, size) for digest, size in connection.execute(query))
    return found


def _expiry(now: datetime) -> str:
    return timestamp(now + timedelta(seconds=LIMITS.lease_seconds))


def _batches(digests: Collection[str], size: int = 500) -> Iterable[list[str]]:
    ordered = list(digests)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))
