"""What waits in the outbox for its time, and what goes out together with others. When that is, is decided in bot.deliver.digest."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from bot.model import Bundled, Delivery, Item, Place
from bot.store.database import Tx, one_of
from bot.store.outbox import FIELDS, owe, rows
from bot.store.tables import items, outbox, places

_ALERTS = ("new", "changed", "also")
_TOGETHER = ("digest", "burst")
_PLACE = tuple(places.c[name] for name in Place.model_fields)
_SHOWN = ("id", "source", "title", "url", "country", "agency", "doc_type", "status", "published", "detected")


async def due_places(tx: Tx, now: datetime) -> list[str]:
    """The places where something has waited until now; those that are suspended wait until they resume."""
    time = (outbox.c.state == "waiting", outbox.c.not_before <= now, places.c.suspended == "")
    return list(await tx.scalars(select(outbox.c.place).join(places).where(*time).distinct().order_by(outbox.c.place)))


async def lock(tx: Tx, place_id: str) -> Place | None:
    """The place as it is; no other process gathers or closes for it until this transaction ends."""
    row = (await tx.execute(select(*_PLACE).where(places.c.id == place_id).with_for_update(key_share=True))).mappings().first()
    return None if row is None else Place.model_validate(dict(row))


async def due(tx: Tx, place_id: str, now: datetime) -> list[Delivery]:
    """What has waited until now, in the order it came to be owed."""
    mine = (outbox.c.place == place_id, outbox.c.state == "waiting", outbox.c.not_before <= now)
    return await rows(tx, select(*FIELDS).where(*mine).order_by(outbox.c.number))


async def bundle(tx: Tx, digest: Delivery, ids: Sequence[str]) -> bool:
    """These go out in the digest, which is owed from now on. False, and nothing changed, if it was owed before: its window is closed."""
    if not await owe(tx, [digest]):
        return False
    await join(tx, digest.id, ids)
    return True


async def join(tx: Tx, digest_id: str, ids: Sequence[str]) -> None:
    """These go out in that digest too."""
    await tx.execute(update(outbox).where(one_of(tx, outbox.c.id, ids)).values(state="bundled", digest=digest_id))


async def settle(tx: Tx, ids: Sequence[str], state: str, not_before: datetime, reason: str | None = None) -> None:
    """These wait until then, are owed from then on, or are dropped, for that reason; None leaves the reason as it is."""
    said = {} if reason is None else {"reason": reason}
    await tx.execute(update(outbox).where(one_of(tx, outbox.c.id, ids)).values(state=state, not_before=not_before, **said))


async def reconsider(tx: Tx, place_id: str, now: datetime) -> None:
    """What waits is looked at again now, because the place wishes something else from now on."""
    mine = (outbox.c.place == place_id, outbox.c.state == "waiting", outbox.c.not_before > now)
    await tx.execute(update(outbox).where(*mine).values(not_before=now))


async def postpone(tx: Tx, place_id: str, until: datetime) -> None:
    """What the place is owed, is not urgent and is not under way waits until then. Bringing an alert up to date disturbs nobody."""
    mine = (outbox.c.place == place_id, outbox.c.state.in_(("pending", "later")), ~outbox.c.urgent, outbox.c.kind != "refresh")
    await tx.execute(update(outbox).where(*mine).values(state="waiting", not_before=until))


async def ahead(tx: Tx) -> list[Delivery]:
    """Everything that is owed and not being sent just now, place by place, in its order."""
    owed = outbox.c.state.in_(("waiting", "pending", "later"))
    return await rows(tx, select(*FIELDS).where(owed).order_by(outbox.c.place, outbox.c.number))


async def crowd(tx: Tx, place_id: str, now: datetime) -> list[Delivery]:
    """The alerts that the place is owed now and that nobody has tried to send, in their order."""
    mine = (outbox.c.place == place_id, outbox.c.state == "pending", outbox.c.attempts == 0, outbox.c.kind.in_(_ALERTS))
    return await rows(tx, select(*FIELDS).where(*mine, outbox.c.not_before <= now).order_by(outbox.c.number))


async def sent_alone(tx: Tx, place_id: str, since: datetime) -> int:
    """How many alerts the place got, or is getting, one by one since then."""
    begun = (outbox.c.state.in_(("sent", "sending", "later", "unclear")), outbox.c.attempted >= since)
    count = select(func.count()).where(outbox.c.place == place_id, outbox.c.kind.in_(_ALERTS), *begun)
    return await tx.scalar(count) or 0


async def last_burst(tx: Tx, place_id: str) -> Delivery | None:
    """The newest message of this place that tells of a burst."""
    newest = select(*FIELDS).where(outbox.c.place == place_id, outbox.c.kind == "burst").order_by(outbox.c.number.desc()).limit(1)
    return next(iter(await rows(tx, newest)), None)


async def find_digest(tx: Tx, place_id: str, beginning: str) -> Delivery | None:
    """The digest of this place whose id begins so; the newest one for an empty beginning."""
    mine = (outbox.c.place == place_id, outbox.c.kind.in_(_TOGETHER), outbox.c.id.startswith(beginning, autoescape=True))
    return next(iter(await rows(tx, select(*FIELDS).where(*mine).order_by(outbox.c.number.desc()).limit(1))), None)


async def contents(tx: Tx, digest_id: str) -> list[Bundled]:
    """What a digest tells, in the order it was found; of each item what a list shows, without its text."""
    shown = [items.c[name].label(f"item_{name}") for name in _SHOWN]
    wanted = select(outbox.c.kind, outbox.c.watchlists, outbox.c.version, outbox.c.urgent, *shown).join(items, items.c.id == outbox.c.item)
    found = await tx.execute(wanted.where(outbox.c.digest == digest_id).order_by(outbox.c.number))
    return [_told(dict(row)) for row in found.mappings()]


def _told(row: dict[str, Any]) -> Bundled:
    item = Item(version=row["version"], **{name: row[f"item_{name}"] for name in _SHOWN})
    return Bundled(item=item, kind=row["kind"], watchlists=row["watchlists"], urgent=row["urgent"])
