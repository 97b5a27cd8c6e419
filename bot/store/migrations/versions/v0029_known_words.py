"""Step 0029: on SQLite every word of the index is listed, so that a search leaves out what no item says."""

from alembic import op

from bot.store import word_index

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """The list has every word; until now it had words as written, and those of Chinese, Japanese and Korean."""
    word_index.list_words(op.get_bind())
