"""Step 0017: the days of items by themselves, so that those ahead are found; and which items are still to be enriched."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Every item there is waits to be enriched, which the schedules do; the days its source named are there already."""
    op.add_column("items", sa.Column("enriched", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_items_enriched", "items", ["enriched"])
    op.create_table(
        "deadlines",
        sa.Column("item", sa.Text(), sa.ForeignKey("items.id"), primary_key=True),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
    )
    op.create_index("ix_deadlines_day", "deadlines", ["day"])
