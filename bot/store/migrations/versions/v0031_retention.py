"""Step 0031: how long a workspace wishes what it was sent to be kept."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Everything is kept until a workspace wishes otherwise."""
    op.create_table(
        "retention",
        sa.Column("workspace", sa.Text(), primary_key=True),
        sa.Column("days", sa.Integer(), nullable=False),
    )
