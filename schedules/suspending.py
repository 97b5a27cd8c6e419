"""Suspends a place that takes no messages any more, and tells once those who subscribed it."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from bot.cards.stopped import WHOLE_WORKSPACE, stopped
from bot.deliver import outbox as life
from bot.messages import speaking_to
from bot.model import Place, Subscription
from bot.store import outbox, places, record, watchlists
from bot.store.database import Tx

log = structlog.get_logger()


async def suspend(tx: Tx, place: Place, code: str, now: datetime) -> None:
    """Nothing is sent to the place until it resumes; what it is owed is held. Its owners are owed a notice, if this is new."""
    if not await places.suspend(tx, place.id, code, now):
        return
    log.warning("place_suspended", place=place.id, code=code)
    await record.by_itself(tx, place, "place suspended", now, about=place.id, name=place.name, code=code)
    if code in WHOLE_WORKSPACE:
        return
    subscriptions = await places.at_place(tx, place.id)
    names = await watchlists.by_id(tx, place.workspace, [one.watchlist for one in subscriptions])
    for owner in _owners(place, subscriptions):
        await places.ensure(tx, owner)
        known = await places.get(tx, owner.id) or owner
        with speaking_to(known.language, known.locale or place.locale):
            notice = stopped(place, code, [one.name for one in names.values()])
        await outbox.owe(tx, [life.telling(owner.id, f"{place.id} stopped at {now.isoformat()}", notice, now)])


def _owners(place: Place, subscriptions: Sequence[Subscription]) -> list[Place]:
    """The direct messages of those who subscribed the place. Only Slack takes messages for a person without a chat of theirs."""
    if place.platform != "slack":
        return []
    ours = f"slack:{place.workspace}:"
    people = dict.fromkeys(one.created_by for one in subscriptions if one.created_by.startswith(ours))
    return [Place(id=one, platform="slack", workspace=place.workspace, channel=one.removeprefix(ours)) for one in people if one != place.id]
