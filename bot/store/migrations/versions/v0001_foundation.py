"""Step 0001: items with their versions, watchlists and places, the outbox, and the state of sources."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

# Spelt out here, not taken from tables.py: a step must mean the same for ever.
INSTANT = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """An empty database holds the tables of the first release."""
    for make in (_items, _versions, _watchlists, _places, _subscriptions, _hits, _outbox, _sources, _small):
        make()


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _lists(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, JSON, nullable=False) for name in names]


def _whole(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _number() -> sa.Column[int]:
    return sa.Column("number", NUMBER, primary_key=True, autoincrement=True)


def _id() -> sa.Column[str]:
    return sa.Column("id", sa.Text(), nullable=False, unique=True)


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _items() -> None:
    op.create_table(
        "items",
        _number(),
        _id(),
        *_text("source", "key"),
        sa.Column("url", sa.Text()),
        *_text("link", "title", "summary", "text", "language", "country"),
        *_lists("regions"),
        *_text("agency", "tier", "doc_type"),
        sa.Column("status", sa.Text()),
        *_lists("product_types", "concepts", "deadlines"),
        sa.Column("published", INSTANT),
        sa.Column("updated", INSTANT),
        sa.Column("detected", INSTANT, nullable=False),
        *_whole("version"),
        *_text("fingerprint", "seen"),
        *_whole("streak"),
        sa.UniqueConstraint("source", "key"),
    )
    _index("items", "source", "link")
    for column in ("link", "url", "detected"):
        _index("items", column)


def _versions() -> None:
    op.create_table(
        "versions",
        sa.Column("item", sa.Text(), sa.ForeignKey("items.id"), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        *_lists("content"),
        *_text("fingerprint"),
        sa.Column("found", INSTANT, nullable=False),
        *_text("why"),
    )


def _watchlists() -> None:
    op.create_table(
        "watchlists",
        _number(),
        _id(),
        *_text("workspace", "name", "name_key", "query", "created_by"),
        sa.Column("created", INSTANT, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
    )
    active = sa.text("active")
    op.create_index(
        "uq_watchlists_workspace_name_key",
        "watchlists",
        ["workspace", "name_key"],
        unique=True,
        sqlite_where=active,
        postgresql_where=active,
    )


def _places() -> None:
    op.create_table(
        "places",
        sa.Column("id", sa.Text(), primary_key=True),
        *_text("platform", "workspace", "channel", "name", "timezone", "suspended"),
        sa.Column("suspended_at", INSTANT),
    )


def _subscriptions() -> None:
    op.create_table(
        "subscriptions",
        _number(),
        _id(),
        sa.Column("watchlist", sa.Text(), sa.ForeignKey("watchlists.id"), nullable=False),
        sa.Column("place", sa.Text(), sa.ForeignKey("places.id"), nullable=False),
        *_text("frequency", "created_by"),
        sa.Column("created", INSTANT, nullable=False),
        sa.UniqueConstraint("watchlist", "place"),
    )
    _index("subscriptions", "place")


def _hits() -> None:
    op.create_table(
        "hits",
        sa.Column("item", sa.Text(), sa.ForeignKey("items.id"), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("watchlist", sa.Text(), sa.ForeignKey("watchlists.id"), primary_key=True),
        *_lists("evidence"),
        sa.Column("found", INSTANT, nullable=False),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        _number(),
        _id(),
        sa.Column("place", sa.Text(), sa.ForeignKey("places.id"), nullable=False),
        sa.Column("item", sa.Text(), sa.ForeignKey("items.id"), nullable=False),
        *_whole("version"),
        *_text("kind"),
        *_lists("watchlists"),
        *_text("state"),
        *_whole("attempts"),
        sa.Column("created", INSTANT, nullable=False),
        sa.Column("not_before", INSTANT, nullable=False),
        *(sa.Column(name, INSTANT) for name in ("attempted", "lease_until", "sent")),
        *_text("reference", "reason"),
        sa.UniqueConstraint("place", "item", "version", "kind"),
    )
    _index("outbox", "state", "not_before")
    _index("outbox", "place", "state", "number")
    _index("outbox", "item")


def _sources() -> None:
    op.create_table(
        "sources",
        sa.Column("source", sa.Text(), primary_key=True),
        *_text("etag", "last_modified", "body_hash"),
        sa.Column("next_poll", INSTANT, nullable=False),
        sa.Column("lease_until", INSTANT),
        *_whole("failures", "polls"),
        sa.Column("last_polled", INSTANT),
        sa.Column("last_success", INSTANT),
        *_whole("last_rows"),
        *_text("trouble", "fault"),
        sa.Column("trouble_since", INSTANT),
    )
    _index("sources", "next_poll")


def _small() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("seen", INSTANT, nullable=False),
    )
    _index("events", "seen")
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", NUMBER, nullable=False),
    )
