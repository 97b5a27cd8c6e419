"""Alembic's entry: runs the steps on the connection it is handed, inside the transaction that is already open there."""

from alembic import context

from bot.store.translation_tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # Both dialects undo a half-done schema change with the transaction; alembic assumes SQLite does not.
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
