"""The crosswalk: persons and cases as nodes, ties between them, what people were asked, and what happened, in order.

An identity (标识) is no row: it is what hangs together over standing ties. Ending a tie therefore gives back exactly
what was there before it, and nothing is ever deleted.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from hub.store.tables.columns import ROW_NUMBER, maybe_text, metadata, sealed, text

identity_members = Table(
    "identity_members",
    metadata,
    text("member_id", primary_key=True),
    text("kind"),  # person | case
    text("uid"),  # person_uid, or the case's own id
    text("case_uid", ForeignKey("cases.case_uid")),
    text("registered_by"),  # the agency whose transfer brought it
    text("since"),
    sealed("traits"),  # what a certain match is held against: names, sex, date of birth, certificate classes
    UniqueConstraint("kind", "uid", "case_uid"),
    Index(None, "case_uid"),
    Index(None, "uid"),
)

identity_ties = Table(
    "identity_ties",
    metadata,
    text("tie_id", primary_key=True),
    text("kind"),
    text("left_id", ForeignKey("identity_members.member_id")),  # the lesser of the two
    text("right_id", ForeignKey("identity_members.member_id")),
    text("cause"),  # the rule that tied them, or `people`
    text("status"),  # standing | ended
    text("since"),
    maybe_text("ended_at"),
    Index(None, "left_id"),
    Index(None, "right_id"),
    Index(
        "uq_identity_ties_standing",
        "left_id",
        "right_id",
        "cause",
        unique=True,
        postgresql_where=Column("status") == "standing",
        sqlite_where=Column("status") == "standing",
    ),
)

identity_proposals = Table(
    "identity_proposals",
    metadata,
    text("proposal_id", primary_key=True),
    text("kind"),
    text("action"),  # merge | undo | separate | link | unlink
    text("left_id", ForeignKey("identity_members.member_id")),
    maybe_text("right_id", ForeignKey("identity_members.member_id")),
    maybe_text("tie_id", ForeignKey("identity_ties.tie_id")),
    text("cause"),  # the rule that asks, or the proposal's own id when a person does
    text("status"),  # candidate | proposed | confirmed | rejected
    text("since"),
    maybe_text("settled_at"),
    sealed("details"),  # who and why, what contradicts, the number in question
    UniqueConstraint("left_id", "right_id", "cause"),
    Index(None, "status", "since"),
    Index(None, "right_id"),
)

identity_events = Table(
    "identity_events",
    metadata,
    Column("arrival", ROW_NUMBER, primary_key=True, autoincrement=True),
    text("event_id"),
    text("kind"),
    text("event"),
    text("left_id", ForeignKey("identity_members.member_id")),
    maybe_text("right_id", ForeignKey("identity_members.member_id")),
    maybe_text("tie_id"),
    maybe_text("proposal_id"),
    text("at"),
    text("leaf_hash"),  # of the mark that stands for it in the log
    sealed("details"),
    UniqueConstraint("event_id"),
    Index(None, "left_id"),
    Index(None, "right_id"),
)
