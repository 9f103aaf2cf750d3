"""The transfer: record, envelope, marks, annex, receipt."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import codebooks
from codebooks.conversion import annex_entries
from evidence.canonical import canonical, digest, digest_of
from evidence.identifiers import timestamp
from evidence.keys import SigningKey
from evidence.mark_bodies import mark_body
from evidence.marks import commit, leaf_bytes, leaf_hash, make_mark, next_link
from evidence.statements import SignedStatement, sign
from tests.docs.worked import parties
from tests.docs.worked.parties import HUB, ORIGIN, POLICE, PROCURATORATE
from tests.docs.worked.value import Value, document, octets, text
from tests.docs.worked.volume import READERS, Sealed

NODE = "N-ARR-001"
CASE_NUMBER = {"agency": POLICE, "kind": "AJBH", "value": "A3501020000002026030012"}
DETENTION = {"codings": [{"system": "police.coercive-measure", "version": "2000", "code": "302", "display": "拘留"}]}
RECORD: dict[str, Any] = {
    "schema": "casehub/record/v1",
    "case": {"case_uid": parties.CASE, "name": "张某示例盗窃案（示例）", "refs": [CASE_NUMBER]},
    "persons": [{"person_uid": parties.PERSON, "kind": "natural", "name": "张某示例"}],
    "measures": [{"measure_uid": parties.MEASURE, "person_uid": parties.PERSON, "measure": DETENTION}],
}
RELEASE = {"id": "example", "digest": digest(b"")}
"""A stand-in, so that the example does not change with every release of the codebooks."""


@dataclass(frozen=True)
class Sent:
    """Everything that the transfer consists of; marks in the order of the log."""

    envelope: SignedStatement
    annex: SignedStatement
    receipt: SignedStatement
    marks: tuple[SignedStatement, ...]
    private: dict[str, Any]
    salt: bytes


def sent(sealed: Sealed, wrapped: Mapping[str, bytes]) -> Sent:
    """Compose what police and hub would."""
    envelope = _envelope(sealed, wrapped)
    annex = _annex()
    digests = {parties.VOLUME: sealed.volume.sealed_digest}
    private = {"envelope_digest": envelope.digest, "handler": "intake"}
    salt = parties.seed(0x41)
    police = _Chain(POLICE, parties.police, 0x50)
    police.add("sealed", 0, digests, commit({"handler": "intake"}, parties.seed(0x40)))
    police.add("submitted", 0, digests, commit(private, salt))
    hub = _Chain(HUB, parties.hub, 0x58)
    hub.add("received", 2, digests, commit({"envelope": envelope.digest}, parties.seed(0x42)))
    hub.add("converted", 2, {}, commit({"annex": annex.digest}, parties.seed(0x43)))
    hub.add("offered", 2, {}, commit({"position": 1}, parties.seed(0x44)))
    receiver = _Chain(PROCURATORATE, parties.procuratorate, 0x60)
    receiver.add("acknowledged", 60, digests, commit({"volumes": 1}, parties.seed(0x45)))
    receipt = _receipt(envelope, annex, hub.marks[0])
    return Sent(envelope, annex, receipt, (*police.marks, *hub.marks, *receiver.marks), private, salt)


class _Chain:
    """The marks of one signer on the transfer; `first` numbers its first mark's id."""

    def __init__(self, actor: str, key: SigningKey, first: int) -> None:
        self.actor, self.key, self.first = actor, key, first
        self.marks: list[SignedStatement] = []

    def add(self, action: str, seconds: int, digests: Mapping[str, str], commitment: str) -> None:
        seq, prev = next_link(self.marks[-1] if self.marks else None)
        body = mark_body(
            mark_id=parties.identifier(self.first + len(self.marks)),
            action=action,
            actor=self.actor,
            occurred_at=parties.instant(seconds),
            transfer_id=parties.TRANSFER,
            seq=seq,
            prev=prev,
            node=NODE,
            digests=digests,
            commitment=commitment,
        )
        self.marks.append(make_mark(body, self.key))


def _envelope(sealed: Sealed, wrapped: Mapping[str, bytes]) -> SignedStatement:
    keys = [
        {
            "recipient": recipient,
            "recipient_key_id": READERS[recipient].key_id,
            "wrapped": base64.b64encode(wrapped[recipient]).decode("ascii"),
        }
        for recipient in (PROCURATORATE, POLICE)
    ]
    volume = {
        "volume_id": parties.VOLUME,
        "descriptor_digest": sealed.statement.digest,
        "reused_from": None,
        "keys": keys,
    }
    body = {
        "transfer_id": parties.TRANSFER,
        "node": NODE,
        "case_uid": parties.CASE,
        "case_refs": [CASE_NUMBER],
        "sender": POLICE,
        "receiver": PROCURATORATE,
        "handler": "intake",
        "in_reply_to": None,
        "supersedes": None,
        "record_digest": digest_of(RECORD),
        "created_at": timestamp(parties.SENT),
        "volumes": [volume],
    }
    return sign("envelope", body, parties.police)


def _annex() -> SignedStatement:
    entries = annex_entries(RECORD, "procuratorate", parties.SENT.date(), codebooks.load())
    body = {
        "transfer_id": parties.TRANSFER,
        "record_digest": digest_of(RECORD),
        "release": RELEASE,
        "target": "procuratorate",
        "entries": [entry.to_json() for entry in entries],
    }
    return sign("annex", body, parties.hub)


def _receipt(envelope: SignedStatement, annex: SignedStatement, received: SignedStatement) -> SignedStatement:
    body = {
        "transfer_id": parties.TRANSFER,
        "envelope_digest": envelope.digest,
        "node": NODE,
        "case_uid": parties.CASE,
        "sender": POLICE,
        "receiver": PROCURATORATE,
        "received_at": timestamp(parties.instant(2)),
        "annex_digest": annex.digest,
        "mark_leaf_hash": leaf_hash(received),
        "inclusion_deadline": timestamp(parties.instant(62)),
        "log_origin": ORIGIN,
        "standard": "casehub/record/v1",
        "findings": [],
    }
    return sign("receipt", body, parties.hub)


def values(found: Sent) -> dict[str, Value]:
    """The values of chapters 10 to 12."""
    first, second = found.marks[:2]
    return {
        "record.json": document(RECORD),
        "record.digest": text(digest_of(RECORD)),
        "envelope.body": document(found.envelope.unverified_body),
        "envelope.digest": text(found.envelope.digest),
        "annex.body": document(found.annex.unverified_body),
        "receipt.body": document(found.receipt.unverified_body),
        "mark.private": text(canonical(found.private)),
        "mark.salt": octets(found.salt),
        "mark.commitment": text(commit(found.private, found.salt)),
        "mark.first": document(first.unverified_body),
        "mark.second": document(second.unverified_body),
        "mark.leaf": text(leaf_bytes(second)),
        "mark.leaf-hash": text(leaf_hash(second)),
    }
