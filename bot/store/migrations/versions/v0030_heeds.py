"""Step 0030: which sources a place has muted, and which items it follows."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """No place has muted or followed anything yet."""
    op.create_table(
        "heeds",
        sa.Column("place", sa.Text(), sa.ForeignKey("places.id"), primary_key=True),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("about", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "by", "by_name")),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_heeds_about", "heeds", ["about"])
