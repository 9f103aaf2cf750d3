"""Cases, the numbers under which the three systems know cases and persons, and who may look."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, Table

from hub.store.tables.columns import maybe_text, metadata, sealed, text

cases = Table(
    "cases",
    metadata,
    text("case_uid", primary_key=True),
    text("opened_by"),
    text("opened_at"),
    text("updated_at"),
    sealed("name"),
)

case_refs = Table(
    "case_refs",
    metadata,
    text("case_uid", ForeignKey("cases.case_uid")),
    text("agency"),
    text("kind"),
    text("blind"),  # keyed blind index of the normalised value
    sealed("value"),
    text("since"),
    maybe_text("ended_at"),  # when two people took the number away again
    PrimaryKeyConstraint("case_uid", "agency", "kind", "blind"),
    Index(None, "blind"),
)

case_links = Table(
    "case_links",
    metadata,
    text("case_uid"),  # either end may be a case that this hub has never seen
    text("other_uid"),
    text("type"),  # split | merge | remand | retrial | supplement
    text("since"),
    PrimaryKeyConstraint("case_uid", "other_uid", "type"),
    Index(None, "other_uid"),
)

case_parties = Table(
    "case_parties",
    metadata,
    text("case_uid", ForeignKey("cases.case_uid")),
    text("agency"),
    text("since"),
    PrimaryKeyConstraint("case_uid", "agency"),
    Index(None, "agency", "since"),
)

person_refs = Table(
    "person_refs",
    metadata,
    text("person_uid"),
    text("case_uid", ForeignKey("cases.case_uid")),
    text("agency"),
    text("kind"),
    text("blind"),
    sealed("value"),
    text("since"),
    maybe_text("ended_at"),
    PrimaryKeyConstraint("person_uid", "case_uid", "agency", "kind", "blind"),
    Index(None, "blind"),
    Index(None, "case_uid"),
)

grants = Table(
    "grants",
    metadata,
    text("case_uid", ForeignKey("cases.case_uid")),
    text("agency"),
    text("handler"),
    text("granted_by"),
    text("granted_at"),
    maybe_text("revoked_at"),
    PrimaryKeyConstraint("case_uid", "agency", "handler"),
)
