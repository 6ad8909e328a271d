"""Alembic's entry: run the migrations of state.sqlite on the connection that the caller gives."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], target_metadata=None)
context.run_migrations()
