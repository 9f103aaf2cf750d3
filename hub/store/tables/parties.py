"""Agencies, their keys, their handlers, and the nonces of their requests."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from hub.store.tables.columns import maybe_text, metadata, number, octets, sealed, text

agencies = Table(
    "agencies",
    metadata,
    text("agency", primary_key=True),  # "police:350102000000"
    text("type"),
    text("code"),
    text("name"),
    text("role"),  # agency | auditor | maintainer
    text("fingerprint"),  # key id of the first identity key, as the operator compared it
    octets("enrolment"),  # the agency's signed request
    octets("admission"),  # the hub's signed answer
    text("admitted_at"),
    maybe_text("revoked_at"),
)

agency_keys = Table(
    "agency_keys",
    metadata,
    text("key_id", primary_key=True),
    text("agency", ForeignKey("agencies.agency")),
    number("position"),  # in the agency's chain of key statements, from 0
    text("purpose"),  # identity | hpke
    octets("statement"),
    text("valid_from"),
    maybe_text("valid_to"),
    text("added_at"),
    maybe_text("revoked_at"),
    UniqueConstraint("agency", "position"),
)

handlers = Table(
    "handlers",
    metadata,
    text("agency", ForeignKey("agencies.agency")),
    text("handler"),
    text("role"),  # intake | handler
    sealed("name"),
    text("created_at"),
    maybe_text("removed_at"),
    PrimaryKeyConstraint("agency", "handler"),
)

nonces = Table(
    "nonces",
    metadata,
    text("key_id"),
    text("nonce"),
    text("expires"),
    PrimaryKeyConstraint("key_id", "nonce"),
    Index(None, "expires"),
)
