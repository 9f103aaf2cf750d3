"""Transfers, marks and descriptors as a hub's store holds them, put there without any exchange."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from evidence.identifiers import timestamp, uuid7
from evidence.mark_bodies import mark_body
from evidence.marks import make_mark
from evidence.statements import SignedStatement, sign
from hub.store import cases, transfers
from hub.store.transfers import Contents, Transfer
from hub.store.vault import Vault
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.clocks import NOW
from tests.scene.keys import POLICE_KEY

VAULT = Vault({1: b"m" * 32})

_numbers = itertools.count(1)


def new_id(at: datetime = NOW) -> str:
    """A fresh UUIDv7, different each time and the same in every run."""
    tail = hashlib.sha256(str(next(_numbers)).encode()).digest()[:10]
    return uuid7(int(at.timestamp() * 1000), tail)


def digest(text: str) -> str:
    """The digest of a short text, as a name for invented bytes."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Sample:
    """One invented transfer that `put` stores with its case."""

    transfer_id: str = field(default_factory=new_id)
    case_uid: str = field(default_factory=new_id)
    node: str = "N-ARR-001"
    sender: str = POLICE
    receiver: str = PROCURATORATE
    at: datetime = NOW
    status: str = transfers.OFFERED
    in_reply_to: str | None = None
    held: Mapping[str, bytes] = field(default_factory=dict)
    """Sealed columns that a test reads; the others hold bytes of their own."""

    def row(self) -> Transfer:
        """The row in the clear."""
        return Transfer(
            transfer_id=self.transfer_id,
            node=self.node,
            sender=self.sender,
            receiver=self.receiver,
            handler="intake",
            case_uid=self.case_uid,
            status=self.status,
            envelope_digest=digest(f"envelope {self.transfer_id}"),
            record_digest=digest(f"record {self.transfer_id}"),
            in_reply_to=self.in_reply_to,
            supersedes=None,
            received_at=timestamp(self.at),
            settled_at=timestamp(self.at),
            bytes=60_000,
            pages=60,
        )

    def contents(self) -> Contents:
        """The sealed part."""
        made = {name: f"{name} of 张某示例 {self.transfer_id}".encode() for name in Contents.__dataclass_fields__}
        return Contents(**{**made, **self.held})

    def put(self, connection: Connection, vault: Vault = VAULT) -> Sample:
        """Store case and transfer."""
        cases.open_case(connection, vault, self.case_uid, opened_by=self.sender, name="张某示例盗窃案", now=self.at)
        for agency in (self.sender, self.receiver):
            cases.add_party(connection, self.case_uid, agency, self.at)
        transfers.insert(connection, vault, self.row(), self.contents())
        return self


def agency_mark(transfer_id: str, seq: int = 1, prev: str | None = None, **changes: Any) -> SignedStatement:
    """A mark of the police on a transfer."""
    body: dict[str, Any] = {
        "mark_id": new_id(),
        "action": "sealed",
        "actor": POLICE,
        "occurred_at": NOW,
        "transfer_id": transfer_id,
        "seq": seq,
        "prev": prev,
    }
    return make_mark(mark_body(**{**body, **changes}), POLICE_KEY)


def descriptor(number: str = "V20-01", volume_id: str | None = None, pages: int = 3) -> SignedStatement:
    """A volume's descriptor, as far as the store reads it."""
    body = {
        "volume_id": volume_id or new_id(),
        "kind": number[:3],
        "number": number,
        "sealed_by": POLICE,
        "pages": pages,
    }
    return sign("descriptor", body, POLICE_KEY)
