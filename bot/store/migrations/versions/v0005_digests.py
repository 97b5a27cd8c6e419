"""Step 0005: digests in the outbox, how often and when a place wishes to hear, and one pace for all processes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """What was owed stays owed; every place and subscription goes on as before."""
    op.add_column("outbox", sa.Column("window", JSON))
    op.add_column("outbox", sa.Column("digest", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_outbox_place_created", "outbox", ["place", "created"])
    op.create_index("ix_outbox_digest", "outbox", ["digest"])
    op.add_column("places", sa.Column("quiet_from", sa.Time()))
    op.add_column("places", sa.Column("quiet_to", sa.Time()))
    op.add_column("places", sa.Column("compact", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("places", sa.Column("threads", sa.Text(), nullable=False, server_default="thread"))
    op.add_column("places", sa.Column("mentions", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("subscriptions", sa.Column("days", JSON, nullable=False, server_default=sa.text("'[]'")))
    op.add_column("subscriptions", sa.Column("at", sa.Time(), nullable=False, server_default=sa.text("'09:00:00.000000'")))
    op.add_column("subscriptions", sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table("paces", sa.Column("name", sa.Text(), primary_key=True), sa.Column("free", sa.DateTime(timezone=True), nullable=False))
