"""Step 0027: which watchlists came with which pack, and the figures of charts that chat shows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """No watchlist has come with a pack yet, and no chart has been shown."""
    op.create_table(
        "packed",
        *(sa.Column(name, sa.Text(), primary_key=True) for name in ("workspace", "pack", "key")),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("watchlist", sa.Text(), sa.ForeignKey("watchlists.id"), nullable=False),
    )
    op.create_table(
        "charts",
        sa.Column("digest", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("workspace", "title")),
        sa.Column("figures", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_charts_expires", "charts", ["expires"])
