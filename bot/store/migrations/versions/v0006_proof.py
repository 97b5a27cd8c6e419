"""Step 0006: what proves that we looked, and on which days a source brought news."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"

INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Polls are counted from now on."""
    op.add_column("sources", sa.Column("expected", INSTANT))
    op.add_column("sources", sa.Column("news", JSON, nullable=False, server_default="[]"))
    op.create_table(
        "poll_days",
        sa.Column("source", sa.Text(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("polls", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
    )
    op.create_index("ix_poll_days_day", "poll_days", ["day"])
    op.create_table(
        "gaps",
        sa.Column("source", sa.Text(), primary_key=True),
        sa.Column("begun", INSTANT, primary_key=True),
        sa.Column("ended", INSTANT, nullable=False),
    )
    op.create_index("ix_gaps_ended", "gaps", ["ended"])
