"""Identities"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from evidence.identifiers import uuid7

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The crosswalk's four tables; numbers may end; what is known already is registered."""
    op.create_table(
        "identity_members",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("case_uid", sa.Text(), nullable=False),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("traits", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["case_uid"], ["cases.case_uid"], name=op.f("fk_identity_members_case_uid_cases")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_identity_members")),
        sa.UniqueConstraint("kind", "uid", "case_uid", name=op.f("uq_identity_members_kind_uid_case_uid")),
    )
    op.create_index(op.f("ix_identity_members_case_uid"), "identity_members", ["case_uid"])
    op.create_index(op.f("ix_identity_members_uid"), "identity_members", ["uid"])
    op.create_table(
        "identity_ties",
        sa.Column("tie_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("left_id", sa.Text(), nullable=False),
        sa.Column("right_id", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=True),
        *_to_members("identity_ties"),
        sa.PrimaryKeyConstraint("tie_id", name=op.f("pk_identity_ties")),
    )
    op.create_index(op.f("ix_identity_ties_left_id"), "identity_ties", ["left_id"])
    op.create_index(op.f("ix_identity_ties_right_id"), "identity_ties", ["right_id"])
    standing = sa.text("status = 'standing'")
    op.create_index(
        "uq_identity_ties_standing",
        "identity_ties",
        ["left_id", "right_id", "cause"],
        unique=True,
        postgresql_where=standing,
        sqlite_where=standing,
    )
    op.create_table(
        "identity_proposals",
        sa.Column("proposal_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("left_id", sa.Text(), nullable=False),
        sa.Column("right_id", sa.Text(), nullable=True),
        sa.Column("tie_id", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.Text(), nullable=True),
        sa.Column("details", sa.LargeBinary(), nullable=True),
        *_to_members("identity_proposals"),
        sa.ForeignKeyConstraint(
            ["tie_id"], ["identity_ties.tie_id"], name=op.f("fk_identity_proposals_tie_id_identity_ties")
        ),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_identity_proposals")),
        sa.UniqueConstraint(
            "left_id", "right_id", "cause", name=op.f("uq_identity_proposals_left_id_right_id_cause")
        ),
    )
    op.create_index(op.f("ix_identity_proposals_status_since"), "identity_proposals", ["status", "since"])
    op.create_index(op.f("ix_identity_proposals_right_id"), "identity_proposals", ["right_id"])
    op.create_table(
        "identity_events",
        sa.Column("arrival", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("left_id", sa.Text(), nullable=False),
        sa.Column("right_id", sa.Text(), nullable=True),
        sa.Column("tie_id", sa.Text(), nullable=True),
        sa.Column("proposal_id", sa.Text(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("leaf_hash", sa.Text(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=True),
        *_to_members("identity_events"),
        sa.PrimaryKeyConstraint("arrival", name=op.f("pk_identity_events")),
        sa.UniqueConstraint("event_id", name=op.f("uq_identity_events_event_id")),
    )
    op.create_index(op.f("ix_identity_events_left_id"), "identity_events", ["left_id"])
    op.create_index(op.f("ix_identity_events_right_id"), "identity_events", ["right_id"])
    for table in ("case_refs", "person_refs"):
        op.add_column(table, sa.Column("ended_at", sa.Text(), nullable=True))
    _register_known()


def _to_members(table: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [column], ["identity_members.member_id"], name=op.f(f"fk_{table}_{column}_identity_members")
        )
        for column in ("left_id", "right_id")
    ]


def _register_known() -> None:
    """Cases and persons from before this change; their traits come with the next transfer that tells them."""
    connection = op.get_bind()
    cases = connection.execute(sa.text("SELECT case_uid, opened_by, opened_at FROM cases")).all()
    persons = connection.execute(
        sa.text(
            "SELECT person_uid, person_refs.case_uid, opened_by, min(since) FROM person_refs"
            " JOIN cases ON cases.case_uid = person_refs.case_uid GROUP BY person_uid, person_refs.case_uid, opened_by"
        )
    ).all()
    rows = [(case_uid, "case", case_uid, case_uid, by, since) for case_uid, by, since in cases]
    rows += [(uuid7(), "person", uid, case_uid, by, since) for uid, case_uid, by, since in persons]
    names = ("member_id", "kind", "uid", "case_uid", "registered_by", "since")
    if rows:
        table = sa.table("identity_members", *(sa.column(name) for name in names))
        connection.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in rows])
