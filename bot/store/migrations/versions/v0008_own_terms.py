"""Step 0008: a workspace can add its own terms and concepts."""

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Instant, Number

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """No workspace has added anything yet."""
    op.create_table(
        "own_terms",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("workspace", "concept", "name", "text", "key", "language", "created_by")),
        sa.Column("created", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_own_terms"),
        sa.UniqueConstraint("workspace", "concept", "key", name="uq_own_terms_workspace_concept_key"),
    )
