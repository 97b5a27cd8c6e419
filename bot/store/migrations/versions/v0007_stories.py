"""Step 0007: items of several sources that report one event are one story, and an item keeps what its source mentions with it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Items there are stay alone: what came before stories is not joined afterwards."""
    op.add_column("items", sa.Column("mentions", JSON, nullable=False, server_default=sa.text("'[]'")))
    op.create_table(
        "marks",
        sa.Column("mark", sa.Text(), primary_key=True),
        sa.Column("source", sa.Text(), primary_key=True),
        sa.Column("place", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("item", sa.Text(), sa.ForeignKey("items.id"), nullable=False),
        sa.UniqueConstraint("item", "mark"),
    )
    op.create_table(
        "stories",
        sa.Column("item", sa.Text(), sa.ForeignKey("items.id"), primary_key=True),
        sa.Column("story", sa.Text(), sa.ForeignKey("items.id"), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("joined", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_stories_story", "stories", ["story"])
