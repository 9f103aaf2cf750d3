"""The tree as tiles of 256 hashes instead of a row for every node"""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WIDTH, HASH_BYTES = 256, 32


def upgrade() -> None:
    op.create_table(
        "log_tiles",
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "position", name=op.f("pk_log_tiles")),
    )
    connection = op.get_bind()
    nodes = sa.table("log_nodes", sa.column("level"), sa.column("position"), sa.column("hash"))
    tiles = sa.table("log_tiles", sa.column("level"), sa.column("position"), sa.column("hashes"))
    stored = sa.select(nodes.c.hash).where(nodes.c.level == 0).order_by(nodes.c.position)
    hashes = [bytes(row.hash) for row in connection.execute(stored)]
    level = 0
    while hashes:
        groups = [hashes[place : place + WIDTH] for place in range(0, len(hashes), WIDTH)]
        rows = [
            {"level": level, "position": position, "hashes": b"".join(group)} for position, group in enumerate(groups)
        ]
        connection.execute(sa.insert(tiles), rows)
        hashes = [_root(group) for group in groups if len(group) == WIDTH]
        level += 1
    op.drop_table("log_nodes")


def _root(group: list[bytes]) -> bytes:
    while len(group) > 1:
        group = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in zip(group[::2], group[1::2], strict=True)]
    return group[0]
