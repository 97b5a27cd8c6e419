"""Step 0011: sources that workspaces add for themselves, and the addresses people ask about."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"

INSTANT = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """No workspace has a source of its own yet."""
    op.create_table(
        "added_sources",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("source", JSON, nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added", INSTANT, nullable=False),
    )
    op.create_index("ix_added_sources_workspace", "added_sources", ["workspace"])
    op.create_table(
        "discoveries",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text(), nullable=False, unique=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("workspace", "place", "url", "name", "prefix")),
        sa.Column("asked", INSTANT, nullable=False),
        sa.Column("lease_until", INSTANT),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("found", JSON),
        sa.Column("refusal", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
    )
    op.create_index("ix_discoveries_asked", "discoveries", ["asked"])
