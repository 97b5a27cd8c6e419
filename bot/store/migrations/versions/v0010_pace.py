"""Step 0010: an urgent message is known as one, and a pace says when it was written."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """What was owed stays owed; paces hold for seconds only, so none is carried over."""
    op.add_column("outbox", sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(sa.text("DELETE FROM paces"))
    with op.batch_alter_table("paces") as paces:
        paces.add_column(sa.Column("said", sa.DateTime(timezone=True), nullable=False))
