"""The index that search narrows by: which words and which field values each item has, written in the item's own transaction.

On PostgreSQL a tsvector with a GIN index. On SQLite two FTS5 tables without content: `item_words` knows fields and the order of words;
`item_terms` knows only which words an item has, and so tells several times as fast which items have several. Their rows are numbered
backwards (-number), since FTS5 walks forwards twice as fast, and the newest are wanted first. `known_terms` lists every word there is,
so that a beginning becomes the words that begin so.

All hold `text.indexed`, every word as written, and one word for each field value; the last two begin with a sign that no word of a text
has. The index is derived: it can be built again from the items at any time, and has to be when the normal form changes.
"""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain
from typing import Any, Literal

from sqlalchemy import Connection, TextClause, inspect, select, text

from bot import audience
from bot.model import Item
from bot.store.database import Tx, one_of
from bot.store.tables import items
from bot.watch.fields import WHERE_FIELDS, values_of
from bot.watch.nodes import TEXT_FIELDS
from bot.watch.text import indexed, is_cjk

SCHEMA = {
    "sqlite": (
        # the tokenizer called ascii cuts at ASCII punctuation and blanks only: our words pass whole in every script
        "CREATE VIRTUAL TABLE item_words USING fts5(title, summary, text, forms, facts, content='', columnsize=0, tokenize='ascii')",
        "CREATE VIRTUAL TABLE item_terms USING fts5(terms, content='', columnsize=0, detail=none, tokenize='ascii')",
        # what is written at once goes into the index in larger pieces, which are to be merged more seldom
        "INSERT INTO item_words (item_words, rank) VALUES ('hashsize', 32000000), ('automerge', 8)",
        "INSERT INTO item_terms (item_terms, rank) VALUES ('hashsize', 16000000), ('automerge', 8)",
        "CREATE TABLE known_terms (term TEXT PRIMARY KEY) WITHOUT ROWID",
    ),
    "postgresql": (
        "CREATE TABLE item_words (number bigint PRIMARY KEY REFERENCES items (number) ON DELETE CASCADE, words tsvector NOT NULL)",
        "CREATE INDEX ix_item_words_words ON item_words USING gin (words)",
    ),
}
_SQLITE = {
    "add": (
        "INSERT INTO item_words (rowid, title, summary, text, forms, facts) VALUES (-?, ?, ?, ?, ?, ?)",
        "INSERT INTO item_terms (rowid, terms) VALUES (-?, ?)",
    ),
    # An index without content is told what to forget, word for word.
    "remove": (
        "INSERT INTO item_words (item_words, rowid, title, summary, text, forms, facts) VALUES ('delete', -?, ?, ?, ?, ?, ?)",
        "INSERT INTO item_terms (item_terms, rowid, terms) VALUES ('delete', -?, ?)",
    ),
}
_SQLITE_KNOW = "INSERT OR IGNORE INTO known_terms (term) SELECT value FROM json_each(?)"
_SQLITE_BEGINNING = text("SELECT term FROM known_terms WHERE term >= :first AND term < :last ORDER BY term LIMIT :most")
_POSTGRESQL = {
    "add": text("INSERT INTO item_words (number, words) VALUES (:number, array_to_tsvector(CAST(:words AS text[])))"),
    "remove": text("DELETE FROM item_words WHERE number = :number"),
}
_AT_ONCE = 500
_MANY = 100
_LAST = "\U0010ffff"
_WRITTEN = "¹"
_IN_TITLE = "²"
_NO_WORD = re.compile(r"[\x00-\x2f\x3a-\x60\x7b-\x7f·]")

Change = Literal["add", "remove"]
Statement = tuple[str | TextClause, list[Any]]
"""What is said to the driver (text) or to SQLAlchemy, and the rows it is said for."""


@lru_cache(maxsize=16_384)
def fact(field: str, value: str) -> str:
    """The word by which an index knows a field value: one word in either database and another for each value, whatever it is made of."""
    return f"·{field}·{_NO_WORD.sub(lambda found: f'·{ord(found[0]):x}·', value)}"


def added_by(prefix: str) -> str:
    """The word by which an index knows that an item came from a source of the workspace with this prefix."""
    return fact("added", prefix)


def form(word: str) -> str:
    """The word by which an index knows how a word is written, or how it begins."""
    return _WRITTEN + word


def in_title(word: str) -> str:
    """The word by which an index that does not know fields knows that a word stands in the title."""
    return _IN_TITLE + word


ADDED = fact("added", "")
"""The word of every item that not every workspace may see."""


async def add(tx: Tx, kept: Sequence[Item]) -> None:
    """The items, which are stored already and not indexed, are found from now on as they are now."""
    await _change(tx, "add", kept)


async def remove(tx: Tx, stored: Sequence[Item]) -> None:
    """The items, given exactly as they were indexed, are not found any more."""
    await _change(tx, "remove", stored)


async def beginning(tx: Tx, start: str, most: int) -> list[str]:
    """The words of the index that begin so, at most so many; SQLite only."""
    return list(await tx.scalars(_SQLITE_BEGINNING, {"first": start, "last": start + _LAST, "most": most}))


def build(connection: Connection) -> None:
    """The index is made anew, and holds every item there is; for the migration that brings it or a new normal form."""
    dialect = connection.dialect.name
    for table in ("item_words", "item_terms", "known_terms"):
        connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
    for statement in SCHEMA[dialect]:
        connection.execute(text(statement))
    there = {column["name"] for column in inspect(connection).get_columns("items")}  # a step on the way may lack what came later
    columns = [items.c[name] for name in Item.model_fields if name in there]
    last = 0
    while True:
        wanted = select(items.c.number, *columns).where(items.c.number > last).order_by(items.c.number).limit(_AT_ONCE)
        found = connection.execute(wanted).mappings().all()
        if not found:
            return
        last = found[-1]["number"]
        those = [Item.model_validate({name: value for name, value in one.items() if name in Item.model_fields}) for one in found]
        _run(connection, _statements(dialect, "add", dict(zip([one["number"] for one in found], those, strict=True))))


async def _change(tx: Tx, change: Change, those: Sequence[Item]) -> None:
    """Many are worked out beside the event loop, so that chat is acknowledged meanwhile."""
    if not those:
        return
    by_id = {one.id: one for one in those}
    found = await tx.execute(select(items.c.number, items.c.id).where(one_of(tx, items.c.id, by_id)))
    work = partial(_statements, tx.dialect.name, change, {number: by_id[key] for number, key in found})
    statements = await asyncio.to_thread(work) if len(those) >= _MANY else work()
    await tx.run_sync(_run, statements)


def _run(connection: Connection, statements: list[Statement]) -> None:
    for statement, rows in statements:
        if isinstance(statement, str):
            connection.exec_driver_sql(statement, rows)
        else:
            connection.execute(statement, rows)


def _statements(dialect: str, change: Change, those: Mapping[int, Item]) -> list[Statement]:
    # the newest first: FTS5 wants its rows in ascending order
    columns = {number: _columns(those[number]) for number in sorted(those, reverse=True)}
    terms = {number: dict.fromkeys(chain.from_iterable(one.values())) for number, one in columns.items()}
    if dialect == "postgresql":
        lexemes = {number: sorted({*found, *map(in_title, columns[number]["title"])}) for number, found in terms.items()}
        return [(_POSTGRESQL[change], [{"number": number, "words": words} for number, words in lexemes.items()])]
    in_words, in_terms = _SQLITE[change]
    known = sorted(word for word in set().union(*terms.values()) if word[0] == _WRITTEN or is_cjk(word[0])) if change == "add" else []
    return [
        (in_words, [(number, *map(" ".join, one.values())) for number, one in columns.items()]),
        (in_terms, [(number, " ".join(one)) for number, one in terms.items()]),
        *((_SQLITE_KNOW, [(json.dumps(known, ensure_ascii=False),)]) for _ in known[:1]),
    ]


def _columns(item: Item) -> dict[str, list[str]]:
    found = {field: indexed(getattr(item, field)) for field in TEXT_FIELDS}
    facts = [fact(field, value) for field in WHERE_FIELDS for value in values_of(item, field)]
    if not audience.is_for_all(item.source):
        facts += [ADDED, added_by(audience.owner(item.source))]
    return {
        **{field: one.terms for field, one in found.items()},
        "forms": [form(word) for word in dict.fromkeys(word for one in found.values() for word in one.forms)],
        "facts": facts if item.language else [*facts, fact("lang", "")],
    }
