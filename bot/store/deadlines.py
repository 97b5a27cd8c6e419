"""The days that matter of items: kept with each version, found by how far they are ahead; and which places were reminded of which."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import delete, func, select, type_coerce

from bot.model import Item, Reminders
from bot.store.database import Tx, insert, one_of
from bot.store.tables import deadlines, hits, reminded, reminders, subscriptions


class Day(NamedTuple):
    """A day that matters of an item."""

    item: str
    kind: str
    day: date


class Found(NamedTuple):
    """A day that matters of an item, and when the item was first found for whoever asks."""

    day: Day
    found: datetime


async def put(tx: Tx, enriched: Sequence[Item]) -> None:
    """The days of these items are those they have now."""
    if not enriched:
        return
    await tx.execute(delete(deadlines).where(one_of(tx, deadlines.c.item, [one.id for one in enriched])))
    rows = {(one.id, each.kind, each.day): None for one in enriched for each in one.deadlines}
    if rows:
        await tx.execute(insert(tx, deadlines), [Day(*row)._asdict() for row in rows])


async def between(tx: Tx, first: date, last: date) -> list[Day]:
    """Every day from the first to the last, both included, the soonest first."""
    wanted = select(deadlines).where(deadlines.c.day.between(first, last)).order_by(deadlines.c.day, deadlines.c.item, deadlines.c.kind)
    return [Day(*row) for row in await tx.execute(wanted)]


async def at_place(tx: Tx, place_id: str, first: date, last: date) -> list[Found]:
    """The days from the first to the last of what the watchlists subscribed at a place have found, the soonest first."""
    theirs = select(subscriptions.c.watchlist).where(subscriptions.c.place == place_id)
    wanted = (
        select(*deadlines.c, type_coerce(func.min(hits.c.found), hits.c.found.type))
        .join(hits, hits.c.item == deadlines.c.item)
        .where(deadlines.c.day.between(first, last), hits.c.watchlist.in_(theirs))
        .group_by(*deadlines.c)
        .order_by(deadlines.c.day, deadlines.c.item, deadlines.c.kind)
    )
    return [Found(Day(*row[:3]), row[3]) for row in await tx.execute(wanted)]


async def remind(tx: Tx, wishes: Reminders) -> None:
    """The place is reminded in this manner from now on; of what lay before, as it was said when it first wished so."""
    row = wishes.model_dump() | {"days": list(wishes.days)}
    new = insert(tx, reminders).values(row)
    await tx.execute(new.on_conflict_do_update(index_elements=["place"], set_={"days": row["days"], "at": row["at"]}))


async def stop_reminding(tx: Tx, place_id: str) -> None:
    """The place is not reminded any more."""
    await tx.execute(delete(reminders).where(reminders.c.place == place_id))


async def wishes(tx: Tx, place_id: str | None = None) -> list[Reminders]:
    """How each place, or this one, is reminded."""
    wanted = select(reminders).order_by(reminders.c.place)
    if place_id is not None:
        wanted = wanted.where(reminders.c.place == place_id)
    return [Reminders.model_validate(dict(row)) for row in (await tx.execute(wanted)).mappings()]


async def note(tx: Tx, place_id: str, reminded_of: Sequence[tuple[Day, int]]) -> list[tuple[Day, int]]:
    """The place is reminded of these days, so many days ahead; those of which it was not yet. Of two processes one is told of each."""
    if not reminded_of:
        return []
    rows = [{"place": place_id, **one._asdict(), "ahead": ahead} for one, ahead in reminded_of]
    columns = (reminded.c.item, reminded.c.kind, reminded.c.day, reminded.c.ahead)
    new = set((await tx.execute(insert(tx, reminded).on_conflict_do_nothing().returning(*columns), rows)).all())
    return [(one, ahead) for one, ahead in reminded_of if (*one, ahead) in new]
