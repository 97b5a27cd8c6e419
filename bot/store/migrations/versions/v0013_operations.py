"""Step 0013: where the people in charge are told how sources fare, what they were told, and who gets a proof each week."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Nobody is told anything until they ask for it."""
    op.create_table(
        "operations",
        sa.Column("workspace", sa.Text(), primary_key=True),
        sa.Column("place", sa.Text(), sa.ForeignKey("places.id"), nullable=False),
    )
    op.create_table(
        "alarms",
        sa.Column("workspace", sa.Text(), primary_key=True),
        sa.Column("source", sa.Text(), primary_key=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("widespread", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "proofs",
        sa.Column("place", sa.Text(), sa.ForeignKey("places.id"), primary_key=True),
        sa.Column("week", sa.Text(), nullable=False),
    )
