"""Step 0021: places have a calendar of deadlines."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """No calendar is to be had until somebody asks for one."""
    op.create_table(
        "calendars",
        sa.Column("place", sa.Text(), sa.ForeignKey("places.id"), primary_key=True),
        sa.Column("digest", sa.Text(), nullable=False, unique=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    )
