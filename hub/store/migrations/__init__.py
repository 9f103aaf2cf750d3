"""Schema migrations (alembic), run by the hub itself when it opens its database.

`versions/` holds one file per change, never edited once released. Operators need no alembic command.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from hub.store.tables import transfers

LATER_INDEXES = [index for index in transfers.indexes if index.name == "ix_transfers_offered"]


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for work on `connection`."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the schema to `revision` inside the caller's transaction: wholly, or not at all.

    At the newest one, indexes that a release before did not have are made. They are no revision: a program of that
    release goes on reading the database, which it would not with a revision that it does not know.
    """
    command.upgrade(configuration(connection), revision)
    if revision == "head":
        for index in LATER_INDEXES:
            index.create(connection, checkfirst=True)
