"""Alembic's environment: runs on the connection that `tables.migrate` hands over."""

from alembic import context

from pswallet.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, compare_server_default=True)
with context.begin_transaction():
    context.run_migrations()
