"""Brings deferred work back on its day: the item is open again, its alerts show it, and their threads are told. Once, also after a rest.

The day begins where the alert stands first, in the time zone of that place; for an item that was alerted nowhere, in UTC.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.deliver import outbox as life
from bot.items.assessing import returned, standing
from bot.messages import say, speaking_to
from bot.model import Assessment, Decision, Notice, Place
from bot.store import assessments, events, items, outbox
from bot.store.database import Store, Tx
from bot.times import zone

log = structlog.get_logger()

# Where a day begins first it is fourteen hours ahead of UTC.
_FIRST = timedelta(hours=14)


@dataclass
class Deferred:
    """The bringing back by one process. `clock` gives the time."""

    store: Store
    clock: Callable[[], datetime]

    async def bring_back(self) -> None:
        """Whatever was deferred until today or before is open work again, and the places that were alerted are told once."""
        now = self.clock()
        async with self.store.read() as tx:
            due = await assessments.deferred_until(tx, (now + _FIRST).date())
        for one in due:
            async with self.store.write() as tx:
                await _bring_back(tx, one, now)


async def _bring_back(tx: Tx, deferral: Decision, now: datetime) -> None:
    """Nothing happens to what was decided anew since, to what another process brings back, and before its day has begun."""
    log_of_it = await assessments.of_item(tx, deferral.workspace, deferral.item)
    stands = standing(log_of_it)
    alerted = await outbox.alerted(tx, deferral.workspace, deferral.item)
    if stands.status != "deferred" or stands.until is None or not _has_begun(stands.until.isoformat(), alerted, now):
        return
    made = returned(log_of_it, now)
    if made is None or not await events.first_ever(tx, f"returned {made.workspace} {made.item} {stands.until} {len(log_of_it)}", now):
        return
    await assessments.decide(tx, made)
    await outbox.refresh_alerts(tx, made.workspace, made.item, now)
    found = await items.find(tx, made.item, workspace=made.workspace)
    title = " ".join(found.title.split())[:300] if found else ""
    link = (found.url or "") if found else ""
    topic = f"returned {made.item} {stands.until} {len(log_of_it)}"
    about = {"item": made.item, "version": len(log_of_it)}
    owed = [life.telling(one.id, topic, _notice(one, stands, title, link), now).model_copy(update=about) for one in alerted]
    await outbox.owe(tx, owed)
    log.info("returned", item=made.item, places=len(alerted))


def _notice(place: Place, stands: Assessment, title: str, link: str) -> Notice:
    """What the thread of the alert is told, in the language of its place."""
    with speaking_to(place.language, place.locale):
        why = say("It was deferred because: {reason}.", reason=stands.reason) if stands.reason else ""
        owner = say("Owner: {name}.", name=stands.owner_name) if stands.owner_name else ""
        whose = f"{why} {owner}".strip() or say("Nobody owns it.")
        return Notice(lines=(say("Deferred until today: this is open work again."), title, whose), links=("", link))


def _has_begun(day: str, alerted: Sequence[Place], now: datetime) -> bool:
    local = now.astimezone(zone(alerted[0].timezone if alerted else "UTC"))
    return local.date().isoformat() >= day
