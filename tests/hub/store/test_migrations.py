"""The migrations lead to exactly the tables that the code declares, on both databases."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import column, insert, table

from evidence.log import merkle
from hub.log import stored
from hub.store import migrations
from hub.store.database import Database
from hub.store.tables import metadata


def test_migrated_schema_is_the_declared_one(database: Database) -> None:
    with database.transaction() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_every_sealed_column_is_binary_and_every_instant_is_text() -> None:
    sealed = {"envelope", "record", "annex", "receipt", "findings", "answer", "private", "salt"}
    for each in metadata.tables.values():
        for member in each.columns:
            if each.name in ("transfers", "marks") and member.name in sealed:
                assert str(member.type) == "BLOB"
            if member.name.endswith("_at"):
                assert str(member.type) == "TEXT"


def test_a_tree_of_stored_nodes_becomes_tiles(tmp_path: Path) -> None:
    """0005 reads the nodes that earlier hubs stored one by one."""
    database = Database(f"sqlite:///{tmp_path / 'hub.db'}")
    hashes = [merkle.leaf_hash(str(index).encode()) for index in range(700)]
    frontier = merkle.Frontier()
    rows = [
        {"level": level, "position": position, "hash": node}
        for leaf in hashes
        for level, position, node in frontier.append(leaf)
    ]
    with database.transaction() as connection:
        migrations.upgrade(connection, "0004")
        nodes = table("log_nodes", column("level"), column("position"), column("hash"))
        connection.execute(insert(nodes), rows)
        migrations.upgrade(connection)
        assert merkle.frontier_at(700, stored.reader(connection)).root() == frontier.root()
        stored.append(connection, 700, [hashes[0]])
        frontier.append(hashes[0])
        assert merkle.frontier_at(701, stored.reader(connection)).root() == frontier.root()
    database.close()
