"""The tables of translations: what a service made of titles and summaries, and how the service fares."""

from sqlalchemy import Boolean, Column, Integer, Table, Text

from bot.store.record_tables import metadata
from bot.store.tables import Instant

__all__ = ["metadata", "translations", "translator"]

# What became of a title or summary; `digest` is that of the text that was translated. An empty text: there is nothing to show.
# `shown` is false until every alert that was sent without it is to be brought up to date.
translations = Table(
    "translations",
    metadata,
    Column("item", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("target", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("digest", Text, nullable=False, index=True),
    Column("service", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("made", Instant, nullable=False),
    Column("shown", Boolean, nullable=False, index=True),
)

# From when on a service may be asked again and after how many failures, and how many characters it was given on a day.
translator = Table(
    "translator",
    metadata,
    Column("name", Text, primary_key=True),
    Column("day", Text, nullable=False),
    Column("characters", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("not_before", Instant, nullable=False),
)
