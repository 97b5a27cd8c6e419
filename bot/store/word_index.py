"""The index that search narrows by: which words and which field values each item has, written in the item's own transaction.

On PostgreSQL a tsvector with a GIN index, which knows fields and the order of words, but not the places of all words of the longest
items. On SQLite two FTS5 tables without content: `item_words` knows fields and the order of words;
`item_terms` knows only which words an item has, and so tells several times as fast which items have several. Their rows are numbered
backwards (-number), since FTS5 walks forwards twice as fast, and the newest are wanted first. `known_terms` lists every word there is,
so that a beginning becomes the words that begin so, and what no item says is not asked for.

All hold `text.indexed`, every word as written, and one word for each field value; the last two begin with a sign that no word of a text
has. The index is derived: it can be built again from the items at any time, and has to be when the normal form changes.
"""

import asyncio
import json
import re
from collections.abc import Collection, Mapping, Sequence
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
from bot.watch.text import indexed

_MERGE_ANY = (
    "INSERT INTO item_words (item_words, rank) VALUES ('usermerge', 2)",
    "INSERT INTO item_terms (item_terms, rank) VALUES ('usermerge', 2)",
)
SCHEMA = {
    "sqlite": (
        # the tokenizer called ascii cuts at ASCII punctuation and blanks only: our words pass whole in every script
        "CREATE VIRTUAL TABLE item_words USING fts5(title, summary, text, forms, facts, content='', columnsize=0, tokenize='ascii')",
        "CREATE VIRTUAL TABLE item_terms USING fts5(terms, content='', columnsize=0, detail=none, tokenize='ascii')",
        # what is written at once goes into the index in larger pieces, which are to be merged more seldom
        "INSERT INTO item_words (item_words, rank) VALUES ('hashsize', 32000000), ('automerge', 8)",
        "INSERT INTO item_terms (item_terms, rank) VALUES ('hashsize', 16000000), ('automerge', 8)",
        # what `merge` merges: any two pieces of about one size
        *_MERGE_ANY,
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
_SQLITE_MERGE = (
    text("INSERT INTO item_words (item_words, rank) VALUES ('merge', :pages)"),
    text("INSERT INTO item_terms (item_terms, rank) VALUES ('merge', :pages)"),
)
_SQLITE_CHANGES = text("SELECT total_changes()")
_SQLITE_BEGINNING = "SELECT term FROM known_terms WHERE term >= :first AND term < :last ORDER BY term LIMIT :most"
_SQLITE_KNOWN = "SELECT term FROM json_each(:words) JOIN known_terms ON term = value"
_POSTGRESQL = {
    "add": text("INSERT INTO item_words (number, words) VALUES (:number, CAST(CAST(:words AS text) AS tsvector))"),
    "remove": text("DELETE FROM item_words WHERE number = :number"),
}
_AT_ONCE = 500
_MANY = 100
_LAST = "\U0010ffff"
_WRITTEN = "¹"
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


ADDED = fact("added", "")
"""The word of every item that not every workspace may see."""
CUT = fact("cut", "")
"""The word of an item of which a tsvector does not know where all its words stand."""
WEIGHTS = {"title": "A", "summary": "B", "text": "C"}
"""By what a tsvector tells fields apart."""
# https://www.postgresql.org/docs/current/textsearch-limitations.html
_LAST_PLACE = 16_383
_MOST_PLACES = 255


async def add(tx: Tx, kept: Sequence[Item]) -> None:
    """The items, which are stored already and not indexed, are found from now on as they are now."""
    await _change(tx, "add", kept)


async def remove(tx: Tx, stored: Sequence[Item]) -> None:
    """The items, given exactly as they were indexed, are not found any more."""
    await _change(tx, "remove", stored)


async def merge(tx: Tx, pages: int) -> bool:
    """Some `pages` of the index's pieces are brought together, so that a search looks into fewer; whether there is more to do.

    What is written at once becomes a piece of its own, and a word is looked for in every piece. PostgreSQL does this by itself.
    """
    if tx.dialect.name != "sqlite":
        return False
    for statement in _SQLITE_MERGE:
        before = await tx.scalar(_SQLITE_CHANGES) or 0
        await tx.execute(statement, {"pages": pages})
        # a merge that finds nothing to do counts as one change: https://sqlite.org/fts5.html#the_merge_command
        if (await tx.scalar(_SQLITE_CHANGES) or 0) - before > 1:
            return True
    return False


def beginning(start: str, most: int) -> tuple[str, dict[str, Any]]:
    """A SELECT of the words of the index that begin so, at most so many, and what it is told; SQLite only."""
    return _SQLITE_BEGINNING, {"first": start, "last": start + _LAST, "most": most}


def known(those: Collection[str]) -> tuple[str, dict[str, Any]]:
    """A SELECT of those of the words that an item may have, and what it is told; the others no item has. SQLite only."""
    # in order, so that neighbours in the list are looked up one after the other
    return _SQLITE_KNOWN, {"words": json.dumps(sorted(those), ensure_ascii=False)}


def merge_any(connection: Connection) -> None:
    """`merge` merges any two pieces of about one size; for the migration that brings that. SQLite only."""
    for statement in _MERGE_ANY:
        connection.execute(text(statement))


def list_words(connection: Connection) -> None:
    """The list of all words has every word of the index; for the migration that brings that. PostgreSQL needs none."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("CREATE VIRTUAL TABLE temp.listed USING fts5vocab(main, item_terms, row)"))
        connection.execute(text("INSERT OR IGNORE INTO known_terms (term) SELECT term FROM temp.listed"))
        connection.execute(text("DROP TABLE temp.listed"))


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
    found = {number: columns(those[number]) for number in sorted(those, reverse=True)}
    terms = {number: dict.fromkeys(chain.from_iterable(one.values())) for number, one in found.items()}
    if dialect == "postgresql":
        return [(_POSTGRESQL[change], [{"number": number, "words": _tsvector(one)} for number, one in found.items()])]
    in_words, in_terms = _SQLITE[change]
    listed = sorted(set().union(*terms.values())) if change == "add" else []
    return [
        (in_words, [(number, *map(" ".join, one.values())) for number, one in found.items()]),
        (in_terms, [(number, " ".join(one)) for number, one in terms.items()]),
        *((_SQLITE_KNOW, [(json.dumps(listed, ensure_ascii=False),)]) for _ in listed[:1]),
    ]


def _tsvector(columns: Mapping[str, Sequence[str]]) -> str:
    """The words with their places, as a tsvector is written; no two columns have neighbouring places."""
    places: dict[str, list[str]] = {}
    place = 0
    for name, column in columns.items():
        for word in column:
            place += 1
            known = places.setdefault(word, [])
            if not (weight := WEIGHTS.get(name)):
                continue
            if place < _LAST_PLACE - 1 and len(known) < _MOST_PLACES:
                known.append(f"{place}{weight}")
                continue
            places[CUT] = []
            if not known:
                known.append(str(_LAST_PLACE))  # without any place a word counts as standing wherever it is looked for
        place += 1
    return " ".join(f"'{word}':{','.join(known)}" if known else f"'{word}'" for word, known in places.items())


def columns(item: Item) -> dict[str, list[str]]:
    """What the index has of an item, by column."""
    found = {field: indexed(getattr(item, field)) for field in TEXT_FIELDS}
    facts = [fact(field, value) for field in WHERE_FIELDS for value in values_of(item, field)]
    if not audience.is_for_all(item.source):
        facts += [ADDED, added_by(audience.owner(item.source))]
    return {
        **{field: one.terms for field, one in found.items()},
        "forms": [form(word) for word in dict.fromkeys(word for one in found.values() for word in one.forms)],
        "facts": facts if item.language else [*facts, fact("lang", "")],
    }
