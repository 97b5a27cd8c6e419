"""Step 0022: what people decided about items, as a log that only grows."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Nothing is decided yet."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "decisions",
        sa.Column("number", number, primary_key=True, autoincrement=True),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), sa.ForeignKey("items.id"), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("what", "status", "owner", "owner_name", "reason")),
        sa.Column("until", sa.Date()),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("by", "by_name")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_decisions_workspace_item", "decisions", ["workspace", "item"])
