"""Step 0024: each delivery says which poll caused it, so that the log can be followed from one to the other."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Of what is owed already nobody knows the poll."""
    op.add_column("outbox", sa.Column("poll", sa.Text(), nullable=False, server_default=""))
