"""Supervision: findings of the sweep"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('case_findings',
    sa.Column('case_uid', sa.Text(), nullable=False),
    sa.Column('finding_key', sa.Text(), nullable=False),
    sa.Column('change', sa.BigInteger(), nullable=False),
    sa.Column('opened_at', sa.Text(), nullable=False),
    sa.Column('cleared_at', sa.Text(), nullable=True),
    sa.Column('finding', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['case_uid'], ['cases.case_uid'], name=op.f('fk_case_findings_case_uid_cases')),
    sa.PrimaryKeyConstraint('case_uid', 'finding_key', name=op.f('pk_case_findings')),
    sa.UniqueConstraint('change', name=op.f('uq_case_findings_change'))
    )
    op.create_table('case_sweeps',
    sa.Column('case_uid', sa.Text(), nullable=False),
    sa.Column('swept_at', sa.Text(), nullable=False),
    sa.Column('next_at', sa.Text(), nullable=True),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['case_uid'], ['cases.case_uid'], name=op.f('fk_case_sweeps_case_uid_cases')),
    sa.PrimaryKeyConstraint('case_uid', name=op.f('pk_case_sweeps'))
    )
    op.create_index(op.f('ix_case_sweeps_next_at'), 'case_sweeps', ['next_at'], unique=False)
    op.create_table('sweep_state',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('last_change', sa.BigInteger(), nullable=False),
    sa.Column('marked_change', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_sweep_state'))
    )


def downgrade() -> None:
    op.drop_table('sweep_state')
    op.drop_index(op.f('ix_case_sweeps_next_at'), table_name='case_sweeps')
    op.drop_table('case_sweeps')
    op.drop_table('case_findings')
