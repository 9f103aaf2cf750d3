"""The receipt (平台回执): what the hub signs of a transfer that it accepted; `schemas/receipt-v1.json` says the same.

Read once, after its signature is verified, with `Receipt.read`. `more` holds members that this program does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from standards.members import Members, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
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
    more: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, body: Any) -> Receipt:
        """The receipt of a body that conforms to its schema. Raises as `standards.members` does."""
        m = Members(body)
        return cls(
            suite=m.text("suite"),
            v=m.number("v"),
            transfer_id=m.text("transfer_id"),
            envelope_digest=m.text("envelope_digest"),
            node=m.text("node"),
            case_uid=m.text("case_uid"),
            sender=m.text("sender"),
            receiver=m.text("receiver"),
            received_at=m.text("received_at"),
            annex_digest=m.text("annex_digest"),
            mark_leaf_hash=m.text("mark_leaf_hash"),
            inclusion_deadline=m.text("inclusion_deadline"),
            log_origin=m.text("log_origin"),
            standard=m.text("standard"),
            findings=m.objects("findings", plain),
            more=m.left(),
        )

    def to_json(self) -> dict[str, Any]:
        """Exactly what was read, and what is signed of a fresh one."""
        return {
            "suite": self.suite,
            "v": self.v,
            "transfer_id": self.transfer_id,
            "envelope_digest": self.envelope_digest,
            "node": self.node,
            "case_uid": self.case_uid,
            "sender": self.sender,
            "receiver": self.receiver,
            "received_at": self.received_at,
            "annex_digest": self.annex_digest,
            "mark_leaf_hash": self.mark_leaf_hash,
            "inclusion_deadline": self.inclusion_deadline,
            "log_origin": self.log_origin,
            "standard": self.standard,
            "findings": [dict(finding) for finding in self.findings],
            **self.more,
        }
