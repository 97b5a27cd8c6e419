"""Platform events already acted on, so that one delivered twice is acted on once."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from bot.store.database import Tx, insert, one_of
from bot.store.tables import events

_EVER = "ever:"


async def first_time(tx: Tx, event_id: str, now: datetime) -> bool:
    """Whether this event was not seen before; from now on it was. Exactly one of several callers is told yes."""
    new = insert(tx, events).values(id=event_id, seen=now).on_conflict_do_nothing().returning(events.c.id)
    return await tx.scalar(new) is not None


async def first_ever(tx: Tx, what: str, now: datetime) -> bool:
    """Like `first_time`, of what happens once and is never forgotten, such as a welcome."""
    return await first_time(tx, _EVER + what, now)


async def newly(tx: Tx, whats: Collection[str], now: datetime) -> set[str]:
    """Like `first_ever`, of many at once: those that had not happened before."""
    rows = [{"id": _EVER + what, "seen": now} for what in whats]
    if not rows:
        return set()
    new = await tx.execute(insert(tx, events).on_conflict_do_nothing().returning(events.c.id), rows)
    return {row.id.removeprefix(_EVER) for row in new}


async def happened(tx: Tx, whats: Collection[str]) -> set[str]:
    """Which of what happens once have happened."""
    rows = await tx.execute(select(events.c.id).where(one_of(tx, events.c.id, [_EVER + what for what in whats])))
    return {row.id.removeprefix(_EVER) for row in rows}


async def again(tx: Tx, event_id: str, now: datetime, pause: timedelta) -> bool:
    """Whether this event was not seen within the `pause` before now; then it was seen now."""
    new = insert(tx, events).values(id=event_id, seen=now)
    seen = new.on_conflict_do_update(index_elements=["id"], set_={"seen": now}, where=events.c.seen <= now - pause)
    return await tx.scalar(seen.returning(events.c.id)) is not None


async def forget_before(tx: Tx, when: datetime) -> int:
    """Events seen before `when` are forgotten, but for what happens once; how many. Platforms repeat an event within the hour."""
    old = delete(events).where(events.c.seen < when, ~events.c.id.startswith(_EVER, autoescape=True))
    return (await tx.execute(old)).rowcount
