"""Step 0018: places are reminded of deadlines."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Nobody is reminded of anything until somebody asks for it."""
    op.create_table(
        "reminders",
        sa.Column("place", sa.Text(), sa.ForeignKey("places.id"), primary_key=True),
        sa.Column("days", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("at", sa.Time(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "reminded",
        sa.Column("place", sa.Text(), sa.ForeignKey("places.id"), primary_key=True),
        sa.Column("item", sa.Text(), sa.ForeignKey("items.id"), primary_key=True),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("ahead", sa.Integer(), primary_key=True, autoincrement=False),
    )
