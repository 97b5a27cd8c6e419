"""Step 0009: where a platform takes the messages for a place."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Places known so far have no address of their own."""
    op.add_column("places", sa.Column("address", sa.Text(), nullable=False, server_default=""))
