"""Which items a query finds, newest first or by relevance: the index narrows, `query.holds` decides.

Searching for a query finds exactly the items on which a watchlist of that query would have alerted. Nothing a person typed reaches
MATCH or tsquery; see `bot.store.narrowing`.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, select, text

from bot.model import Evidence, Item
from bot.store.database import Tx
from bot.store.items import of_rows, visible_to
from bot.store.narrowing import Need, fts5, need, tsquery
from bot.store.tables import items
from bot.watch.order import Order, by_relevance
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
_SQLITE = text(
    "SELECT rowid FROM item_words WHERE item_words MATCH :wanted AND rowid < :before AND rowid > :after ORDER BY rowid DESC LIMIT :size"
)
# Materialized, since the planner else walks all items backwards in the hope of meeting rare words soon.
_POSTGRESQL = text(
    "WITH found AS MATERIALIZED (SELECT number FROM item_words"
    " WHERE words @@ CAST(CAST(:wanted AS text) AS tsquery) AND number < :before AND number > :after)"
    " SELECT number FROM found ORDER BY number DESC LIMIT :size"
)


class Recent(NamedTuple):
    """Items of a span of time with their evidence, newest found first; `complete` says that there are no more."""

    found: list[tuple[Item, tuple[Evidence, ...]]]
    complete: bool


async def find(
    tx: Tx, query: Query, *, workspace: str | None, limit: int, offset: int = 0, now: datetime | None = None, order: Order = "newest"
) -> list[Item]:
    """The first items for which the query holds, `limit` of them after the first `offset`. `now` is for `age:` and `deadline:`.

    `workspace` is who asks: what another one's own sources brought is not there for it. None is whoever runs the bot. By
    relevance, the COUNT_CAP newest are put in order; older ones are not found.
    """
    wanted = offset + limit if order == "newest" else COUNT_CAP
    found: list[tuple[Item, tuple[Evidence, ...]]] = []
    async for item, evidence in _looked_at(tx, query, workspace, now):
        if evidence is not None:
            found.append((item, evidence))
        if len(found) >= wanted:
            break
    in_order = by_relevance(found) if order == "relevance" else [item for item, _ in found]
    return in_order[offset : offset + limit]


async def count(tx: Tx, query: Query, *, workspace: str | None, now: datetime | None = None) -> int:
    """For how many items the query holds, at most COUNT_CAP."""
    return len(await find(tx, query, workspace=workspace, limit=COUNT_CAP, now=now))


async def since(
    tx: Tx, query: Query, start: datetime, *, workspace: str | None, now: datetime, limit: int = COUNT_CAP, most: int = LOOK_CAP
) -> Recent:
    """The items published or found at `start` or later for which the query holds: `limit` of them, among the newest `most` that may."""
    found: list[tuple[Item, tuple[Evidence, ...]]] = []
    looked_at = 0
    async for item, evidence in _looked_at(tx, query, workspace, now, start):
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


async def _looked_at(
    tx: Tx, query: Query, workspace: str | None, now: datetime | None, start: datetime | None = None
) -> AsyncIterator[tuple[Item, tuple[Evidence, ...] | None]]:
    """Items for which the query may hold and all for which it does, with the evidence if it does; newest first, fetched as asked for."""
    wanted = need(query)
    after = await _last_before(tx, start) if start else 0
    before, size = _AFTER_ALL, _FIRST_BATCH
    while True:
        numbers = await _numbers(tx, wanted, before, after, size)
        for position, item in enumerate(await _items(tx, numbers, visible_to(workspace), start)):
            if position % _WITHOUT_PAUSE == 0:
                await asyncio.sleep(0)
            yield item, holds(query, item, now=now)
        if len(numbers) < size:
            return
        before, size = numbers[-1], min(2 * size, _LARGEST_BATCH)


async def _last_before(tx: Tx, start: datetime) -> int:
    """The number of the last item found before `start`, 0 if there is none: nothing up to it was published later."""
    return await tx.scalar(select(items.c.number).where(items.c.detected < start).order_by(items.c.detected.desc()).limit(1)) or 0


async def _numbers(tx: Tx, wanted: Need | None, before: int, after: int, size: int) -> list[int]:
    """The newest items between two that have what the query needs, by their numbers."""
    if wanted is None:
        number = items.c.number
        return list(await tx.scalars(select(number).where(number < before, number > after).order_by(number.desc()).limit(size)))
    sqlite = tx.dialect.name == "sqlite"
    said = {"wanted": fts5(wanted) if sqlite else tsquery(wanted), "before": before, "after": after, "size": size}
    return list(await tx.scalars(_SQLITE if sqlite else _POSTGRESQL, said))


async def _items(tx: Tx, numbers: list[int], visible: ColumnElement[bool], start: datetime | None) -> list[Item]:
    wanted: Select[tuple[object, ...]] = select(*_COLUMNS).where(items.c.number.in_(numbers), visible).order_by(items.c.number.desc())
    if start is not None:
        wanted = wanted.where(*_not_before(start))
    return of_rows((await tx.execute(wanted)).mappings()) if numbers else []


def _not_before(start: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Published at `start` or later, or not dated; and found then: what was found before had been published before."""
    return func.coalesce(items.c.published, items.c.detected) >= start, items.c.detected >= start
