"""Step 0002: the index that search narrows by, over every item there is."""

from alembic import op

from bot.store import word_index

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """The index holds every item. It is derived data, so unlike the tables it is always made as this version makes it."""
    word_index.build(op.get_bind())
