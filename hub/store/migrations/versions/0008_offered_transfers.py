"""What waits for a receiver, by an index that holds nothing else"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OFFERED = "status = 'offered'"


def upgrade() -> None:
    op.create_index('ix_transfers_offered', 'transfers', ['receiver'], unique=False, postgresql_where=sa.text(OFFERED), sqlite_where=sa.text(OFFERED))


def downgrade() -> None:
    op.drop_index('ix_transfers_offered', table_name='transfers')
