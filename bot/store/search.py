"""Which items a query finds, newest first: the index narrows, `query.holds` decides.

Searching for a query finds exactly the items on which a watchlist of that query would have alerted. Nothing a person typed reaches
MATCH or tsquery; see `bot.store.narrowing`.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

from sqlalchemy import Select, select, text

from bot.model import Item
from bot.store.database import Tx
from bot.store.items import of_rows
from bot.store.narrowing import Need, fts5, need, tsquery
from bot.store.tables import items
from bot.watch.query import Query, holds

COUNT_CAP = 1_000
"""A count that reaches this means so many or more: nobody reads that far, and counting on takes time."""
_FIRST_BATCH = 50
_LARGEST_BATCH = 200
_WITHOUT_PAUSE = 10  # items looked at before others get their turn: a few milliseconds' work
_AFTER_ALL = 2**62
_COLUMNS = [items.c[name] for name in Item.model_fields]
_SQLITE = text("SELECT rowid FROM item_words WHERE item_words MATCH :wanted AND rowid < :before ORDER BY rowid DESC LIMIT :size")
# Materialized, since the planner else walks all items backwards in the hope of meeting rare words soon.
_POSTGRESQL = text(
    "WITH found AS MATERIALIZED (SELECT number FROM item_words WHERE words @@ CAST(CAST(:wanted AS text) AS tsquery) AND number < :before)"
    " SELECT number FROM found ORDER BY number DESC LIMIT :size"
)


async def find(tx: Tx, query: Query, *, limit: int, offset: int = 0, now: datetime | None = None) -> list[Item]:
    """The newest items for which the query holds, `limit` of them after the first `offset`. `now` is for `age:` and `deadline:`."""
    found: list[Item] = []
    async for item in _holding(tx, query, now):
        found.append(item)
        if len(found) >= offset + limit:
            break
    return found[offset:]


async def count(tx: Tx, query: Query, *, now: datetime | None = None) -> int:
    """For how many items the query holds, at most COUNT_CAP."""
    return len(await find(tx, query, limit=COUNT_CAP, now=now))


async def _holding(tx: Tx, query: Query, now: datetime | None) -> AsyncIterator[Item]:
    """The items for which the query holds, newest first, fetched as they are asked for."""
    wanted = need(query)
    before, size = _AFTER_ALL, _FIRST_BATCH
    while True:
        numbers = await _numbers(tx, wanted, before, size)
        for position, item in enumerate(await _items(tx, numbers)):
            if position % _WITHOUT_PAUSE == 0:
                await asyncio.sleep(0)
            if holds(query, item, now=now) is not None:
                yield item
        if len(numbers) < size:
            return
        before, size = numbers[-1], min(2 * size, _LARGEST_BATCH)


async def _numbers(tx: Tx, wanted: Need | None, before: int, size: int) -> list[int]:
    """The newest items before one that have what the query needs, by their numbers."""
    if wanted is None:
        return list(await tx.scalars(select(items.c.number).where(items.c.number < before).order_by(items.c.number.desc()).limit(size)))
    sqlite = tx.dialect.name == "sqlite"
    said = {"wanted": fts5(wanted) if sqlite else tsquery(wanted), "before": before, "size": size}
    return list(await tx.scalars(_SQLITE if sqlite else _POSTGRESQL, said))


async def _items(tx: Tx, numbers: list[int]) -> list[Item]:
    wanted: Select[tuple[object, ...]] = select(*_COLUMNS).where(items.c.number.in_(numbers)).order_by(items.c.number.desc())
    return of_rows((await tx.execute(wanted)).mappings()) if numbers else []
