"""Step 0016: the Slack workspaces and organisations in which the bot is installed, their tokens sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """A bot with one token of its settings has no rows here."""
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "installations",
        sa.Column("id", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("enterprise", "team", "installer", "bot_user", "sealed")),
        sa.Column("installed", instant, nullable=False),
        sa.Column("expires", instant),
        sa.Column("renewing_until", instant),
    )
    op.create_table(
        "memberships",
        sa.Column("team", sa.Text(), primary_key=True),
        sa.Column("enterprise", sa.Text(), nullable=False, index=True),
    )
    op.create_table(
        "install_states",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("expires", instant, nullable=False),
    )
