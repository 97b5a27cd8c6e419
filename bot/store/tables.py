"""Every table, as SQLAlchemy Core metadata of portable types; migrations/ leads an empty database to exactly this.

Instants are kept in UTC and come back aware: `timestamptz` on PostgreSQL, ISO text on SQLite. Lists are JSON.
`number` columns grow with each row and give an order that no clock can upset.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Time,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

# The newest migration; opening a database compares this word, so a start need not load alembic.
REVISION = "0032"


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC to the microsecond."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """In UTC; SQLite keeps it without an offset, so that its text sorts like time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} says no time zone")
        value = value if value.tzinfo is UTC else value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None or dialect.name == "sqlite":
            return value and value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


Number = BigInteger().with_variant(Integer(), "sqlite")
Json = JSON().with_variant(JSONB(), "postgresql")
JsonOrNull = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _number() -> Column[int]:
    return Column("number", Number, primary_key=True, autoincrement=True)


# An item as of its current version. `link` is the canonical url; `fingerprint`, `seen` and `streak` are those of model.Known;
# `enriched` is the edition of the word lists by which it was read, 0 for none.
items = Table(
    "items",
    metadata,
    _number(),
    Column("id", Text, nullable=False, unique=True),
    _text("source"),
    _text("key"),
    Column("url", Text),
    *map(_text, ("link", "title", "summary", "text", "language", "country")),
    Column("regions", Json, nullable=False),
    *map(_text, ("agency", "tier", "doc_type")),
    Column("status", Text),
    Column("product_types", Json, nullable=False),
    Column("concepts", Json, nullable=False),
    Column("deadlines", Json, nullable=False),
    Column("mentions", Json, nullable=False, server_default=text("'[]'")),
    Column("published", Instant),
    Column("updated", Instant),
    Column("detected", Instant, nullable=False),
    Column("version", Integer, nullable=False),
    _text("fingerprint"),
    _text("seen"),
    Column("streak", Integer, nullable=False),
    Column("enriched", Integer, nullable=False, server_default="0"),
    UniqueConstraint("source", "key"),
    Index(None, "source", "link"),
    Index(None, "link"),
    Index(None, "url"),
    Index(None, "detected"),
    Index(None, "enriched"),
)

# The days of an item's current version, so that those ahead are found without reading items.
deadlines = Table(
    "deadlines",
    metadata,
    Column("item", Text, ForeignKey("items.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Index(None, "day"),
)

# Places that wish to be reminded of deadlines, and of which they were, so many days ahead.
reminders = Table(
    "reminders",
    metadata,
    Column("place", Text, ForeignKey("places.id"), primary_key=True),
    Column("days", Json, nullable=False),
    Column("at", Time, nullable=False),
    Column("since", Instant, nullable=False),
)
reminded = Table(
    "reminded",
    metadata,
    Column("place", Text, ForeignKey("places.id"), primary_key=True),
    Column("item", Text, ForeignKey("items.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("ahead", Integer, primary_key=True, autoincrement=False),
)

# The calendar of a place, under the SHA-256 of the secret that its address holds.
calendars = Table(
    "calendars",
    metadata,
    Column("place", Text, ForeignKey("places.id"), primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    _text("created_by"),
    Column("created", Instant, nullable=False),
)

# Every version of an item, the current one too; `content` is the whole item as of that version.
versions = Table(
    "versions",
    metadata,
    Column("item", Text, ForeignKey("items.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("content", Json, nullable=False),
    _text("fingerprint"),
    Column("found", Instant, nullable=False),
    _text("why"),
    Index(None, "found", "item", "version"),
)

# What an item may be recognised by as a report of an event: hashes of bot.items.stories. Of one mark and source two items are
# enough to know that it is no sign of one event, so there are two places and no more.
marks = Table(
    "marks",
    metadata,
    Column("mark", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("item", Text, ForeignKey("items.id"), nullable=False),
    UniqueConstraint("item", "mark"),
)

# Items that report one event, under the id of one of them; an item that is alone has no row. `why` says why it was joined.
stories = Table(
    "stories",
    metadata,
    Column("item", Text, ForeignKey("items.id"), primary_key=True),
    Column("story", Text, ForeignKey("items.id"), nullable=False, index=True),
    Column("why", Text, nullable=False),
    Column("joined", Instant, nullable=False),
)

# A removed watchlist stays as a row that is not active, so that past alerts can still name it; a paused one matches nothing for now.
# `changed` is the revision of the watchlists at which it last began to match otherwise.
watchlists = Table(
    "watchlists",
    metadata,
    _number(),
    Column("id", Text, nullable=False, unique=True),
    *map(_text, ("workspace", "name", "name_key", "query", "created_by")),
    Column("created", Instant, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("paused", Boolean, nullable=False, server_default=false()),
    Column("changed", Number, nullable=False, server_default="0"),
    Index(None, "changed"),
)
Index(
    "uq_watchlists_workspace_name_key",
    watchlists.c.workspace,
    watchlists.c.name_key,
    unique=True,
    sqlite_where=watchlists.c.active,
    postgresql_where=watchlists.c.active,
)

# A term that a workspace has added to a concept of ours or of its own, which `name` names; `key` is its normal form.
own_terms = Table(
    "own_terms",
    metadata,
    _number(),
    *map(_text, ("workspace", "concept", "name", "text", "key", "language", "created_by")),
    Column("created", Instant, nullable=False),
    UniqueConstraint("workspace", "concept", "key"),
)

# `suspended` is the platform's word for why nothing can be delivered there; empty when all is well.
places = Table(
    "places",
    metadata,
    Column("id", Text, primary_key=True),
    *map(_text, ("platform", "workspace", "channel", "name", "timezone")),
    Column("quiet_from", Time),
    Column("quiet_to", Time),
    Column("compact", Boolean, nullable=False, server_default=false()),
    Column("threads", Text, nullable=False, server_default="thread"),
    Column("mentions", Boolean, nullable=False, server_default=true()),
    Column("address", Text, nullable=False, server_default=""),
    Column("language", Text, nullable=False, server_default=""),
    Column("locale", Text, nullable=False, server_default=""),
    _text("suspended"),
    Column("suspended_at", Instant),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    _number(),
    Column("id", Text, nullable=False, unique=True),
    Column("watchlist", Text, ForeignKey("watchlists.id"), nullable=False),
    Column("place", Text, ForeignKey("places.id"), nullable=False),
    _text("frequency"),
    Column("days", Json, nullable=False, server_default=text("'[]'")),
    Column("at", Time, nullable=False, server_default=text("'09:00:00.000000'")),
    Column("urgent", Boolean, nullable=False, server_default=false()),
    _text("created_by"),
    Column("created", Instant, nullable=False),
    UniqueConstraint("watchlist", "place"),
    Index(None, "place"),
)

hits = Table(
    "hits",
    metadata,
    Column("item", Text, ForeignKey("items.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("watchlist", Text, ForeignKey("watchlists.id"), primary_key=True),
    Column("evidence", Json, nullable=False),
    Column("found", Instant, nullable=False),
)

# What is owed is a version of an item, a digest (`window`) or a `notice`. Two unique keys keep it from being owed twice, whoever
# computes it again: what is said of an item, and for everything else `id`, which is made from what the message is about.
outbox = Table(
    "outbox",
    metadata,
    _number(),
    Column("id", Text, nullable=False, unique=True),
    Column("place", Text, ForeignKey("places.id"), nullable=False),
    Column("item", Text, ForeignKey("items.id")),
    Column("version", Integer, nullable=False),
    _text("kind"),
    Column("watchlists", Json, nullable=False),
    Column("window", JsonOrNull),
    Column("notice", JsonOrNull),
    Column("digest", Text, nullable=False, server_default=""),
    Column("poll", Text, nullable=False, server_default=""),
    Column("urgent", Boolean, nullable=False, server_default=false()),
    _text("state"),
    Column("attempts", Integer, nullable=False),
    Column("created", Instant, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("attempted", Instant),
    Column("lease_until", Instant),
    Column("sent", Instant),
    _text("reference"),
    _text("reason"),
    UniqueConstraint("place", "item", "version", "kind"),
    Index(None, "state", "not_before"),
    Index(None, "place", "state", "number"),
    Index(None, "item"),
    Index(None, "place", "created"),
    Index(None, "digest"),
)

# From when on a platform takes the next message, and when that was said: `name` is the id of a place, or of all places together
# that the platform counts as one.
paces = Table(
    "paces",
    metadata,
    Column("name", Text, primary_key=True),
    Column("free", Instant, nullable=False),
    Column("said", Instant, nullable=False),
)

# What we know of a source between polls; a row appears when the catalogue first names the source.
sources = Table(
    "sources",
    metadata,
    Column("source", Text, primary_key=True),
    *map(_text, ("etag", "last_modified", "body_hash")),
    Column("next_poll", Instant, nullable=False),
    Column("lease_until", Instant),
    Column("failures", Integer, nullable=False),
    Column("polls", Integer, nullable=False),
    Column("last_polled", Instant),
    Column("last_success", Instant),
    Column("last_rows", Integer, nullable=False),
    _text("trouble"),
    _text("fault"),
    Column("trouble_since", Instant),
    Column("expected", Instant),
    Column("news", Json, nullable=False, server_default="[]"),
    Index(None, "next_poll"),
)

# That we looked: polls of a source on a day (UTC), and the times in which it should have been polled and was not.
poll_days = Table(
    "poll_days",
    metadata,
    Column("source", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("polls", Integer, nullable=False),
    Column("good", Integer, nullable=False),
    Index(None, "day"),
)
gaps = Table(
    "gaps",
    metadata,
    Column("source", Text, primary_key=True),
    Column("begun", Instant, primary_key=True),
    Column("ended", Instant, nullable=False),
    Index(None, "ended"),
)

# Where the people in charge of a workspace are told how its sources fare, and of which failing ones they have been told.
operations = Table(
    "operations",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("place", Text, ForeignKey("places.id"), nullable=False),
)
alarms = Table(
    "alarms",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("widespread", Boolean, nullable=False),
)

# Places that get a proof each week; `week` is the last one it was told of, such as `2026-W30`.
proofs = Table(
    "proofs",
    metadata,
    Column("place", Text, ForeignKey("places.id"), primary_key=True),
    _text("week"),
)

# Sources that workspaces added, each for itself; `source` is the whole model.Source. A removed one leaves no row.
added_sources = Table(
    "added_sources",
    metadata,
    Column("id", Text, primary_key=True),
    _text("workspace"),
    Column("source", Json, nullable=False),
    _text("added_by"),
    Column("added", Instant, nullable=False),
    Index(None, "workspace"),
)

# Addresses that people want read: asked for by a handler, looked at by the schedules. `found` or a refusal is the answer.
discoveries = Table(
    "discoveries",
    metadata,
    _number(),
    Column("id", Text, nullable=False, unique=True),
    *map(_text, ("workspace", "place", "url", "name", "prefix")),
    Column("asked", Instant, nullable=False, index=True),
    Column("lease_until", Instant),
    Column("done", Boolean, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("found", JsonOrNull),
    _text("refusal"),
    _text("hint"),
)

# What people decided about items, one row a decision; rows are added and never changed. An event that several sources report is
# assessed as one: the decisions of all its items together.
decisions = Table(
    "decisions",
    metadata,
    _number(),
    _text("workspace"),
    Column("item", Text, ForeignKey("items.id"), nullable=False),
    *map(_text, ("what", "status", "owner", "owner_name", "reason", "by", "by_name")),
    Column("until", Date),
    Column("at", Instant, nullable=False),
    Index(None, "workspace", "item"),
)

# Platform events already acted on: Slack and Teams deliver some of them twice.
events = Table(
    "events",
    metadata,
    Column("id", Text, primary_key=True),
    Column("seen", Instant, nullable=False, index=True),
)

# Named counters that move inside the transaction of what they count.
counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Number, nullable=False),
)

# Where the bot is installed on Slack: `id` is the workspace, or the organisation of an org-wide installation. `sealed` holds the tokens.
installations = Table(
    "installations",
    metadata,
    Column("id", Text, primary_key=True),
    *map(_text, ("enterprise", "team", "installer", "bot_user", "sealed")),
    Column("installed", Instant, nullable=False),
    Column("expires", Instant),
    Column("renewing_until", Instant),
)

# Which organisation a workspace belongs to, where an org-wide installation serves it.
memberships = Table(
    "memberships",
    metadata,
    Column("team", Text, primary_key=True),
    Column("enterprise", Text, nullable=False, index=True),
)

# Installations that were begun in a browser; `id` is the hash of the state that Slack sends back, good once and until `expires`.
install_states = Table(
    "install_states",
    metadata,
    Column("id", Text, primary_key=True),
    Column("expires", Instant, nullable=False),
)

# Who may do what: admins of a workspace (`place` is ""), and managers of a place. `actor` is "" for nobody, which leaves it to the admins.
roles = Table(
    "roles",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("place", Text, primary_key=True),
    Column("actor", Text, primary_key=True),
    _text("name"),
)
