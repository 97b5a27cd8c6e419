"""The index that search narrows by: which words and which field values each item has, written in the item's own transaction.

On SQLite an FTS5 table without content, one column for each field of text; on PostgreSQL a tsvector with a GIN index. Both hold
`text.indexed`, the spellings that stems hide, and one word for each field value. The index is derived: it can be built again
from the items at any time, and has to be when the normal form changes.
"""

import asyncio
import re
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, TextClause, inspect, select, text

from bot.model import Item
from bot.store.database import Tx
from bot.store.tables import items
from bot.watch.fields import WHERE_FIELDS, values_of
from bot.watch.nodes import TEXT_FIELDS
from bot.watch.text import indexed

SCHEMA = {
    "sqlite": (
        # the tokenizer called ascii cuts at ASCII punctuation and blanks only: our words pass whole in every script
        "CREATE VIRTUAL TABLE item_words USING fts5(title, summary, text, forms, facts, content='', tokenize='ascii')",
    ),
    "postgresql": (
        "CREATE TABLE item_words (number bigint PRIMARY KEY REFERENCES items (number) ON DELETE CASCADE, words tsvector NOT NULL)",
        "CREATE INDEX ix_item_words_words ON item_words USING gin (words)",
    ),
}
_SQLITE_ADD = text(
    "INSERT INTO item_words (rowid, title, summary, text, forms, facts)"
    " SELECT number, :title, :summary, :text, :forms, :facts FROM items WHERE id = :id"
)
# An index without content is told what to forget, word for word.
_SQLITE_REMOVE = text(
    "INSERT INTO item_words (item_words, rowid, title, summary, text, forms, facts)"
    " SELECT 'delete', number, :title, :summary, :text, :forms, :facts FROM items WHERE id = :id"
)
_POSTGRESQL_ADD = text(
    "INSERT INTO item_words (number, words) SELECT number, array_to_tsvector(CAST(:words AS text[])) FROM items WHERE id = :id"
)
_POSTGRESQL_REMOVE = text("DELETE FROM item_words WHERE number = (SELECT number FROM items WHERE id = :id)")
_AT_ONCE = 500
_MANY = 100


def fact(field: str, value: str) -> str:
    """The word by which an index knows a field value: one word in either database, whatever the value is made of."""
    return re.sub(r"[\x00-\x2f\x3a-\x60\x7b-\x7f]", "·", f"·{field}·{value}")


async def add(tx: Tx, kept: Sequence[Item]) -> None:
    """The items, which are stored already and not indexed, are found from now on as they are now."""
    await _run(tx, _adding(tx.dialect.name), kept)


async def remove(tx: Tx, stored: Sequence[Item]) -> None:
    """The items, given exactly as they were indexed, are not found any more."""
    await _run(tx, _SQLITE_REMOVE if tx.dialect.name == "sqlite" else _POSTGRESQL_REMOVE, stored)


def build(connection: Connection) -> None:
    """The index is made, and holds every item there is; for the migration that brings it or a new normal form."""
    dialect = connection.dialect.name
    for statement in SCHEMA[dialect]:
        connection.execute(text(statement))
    there = {column["name"] for column in inspect(connection).get_columns("items")}  # a step on the way may lack what came later
    columns = [items.c[name] for name in Item.model_fields if name in there]
    last = 0
    while True:
        found = (
            connection.execute(select(items.c.number, *columns).where(items.c.number > last).order_by(items.c.number).limit(_AT_ONCE))
            .mappings()
            .all()
        )
        if not found:
            return
        last = found[-1]["number"]
        those = [Item.model_validate({name: value for name, value in one.items() if name in Item.model_fields}) for one in found]
        connection.execute(_adding(dialect), _rows(dialect, those))


def _adding(dialect: str) -> TextClause:
    return _SQLITE_ADD if dialect == "sqlite" else _POSTGRESQL_ADD


async def _run(tx: Tx, statement: TextClause, those: Sequence[Item]) -> None:
    """Many are worked out beside the event loop, so that chat is acknowledged meanwhile."""
    if not those:
        return
    rows = partial(_rows, tx.dialect.name, those)
    await tx.execute(statement, await asyncio.to_thread(rows) if len(those) >= _MANY else rows())


def _rows(dialect: str, those: Sequence[Item]) -> list[dict[str, Any]]:
    return [_row(dialect, item) for item in those]


def _row(dialect: str, item: Item) -> dict[str, Any]:
    found = {field: indexed(getattr(item, field)) for field in TEXT_FIELDS}
    terms: dict[str, Iterable[str]] = {field: one.terms for field, one in found.items()}
    terms["forms"] = dict.fromkeys(form for one in found.values() for form in one.forms)
    terms["facts"] = [fact(field, value) for field in WHERE_FIELDS for value in values_of(item, field)]
    if dialect == "sqlite":
        return {"id": item.id} | {column: " ".join(words) for column, words in terms.items()}
    return {"id": item.id, "words": sorted({word for words in terms.values() for word in words})}
