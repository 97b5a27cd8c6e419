"""The tables of the record: its rows, where each workspace's chain ends, and the private addresses of files made from it."""

from sqlalchemy import Column, Index, Table, Text

from bot.store.tables import Instant, Json, Number, metadata

__all__ = ["downloads", "metadata", "record", "record_heads"]

# What was changed and decided in a workspace, one row each; rows are added and never changed. `content` is canonical JSON and the
# whole truth of a row; `at` repeats its moment, to find rows by. `hash` is that of bot.hash_chain.
record = Table(
    "record",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    *(Column(name, Text, nullable=False) for name in ("content", "previous", "hash")),
    Index(None, "workspace", "at"),
)

# The last row of each workspace: whoever adds one holds this row until its transaction ends, so there is one order for all processes.
record_heads = Table(
    "record_heads",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("number", Number, nullable=False),
    Column("hash", Text, nullable=False),
)

# Files that can be had for a while, each under the SHA-256 of the secret that its address holds. `wish` says what is in the file.
downloads = Table(
    "downloads",
    metadata,
    Column("digest", Text, primary_key=True),
    *(Column(name, Text, nullable=False) for name in ("workspace", "kind", "made_by", "made_by_name", "place")),
    Column("wish", Json, nullable=False),
    Column("expires", Instant, nullable=False, index=True),
)
