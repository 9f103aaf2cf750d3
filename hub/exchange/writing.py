"""Step 11 of receiving: everything that an accepted transfer leaves, written in the caller's transaction.

Case, parties and numbers; the sender's marks and the hub's own; the signed receipt; the transfer with its volumes and
claims; the receiver's inbox. The transaction commits all of it or nothing.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import structlog

from dossier import inspection
from evidence import statements
from evidence.canonical import canonical, digest_of
from evidence.identifiers import is_uuid, timestamp
from evidence.statements import SignedStatement
from evidence.suites import VERSION
from hub import marking
from hub.callers import INTAKE, Caller
from hub.exchange.decisions import receive
from hub.exchange.decisions.known import Facts
from hub.exchange.decisions.package import Package
from hub.identities import registering
from hub.runtime import Hub
from hub.store import cases, grants, inbox, marks, parts, transfers, volumes
from hub.store.database import Connection, apart
from hub.store.transfers import Contents, Transfer
from messages.findings import Finding
from messages.rendering import finding_json
from standards.nodes import Node
from standards.record.annex import Annex
from standards.record.envelope import Envelope
from standards.record.receipt import Receipt

LOGGER = structlog.get_logger("hub.exchange")


@dataclass(frozen=True)
class Accepted:
    """An accepted package, with what the hub adds to it."""

    package: Package
    facts: Facts
    acceptance: receive.Acceptance
    annex: Annex
    signed_annex: SignedStatement
    findings: tuple[Finding, ...]

    @property
    def envelope(self) -> Envelope:
        """What its sender signed."""
        return self.acceptance.envelope

    @property
    def node(self) -> Node:
        """The node at which it was sent."""
        return self.acceptance.node

    @cached_property
    def sealed(self) -> Mapping[str, str]:
        """The sealed digest of every volume, by volume id."""
        bodies = [item.unverified_body for item in self.package.descriptors]
        return {body["volume_id"]: inspection.sealed_digest(body) for body in bodies}


def write(connection: Connection, hub: Hub, who: Caller, accepted: Accepted) -> bytes:
    """Write the transfer; returns the exact bytes of the answer to its sender."""
    package, envelope, now = accepted.package, accepted.envelope, accepted.facts.now
    receiver, transfer_id = envelope.receiver, envelope.transfer_id
    context: dict[str, Any] = {"transfer_id": transfer_id, "node": accepted.node.id, "case_uid": envelope.case_uid}
    _write_case(connection, hub, who, accepted)
    for mark in package.marks:
        marks.accept(connection, hub.vault, mark, now=now, case_uid=envelope.case_uid)
    private = {
        "envelope": package.envelope.digest,
        "record": envelope.record_digest,
        "case_uid": envelope.case_uid,
        "sender": envelope.sender,
        "receiver": receiver,
        "handler": who.handler,
        "findings": [finding.code for finding in accepted.findings],
        "suppressed": [finding.code for finding in accepted.acceptance.suppressed],
    }
    received = marking.leave(connection, hub, "received", digests=accepted.sealed, private=private, **context)
    marking.leave(connection, hub, "converted", private={"annex": accepted.signed_annex.digest}, **context)
    receipt = _receipt(hub, accepted, received)
    shown_findings = [finding_json(finding) for finding in (*envelope.declared, *accepted.findings)]
    answer = canonical(
        {"receipt": receipt.to_json(), "annex": accepted.signed_annex.to_json(), "findings": shown_findings}
    )
    contents = Contents(
        envelope=package.envelope.encode(),
        record=canonical(dict(package.as_sent)),
        annex=accepted.signed_annex.encode(),
        receipt=receipt.encode(),
        findings=json.dumps(shown_findings, ensure_ascii=False).encode(),
        answer=answer,
    )
    transfers.insert(connection, hub.vault, _row(accepted), contents)
    _carry_volumes(connection, accepted)
    _supersede(connection, hub, accepted)
    position = inbox.offer(connection, receiver, transfer_id, now)
    marking.leave(connection, hub, "offered", private={"receiver": receiver, "position": position}, **context)
    _settle_identities(connection, hub, _arrival(accepted, received), transfer_id)
    return answer


def _settle_identities(connection: Connection, hub: Hub, arrival: registering.Arrival, transfer_id: str) -> None:
    """Registration must not keep a case from moving: a fault of it is rolled back alone and logged, without a word of
    the record. The case's next transfer tells everything again. Errors of the database are the transaction's."""

    def failed(error: Exception) -> None:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        LOGGER.error("identities not settled", transfer=transfer_id, fault=type(error).__name__, where=where)

    with apart(connection, failed):
        registering.settle(connection, hub, arrival)


def _arrival(accepted: Accepted, received: str) -> registering.Arrival:
    return registering.Arrival(
        record=accepted.package.record,
        annex=[entry.to_json() for entry in accepted.annex.entries],
        case_uid=accepted.envelope.case_uid,
        sender=accepted.envelope.sender,
        leaf_hash=received,
        now=accepted.facts.now,
    )


def _write_case(connection: Connection, hub: Hub, who: Caller, accepted: Accepted) -> None:
    envelope, record, now = accepted.envelope, accepted.package.record, accepted.facts.now
    case_uid = envelope.case_uid
    cases.open_case(connection, hub.vault, case_uid, opened_by=who.agency, name=record.case.name, now=now)
    refs = [ref.to_json() for ref in envelope.case_refs if ref.agency == who.agency]
    cases.add_refs(connection, hub.vault, case_uid, refs, now)
    for agency in (who.agency, envelope.receiver):
        cases.add_party(connection, case_uid, agency, now)
    if who.handler != INTAKE:
        grants.grant(connection, case_uid, who.agency, who.handler, by=who.handler, now=now)
    for link in record.case.links:
        # Ends may also be told by case number, which must not stand in the clear, and only this case's links are ours.
        if is_uuid(link.from_) and is_uuid(link.to) and case_uid in (link.from_, link.to):
            cases.add_link(connection, link.from_, link.to, link.type, now)


def _receipt(hub: Hub, accepted: Accepted, leaf_hash: str) -> SignedStatement:
    envelope, now, key = accepted.envelope, accepted.facts.now, hub.keys.identity
    deadline = now + timedelta(seconds=hub.settings.inclusion_delay_seconds)
    receipt = Receipt(
        suite=key.suite.name,
        v=VERSION,
        transfer_id=envelope.transfer_id,
        envelope_digest=accepted.package.envelope.digest,
        node=accepted.node.id,
        case_uid=envelope.case_uid,
        sender=envelope.sender,
        receiver=envelope.receiver,
        received_at=timestamp(now),
        annex_digest=accepted.signed_annex.digest,
        mark_leaf_hash=leaf_hash,
        inclusion_deadline=timestamp(deadline),
        log_origin=hub.settings.log_origin,
        standard="casehub/record/v1",
        findings=tuple(finding.to_json() for finding in accepted.findings),
    )
    return statements.sign("receipt", receipt.to_json(), key)


def _row(accepted: Accepted) -> Transfer:
    envelope, now = accepted.envelope, timestamp(accepted.facts.now)
    bodies = [item.unverified_body for item in accepted.package.descriptors]
    return Transfer(
        transfer_id=envelope.transfer_id,
        node=accepted.node.id,
        sender=envelope.sender,
        receiver=envelope.receiver,
        handler=envelope.handler,
        case_uid=envelope.case_uid,
        status=transfers.OFFERED,
        envelope_digest=accepted.package.envelope.digest,
        record_digest=digest_of(accepted.package.as_sent),
        in_reply_to=envelope.in_reply_to,
        supersedes=envelope.supersedes,
        received_at=now,
        settled_at=now,
        bytes=sum(body["pack"]["size"] + body["catalogue"]["size"] for body in bodies),
        pages=sum(body["pages"] for body in bodies),
    )


def _carry_volumes(connection: Connection, accepted: Accepted) -> None:
    envelope = accepted.envelope
    reused = {item.volume_id: item.reused_from for item in envelope.volumes}
    for position, descriptor in enumerate(accepted.package.descriptors):
        body = descriptor.unverified_body
        volumes.carry(
            connection,
            envelope.transfer_id,
            position,
            descriptor,
            sealed_digest=accepted.sealed[body["volume_id"]],
            reused_from=reused[body["volume_id"]],
            now=accepted.facts.now,
        )
        parts.claim(connection, envelope.transfer_id, inspection.part_digests(body), envelope.sender)


def _supersede(connection: Connection, hub: Hub, accepted: Accepted) -> None:
    """Close the undeliverable transfer that this one replaces, if any."""
    envelope = accepted.envelope
    replaced = envelope.supersedes
    if replaced is None:
        return
    before = (transfers.UNDELIVERABLE,)
    transfers.set_status(connection, replaced, transfers.SUPERSEDED, accepted.facts.now, before=before)
    marking.leave(
        connection,
        hub,
        "superseded",
        transfer_id=replaced,
        node=accepted.facts.earlier[replaced].node,
        case_uid=envelope.case_uid,
        about=envelope.sender,
        private={"by": envelope.transfer_id},
    )
