"""Step 0023: the language each place is spoken to in, and the locale its platform told."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Nobody has chosen a language yet, and no locale was heard."""
    for name in ("language", "locale"):
        op.add_column("places", sa.Column(name, sa.Text(), nullable=False, server_default=""))
