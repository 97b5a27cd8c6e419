"""Step 0012: an index that decides most searches by itself, built anew over every item there is."""

from alembic import op

from bot.store import word_index

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """The index holds every item. It is derived data, so unlike the tables it is always made as this version makes it."""
    word_index.build(op.get_bind())
