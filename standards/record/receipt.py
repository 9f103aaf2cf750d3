"""The receipt (平台回执): what the hub signs of a transfer that it accepted; `schemas/receipt-v1.json` says the same.

Read once, after its signature is verified, with `Receipt.read`. `more` holds members that this program does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from standards.members import TypedObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(TypedObject):
    """The hub's statement about one transfer, with the promise of a place in the log. `findings` are kept unchanged."""

    suite: str
    v: int
    transfer_id: str
    envelope_digest: str
    node: str
    case_uid: str
    sender: str
    receiver: str
    received_at: str
    annex_digest: str
    mark_leaf_hash: str
    inclusion_deadline: str
    log_origin: str
    standard: str
    findings: tuple[Mapping[str, Any], ...]
