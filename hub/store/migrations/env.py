"""Alembic's entry: works on the connection that `hub.store.migrations` hands it, inside that one's transaction."""

from __future__ import annotations

from alembic import context

from hub.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
