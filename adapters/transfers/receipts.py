"""Checks and stores the hub's receipt for a transfer, for sender and receiver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adapters.station import Station
from evidence.identifiers import parse_timestamp
from evidence.statements import SignedStatement, verify
from messages.problems import Problem
from standards.record.annex import Annex
from standards.record.envelope import Envelope
from standards.record.receipt import Receipt


@dataclass(frozen=True)
class Answered:
    """What the hub signed for one envelope: its receipt and the annex beside the record, and the statements of both."""

    receipt: Receipt
    annex: Annex
    signed_receipt: SignedStatement
    signed_annex: SignedStatement


def check_receipt(station: Station, receipt: Any, envelope: SignedStatement, told: Envelope, annex: Any) -> Answered:
    """The hub's receipt for this envelope, which says `told`, and the annex that it names.

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
    repeated = {
        "transfer_id": told.transfer_id,
        "node": told.node,
        "case_uid": told.case_uid,
        "sender": told.sender,
        "receiver": told.receiver,
        "envelope_digest": envelope.digest,
        "log_origin": hub.origin,
    }
    if any(body.get(name) != value for name, value in repeated.items()):
        raise Problem("adapter.receipt-differs", told.transfer_id)
    # Step 3
    signed_annex = SignedStatement.from_json(annex, "/annex")
    beside = Annex.read(verify(signed_annex, "annex", hub.keys, at, hub.party))
    stated = (beside.transfer_id, beside.record_digest)
    if stated != (told.transfer_id, told.record_digest) or body["annex_digest"] != signed_annex.digest:
        raise Problem("adapter.annex-differs", told.transfer_id)
    return Answered(Receipt.read(body), beside, signed, signed_annex)


def keep_receipt(station: Station, transfer_id: str, answered: Answered) -> None:
    """Keep a verified receipt, and give it to what goes along."""
    statement = answered.signed_receipt.to_json()
    station.promises.keep_receipt(transfer_id, statement, answered.receipt.received_at)
    for companion in station.companions:
        companion.receipted(transfer_id, statement, answered.receipt)
