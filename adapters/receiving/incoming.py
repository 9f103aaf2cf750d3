"""Checks a transfer that the hub offers, before any of its volumes is fetched.

 0. The transfer's id is a UUID: folders are named by it.
 1. The envelope is signed by the sender that the inbox names, with a key that counted when the hub received it, by the
    keys that this adapter has pinned.
 2. It is addressed to us and is the transfer that was asked for.
 3. The hub's receipt and annex are the hub's and speak of this envelope (`receipts.check_receipt`).
 4. The record is the one that the sender signed, of the envelope's case and domain, and this program knows all that
    it must know of it.
 5. Each descriptor is the one that the envelope names, signed by the agency that sealed the volume.
 6. No two volumes have one number, by which their folders are named.
 7. Each volume has a key wrapped for us, which unwraps.

Steps 0 to 5 failing means that something between sender and us is not what it says: nothing is acknowledged and nothing
declined. Steps 6 and 7 failing is the sender's doing: the caller declines with a signed mark.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from adapters.client.answers import Transfer
from adapters.client.hub import segment, sound
from adapters.keys.trust import Peer
from adapters.state.held import HeldVolume
from adapters.station import Station
from adapters.transfers.receipts import Answered, check_receipt
from dossier.descriptor import Descriptor
from evidence.canonical import digest_of
from evidence.encoding import read_base64
from evidence.identifiers import parse_timestamp, require_uuid
from evidence.statements import SignedStatement, verify
from messages.findings import Finding
from messages.problems import Problem
from standards.record import Record
from standards.record.agreement import require_agreement
from standards.record.envelope import Envelope, VolumeClaim

UNSEALABLE = frozenset(
    {
        "adapter.key-not-ours",
        "adapter.number-twice",
        "dossier.catalogue",
        "dossier.catalogue-differs",
        "dossier.descriptor",
        "dossier.descriptor-counts",
        "dossier.file-altered",
        "dossier.key-commitment",
        "dossier.key-not-unwrapped",
        "dossier.segment-altered",
        "dossier.stream-header",
        "dossier.stream-size",
        "dossier.unknown-suite",
        "dossier.volume-key",
    }
)
"""What a transfer is declined for: it arrived as it was sealed, and cannot be opened."""


@dataclass(frozen=True)
class Incoming:
    """A transfer whose signatures and digests agree; its volumes are still sealed."""

    transfer_id: str
    node: str
    sender: str
    case_uid: str
    status: str
    envelope: SignedStatement
    as_sent: dict[str, Any]  # the record as its sender signed it
    record: Record
    answered: Answered
    volumes: tuple[HeldVolume, ...]
    declared: tuple[Finding, ...] = ()
    """What the sender found before it sealed."""

    @property
    def sealed_digests(self) -> dict[str, str]:
        """Volume id → sealed digest, as marks name them."""
        return {volume.volume_id: volume.descriptor.sealed_digest for volume in self.volumes}


def fetch(station: Station, transfer_id: str, *, handler: str | None = None) -> Incoming:
    """Fetch and check a transfer that was sent to us. Raises `Problem` naming the step, `Alarm`, `HubAway`."""
    # Step 0
    require_uuid(transfer_id, "/transfer_id")
    place = f"/v1/transfers/{segment(transfer_id)}"
    body = station.client.ask(Transfer, place, handler=handler, most=station.client.limits.answer_bytes)
    with sound(place):
        return _checked(station, transfer_id, body)


def _checked(station: Station, transfer_id: str, body: Transfer) -> Incoming:
    envelope = SignedStatement.from_json(body.envelope, "/envelope")
    # Step 1
    sender = str(envelope.unverified_body.get("sender"))
    peers = {sender: station.peer(sender)}
    received_at = parse_timestamp(SignedStatement.from_json(body.receipt).unverified_body.get("received_at"))
    told = Envelope.read(verify(envelope, "envelope", peers[sender].signers, received_at, sender))
    for companion in station.companions:
        companion.arrived(sender, told)
    # Step 2
    if (told.transfer_id, told.receiver) != (transfer_id, station.agency):
        raise Problem("adapter.not-addressed", transfer_id)
    # Step 3
    answered = check_receipt(station, body.receipt, envelope, told, body.annex)
    # Step 4
    if digest_of(body.record) != told.record_digest:
        raise Problem("adapter.record-differs", transfer_id)
    record = Record.read(body.record)
    require_agreement(record, told)
    # Step 5
    volumes = _volumes(station, told, body.descriptors, peers)
    # Step 6
    _require_numbered_apart(volumes)
    return Incoming(
        transfer_id=transfer_id,
        node=told.node,
        sender=sender,
        case_uid=told.case_uid,
        status=body.status,
        envelope=envelope,
        as_sent=dict(body.record),
        record=record,
        answered=answered,
        volumes=volumes,
        declared=told.declared,
    )


def _volumes(
    station: Station, envelope: Envelope, descriptors: Iterable[Any], peers: dict[str, Peer]
) -> tuple[HeldVolume, ...]:
    by_digest = {statement.digest: statement for statement in map(SignedStatement.from_json, descriptors)}
    found = []
    for index, claim in enumerate(envelope.volumes):
        place = f"/descriptors/{index}"
        statement = by_digest.get(claim.descriptor_digest)
        if statement is None:
            raise Problem("adapter.descriptor-differs", place)
        body = statement.unverified_body
        sealed_by = str(body.get("sealed_by"))
        if sealed_by not in peers:
            peers[sealed_by] = station.peer(sealed_by)
        sealed_at = parse_timestamp(body.get("sealed_at"), place)
        verify(statement, "descriptor", peers[sealed_by].signers, sealed_at, sealed_by)
        if body.get("volume_id") != claim.volume_id:
            raise Problem("adapter.descriptor-differs", place)
        key_id, wrapped = _ours(station.agency, claim)
        found.append(
            HeldVolume(
                envelope.transfer_id,
                envelope.node,
                statement,
                Descriptor.parse(body, place),
                key_id,
                wrapped,
            )
        )
    return tuple(found)


def _require_numbered_apart(volumes: Iterable[HeldVolume]) -> None:
    numbers: set[str] = set()
    for volume in volumes:
        if volume.descriptor.number in numbers:
            raise Problem("adapter.number-twice", volume.descriptor.number)
        numbers.add(volume.descriptor.number)


def _ours(agency: str, claim: VolumeClaim) -> tuple[str, bytes]:
    key = claim.key_for(agency)
    return ("", b"") if key is None else (key.recipient_key_id, read_base64(key.wrapped, "/envelope/volumes"))
