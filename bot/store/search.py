"""Which items a query finds, newest first or by relevance: the index narrows and often decides, else `query.holds` does.

Searching for a query finds exactly the items on which a watchlist of that query would have alerted. Nothing a person typed reaches
MATCH or tsquery; see `bot.store.narrowing`.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, select, text

from bot.model import Evidence, Item
from bot.store import word_index
from bot.store.database import Tx
from bot.store.items import of_rows, visible_to
from bot.store.narrowing import All, Bounds, Need, beginnings, bounds, fts5, in_any_order, parts, spelled_out, tsquery, words
from bot.store.tables import items
from bot.watch.order import Order, Said, by_relevance
from bot.watch.query import Query, holds

COUNT_CAP = 1_000
"""A count that reaches this means so many or more: nobody reads that far, and counting on takes time."""
LOOK_CAP = 10_000
"""How many items are looked at for a span of time: some seconds' work in a database of any size."""
_FIRST_BATCH = 50
_LARGEST_BATCH = 200
_WITHOUT_PAUSE = 10  # items looked at before others get their turn: a few milliseconds' work
_AFTER_ALL = 2**62
_COLUMNS = [items.c[name] for name in Item.model_fields]
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
_NEWEST_OF_ALL = text("SELECT number FROM items WHERE number < :before AND number > :after ORDER BY number DESC LIMIT :size OFFSET :skip")
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
    in_order: bool
    now: datetime | None


class _Found(NamedTuple):
    """A SELECT of the numbers the index finds, between `:before` and `:after`, and what it is to be told besides."""

    sql: str
    said: dict[str, str]


class _Possible(NamedTuple):
    """Items for which a query may hold, newest first, by their numbers; for the `sure` ones it does."""

    numbers: list[int]
    sure: frozenset[int]


async def find(
    tx: Tx, query: Query, *, workspace: str | None, limit: int, offset: int = 0, now: datetime | None = None, order: Order = "newest"
) -> list[Item]:
    """The first items for which the query holds, `limit` of them after the first `offset`. `now` is for `age:` and `deadline:`.

    `workspace` is who asks: what another one's own sources brought is not there for it. None is whoever runs the bot. By
    relevance, the COUNT_CAP newest that may be found are put in order first, then as many older ones, and so on.
    """
    asked = _asked(tx, query, workspace, now)
    if order == "relevance":
        numbers = (await _most_relevant(tx, asked, offset + limit))[offset:]
    elif asked.bounds.are_one:
        numbers = await _numbers(tx, asked.bounds.must, before=_AFTER_ALL, after=0, size=limit, skip=offset)
    else:
        numbers = (await _newest(tx, asked, offset + limit))[offset:]
    found = await _by_number(tx, asked, numbers)
    return [found[number] for number in numbers]


async def count(tx: Tx, query: Query, *, workspace: str | None, now: datetime | None = None) -> int:
    """For how many items the query holds, at most COUNT_CAP."""
    asked = _asked(tx, query, workspace, now)
    found = 0 if asked.bounds.surely is None else await _count(tx, asked.bounds.surely)
    if found == COUNT_CAP or asked.bounds.are_one:
        return found
    async for _, evidence in _looked_at(tx, asked._replace(bounds=Bounds(asked.bounds.doubtful, None))):
        found += evidence is not None
        if found == COUNT_CAP:
            break
    return found


async def since(
    tx: Tx, query: Query, start: datetime, *, workspace: str | None, now: datetime, limit: int = COUNT_CAP, most: int = LOOK_CAP
) -> Recent:
    """The items published or found at `start` or later for which the query holds: `limit` of them, among the newest `most` that may."""
    found: list[tuple[Item, tuple[Evidence, ...]]] = []
    looked_at = 0
    async for item, evidence in _looked_at(tx, _asked(tx, query, workspace, now), start):
        looked_at += 1
        if evidence is not None:
            found.append((item, evidence))
        if len(found) >= limit or looked_at >= most:
            return Recent(found, complete=False)
    return Recent(found, complete=True)


async def count_since(tx: Tx, start: datetime, *, workspace: str | None) -> int:
    """How many items there are that were published or found at `start` or later, at most COUNT_CAP."""
    wanted = (
        select(items.c.number)
        .where(items.c.number > await _last_before(tx, start), *_not_before(start), visible_to(workspace))
        .limit(COUNT_CAP)
    )
    return await tx.scalar(select(func.count()).select_from(wanted.subquery())) or 0


def _asked(tx: Tx, query: Query, workspace: str | None, now: datetime | None) -> _Asked:
    in_order = tx.dialect.name == "sqlite"
    return _Asked(query, workspace, bounds(query, in_order=in_order, workspace=workspace), in_order, now)


async def _looked_at(tx: Tx, asked: _Asked, start: datetime | None = None) -> AsyncIterator[tuple[Item, tuple[Evidence, ...] | None]]:
    """Items for which the query may hold and all for which it does, with the evidence if it does; newest first, fetched as asked for."""
    after = await _last_before(tx, start) if start else 0
    async for possible in _possible(tx, asked._replace(bounds=Bounds(asked.bounds.must, None)), after):
        found = await _by_number(tx, asked, possible.numbers, start)
        for position, item in enumerate(found[number] for number in possible.numbers if number in found):
            if position % _WITHOUT_PAUSE == 0:
                await asyncio.sleep(0)
            yield item, holds(asked.query, item, now=asked.now)


async def _newest(tx: Tx, asked: _Asked, wanted: int) -> list[int]:
    """The newest items for which the query holds, by their numbers."""
    found: list[int] = []
    async for possible in _possible(tx, asked, first=min(max(wanted + wanted // 2, 10), _FIRST_BATCH)):
        found += await _holding(tx, asked, possible, possible.numbers, wanted - len(found))
        if len(found) >= wanted:
            break
    return found


async def _most_relevant(tx: Tx, asked: _Asked, wanted: int) -> list[int]:
    """The most relevant items for which the query holds, by their numbers: put in order a thousand at a time, the newest thousand first."""
    if asked.bounds.must is None:
        return await _newest(tx, asked, wanted)
    found: list[int] = []
    async for possible in _possible(tx, asked, first=COUNT_CAP, largest=COUNT_CAP):
        in_order = by_relevance(possible.numbers, await _said(tx, asked, possible.numbers))
        step = 2 * (wanted - len(found))
        for begin in range(0, len(in_order), step):
            found += await _holding(tx, asked, possible, in_order[begin : begin + step], wanted - len(found))
            if len(found) >= wanted:
                return found
    return found


async def _said(tx: Tx, asked: _Asked, numbers: Sequence[int]) -> list[Said]:
    """For each word of the query, which of the items say it, and which in their titles."""
    must = asked.bounds.must
    if must is None:
        return []
    pairs = words(asked.query, in_order=asked.in_order)
    # what every item must say is not asked again
    found: dict[Need, frozenset[int]] = dict.fromkeys(parts(must), frozenset(numbers))
    needs = dict.fromkeys(need for pair in pairs for need in pair if need not in found)
    if needs:
        each = [await _found(tx, All((must, need)), f"wanted{place}") for place, need in enumerate(needs)]
        together = " UNION ALL ".join(_LISTED[tx.dialect.name].format(place=place, found=one.sql) for place, one in enumerate(each))
        said = {name: word for one in each for name, word in one.said.items()} | {"before": numbers[0] + 1, "after": numbers[-1] - 1}
        listed = {place: found or "" for place, found in await tx.execute(text(together), said)}
        found |= {need: frozenset(map(int, filter(None, listed[place].split(",")))) for place, need in enumerate(needs)}
    return [Said(found[anywhere], found[in_title]) for anywhere, in_title in pairs]


async def _possible(
    tx: Tx, asked: _Asked, after: int = 0, *, first: int = _FIRST_BATCH, largest: int = _LARGEST_BATCH
) -> AsyncIterator[_Possible]:
    """All items for which the query may hold, newest first in larger and larger batches."""
    must, surely = asked.bounds
    before, size = _AFTER_ALL, first
    while numbers := await _numbers(tx, must, before=before, after=after, size=size):
        within = {"before": before, "after": numbers[-1] - 1, "size": size}
        sure = frozenset() if surely is None else numbers if surely == must else await _numbers(tx, surely, **within)
        yield _Possible(numbers, frozenset(sure))
        if len(numbers) < size:
            return
        before, size = numbers[-1], min(2 * size, largest)


async def _holding(tx: Tx, asked: _Asked, possible: _Possible, numbers: Sequence[int], wanted: int) -> list[int]:
    """Those of the numbers, as many as wanted, of which the query holds."""
    found: list[int] = []
    doubtful = await _by_number(tx, asked, [number for number in numbers if number not in possible.sure])
    for position, number in enumerate(numbers):
        if len(found) == wanted:
            break
        if position % _WITHOUT_PAUSE == 0:
            await asyncio.sleep(0)
        if number in possible.sure or (number in doubtful and holds(asked.query, doubtful[number], now=asked.now) is not None):
            found.append(number)
    return found


async def _last_before(tx: Tx, start: datetime) -> int:
    """The number of the last item found before `start`, 0 if there is none: nothing up to it was published later."""
    return await tx.scalar(select(items.c.number).where(items.c.detected < start).order_by(items.c.detected.desc()).limit(1)) or 0


async def _numbers(tx: Tx, wanted: Need | None, *, before: int, after: int, size: int, skip: int = 0) -> list[int]:
    """The newest items between two that have what is wanted, by their numbers."""
    between = {"before": before, "after": after, "size": size, "skip": skip}
    if wanted is None:
        return list(await tx.scalars(_NEWEST_OF_ALL, between))
    found = await _found(tx, wanted)
    return list(await tx.scalars(text(_NEWEST[tx.dialect.name].format(found=found.sql)), found.said | between))


async def _count(tx: Tx, wanted: Need) -> int:
    found = await _found(tx, wanted)
    return await tx.scalar(text(_COUNTED.format(found=found.sql)), found.said | {"before": _AFTER_ALL, "after": 0, "size": COUNT_CAP}) or 0


async def _found(tx: Tx, wanted: Need, name: str = "wanted") -> _Found:
    """What the index finds for a need, which the parameter of this name tells it."""
    if tx.dialect.name != "sqlite":
        return _Found(_POSTGRESQL.format(wanted=name), {name: tsquery(wanted)})
    begun = {one: await word_index.beginning(tx, one.words[0], _MOST_SPELLED) for one in beginnings(wanted)}
    wanted = spelled_out(wanted, {one: words for one, words in begun.items() if len(words) < _MOST_SPELLED})
    table = "item_terms" if in_any_order(wanted) else "item_words"
    return _Found(_SQLITE.format(table=table, wanted=name), {name: fts5(wanted)})


async def _by_number(tx: Tx, asked: _Asked, numbers: Collection[int], start: datetime | None = None) -> dict[int, Item]:
    """Those of the items that may be seen by who asks; with `start`, those of them that are published or found then or later."""
    if not numbers:
        return {}
    wanted: Select[tuple[object, ...]] = select(items.c.number, *_COLUMNS).where(items.c.number.in_(numbers), visible_to(asked.workspace))
    if start is not None:
        wanted = wanted.where(*_not_before(start))
    rows = (await tx.execute(wanted)).mappings().all()
    return dict(zip([row["number"] for row in rows], of_rows(rows), strict=True))


def _not_before(start: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Published at `start` or later, or not dated; and found then: what was found before had been published before."""
    return func.coalesce(items.c.published, items.c.detected) >= start, items.c.detected >= start
