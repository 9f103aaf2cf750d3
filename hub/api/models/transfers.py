"""Transfers (流转), their marks and proofs, and the inbox."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from hub.api.models.findings import ShownFinding, SweptFinding
from hub.api.models.log import InclusionProof
from hub.api.models.shape import (
    Agency,
    Base64,
    Digest,
    Instant,
    Node,
    NodeOrNull,
    Party,
    Record,
    Shape,
    SignedAnnex,
    SignedDescriptor,
    SignedEnvelope,
    SignedKey,
    SignedMark,
    SignedReceipt,
    Uuid,
    UuidOrNull,
)
from hub.exchange.decisions.states import State
from hub.limits import LIMITS


class Submission(Shape):
    """A transfer without its parts, which are uploaded before."""

    envelope: SignedEnvelope
    record: Record
    descriptors: list[SignedDescriptor]
    marks: list[SignedMark] = Field(description="`sealed` where anything was, then `submitted`.")


class SubmissionAnswer(Shape):
    """The hub's receipt, and its annex of converted codes."""

    receipt: SignedReceipt
    annex: SignedAnnex
    findings: list[ShownFinding]


class Transfer(Shape):
    """A transfer without its sealed volumes."""

    transfer_id: Uuid
    node: Node
    status: State
    sender: Agency
    receiver: Agency
    case_uid: Uuid
    received_at: Instant
    envelope: SignedEnvelope
    record: Record
    annex: SignedAnnex
    descriptors: list[SignedDescriptor]
    receipt: SignedReceipt
    findings: list[ShownFinding]
    sender_keys: list[SignedKey]


class Acknowledgement(Shape):
    """The receiver's signed mark, `acknowledged` or `declined`, and what it commits to where it has a private part."""

    mark: SignedMark
    private: dict[str, Any] | None = None
    salt: Base64 | None = None


class AcknowledgementAnswer(Shape):
    """The transfer's state now, and the mark's place to be in the log."""

    status: State
    leaf_hash: Digest


class MarksHandedIn(Shape):
    """Marks that a party signed after the transfer."""

    marks: list[SignedMark] = Field(min_length=1, max_length=LIMITS.marks_per_request)


class LeafHashes(Shape):
    """Leaf hashes in the order of the marks."""

    leaf_hashes: list[Digest]


class TrailEntry(Shape):
    """One mark with its place in the log; `leaf_index` is null until it has one."""

    leaf_index: int | None
    leaf_hash: Digest
    mark_id: Uuid
    transfer_id: UuidOrNull
    node: NodeOrNull
    action: str = Field(description="An action of the vocabulary; it grows.")
    actor: Party
    seq: int
    occurred_at: Instant
    statement: SignedMark


class TransferTrail(Shape):
    """The marks of a transfer, and what was noticed when it was accepted."""

    transfer_id: Uuid
    marks: list[TrailEntry]
    findings: list[ShownFinding]
    asked_at: Instant


class CaseTrail(Shape):
    """The marks of all transfers of a case, and what the sweep holds open."""

    case_uid: Uuid
    marks: list[TrailEntry]
    findings: list[SweptFinding]
    asked_at: Instant


class TransferProofs(Shape):
    """The newest checkpoint (a C2SP signed note), and a proof for every mark of the transfer that it covers."""

    checkpoint: str | None
    proofs: list[InclusionProof]


class InboxItem(Shape):
    """One transfer that was offered to the caller."""

    position: int
    transfer_id: Uuid
    node: Node
    sender: Agency
    case_uid: Uuid
    offered_at: Instant
    bytes: int
    pages: int
    status: State


class Inbox(Shape):
    """Items after the cursor, oldest first, the next cursor, and the newest checkpoint."""

    items: list[InboxItem]
    next: int
    last: int | None = Field(default=None, description="The newest position; told to intake.")
    known: Uuid | None = Field(default=None, description="The transfer at the position asked about, if there is one.")
    checkpoint: str | None = Field(description="A C2SP signed note; null before the first one is signed.")
