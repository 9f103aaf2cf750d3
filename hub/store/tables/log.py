"""Marks, the Merkle tree over them, and its signed checkpoints.

A mark is inserted without `leaf_index`; only the sequencer sets it, once. Entry bundles and proofs all derive
from `marks.leaf` and `log_tiles`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from hub.store.tables.columns import ROW_NUMBER, maybe_text, metadata, number, octets, sealed, text

marks = Table(
    "marks",
    metadata,
    Column("arrival", ROW_NUMBER, primary_key=True, autoincrement=True),
    text("mark_id"),
    maybe_text("transfer_id"),
    text("chain"),  # the transfer's id, or "" for the signer's chain outside transfers
    text("signer"),
    number("seq"),
    text("action"),
    maybe_text("case_uid"),  # for the case's trail; not part of the leaf when the mark has no transfer
    maybe_text("about"),  # the agency that a hub's mark speaks of: whom it refused, admitted, granted
    octets("leaf"),
    octets("leaf_hash"),
    Column("leaf_index", BigInteger, nullable=True),
    text("inserted_at"),
    sealed("private"),
    sealed("salt"),
    UniqueConstraint("mark_id"),
    UniqueConstraint("leaf_hash"),
    UniqueConstraint("leaf_index"),
    UniqueConstraint("chain", "signer", "seq"),
    Index(None, "case_uid"),
    Index(None, "about", "inserted_at"),
    # The sequencer's question, "what waits", stays small however long the log is.
    Index(
        "ix_marks_waiting",
        "arrival",
        postgresql_where=Column("leaf_index").is_(None),
        sqlite_where=Column("leaf_index").is_(None),
    ),
)

log_tiles = Table(
    "log_tiles",
    metadata,
    number("level"),  # 0 holds leaf hashes, each further level the roots of the full tiles below
    number("position"),
    octets("hashes"),  # up to 256 hashes of 32 bytes; fewer only at the right edge
    PrimaryKeyConstraint("level", "position"),
)

log_state = Table(
    "log_state",
    metadata,
    text("origin", primary_key=True),
    number("size"),  # how many marks have their place
)

checkpoints = Table(
    "checkpoints",
    metadata,
    number("size", primary_key=True, autoincrement=False),
    octets("root"),
    text("note"),
    text("signed_at"),
)

log_cosignatures = Table(
    "log_cosignatures",
    metadata,
    number("size", autoincrement=False),
    text("witness"),  # the agency's short name
    text("line"),  # the signature line with its line feed, as it stands in a note
    text("received_at"),
    PrimaryKeyConstraint("size", "witness"),
    Index(None, "witness", "size"),  # what a witness has seen last
)

time_stamps = Table(
    "time_stamps",
    metadata,
    number("size", primary_key=True, autoincrement=False),
    octets("answer"),  # the authority's answer (TimeStampResp), DER
    text("stamped_at"),  # what the token says
    text("received_at"),  # by the hub's clock
)

meta = Table(
    "meta",
    metadata,
    text("name", primary_key=True),
    text("value"),
)
