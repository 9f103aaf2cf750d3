"""Transfers, the volumes they carry, the receivers' inboxes, and the parts in the blob store."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy import text as sql_text

from hub.store.tables.columns import maybe_text, metadata, number, octets, sealed, text

transfers = Table(
    "transfers",
    metadata,
    text("transfer_id", primary_key=True),
    text("node"),
    text("sender"),
    text("receiver"),
    text("handler"),  # the pushing handler at the sender
    text("case_uid", ForeignKey("cases.case_uid")),
    text("status"),  # offered | acknowledged | undeliverable | superseded
    text("envelope_digest"),
    text("record_digest"),
    maybe_text("in_reply_to"),
    maybe_text("supersedes"),
    text("received_at"),
    text("settled_at"),  # when the status last changed
    number("bytes"),
    number("pages"),
    sealed("envelope"),
    sealed("record"),
    sealed("annex"),
    sealed("receipt"),
    sealed("findings"),
    sealed("answer"),  # the exact bytes of the answer to the sender
    Index(None, "case_uid", "received_at"),
    Index(None, "in_reply_to"),
    Index(None, "sender", "received_at"),
    Index(None, "receiver", "received_at"),
    Index(
        "ix_transfers_offered",
        "receiver",
        sqlite_where=sql_text("status = 'offered'"),
        postgresql_where=sql_text("status = 'offered'"),
    ),
)

descriptors = Table(
    "descriptors",
    metadata,
    text("volume_id", primary_key=True),
    text("descriptor_digest"),
    text("sealed_by"),
    text("kind"),
    text("number"),
    octets("statement"),
    text("stored_at"),
    UniqueConstraint("descriptor_digest"),
)

transfer_volumes = Table(
    "transfer_volumes",
    metadata,
    text("transfer_id", ForeignKey("transfers.transfer_id")),
    text("volume_id", ForeignKey("descriptors.volume_id")),
    number("position"),  # in the envelope, from 0
    text("sealed_digest"),
    maybe_text("reused_from"),
    PrimaryKeyConstraint("transfer_id", "volume_id"),
    Index(None, "volume_id"),
)

volume_holders = Table(
    "volume_holders",
    metadata,
    text("volume_id", ForeignKey("descriptors.volume_id")),
    text("agency"),
    text("how"),  # sealed | received
    text("transfer_id"),
    text("since"),
    PrimaryKeyConstraint("volume_id", "agency"),
)

inbox_counters = Table(
    "inbox_counters",
    metadata,
    text("receiver", primary_key=True),
    number("last"),
)

inbox = Table(
    "inbox",
    metadata,
    text("receiver"),
    number("position"),
    text("transfer_id", ForeignKey("transfers.transfer_id")),
    text("offered_at"),
    PrimaryKeyConstraint("receiver", "position"),
    UniqueConstraint("transfer_id"),
)

blobs = Table(
    "blobs",
    metadata,
    text("digest", primary_key=True),
    number("size"),
    text("state"),  # arriving | stored
    text("since"),
)

blob_leases = Table(
    "blob_leases",
    metadata,
    text("digest", ForeignKey("blobs.digest")),
    text("agency"),
    text("state"),  # arriving: announced only; stored: the agency has shown that it holds the bytes
    text("expires"),
    PrimaryKeyConstraint("digest", "agency"),
)

blob_claims = Table(
    "blob_claims",
    metadata,
    text("digest", ForeignKey("blobs.digest")),
    text("transfer_id", ForeignKey("transfers.transfer_id")),
    PrimaryKeyConstraint("digest", "transfer_id"),
    Index(None, "transfer_id"),
)
