"""Putting the sealed volumes and the record into one signed envelope, sending it, and holding the answer to account."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adapters.auditing import complaints
from adapters.client.hub import Refused, encode, read_json, sound
from adapters.state.held import HeldVolume
from adapters.state.journal import Outgoing
from adapters.station import Station
from dossier.descriptor import Descriptor
from dossier.keys import Recipient, wrap_info
from evidence.canonical import digest_of
from evidence.identifiers import parse_timestamp, timestamp
from evidence.keys import KeyEntry
from evidence.statements import SignedStatement, sign, verify
from messages.problems import Problem

INTAKE = "intake"
FINAL = frozenset({400, 403, 404, 409, 410, 413, 422})
"""Statuses with which the hub refuses a package for good; with any other the journal tries again later."""
TOLD_AGAIN = ("transfer_id", "node", "case_uid", "sender", "receiver")
"""What a receipt repeats of the envelope."""

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
    station: Station, row: Outgoing, record: dict[str, Any], carried: Sequence[Carried], recipient: KeyEntry
) -> bytes:
    """The exact bytes of the submission, kept durably with its marks and wrapped keys before this returns."""
    request, now = row.request, station.clock()
    envelope = sign(
        "envelope",
        {
            "transfer_id": row.transfer_id,
            "node": request.node,
            "case_uid": record["case"]["case_uid"],
            "case_refs": record["case"].get("refs", []),
            "sender": station.agency,
            "receiver": request.receiver,
            "handler": request.handler or INTAKE,
            "in_reply_to": request.in_reply_to,
            "supersedes": request.supersedes,
            "record_digest": digest_of(record),
            "created_at": timestamp(now),
            "volumes": [_entry(station, row, volume, recipient) for volume in carried],
            **station.seen(),
        },
        station.keyring.identity,
    )
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
            private={"handler": request.handler or INTAKE, "record_digest": digest_of(record)},
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
                "record": record,
                "descriptors": [volume.statement.to_json() for volume in carried],
                "marks": [sealed.statement.to_json(), submitted.statement.to_json()],
            }
        )
        station.journal.keep_submission(row.transfer_id, submission)
    return submission


def _entry(station: Station, row: Outgoing, volume: Carried, recipient: KeyEntry) -> dict[str, Any]:
    volume_id = volume.descriptor.volume_id
    reader = Recipient.from_entry(recipient)
    info = wrap_info(row.transfer_id, volume_id, recipient.owner, recipient.key_id, reader.suite)
    wrapped = reader.wrap(volume.volume_key, info)
    own_key_id, own_wrapped = station.keyring.wrap_for_self(volume.volume_key, row.transfer_id, volume_id)
    return {
        "volume_id": volume_id,
        "descriptor_digest": volume.statement.digest,
        "reused_from": volume.reused_from,
        "keys": [
            {"recipient": recipient.owner, "recipient_key_id": recipient.key_id, "wrapped": _b64(wrapped)},
            {"recipient": station.agency, "recipient_key_id": own_key_id, "wrapped": _b64(own_wrapped)},
        ],
    }


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def deliver(station: Station, row: Outgoing, submission: bytes) -> dict[str, Any]:
    """Send the submission and keep the hub's answer, once its receipt has been verified.

    Raises `HubAway` (the journal keeps the submission), `Refused`, and what `check_receipt` raises.
    """
    try:
        answer = station.client.send_bytes("POST", "/v1/transfers", submission, handler=row.request.handler)
    except Refused as refused:
        if refused.code in PARTS_GONE:
            station.journal.reopen(row.transfer_id)
        elif refused.status in FINAL:
            station.journal.refuse(row.transfer_id, refused.code)
            station.noted("refused", transfer_id=row.transfer_id, code=refused.code)
        raise
    body: dict[str, Any] = read_json(answer)
    sent = json.loads(submission)
    envelope = SignedStatement.from_json(sent["envelope"])
    with sound("/v1/transfers"):
        receipt = check_receipt(station, body["receipt"], envelope, body["annex"])
        body["findings"] = list(body["findings"])
    with station.state.transaction():
        station.journal.finish(row.transfer_id, answer.content, receipt["received_at"])
        _remember(station, row, envelope.unverified_body, sent)
        keep_receipt(station, row.transfer_id, body["receipt"], receipt)
        station.marks.confirmed([SignedStatement.from_json(mark) for mark in sent["marks"]])
    station.noted("sent", transfer_id=row.transfer_id, node=row.request.node, receiver=row.request.receiver)
    return body


def _remember(station: Station, row: Outgoing, envelope: dict[str, Any], sent: dict[str, Any]) -> None:
    statements = [SignedStatement.from_json(item) for item in sent["descriptors"]]
    by_digest = {statement.digest: statement for statement in statements}
    for place, entry in enumerate(envelope["volumes"]):
        statement = by_digest[entry["descriptor_digest"]]
        own = next(key for key in entry["keys"] if key["recipient"] == station.agency)
        station.held.keep(
            place,
            HeldVolume(
                transfer_id=row.transfer_id,
                node=row.request.node,
                statement=statement,
                descriptor=Descriptor.parse(statement.unverified_body),
                key_id=own["recipient_key_id"],
                wrapped=base64.b64decode(own["wrapped"]),
            ),
        )
    station.numbers.keep_record(envelope["case_uid"], row.transfer_id, sent["record"])
    tie_own_numbers(station, sent["record"])


def tie_own_numbers(station: Station, record: dict[str, Any]) -> None:
    """Tie every number of ours in `record` to its case and persons."""
    case_uid = record["case"]["case_uid"]
    for ref in record["case"].get("refs", []):
        if ref["agency"] == station.agency:
            station.numbers.tie_case(ref["kind"], ref["value"], case_uid)
    for person in record.get("persons", []):
        for ref in person.get("refs", []):
            if ref["agency"] == station.agency:
                station.numbers.tie_item(case_uid, ref["kind"], ref["value"], person["person_uid"])


def keep_receipt(station: Station, transfer_id: str, statement: Any, receipt: dict[str, Any]) -> None:
    """Keep a verified receipt and the promise in it."""
    station.state.run(
        "INSERT OR IGNORE INTO receipt VALUES (?, ?, ?)", transfer_id, json.dumps(statement), receipt["received_at"]
    )
    complaints.promise(station, transfer_id, statement, receipt)


def check_receipt(station: Station, receipt: Any, envelope: SignedStatement, annex: Any) -> dict[str, Any]:
    """The body of the hub's receipt for this envelope, annex included.

    1. The receipt is signed by the pinned hub with a key that counted when it says that it received the transfer.
    2. It speaks of this transfer and this very envelope, and promises a place in the log that we watch.
    3. The annex is signed by the hub likewise, is the one that the receipt names, and speaks of this record.

    Raises `adapter.receipt-differs`, `adapter.annex-differs` and what `evidence.statements.verify` raises.
    """
    hub = station.trust.hub
    # Step 1
    signed = SignedStatement.from_json(receipt, "/receipt")
    at = parse_timestamp(signed.unverified_body.get("received_at"), "/receipt/received_at")
    body = verify(signed, "receipt", hub.keys, at, hub.party)
    # Step 2
    claims = envelope.unverified_body
    told = {**{name: claims[name] for name in TOLD_AGAIN}, "envelope_digest": envelope.digest, "log_origin": hub.origin}
    if any(body.get(name) != value for name, value in told.items()):
        raise Problem("adapter.receipt-differs", claims["transfer_id"])
    # Step 3
    signed_annex = SignedStatement.from_json(annex, "/annex")
    annex_body = verify(signed_annex, "annex", hub.keys, at, hub.party)
    expected = (claims["transfer_id"], claims["record_digest"])
    stated = (annex_body["transfer_id"], annex_body["record_digest"])
    if stated != expected or body["annex_digest"] != signed_annex.digest:
        raise Problem("adapter.annex-differs", claims["transfer_id"])
    return body
