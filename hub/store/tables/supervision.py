"""What the sweep found overdue, and when it checked each case. Findings are encrypted; rows show only case and time."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from hub.store.tables.columns import maybe_text, metadata, number, sealed, text

case_findings = Table(
    "case_findings",
    metadata,
    text("case_uid", ForeignKey("cases.case_uid")),
    text("finding_key"),  # keyed blind index of rule, place, term and start
    number("change"),  # counts every opening and every clearing in the hub, from 1
    text("opened_at"),
    maybe_text("cleared_at"),
    sealed("finding"),
    PrimaryKeyConstraint("case_uid", "finding_key"),
    UniqueConstraint("change"),
)

case_sweeps = Table(
    "case_sweeps",
    metadata,
    text("case_uid", ForeignKey("cases.case_uid"), primary_key=True),
    text("swept_at"),
    maybe_text("next_at"),  # when something may be found though nothing comes; absent: never
    text("basis"),  # digest of rule book, calendar and enrolled agency types
    Index(None, "next_at"),
)

sweep_state = Table(
    "sweep_state",
    metadata,
    text("name", primary_key=True),
    number("last_change"),  # the newest number in `case_findings.change`
    number("marked_change"),  # up to which the marks of the log tell
)
