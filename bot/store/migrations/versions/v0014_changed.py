"""Step 0014: each watchlist knows at which revision it changed, so that a matcher reads only what it has not seen."""

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Number

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """What there is has not changed since the first revision; a matcher that starts reads everything anyway."""
    op.add_column("watchlists", sa.Column("changed", Number, nullable=False, server_default="0"))
    op.create_index("ix_watchlists_changed", "watchlists", ["changed"])
