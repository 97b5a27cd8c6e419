"""What waits in the outbox for its time, and what goes out together with others. When that is, is decided in bot.deliver.digest."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select, update

from bot.model import Bundled, Crowd, Delivery, Item, Place
from bot.store.database import Tx, one_of
from bot.store.outbox import FIELDS, MISSED, owe, rows
from bot.store.tables import items, outbox, places, stories

_ALERTS = ("new", "changed", "also")
_TOGETHER = ("digest", "burst")
_PLACE = tuple(places.c[name] for name in Place.model_fields)
_SHOWN = ("id", "source", "title", "url", "country", "agency", "doc_type", "status", "published", "detected")


async def due_places(tx: Tx, now: datetime) -> list[str]:
    """The places where something has waited until now; those that are suspended wait until they resume."""
    time = (outbox.c.state == "waiting", outbox.c.not_before <= now, places.c.suspended == "")
    return list(await tx.scalars(select(outbox.c.place).join(places).where(*time).distinct().order_by(outbox.c.place)))


async def lock(tx: Tx, place_ids: Collection[str]) -> dict[str, Place]:
    """These places as they are, by id; no other process gathers, closes or claims for them until this transaction ends."""
    mine = select(*_PLACE).where(one_of(tx, places.c.id, place_ids)).order_by(places.c.id)
    found = await tx.execute(mine.with_for_update(key_share=True))
    return {row["id"]: Place.model_validate(dict(row)) for row in found.mappings()}


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
    promised = and_(outbox.c.kind == "notice", outbox.c.not_before >= until)  # what is promised for later keeps its day
    await tx.execute(update(outbox).where(*mine, ~promised).values(state="waiting", not_before=until))


async def ahead(tx: Tx) -> list[Delivery]:
    """Everything that is owed and not being sent just now, place by place, in its order."""
    owed = outbox.c.state.in_(("waiting", "pending", "later"))
    return await rows(tx, select(*FIELDS).where(owed).order_by(outbox.c.place, outbox.c.number))


async def crowds(tx: Tx, place_ids: Collection[str], now: datetime) -> dict[str, Crowd]:
    """The alerts that these places are owed now and that nobody has tried to send, counted; without places that are owed none."""
    urgent, missed = (func.count(case((of, 1))) for of in (outbox.c.urgent, outbox.c.reason == MISSED))
    counted = select(outbox.c.place, func.count(), urgent, missed).where(one_of(tx, outbox.c.place, place_ids), *_untried(now))
    return {place: Crowd(*counts) for place, *counts in await tx.execute(counted.group_by(outbox.c.place).order_by(outbox.c.place))}


async def crowd(tx: Tx, place_id: str, now: datetime, *, urgent_too: bool) -> list[str]:
    """The ids of the alerts that the place is owed now and that nobody has tried to send, in their order."""
    mine = select(outbox.c.id).where(outbox.c.place == place_id, *_untried(now))
    return list(await tx.scalars((mine if urgent_too else mine.where(~outbox.c.urgent)).order_by(outbox.c.number)))


def _untried(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (outbox.c.state == "pending", outbox.c.attempts == 0, outbox.c.kind.in_(_ALERTS), outbox.c.not_before <= now)


async def sent_alone(tx: Tx, place_ids: Collection[str], since: datetime) -> dict[str, int]:
    """How many alerts each of these places got, or is getting, one by one since then."""
    begun = (outbox.c.state.in_(("sent", "sending", "later", "unclear")), outbox.c.attempted >= since, outbox.c.kind.in_(_ALERTS))
    counted = select(outbox.c.place, func.count()).where(one_of(tx, outbox.c.place, place_ids), *begun).group_by(outbox.c.place)
    return dict((await tx.execute(counted)).all())


async def last_bursts(tx: Tx, place_ids: Collection[str]) -> dict[str, Delivery]:
    """The newest message of each of these places that tells of a burst."""
    newest = (
        select(func.max(outbox.c.number)).where(one_of(tx, outbox.c.place, place_ids), outbox.c.kind == "burst").group_by(outbox.c.place)
    )
    return {one.place: one for one in await rows(tx, select(*FIELDS).where(outbox.c.number.in_(newest)))}


async def find_digest(tx: Tx, place_id: str, beginning: str) -> Delivery | None:
    """The digest of this place whose id begins so; the newest one for an empty beginning."""
    mine = (outbox.c.place == place_id, outbox.c.kind.in_(_TOGETHER), outbox.c.id.startswith(beginning, autoescape=True))
    return next(iter(await rows(tx, select(*FIELDS).where(*mine).order_by(outbox.c.number.desc()).limit(1))), None)


async def contents(tx: Tx, digest_id: str) -> list[Bundled]:
    """What a digest tells, in the order it was found; of each item what a list shows, without its text."""
    shown = [items.c[name].label(f"item_{name}") for name in _SHOWN]
    wanted = select(outbox.c.kind, outbox.c.watchlists, outbox.c.version, outbox.c.urgent, *shown).join(items, items.c.id == outbox.c.item)
    found = await tx.execute(wanted.where(outbox.c.digest == digest_id).order_by(outbox.c.number))
    reporters = await _reporters(tx, digest_id)
    return [_told(dict(row), reporters.get(row["item_id"], ())) for row in found.mappings()]


async def _reporters(tx: Tx, digest_id: str) -> dict[str, tuple[str, ...]]:
    """By item of the digest, whose reports of its event came besides; not those that stand in the digest too."""
    mine, other = stories.alias("mine"), stories.alias("other")
    here = select(outbox.c.item).where(outbox.c.digest == digest_id)
    wanted = (
        select(mine.c.item, items.c.agency, items.c.source)
        .join_from(mine, other, (other.c.story == mine.c.story) & (other.c.item != mine.c.item))
        .join(items, items.c.id == other.c.item)
        .where(mine.c.item.in_(here), other.c.item.not_in(here))
    )
    found: dict[str, dict[str, None]] = {}
    for item, agency, source in await tx.execute(wanted.order_by(items.c.number)):
        found.setdefault(item, {})[agency or source] = None
    return {item: tuple(names) for item, names in found.items()}


def _told(row: dict[str, Any], reporters: tuple[str, ...]) -> Bundled:
    item = Item(version=row["version"], **{name: row[f"item_{name}"] for name in _SHOWN})
    return Bundled(item=item, kind=row["kind"], watchlists=row["watchlists"], urgent=row["urgent"], reporters=reporters)
