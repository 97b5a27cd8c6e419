"""Step 0020: the index built anew, as the ways to write one katakana word are read alike."""

from alembic import op

from bot.store import word_index

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """The index holds every item in the normal form of this version."""
    word_index.build(op.get_bind())
