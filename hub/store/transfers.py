"""Transfers (流转) as the hub stores them. Their contents are sealed whole; what routes them is in the clear."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, tuple_, update

from evidence.identifiers import timestamp
from hub.store.database import insert_if_absent, lock
from hub.store.tables import transfers
from hub.store.vault import Vault
from messages.problems import Problem
from standards.record.history import HistoryEntry

OFFERED, ACKNOWLEDGED, UNDELIVERABLE, SUPERSEDED = "offered", "acknowledged", "undeliverable", "superseded"
SEALED = ("envelope", "record", "annex", "receipt", "findings", "answer")


@dataclass(frozen=True)
class Transfer:
    """What the hub knows of a transfer without opening it. Instants are RFC 3339 text."""

    transfer_id: str
    node: str
    sender: str
    receiver: str
    handler: str
    case_uid: str
    status: str
    envelope_digest: str
    record_digest: str
    in_reply_to: str | None
    supersedes: str | None
    received_at: str
    settled_at: str
    bytes: int
    pages: int

    def involves(self, agency: str) -> bool:
        """Whether `agency` sent or receives it."""
        return agency in (self.sender, self.receiver)

    def entry(self) -> HistoryEntry:
        """The transfer as the judging knows it."""
        return HistoryEntry(
            transfer_id=self.transfer_id,
            node=self.node,
            sender=self.sender,
            receiver=self.receiver,
            received_at=self.received_at,
            in_reply_to=self.in_reply_to,
            status=self.status,
        )


@dataclass(frozen=True)
class Contents:
    """The sealed columns of one transfer, opened: statements as their canonical bytes, the rest as JSON bytes.

    `answer` is the exact body that the sender got, and gets again when it asks again.
    """

    envelope: bytes
    record: bytes
    annex: bytes
    receipt: bytes
    findings: bytes
    answer: bytes


@dataclass(frozen=True)
class Holder:
    """Who holds a transfer id, and with which envelope."""

    sender: str
    envelope_digest: str


def hold(connection: Connection, transfer_id: str) -> None:
    """Be alone with the transfer id until the transaction ends, so that what `seen` answers stays true."""
    lock(connection, f"transfer/{transfer_id}")


def seen(connection: Connection, transfer_id: str) -> Holder | None:
    """Who sent a transfer of this id; None when it is free."""
    query = select(transfers.c.sender, transfers.c.envelope_digest).where(transfers.c.transfer_id == transfer_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else Holder(*row)


def insert(connection: Connection, vault: Vault, transfer: Transfer, contents: Contents) -> None:
    """Store an accepted transfer. Raises `Problem("transfer.id-reused")` when its id is taken: call `hold` before."""
    row: dict[str, Any] = dict(vars(transfer))
    for column in SEALED:
        row[column] = vault.seal("transfers", column, transfer.transfer_id, getattr(contents, column))
    if not insert_if_absent(connection, transfers, row):
        raise Problem("transfer.id-reused")


def get(connection: Connection, transfer_id: str) -> Transfer | None:
    """The transfer, or None."""
    return next(iter(_rows(connection, transfers.c.transfer_id == transfer_id)), None)


def get_many(connection: Connection, transfer_ids: Collection[str]) -> dict[str, Transfer]:
    """Those of the transfers that exist, by id."""
    rows = _rows(connection, transfers.c.transfer_id.in_(list(transfer_ids)))
    return {row.transfer_id: row for row in rows}


def of_case(connection: Connection, case_uid: str) -> list[Transfer]:
    """All transfers of the case, oldest first."""
    return _rows(connection, transfers.c.case_uid == case_uid)


def history(connection: Connection, case_uid: str) -> list[HistoryEntry]:
    """The case's accepted transfers as the judging knows them, oldest first."""
    return [row.entry() for row in of_case(connection, case_uid)]


def contents(connection: Connection, vault: Vault, transfer_id: str) -> Contents:
    """The transfer's contents, opened.

    Raises `KeyError` for an unknown transfer, `transfer.erased`, and what `Vault.open` raises.
    """
    query = select(*(transfers.c[name] for name in SEALED)).where(transfers.c.transfer_id == transfer_id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise KeyError(transfer_id)
    if row["envelope"] is None:
        raise Problem("transfer.erased", transfer_id)
    return Contents(**{name: vault.open("transfers", name, transfer_id, row[name]) for name in SEALED})


def record(connection: Connection, vault: Vault, transfer_id: str) -> dict[str, Any]:
    """The transfer's record alone. Raises as `contents` does."""
    body: dict[str, Any] = json.loads(_one(connection, vault, transfer_id, "record"))
    return body


def findings(connection: Connection, vault: Vault, transfer_id: str) -> list[dict[str, Any]]:
    """The transfer's findings with their texts, as the sender received them. Raises as `record` does."""
    body: list[dict[str, Any]] = json.loads(_one(connection, vault, transfer_id, "findings"))
    return body


def answer(connection: Connection, vault: Vault, transfer_id: str) -> bytes:
    """The exact bytes that the sender was answered. Raises `KeyError` for an unknown transfer."""
    return _one(connection, vault, transfer_id, "answer")


Sealed = Mapping[str, bytes | None]
"""Columns of one transfer as they are stored, sealed; None where there is nothing."""


def received_after(
    connection: Connection, last: tuple[str, str], columns: Sequence[str], *, limit: int
) -> list[tuple[Transfer, Sealed]]:
    """At most `limit` transfers after `last`, an instant and a transfer id, oldest first, with these of their sealed
    columns. `opened` opens them, outside the transaction."""
    c = transfers.c
    plain = [c[name] for name in Transfer.__dataclass_fields__]
    query = select(*plain, *(c[name] for name in columns)).where(tuple_(c.received_at, c.transfer_id) > tuple_(*last))
    rows = connection.execute(query.order_by(c.received_at, c.transfer_id).limit(limit))
    return [(Transfer(*row[: len(plain)]), dict(zip(columns, row[len(plain) :], strict=True))) for row in rows]


def opened(vault: Vault, transfer_id: str, sealed: Sealed) -> dict[str, bytes]:
    """What `received_after` gave, opened; what is None stays out. Raises what `Vault.open` raises."""
    return {
        name: vault.open("transfers", name, transfer_id, value) for name, value in sealed.items() if value is not None
    }


def newest_of_cases(connection: Connection, since: datetime) -> dict[str, str]:
    """The id of the newest transfer of every case that moved after `since`, by case uid."""
    c = transfers.c
    query = select(c.case_uid, c.transfer_id).where(c.received_at > timestamp(since))
    return {row.case_uid: row.transfer_id for row in connection.execute(query.order_by(c.received_at, c.transfer_id))}


def _one(connection: Connection, vault: Vault, transfer_id: str, column: str) -> bytes:
    query = select(transfers.c[column]).where(transfers.c.transfer_id == transfer_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise KeyError(transfer_id)
    if row[0] is None:
        raise Problem("transfer.erased", transfer_id)
    return vault.open("transfers", column, transfer_id, row[0])


def set_status(
    connection: Connection, transfer_id: str, status: str, now: datetime, *, before: tuple[str, ...] = (OFFERED,)
) -> bool:
    """Move the transfer to `status` if it is in one of `before` now; False when it is not."""
    c = transfers.c
    statement = update(transfers).where(c.transfer_id == transfer_id, c.status.in_(before))
    return connection.execute(statement.values(status=status, settled_at=timestamp(now))).rowcount == 1


def counts(connection: Connection) -> dict[str, int]:
    """The number of transfers in each state, for every state."""
    query = select(transfers.c.status, func.count()).group_by(transfers.c.status)
    found = {status: int(count) for status, count in connection.execute(query)}
    return {state: found.get(state, 0) for state in (OFFERED, ACKNOWLEDGED, UNDELIVERABLE, SUPERSEDED)}


def _rows(connection: Connection, condition: Any) -> list[Transfer]:
    c = transfers.c
    columns = [c[name] for name in Transfer.__dataclass_fields__]
    query = select(*columns).where(condition).order_by(c.received_at, c.transfer_id)
    return [Transfer(*row) for row in connection.execute(query)]
