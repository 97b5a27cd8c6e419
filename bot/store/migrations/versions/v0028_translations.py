"""Step 0028: what a service made of titles and summaries, and how the service fares."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Nothing has been translated yet."""
    op.create_table(
        "translations",
        sa.Column("item", sa.Text(), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text(), primary_key=True) for name in ("target", "field")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("digest", "service", "text")),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_translations_digest", "translations", ["digest"])
    op.create_index("ix_translations_shown", "translations", ["shown"])
    op.create_table(
        "translator",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("day", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("characters", "failures")),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
    )
