"""The migrations lead to exactly the tables that the code declares, on both databases."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from hub.store.database import Database
from hub.store.tables import metadata


def test_migrated_schema_is_the_declared_one(database: Database) -> None:
    with database.transaction() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_every_sealed_column_is_binary_and_every_instant_is_text() -> None:
    sealed = {"envelope", "record", "annex", "receipt", "findings", "answer", "private", "salt"}
    for table in metadata.tables.values():
        for column in table.columns:
            if table.name in ("transfers", "marks") and column.name in sealed:
                assert str(column.type) == "BLOB"
            if column.name.endswith("_at"):
                assert str(column.type) == "TEXT"
