"""Codebooks: releases, their files, drafts and edits"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('codebook_files',
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('packed', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_codebook_files'))
    )
    op.create_table('codebook_releases',
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('release', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('effective_from', sa.Text(), nullable=False),
    sa.Column('released_at', sa.Text(), nullable=False),
    sa.Column('statement', sa.LargeBinary(), nullable=False),
    sa.Column('files', sa.Text(), nullable=False),
    sa.Column('draft', sa.Text(), nullable=False),
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('reviewer', sa.Text(), nullable=False),
    sa.Column('released_by', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_codebook_releases')),
    sa.UniqueConstraint('release', name=op.f('uq_codebook_releases_release'))
    )
    op.create_table('codebook_drafts',
    sa.Column('draft', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('base', sa.Text(), nullable=False),
    sa.Column('base_files', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('start', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('created_at', sa.Text(), nullable=False),
    sa.Column('changed_at', sa.Text(), nullable=False),
    sa.Column('reviewer', sa.Text(), nullable=True),
    sa.Column('reviewed_at', sa.Text(), nullable=True),
    sa.Column('review_note', sa.Text(), nullable=True),
    sa.Column('approved_digest', sa.Text(), nullable=True),
    sa.Column('released_as', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('draft', name=op.f('pk_codebook_drafts'))
    )
    op.create_index(op.f('ix_codebook_drafts_state'), 'codebook_drafts', ['state'], unique=False)
    op.create_table('codebook_edits',
    sa.Column('draft', sa.Text(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('file', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('before', sa.Text(), nullable=True),
    sa.Column('after', sa.Text(), nullable=True),
    sa.Column('editor', sa.Text(), nullable=False),
    sa.Column('edited_at', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['draft'], ['codebook_drafts.draft'], name=op.f('fk_codebook_edits_draft_codebook_drafts')),
    sa.PrimaryKeyConstraint('draft', 'version', name=op.f('pk_codebook_edits'))
    )


def downgrade() -> None:
    op.drop_table('codebook_edits')
    op.drop_index(op.f('ix_codebook_drafts_state'), table_name='codebook_drafts')
    op.drop_table('codebook_drafts')
    op.drop_table('codebook_releases')
    op.drop_table('codebook_files')
