"""Which items a query finds, newest first or by relevance: the index narrows and often decides, else `query.holds` does.

Searching for a query finds exactly the items on which a watchlist of that query would have alerted. Nothing a person typed reaches
MATCH or tsquery; see `bot.store.index_syntax`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select

from bot.model import Evidence, Item
from bot.store import word_index
from bot.store.asking import Index, at_once
from bot.store.database import Tx
from bot.store.index_syntax import fts5, tsquery
from bot.store.items import visible_to
from bot.store.narrowing import Bounds, There, bounds, bounds_there, bounds_where_cut, said, vocabulary_of, words, words_there
from bot.store.needs import NOTHING, All, Need, in_any_order, loosened, meets, parts, rows, whole
from bot.store.tables import items
from bot.store.word_index import CUT
from bot.watch.nodes import Phrase
from bot.watch.order import Order, Said, by_relevance
from bot.watch.query import Query, holds

COUNT_CAP = 1_000
"""A count that reaches this means so many or more: nobody reads that far, and counting on takes time."""
LOOK_CAP = 10_000
"""How many items are looked at for a span of time: some seconds' work in a database of any size."""
_FIRST_BATCH = 50
_LARGEST_BATCH = 200
FEW = 20
"""So few items are looked at sooner than the index tells on which of them a query surely holds."""
_WITHOUT_PAUSE = 10  # items looked at before others get their turn: a few milliseconds' work
_AFTER_ALL = 2**62
_MANY_WORDS = 60
"""A need of more words than this takes the index longer to look up than it spares."""
_MOST_SPELLED = 300
"""Beginnings of more words than this are left to the index, which then reads them all before it tells the first item."""
# What the index finds among items between two numbers. Rows of FTS5 are numbered backwards.
_SQLITE = "SELECT -rowid AS number FROM {table} WHERE {table} MATCH :{wanted} AND rowid > -:before AND rowid < -:after"
_POSTGRESQL = (
    "SELECT number FROM item_words WHERE words @@ CAST(CAST(:{wanted} AS text) AS tsquery) AND number < :before AND number > :after"
)
# Materialized on PostgreSQL, since the planner else walks all items backwards in the hope of meeting rare words soon.
_NEWEST = {
    "sqlite": "{found} ORDER BY rowid LIMIT :size OFFSET :skip",
    "postgresql": "WITH found AS MATERIALIZED ({found}) SELECT number FROM found ORDER BY number DESC LIMIT :size OFFSET :skip",
}
_NEWEST_OF_ALL = "SELECT number FROM items WHERE number < :before AND number > :after ORDER BY number DESC LIMIT :size OFFSET :skip"
_ANY_CUT = "SELECT 1 FROM item_words WHERE words @@ CAST(quote_literal(:cut) AS tsquery) LIMIT 1"
_COUNTED = "SELECT count(*) FROM ({found} LIMIT :size) AS found"
# As one text: a row for each of a thousand items takes longer than finding them.
_LISTED = {
    "sqlite": "SELECT {place}, group_concat(number) FROM ({found}) AS found",
    "postgresql": "SELECT {place}, string_agg(CAST(number AS text), ',') FROM ({found}) AS found",
}


class Recent(NamedTuple):
    """Items of a span of time with their evidence, newest found first; `complete` says that there are no more."""

    found: list[tuple[Item, tuple[Evidence, ...]]]
    complete: bool


class _Asked(NamedTuple):
    """A query with what the index can tell of it, by whom and at which moment it is asked."""

    query: Query
    workspace: str | None
    bounds: Bounds
    there: There | None
    now: datetime | None
    few: int = FEW
    those: tuple[int, ...] | None = None
    """All items for which the query may hold, newest first, where they are known to be few."""


class _Found(NamedTuple):
    """A SELECT of the numbers the index finds, between `:before` and `:after`, and what it is to be told besides."""

    sql: str
    said: dict[str, str]


class _Possible(NamedTuple):
    """Items for which a query may hold, newest first, by their numbers; for the `sure` ones it does."""

    numbers: list[int]
    sure: frozenset[int]


async def find(
    tx: Tx,
    query: Query,
    *,
    workspace: str | None,
    limit: int,
    offset: int = 0,
    now: datetime | None = None,
    order: Order = "newest",
    few: int = FEW,
) -> list[Item]:
    """The first items for which the query holds, `limit` of them after the first `offset`. `now` is for `age:` and `deadline:`.

    `workspace` is who asks: what another one's own sources brought is not there for it. None is whoever runs the bot. By
    relevance, the COUNT_CAP newest that may be found are put in order first, then as many older ones, and so on. `few` items are
    looked at sooner than the index is asked of which it is sure: it makes no difference but in time.
    """
    return await at_once(tx, lambda index: _find(index, _if_few(index, _asked(index, query, workspace, now, few)), order, offset, limit))


async def titled(tx: Tx, texts: Collection[str], *, workspace: str | None, limit: int) -> dict[str, list[Item]]:
    """By text, the newest items whose titles say it, word for word, at most `limit` of each; on the edge of a word they only may."""
    return await at_once(tx, lambda index: _titled(index, texts, workspace, limit))


async def count(tx: Tx, query: Query, *, workspace: str | None, now: datetime | None = None, few: int = FEW) -> int:
    """For how many items the query holds, at most COUNT_CAP. `few` makes no difference but in time."""
    return await at_once(tx, lambda index: _count_all(index, _if_few(index, _asked(index, query, workspace, now, few))))


async def since(
    tx: Tx, query: Query, start: datetime, *, workspace: str | None, now: datetime, limit: int = COUNT_CAP, most: int = LOOK_CAP
) -> Recent:
    """The items published or found at `start` or later for which the query holds: `limit` of them, among the newest `most` that may."""
    after = await _last_before(tx, start)
    return await at_once(tx, lambda index: _since(index, _asked(index, query, workspace, now), start, after, limit, most))


async def count_since(tx: Tx, start: datetime, *, workspace: str | None) -> int:
    """How many items there are that were published or found at `start` or later, at most COUNT_CAP."""
    wanted = (
        select(items.c.number)
        .where(items.c.number > await _last_before(tx, start), *_not_before(start), visible_to(workspace))
        .limit(COUNT_CAP)
    )
    return await tx.scalar(select(func.count()).select_from(wanted.subquery())) or 0


async def _last_before(tx: Tx, start: datetime) -> int:
    """The number of the last item found before `start`, 0 if there is none: nothing up to it was published later."""
    return await tx.scalar(select(items.c.number).where(items.c.detected < start).order_by(items.c.detected.desc()).limit(1)) or 0


def _find(index: Index, asked: _Asked, order: Order, offset: int, limit: int) -> list[Item]:
    if order == "relevance":
        numbers = _most_relevant(index, asked, offset + limit)[offset:]
    elif asked.bounds.are_one and asked.those is None:
        numbers = _numbers(index, asked.bounds.must, before=_AFTER_ALL, after=0, size=limit, skip=offset)
    else:
        numbers = _newest(index, asked, offset + limit)[offset:]
    found = index.items(numbers, asked.workspace)
    return [found[number] for number in numbers]


def _titled(index: Index, texts: Collection[str], workspace: str | None, limit: int) -> dict[str, list[Item]]:
    wanted = {one: bounds(Phrase(one, "title"), workspace=workspace).must for one in texts}
    numbers = {one: _numbers(index, must, before=_AFTER_ALL, after=0, size=limit) for one, must in wanted.items() if must}
    found = index.items({number for those in numbers.values() for number in those}, workspace)
    return {one: [found[number] for number in those if number in found] for one, those in numbers.items()}


def _count_all(index: Index, asked: _Asked) -> int:
    if asked.those is not None:
        return len(_holding(index, asked, _Possible([*asked.those], frozenset()), asked.those, asked.few))
    if not asked.bounds.are_one and asked.bounds.must is not None:
        first = _numbers(index, asked.bounds.must, before=_AFTER_ALL, after=0, size=asked.few + 1)
        if len(first) <= asked.few:
            return len(_holding(index, asked, _Possible(first, frozenset()), first, asked.few))
    found = 0 if asked.bounds.surely is None else _count(index, asked.bounds.surely)
    if found == COUNT_CAP or asked.bounds.are_one:
        return found
    for _, evidence in _looked_at(index, asked._replace(bounds=Bounds(asked.bounds.doubtful, None))):
        found += evidence is not None
        if found == COUNT_CAP:
            break
    return found


def _since(index: Index, asked: _Asked, start: datetime, after: int, limit: int, most: int) -> Recent:
    found: list[tuple[Item, tuple[Evidence, ...]]] = []
    for looked_at, (item, evidence) in enumerate(_looked_at(index, asked, after, start), 1):
        if evidence is not None:
            found.append((item, evidence))
        if len(found) >= limit or looked_at >= most:
            return Recent(found, complete=False)
    return Recent(found, complete=True)


def _asked(index: Index, query: Query, workspace: str | None, now: datetime | None, few: int = FEW) -> _Asked:
    if index.dialect != "sqlite":
        limits = bounds_where_cut if index.rows(_ANY_CUT, {"cut": CUT}) else bounds
        return _Asked(query, workspace, limits(query, workspace=workspace), None, now, few)
    there = _there(index, query, workspace)
    return _Asked(query, workspace, bounds_there(query, workspace, there), there, now, few)


def _if_few(index: Index, asked: _Asked) -> _Asked:
    """Which words an item has is told several times as fast as in which order: if few have all of them, these are looked at."""
    must = asked.bounds.must
    if asked.there is None or must is None or in_any_order(must) or _is_long(must, FEW):
        return asked
    found = _numbers(index, loosened(must), before=_AFTER_ALL, after=0, size=asked.few + 1)
    return asked._replace(those=tuple(found)) if len(found) <= asked.few else asked


def _there(index: Index, query: Query, workspace: str | None) -> There:
    asked = vocabulary_of(query, workspace=workspace)
    begun = [(one, _first_column(index, *word_index.beginning(one.words[0], _MOST_SPELLED))) for one in sorted(asked.beginnings, key=str)]
    begun = [(one, words) for one, words in begun if len(words) < _MOST_SPELLED]
    # so few are asked for sooner than they are looked up
    known = frozenset(_first_column(index, *word_index.known(asked.words))) if len(asked.words) > FEW else asked.words
    return There(known.union(*(words for _, words in begun)), tuple(begun))


def _looked_at(
    index: Index, asked: _Asked, after: int = 0, start: datetime | None = None
) -> Iterator[tuple[Item, tuple[Evidence, ...] | None]]:
    """Items for which the query may hold and all for which it does, with the evidence if it does; newest first, fetched as asked for."""
    for possible in _possible(index, asked._replace(bounds=Bounds(asked.bounds.must, None)), after):
        found = index.items(possible.numbers, asked.workspace)
        those = [found[number] for number in possible.numbers if number in found]
        for position, item in enumerate(one for one in those if start is None or _is_since(one, start)):
            if position % _WITHOUT_PAUSE == 0:
                index.pause()
            yield item, holds(asked.query, item, now=asked.now)


def _newest(index: Index, asked: _Asked, wanted: int) -> list[int]:
    """The newest items for which the query holds, by their numbers."""
    found: list[int] = []
    for possible in _possible(index, asked, first=min(max(wanted + wanted // 2, 10), _FIRST_BATCH)):
        found += _holding(index, asked, possible, possible.numbers, wanted - len(found))
        if len(found) >= wanted:
            break
    return found


def _most_relevant(index: Index, asked: _Asked, wanted: int) -> list[int]:
    """The most relevant items for which the query holds, by their numbers: put in order a thousand at a time, the newest thousand first."""
    if asked.bounds.must is None:
        return _newest(index, asked, wanted)
    found: list[int] = []
    for possible in _possible(index, asked, first=COUNT_CAP, largest=COUNT_CAP):
        in_order = by_relevance(possible.numbers, _said(index, asked, possible.numbers))
        step = 2 * (wanted - len(found))
        for begin in range(0, len(in_order), step):
            found += _holding(index, asked, possible, in_order[begin : begin + step], wanted - len(found))
            if len(found) >= wanted:
                return found
    return found


def _said(index: Index, asked: _Asked, numbers: Sequence[int]) -> list[Said]:
    """For each word of the query, which of the items say it, and which in their titles."""
    loosely, pairs = _words(asked)
    if len(numbers) <= FEW:
        read = [(number, word_index.columns(item)) for number, item in index.items(numbers, asked.workspace).items()]
        sayers = {need: frozenset(number for number, columns in read if meets(need, columns)) for pair in pairs for need in pair}
        return [Said(sayers[anywhere], sayers[in_title]) for anywhere, in_title in pairs]
    among_which = _sooner(asked.bounds.must or NOTHING, loosely or NOTHING)
    every = frozenset(numbers)
    # what every item must say is not asked again
    found: dict[Need, frozenset[int]] = {NOTHING: frozenset()} | dict.fromkeys(parts(among_which), every)
    needs = dict.fromkeys(need for pair in pairs for need in pair if need not in found)
    if needs:
        # a single word is said by nothing else
        wanted = needs if len(pairs) == 1 else [All((among_which, need)) for need in needs]
        each = [_found(index, one, f"wanted{place}") for place, one in enumerate(wanted)]
        together = " UNION ALL ".join(_LISTED[index.dialect].format(place=place, found=one.sql) for place, one in enumerate(each))
        told = {name: word for one in each for name, word in one.said.items()} | {"before": max(numbers) + 1, "after": min(numbers) - 1}
        listed = {place: found or "" for place, found in index.rows(together, told)}
        found |= {need: every.intersection(map(int, filter(None, listed[place].split(",")))) for place, need in enumerate(needs)}
    return [Said(found[anywhere], found[in_title]) for anywhere, in_title in pairs]


def _words(asked: _Asked) -> tuple[Need | None, list[tuple[Need, Need]]]:
    if asked.there:
        return words_there(asked.query, asked.there)
    return said(asked.query), words(asked.query)


def _sooner(must: Need, loosely: Need) -> Need:
    """What items must have, or what they say at least where that is much shorter: among them words are looked for."""
    return loosely if loosely != NOTHING and _is_long(must, _MANY_WORDS) else must


def _is_long(wanted: Need, words: int) -> bool:
    return next(islice((word for row in rows(wanted) for word in whole(row)), words, None), None) is not None


def _possible(
    index: Index, asked: _Asked, after: int = 0, *, first: int = _FIRST_BATCH, largest: int = _LARGEST_BATCH
) -> Iterator[_Possible]:
    """All items for which the query may hold, newest first in larger and larger batches."""
    if asked.those is not None:
        if asked.those:
            yield _Possible([*asked.those], frozenset())
        return
    must, surely = asked.bounds
    before, size = _AFTER_ALL, first
    while numbers := _numbers(index, must, before=before, after=after, size=size):
        within = {"before": before, "after": numbers[-1] - 1, "size": size}
        sure = (
            [] if surely is None else numbers if surely == must else _numbers(index, surely, **within) if len(numbers) > asked.few else []
        )
        yield _Possible(numbers, frozenset(sure))
        if len(numbers) < size:
            return
        before, size = numbers[-1], min(2 * size, largest)


def _holding(index: Index, asked: _Asked, possible: _Possible, numbers: Sequence[int], wanted: int) -> list[int]:
    """Those of the numbers, as many as wanted, of which the query holds."""
    found: list[int] = []
    doubtful = index.items([number for number in numbers if number not in possible.sure], asked.workspace)
    for position, number in enumerate(numbers):
        if len(found) == wanted:
            break
        if position % _WITHOUT_PAUSE == 0:
            index.pause()
        if number in possible.sure or (number in doubtful and holds(asked.query, doubtful[number], now=asked.now) is not None):
            found.append(number)
    return found


def _numbers(index: Index, wanted: Need | None, *, before: int, after: int, size: int, skip: int = 0) -> list[int]:
    """The newest items between two that have what is wanted, by their numbers."""
    between = {"before": before, "after": after, "size": size, "skip": skip}
    if wanted is None:
        return [*_first_column(index, _NEWEST_OF_ALL, between)]
    if wanted == NOTHING:
        return []
    found = _found(index, wanted)
    return [*_first_column(index, _NEWEST[index.dialect].format(found=found.sql), found.said | between)]


def _first_column(index: Index, sql: str, told: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[0] for row in index.rows(sql, told))


def _count(index: Index, wanted: Need) -> int:
    if wanted == NOTHING:
        return 0
    found = _found(index, wanted)
    told = found.said | {"before": _AFTER_ALL, "after": 0, "size": COUNT_CAP}
    return int(index.rows(_COUNTED.format(found=found.sql), told)[0][0])


def _found(index: Index, wanted: Need, name: str = "wanted") -> _Found:
    """What the index finds for a need, which the parameter of this name tells it."""
    if index.dialect != "sqlite":
        return _Found(_POSTGRESQL.format(wanted=name), {name: tsquery(wanted)})
    return _Found(_SQLITE.format(table="item_terms" if in_any_order(wanted) else "item_words", wanted=name), {name: fts5(wanted)})


def _not_before(start: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Published at `start` or later, or not dated; and found then: what was found before had been published before."""
    return func.coalesce(items.c.published, items.c.detected) >= start, items.c.detected >= start


def _is_since(item: Item, start: datetime) -> bool:
    return item.detected is not None and item.detected >= start and (item.published or item.detected) >= start
