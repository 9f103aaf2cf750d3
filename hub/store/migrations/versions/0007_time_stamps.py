"""Time stamp tokens on checkpoints"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('time_stamps',
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('answer', sa.LargeBinary(), nullable=False),
    sa.Column('stamped_at', sa.Text(), nullable=False),
    sa.Column('received_at', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('size', name=op.f('pk_time_stamps'))
    )


def downgrade() -> None:
    op.drop_table('time_stamps')
