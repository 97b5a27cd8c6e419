"""Named counters that move inside the transaction of what they count, so that a change is noticed by whoever kept something of before."""

from sqlalchemy import select

from bot.store.database import Tx, insert
from bot.store.tables import counters


async def value(tx: Tx, name: str) -> int:
    """How far the counter has come; it only grows."""
    return await tx.scalar(select(counters.c.value).where(counters.c.name == name)) or 0


async def grow(tx: Tx, name: str) -> int:
    """The counter is one further, once the transaction is kept; how far it then is."""
    first = insert(tx, counters).values(name=name, value=1)
    more = first.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1})
    return int((await tx.execute(more.returning(counters.c.value))).scalar_one())
