"""Step 0003: a watchlist can be paused."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Every watchlist there is goes on matching."""
    op.add_column("watchlists", sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.false()))
