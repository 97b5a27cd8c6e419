"""Step 0032: on PostgreSQL the index knows where words stand; on SQLite any two pieces of it are merged, a bit at a time."""

from alembic import op

from bot.store import word_index

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """PostgreSQL's index is built anew, which takes about as long as the items took to come in; SQLite's stays as it is."""
    if op.get_context().dialect.name == "postgresql":
        word_index.build(op.get_bind())
    else:
        word_index.merge_any(op.get_bind())
