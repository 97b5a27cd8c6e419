"""Places and what is subscribed there. A place that cannot be reached is suspended, never forgotten, and can resume."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, case, delete, or_, select, update

from bot.errors import UserMistake
from bot.messages import say
from bot.model import Place, Platform, Subscription
from bot.store import outbox
from bot.store.database import Tx, insert, one_of
from bot.store.tables import places, subscriptions, watchlists

_PLACE = select(*(places.c[name] for name in Place.model_fields))
# Whether nothing can be delivered is a fact of the place; each of its subscriptions shows it.
_SUBSCRIPTION = select(*(subscriptions.c[name] for name in Subscription.model_fields if name != "suspended"), places.c.suspended).join_from(
    subscriptions, places
)


class Asleep(NamedTuple):
    """A place takes no messages `since` then, for which the platform's word is `code`."""

    code: str
    since: datetime


async def ensure(tx: Tx, place: Place) -> None:
    """The place is known, under the name and address it has now; what it wishes stays what it was."""
    new = insert(tx, places).values(place.model_dump() | {"suspended": ""})
    now = {name: case((new.excluded[name] != "", new.excluded[name]), else_=places.c[name]) for name in ("name", "address")}
    # The locale first heard stays: a channel does not change its language with whoever speaks last.
    now["locale"] = case((places.c.locale == "", new.excluded.locale), else_=places.c.locale)
    moved = or_(*(value != places.c[name] for name, value in now.items()))
    await tx.execute(new.on_conflict_do_update(index_elements=["id"], set_=now, where=moved))


async def get(tx: Tx, place_id: str) -> Place | None:
    """The place with this id."""
    row = (await tx.execute(_PLACE.where(places.c.id == place_id))).mappings().first()
    return None if row is None else Place.model_validate(dict(row))


async def by_id(tx: Tx, ids: Collection[str]) -> dict[str, Place]:
    """The places with these ids."""
    rows = await tx.execute(_PLACE.where(one_of(tx, places.c.id, ids)))
    return {row["id"]: Place.model_validate(dict(row)) for row in rows.mappings()}


async def by_name(tx: Tx, beside: Place, name: str) -> Place | None:
    """The place of this name, which may begin with #, on the platform and in the workspace of another one, or behind a workflow."""
    names = [name, name.removeprefix("#")]
    mine = (places.c.platform.in_([beside.platform, "workflow"]), places.c.workspace == beside.workspace, places.c.name.in_(names))
    row = (await tx.execute(_PLACE.where(*mine).order_by(places.c.id).limit(1))).mappings().first()
    return None if row is None else Place.model_validate(dict(row))


async def beside(tx: Tx, place: Place, most: int = 100) -> list[Place]:
    """The places with a name on the platform and in the workspace of this one, by name."""
    mine = (places.c.platform == place.platform, places.c.workspace == place.workspace, places.c.name != "")
    rows = await tx.execute(_PLACE.where(*mine).order_by(places.c.name, places.c.id).limit(most))
    return [Place.model_validate(dict(row)) for row in rows.mappings()]


async def wish(tx: Tx, place: Place) -> None:
    """The place has these settings from now on."""
    wishes = place.model_dump(include={"timezone", "quiet_from", "quiet_to", "compact", "threads", "mentions", "language"})
    await tx.execute(update(places).where(places.c.id == place.id).values(wishes))


async def subscribe(tx: Tx, subscription: Subscription) -> bool:
    """The place gets what the watchlist finds; False if it did before. UserMistake if they are of different workspaces."""
    same = select(places.c.id).join(watchlists, watchlists.c.workspace == places.c.workspace)
    here = same.where(places.c.id == subscription.place, watchlists.c.id == subscription.watchlist, watchlists.c.active)
    if await tx.scalar(here) is None:
        raise UserMistake(say("There is no such watchlist in this workspace."), hint=say("See the ones there are with `watch list`."))
    row = subscription.model_dump(exclude={"suspended"}) | {"days": list(subscription.days)}
    new = insert(tx, subscriptions).values(row).on_conflict_do_nothing().returning(subscriptions.c.number)
    return await tx.scalar(new) is not None


async def change(tx: Tx, subscription: Subscription) -> None:
    """The subscription is delivered in this manner from now on."""
    how = subscription.model_dump(include={"frequency", "at", "urgent"}) | {"days": list(subscription.days)}
    await tx.execute(update(subscriptions).where(subscriptions.c.id == subscription.id).values(how))


async def unsubscribe(tx: Tx, place_id: str, watchlist_id: str) -> bool:
    """The place gets nothing new of that watchlist; False if it did not before."""
    mine = (subscriptions.c.place == place_id, subscriptions.c.watchlist == watchlist_id)
    return (await tx.execute(delete(subscriptions).where(*mine))).rowcount > 0


async def at_place(tx: Tx, place_id: str) -> list[Subscription]:
    """What is subscribed at a place, the oldest first."""
    return await _all(tx, _SUBSCRIPTION.where(subscriptions.c.place == place_id))


async def of_watchlists(tx: Tx, ids: Collection[str]) -> list[Subscription]:
    """Who is to get what these watchlists find, suspended places too: what is owed to them is held."""
    return await _all(tx, _SUBSCRIPTION.where(one_of(tx, subscriptions.c.watchlist, ids)))


async def receiving(tx: Tx) -> list[Place]:
    """The places of every workspace that receive something and take messages."""
    found = select(subscriptions.c.place).distinct()
    rows = await tx.execute(_PLACE.where(places.c.id.in_(found), places.c.suspended == "").order_by(places.c.id))
    return [Place.model_validate(dict(row)) for row in rows.mappings()]


async def asleep(tx: Tx, place_id: str) -> Asleep | None:
    """The suspension of the place; None while it takes messages."""
    mine = select(places.c.suspended, places.c.suspended_at).where(places.c.id == place_id, places.c.suspended != "")
    row = (await tx.execute(mine)).first()
    return None if row is None else Asleep(*row)


async def suspend(tx: Tx, place_id: str, code: str, now: datetime) -> bool:
    """Nothing is sent to the place until it resumes: what it is owed, now and later, is held. False if it was suspended before.

    `code` is the platform's word.
    """
    change = update(places).where(places.c.id == place_id, places.c.suspended == "")
    first = (await tx.execute(change.values(suspended=code, suspended_at=now))).rowcount > 0
    await outbox.hold(tx, place_id, code)
    return first


async def suspend_all(tx: Tx, platform: Platform, workspace: str, code: str, now: datetime) -> int:
    """As `suspend`, every place of a workspace; how many were not suspended before."""
    mine = select(places.c.id).where(places.c.platform == platform, places.c.workspace == workspace)
    return sum([await suspend(tx, one, code, now) for one in list(await tx.scalars(mine))])


async def resume(tx: Tx, place_id: str) -> bool:
    """The place gets messages again, first those that were held; False if it was not suspended."""
    change = update(places).where(places.c.id == place_id, places.c.suspended != "").values(suspended="", suspended_at=None)
    resumed = (await tx.execute(change)).rowcount > 0
    await outbox.release(tx, place_id)
    return resumed


async def resume_all(tx: Tx, platform: Platform, workspace: str, codes: Collection[str]) -> int:
    """The places of a workspace that were suspended for one of these codes get messages again; how many."""
    mine = (places.c.platform == platform, places.c.workspace == workspace, places.c.suspended.in_(sorted(codes)))
    return sum([await resume(tx, one) for one in list(await tx.scalars(select(places.c.id).where(*mine)))])


async def _all(tx: Tx, wanted: Select[Any]) -> list[Subscription]:
    rows = await tx.execute(wanted.order_by(subscriptions.c.number))
    return [Subscription.model_validate(dict(row)) for row in rows.mappings()]
