"""Platform events already acted on, so that one delivered twice is acted on once."""

from datetime import datetime

from sqlalchemy import delete

from bot.store.database import Tx, insert
from bot.store.tables import events


async def first_time(tx: Tx, event_id: str, now: datetime) -> bool:
    """Whether this event was not seen before; from now on it was. Exactly one of several callers is told yes."""
    new = insert(tx, events).values(id=event_id, seen=now).on_conflict_do_nothing().returning(events.c.id)
    return await tx.scalar(new) is not None


async def forget_before(tx: Tx, when: datetime) -> int:
    """Events seen before `when` are forgotten; how many. Platforms repeat an event within the hour."""
    return (await tx.execute(delete(events).where(events.c.seen < when))).rowcount
