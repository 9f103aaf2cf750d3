"""Volumes (卷) of transfers: their descriptors, carried verbatim, and who holds them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from evidence.identifiers import timestamp
from evidence.statements import SignedStatement
from hub.store.database import insert_if_absent
from hub.store.tables import descriptors, transfer_volumes, volume_holders
from messages.problems import Problem


@dataclass(frozen=True)
class StoredVolume:
    """A volume that came with an earlier transfer. `holders` are agencies that sealed it or acknowledged it."""

    volume_id: str
    descriptor_digest: str
    sealed_by: str
    holders: frozenset[str]
    transfers: frozenset[str]


@dataclass(frozen=True)
class CarriedVolume:
    """One volume of one transfer, in the envelope's order."""

    volume_id: str
    number: str
    descriptor: SignedStatement
    sealed_digest: str
    reused_from: str | None


def known(connection: Connection, volume_ids: Collection[str]) -> dict[str, StoredVolume]:
    """Those of the volumes that the hub has seen, by id."""
    wanted = list(volume_ids)
    holders = _grouped(connection, volume_holders.c.volume_id, volume_holders.c.agency, wanted)
    carriers = _grouped(connection, transfer_volumes.c.volume_id, transfer_volumes.c.transfer_id, wanted)
    c = descriptors.c
    query = select(c.volume_id, c.descriptor_digest, c.sealed_by).where(c.volume_id.in_(wanted))
    return {
        row.volume_id: StoredVolume(
            row.volume_id,
            row.descriptor_digest,
            row.sealed_by,
            frozenset(holders.get(row.volume_id, ())),
            frozenset(carriers.get(row.volume_id, ())),
        )
        for row in connection.execute(query)
    }


def _grouped(connection: Connection, key: object, value: object, wanted: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for volume_id, other in connection.execute(select(key, value).where(key.in_(wanted))):  # type: ignore[attr-defined, call-overload]
        found.setdefault(volume_id, []).append(other)
    return found


def carry(
    connection: Connection,
    transfer_id: str,
    position: int,
    descriptor: SignedStatement,
    *,
    sealed_digest: str,
    reused_from: str | None,
    now: datetime,
) -> None:
    """Make the volume part of the transfer; a new one is stored and its sealing agency becomes its holder.

    Raises `Problem("descriptor.altered")` when the hub knows the volume under another descriptor.
    """
    body = descriptor.unverified_body
    volume_id = str(body["volume_id"])
    row = {
        "volume_id": volume_id,
        "descriptor_digest": descriptor.digest,
        "sealed_by": body["sealed_by"],
        "kind": body["kind"],
        "number": body["number"],
        "statement": descriptor.encode(),
        "stored_at": timestamp(now),
    }
    if insert_if_absent(connection, descriptors, row):
        held = {"volume_id": volume_id, "agency": row["sealed_by"], "how": "sealed", "since": row["stored_at"]}
        _hold(connection, transfer_id=transfer_id, **held)
    else:
        query = select(descriptors.c.descriptor_digest).where(descriptors.c.volume_id == volume_id)
        if connection.execute(query).scalar() != descriptor.digest:
            raise Problem("descriptor.altered", f"/descriptors/{position}", volume=body["number"])
    carried = {
        "transfer_id": transfer_id,
        "volume_id": volume_id,
        "position": position,
        "sealed_digest": sealed_digest,
        "reused_from": reused_from,
    }
    connection.execute(insert(transfer_volumes).values(carried))


def received(connection: Connection, transfer_id: str, agency: str, now: datetime) -> None:
    """The agency acknowledged the transfer: it now holds the transfer's volumes."""
    query = select(transfer_volumes.c.volume_id).where(transfer_volumes.c.transfer_id == transfer_id)
    for volume_id in sorted(connection.execute(query).scalars()):
        since = timestamp(now)
        _hold(connection, volume_id=volume_id, agency=agency, how="received", transfer_id=transfer_id, since=since)


def of_transfer(connection: Connection, transfer_id: str) -> list[CarriedVolume]:
    """The transfer's volumes in the envelope's order."""
    d, v = descriptors.c, transfer_volumes.c
    query = (
        select(v.volume_id, d.number, d.statement, v.sealed_digest, v.reused_from)
        .join(descriptors, d.volume_id == v.volume_id)
        .where(v.transfer_id == transfer_id)
        .order_by(v.position)
    )
    return [
        CarriedVolume(row.volume_id, row.number, SignedStatement.decode(bytes(row.statement)), *row[3:])
        for row in connection.execute(query)
    ]


def sealed_digests(connection: Connection, transfer_id: str) -> dict[str, str]:
    """The sealed digests of the transfer's volumes by volume id, as marks name them."""
    v = transfer_volumes.c
    query = select(v.volume_id, v.sealed_digest).where(v.transfer_id == transfer_id)
    return {row.volume_id: row.sealed_digest for row in connection.execute(query)}


def _hold(connection: Connection, **row: str) -> None:
    insert_if_absent(connection, volume_holders, row)
