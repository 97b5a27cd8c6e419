"""Step 0019: the admins of a workspace, and who may change what a place receives."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """As before, anyone in a place may change what it receives."""
    op.create_table(
        "roles",
        *(sa.Column(name, sa.Text(), primary_key=True) for name in ("workspace", "place", "actor")),
        sa.Column("name", sa.Text(), nullable=False),
    )
