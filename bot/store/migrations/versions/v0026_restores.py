"""Step 0026: that a copy was put in place of a later database, so that what was sent meanwhile is looked for."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Nothing was restored yet."""
    op.create_table(
        "restores",
        sa.Column("restored", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("copied", sa.DateTime(timezone=True), nullable=False),
    )
