"""How soon a platform takes the next message, as all processes know it: for a place, and for all that it counts as one."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select

from bot.store.database import Tx, insert, one_of
from bot.store.tables import paces
from bot.times import SKEW


async def free(tx: Tx, names: Collection[str], now: datetime) -> dict[str, datetime]:
    """From when on each of these is free, for those that are not yet; nobody else books them until this transaction ends.

    What was said of one before the clock went back holds no more.
    """
    wanted = select(paces.c.name, paces.c.free).where(one_of(tx, paces.c.name, names), paces.c.said <= now + SKEW)
    rows = await tx.execute(wanted.order_by(paces.c.name).with_for_update())
    return {name: moment for name, moment in rows if moment > now}


async def book(tx: Tx, until: Mapping[str, datetime], now: datetime) -> None:
    """None of these is free before then, whatever was said of it before."""
    if not until:
        return
    new = insert(tx, paces)
    change = {"free": new.excluded.free, "said": new.excluded.said}
    rows = [{"name": name, "free": until[name], "said": now} for name in sorted(until)]
    await tx.execute(new.on_conflict_do_update(index_elements=["name"], set_=change), rows)
