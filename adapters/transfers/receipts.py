"""The hub's receipt for a transfer, held to account by sender and receiver alike, and kept."""

from __future__ import annotations

from typing import Any

from adapters.station import Station
from evidence.identifiers import parse_timestamp
from evidence.statements import SignedStatement, verify
from messages.problems import Problem

TOLD_AGAIN = ("transfer_id", "node", "case_uid", "sender", "receiver")
"""What a receipt repeats of the envelope."""


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
    repeated = {
        **{name: claims[name] for name in TOLD_AGAIN},
        "envelope_digest": envelope.digest,
        "log_origin": hub.origin,
    }
    if any(body.get(name) != value for name, value in repeated.items()):
        raise Problem("adapter.receipt-differs", claims["transfer_id"])
    # Step 3
    signed_annex = SignedStatement.from_json(annex, "/annex")
    annex_body = verify(signed_annex, "annex", hub.keys, at, hub.party)
    expected = (claims["transfer_id"], claims["record_digest"])
    stated = (annex_body["transfer_id"], annex_body["record_digest"])
    if stated != expected or body["annex_digest"] != signed_annex.digest:
        raise Problem("adapter.annex-differs", claims["transfer_id"])
    return body


def keep_receipt(station: Station, transfer_id: str, statement: Any, receipt: dict[str, Any]) -> None:
    """Keep a verified receipt, and give it to what goes along."""
    station.promises.keep_receipt(transfer_id, statement, receipt["received_at"])
    for companion in station.companions:
        companion.receipted(transfer_id, statement, receipt)
