"""Step 0015: the index built anew, as the long mark that may end a katakana word is not read any more."""

from alembic import op

from bot.store import word_index

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """The index holds every item in the normal form of this version."""
    word_index.build(op.get_bind())
