"""Step 0004: a delivery can carry a notice in the place of an item."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """What is owed stays owed."""
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("item", existing_type=sa.Text(), nullable=True)
        outbox.add_column(sa.Column("notice", JSON))
