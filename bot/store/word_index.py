"""The index that search narrows by: which words and which field values each item has, written in the item's own transaction.

On SQLite an FTS5 table without content, one column for each field of text; on PostgreSQL a tsvector with a GIN index. Both hold
`text.indexed`, the spellings that stems hide, and one word for each field value. The index is derived: it can be built again
from the items at any time, and has to be when the normal form changes.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, TextClause, select, text

from bot.model import Item
from bot.store.database import Tx, one_of
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
    "INSERT INTO item_words (rowid, title, summary, text, forms, facts) VALUES (:number, :title, :summary, :text, :forms, :facts)"
)
# An index without content is told what to forget, word for word.
_SQLITE_REMOVE = text(
    "INSERT INTO item_words (item_words, rowid, title, summary, text, forms, facts)"
    " VALUES ('delete', :number, :title, :summary, :text, :forms, :facts)"
)
_POSTGRESQL_ADD = text("INSERT INTO item_words (number, words) VALUES (:number, array_to_tsvector(CAST(:words AS text[])))")
_POSTGRESQL_REMOVE = text("DELETE FROM item_words WHERE number = :number")
_AT_ONCE = 500


def fact(field: str, value: str) -> str:
    """The word by which an index knows a field value: one word in either database, whatever the value is made of."""
    return re.sub(r"[\x00-\x2f\x3a-\x60\x7b-\x7f]", "·", f"·{field}·{value}")


async def add(tx: Tx, kept: Sequence[Item]) -> None:
    """The items, which are stored already and not indexed, are found from now on as they are now."""
    numbered = await _numbers(tx, kept)
    await _run(tx, _adding(tx.dialect.name), [_row(tx.dialect.name, numbered[item.id], item) for item in kept])


async def remove(tx: Tx, stored: Sequence[Item]) -> None:
    """The items, given exactly as they were indexed, are not found any more."""
    numbered = await _numbers(tx, stored)
    removing = _SQLITE_REMOVE if tx.dialect.name == "sqlite" else _POSTGRESQL_REMOVE
    await _run(tx, removing, [_row(tx.dialect.name, numbered[item.id], item) for item in stored])


def build(connection: Connection) -> None:
    """The index is made, and holds every item there is; for the migration that brings it or a new normal form."""
    dialect = connection.dialect.name
    for statement in SCHEMA[dialect]:
        connection.execute(text(statement))
    columns = [items.c[name] for name in Item.model_fields]
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
        rows = [_row(dialect, one["number"], Item.model_validate({name: one[name] for name in Item.model_fields})) for one in found]
        connection.execute(_adding(dialect), rows)


def _adding(dialect: str) -> TextClause:
    return _SQLITE_ADD if dialect == "sqlite" else _POSTGRESQL_ADD


async def _run(tx: Tx, statement: TextClause, rows: list[dict[str, Any]]) -> None:
    if rows:
        await tx.execute(statement, rows)


async def _numbers(tx: Tx, wanted: Sequence[Item]) -> dict[str, int]:
    found = await tx.execute(select(items.c.id, items.c.number).where(one_of(tx, items.c.id, [item.id for item in wanted])))
    return {row.id: row.number for row in found}


def _row(dialect: str, number: int, item: Item) -> dict[str, Any]:
    found = {field: indexed(getattr(item, field)) for field in TEXT_FIELDS}
    terms: dict[str, Iterable[str]] = {field: one.terms for field, one in found.items()}
    terms["forms"] = dict.fromkeys(form for one in found.values() for form in one.forms)
    terms["facts"] = [fact(field, value) for field in WHERE_FIELDS for value in values_of(item, field)]
    if dialect == "sqlite":
        return {"number": number} | {column: " ".join(words) for column, words in terms.items()}
    return {"number": number, "words": sorted({word for words in terms.values() for word in words})}
