"""The calendars of places: each under an address nobody can guess, of which only a digest is kept."""

import hashlib
from datetime import date, datetime

from sqlalchemy import delete, or_, select

from bot.model import Place
from bot.store.database import Tx, insert, one_of
from bot.store.items import Version
from bot.store.tables import calendars, deadlines, hits, items, places, subscriptions, versions

# A calendar of more items than this is read by nobody.
MOST = 500

_PLACE = [places.c[name] for name in Place.model_fields]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


async def open_at(tx: Tx, place_id: str, secret: str, actor: str, now: datetime) -> None:
    """The calendar of the place is to be had with this secret from now on, and with no other."""
    row = {"digest": _digest(secret), "created_by": actor, "created": now}
    new = insert(tx, calendars).values(place=place_id, **row)
    await tx.execute(new.on_conflict_do_update(index_elements=["place"], set_=row))


async def close(tx: Tx, place_id: str) -> bool:
    """The calendar of the place is not to be had any more; False if it was not."""
    return (await tx.execute(delete(calendars).where(calendars.c.place == place_id))).rowcount > 0


async def opened(tx: Tx, place_id: str) -> datetime | None:
    """Since when the calendar of the place is to be had; None if it is not."""
    return await tx.scalar(select(calendars.c.created).where(calendars.c.place == place_id))


async def place_of(tx: Tx, secret: str) -> Place | None:
    """The place whose calendar is to be had with this secret."""
    wanted = select(*_PLACE).join(calendars, calendars.c.place == places.c.id).where(calendars.c.digest == _digest(secret))
    row = (await tx.execute(wanted)).mappings().first()
    return None if row is None else Place.model_validate(dict(row))


async def contents(tx: Tx, place_id: str, since: date) -> list[list[Version]]:
    """What the place's watchlists have found that has a day from `since` on, or may have had one before it changed: all versions of each.

    The newest MOST items, the newest first.
    """
    theirs = select(subscriptions.c.watchlist).where(subscriptions.c.place == place_id)
    found = select(hits.c.item).where(hits.c.watchlist.in_(theirs))
    dated = select(deadlines.c.item).where(deadlines.c.day >= since)
    wanted = select(items.c.id).where(items.c.id.in_(found), or_(items.c.id.in_(dated), items.c.version > 1))
    ids = list(await tx.scalars(wanted.order_by(items.c.number.desc()).limit(MOST)))
    columns = (versions.c.content.label("item"), versions.c.fingerprint, versions.c.found, versions.c.why)
    rows = await tx.execute(select(*columns).where(one_of(tx, versions.c.item, ids)).order_by(versions.c.version))
    histories: dict[str, list[Version]] = {one: [] for one in ids}
    for row in rows.mappings():
        version = Version.model_validate(dict(row))
        histories[version.item.id].append(version)
    return list(histories.values())
