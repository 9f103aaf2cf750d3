"""Puts the sealed volumes and the record into one signed envelope, sends it, and checks the response."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.client.answers import Submitted
from adapters.client.hub import Refused, encode, sound
from adapters.sending.package import Package
from adapters.state.held import HeldVolume
from adapters.state.journal import Outgoing
from adapters.station import Station
from adapters.transfers.matching import tie_own_numbers
from adapters.transfers.receipts import check_receipt, keep_receipt
from dossier.descriptor import Descriptor
from dossier.keys import Recipient, wrap_info
from evidence.canonical import digest_of
from evidence.encoding import read_base64, to_base64
from evidence.identifiers import timestamp
from evidence.keys import KeyEntry
from evidence.statements import SignedStatement, sign
from evidence.suites import VERSION
from standards.domains import CRIMINAL
from standards.record import Record
from standards.record.declared import MEMBER
from standards.record.envelope import CaseRef, Envelope, VolumeClaim, WrappedKey

INTAKE = "intake"
FINAL = frozenset({400, 403, 404, 409, 410, 413, 422})
"""Statuses with which the hub refuses a package for good; with any other the journal tries again later."""
PARTS_GONE = frozenset({"part.missing", "package.parts"})
"""The hub no longer has parts that were sent, for the submission waited longer than it keeps them: they go up again."""


@dataclass(frozen=True)
class Carried:
    """One volume of a transfer: new when `reused_from` is None."""

    statement: SignedStatement
    descriptor: Descriptor
    volume_key: bytes
    reused_from: str | None = None


def compose(
    station: Station, row: Outgoing, package: Package, carried: Sequence[Carried], recipient: KeyEntry
) -> bytes:
    """The exact bytes of the submission, kept durably with its marks and wrapped keys before this returns.

    Raises `adapter.clock-off` and `adapter.clock-behind`; then nothing is signed.
    """
    request, now, record = row.request, station.signing_time(), package.record
    body = record.to_json()
    key = station.keyring.signer(now)
    told = Envelope(
        suite=key.suite.name,
        v=VERSION,
        transfer_id=row.transfer_id,
        node=request.node,
        case_uid=record.case.case_uid,
        case_refs=tuple(CaseRef.read(ref.to_json()) for ref in record.case.refs),
        sender=station.agency,
        receiver=request.receiver,
        handler=request.handler or INTAKE,
        in_reply_to=request.in_reply_to,
        supersedes=request.supersedes,
        record_digest=digest_of(body),
        created_at=timestamp(now),
        volumes=tuple(_claim(station, row, volume, recipient, now) for volume in carried),
        named_domain=None if record.domain == CRIMINAL else record.domain,
        more={**station.enclosed(), **({MEMBER: list(package.declared)} if package.declared else {})},
    )
    envelope = sign("envelope", told.to_json(), key)
    digests = {volume.descriptor.volume_id: volume.descriptor.sealed_digest for volume in carried}
    new = {volume.descriptor.volume_id for volume in carried if volume.reused_from is None}
    with station.state.transaction():
        station.marks.forget(row.transfer_id)
        sealed = station.marks.make(
            transfer_id=row.transfer_id,
            node=request.node,
            action="sealed",
            occurred_at=now,
            digests={volume_id: digests[volume_id] for volume_id in digests if volume_id in new},
            private={"handler": request.handler or INTAKE, "record_digest": digest_of(body)},
        )
        submitted = station.marks.make(
            transfer_id=row.transfer_id,
            node=request.node,
            action="submitted",
            occurred_at=now,
            digests=digests,
            private={"handler": request.handler or INTAKE, "envelope_digest": envelope.digest},
        )
        submission = encode(
            {
                "envelope": envelope.to_json(),
                "record": body,
                "descriptors": [volume.statement.to_json() for volume in carried],
                "marks": [sealed.statement.to_json(), submitted.statement.to_json()],
            }
        )
        station.journal.keep_submission(row.transfer_id, submission)
    return submission


def _claim(station: Station, row: Outgoing, volume: Carried, recipient: KeyEntry, at: datetime) -> VolumeClaim:
    volume_id = volume.descriptor.volume_id
    reader = Recipient.from_entry(recipient)
    info = wrap_info(row.transfer_id, volume_id, recipient.owner, recipient.key_id, reader.suite)
    wrapped = reader.wrap(volume.volume_key, info)
    own_key_id, own_wrapped = station.keyring.wrap_for_self(volume.volume_key, row.transfer_id, volume_id, at)
    return VolumeClaim(
        volume_id=volume_id,
        descriptor_digest=volume.statement.digest,
        reused_from=volume.reused_from,
        keys=(
            WrappedKey(recipient=recipient.owner, recipient_key_id=recipient.key_id, wrapped=to_base64(wrapped)),
            WrappedKey(recipient=station.agency, recipient_key_id=own_key_id, wrapped=to_base64(own_wrapped)),
        ),
    )


def comes_anew(refused: Refused) -> bool:
    """Whether the kept bytes are of no more use and the same transfer is composed anew."""
    return refused.code in PARTS_GONE or refused.for_ever


def deliver(station: Station, row: Outgoing, submission: bytes) -> dict[str, Any]:
    """Send the submission and keep the hub's answer, once its receipt has been verified.

    Raises `HubAway` (the journal keeps the submission), `Refused`, and what `check_receipt` raises.
    """
    try:
        answer = station.client.send_bytes("POST", "/v1/transfers", submission, handler=row.request.handler)
    except Refused as refused:
        if comes_anew(refused):
            station.journal.reopen(row.transfer_id, unsigned=refused.for_ever)
        elif refused.status in FINAL:
            station.journal.refuse(row.transfer_id, refused.code)
            station.noted("refused", transfer_id=row.transfer_id, code=refused.code)
        raise
    body = station.client.read(Submitted, answer)
    sent = json.loads(submission)
    envelope = SignedStatement.from_json(sent["envelope"])
    with sound("/v1/transfers"):
        told = Envelope.read(envelope.unverified_body)
        answered = check_receipt(station, body.receipt, envelope, told, body.annex)
    with station.state.transaction():
        station.journal.finish(row.transfer_id, answer.content, answered.receipt.received_at)
        _remember(station, row, told, sent)
        keep_receipt(station, row.transfer_id, answered)
        station.marks.confirmed([SignedStatement.from_json(mark) for mark in sent["marks"]])
    station.noted("sent", transfer_id=row.transfer_id, node=row.request.node, receiver=row.request.receiver)
    return body.to_json()


def _remember(station: Station, row: Outgoing, envelope: Envelope, sent: dict[str, Any]) -> None:
    statements = [SignedStatement.from_json(item) for item in sent["descriptors"]]
    by_digest = {statement.digest: statement for statement in statements}
    for place, claim in enumerate(envelope.volumes):
        statement = by_digest[claim.descriptor_digest]
        own = claim.key_for(station.agency)
        assert own is not None  # we wrapped it ourselves
        station.held.keep(
            place,
            HeldVolume(
                transfer_id=row.transfer_id,
                node=row.request.node,
                statement=statement,
                descriptor=Descriptor.parse(statement.unverified_body),
                key_id=own.recipient_key_id,
                wrapped=read_base64(own.wrapped),
            ),
        )
    station.numbers.keep_record(envelope.case_uid, row.transfer_id, sent["record"])
    tie_own_numbers(station, Record.read(sent["record"]))
