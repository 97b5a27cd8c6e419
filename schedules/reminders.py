"""Reminds places of deadlines that are coming, each once for each of the days ahead it wished; also what was slept through.

What a place was reminded of stands in the database with the message that is owed for it, in one transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.cards import due
from bot.cards.alert import flag
from bot.deliver import outbox as life
from bot.deliver import reminding
from bot.deliver.reminding import Coming
from bot.messages import speaking_to
from bot.model import WITHDRAWN, Item, Place, Reminders
from bot.store import deadlines, items, outbox, places, record
from bot.store.database import Store, Tx
from bot.store.deadlines import Day, Found
from bot.times import zone

log = structlog.get_logger()


LOOK_AGAIN = timedelta(hours=1)
"""What was found, moved or subscribed since a place's moment is looked for this often."""


@dataclass
class Reminding:
    """The reminding by one process. `clock` gives the time.

    A place is looked at when its moment of the day has come, and now and then between: at each tick, a thousand places would be a thousand
    questions a minute of which nearly all come to nothing.
    """

    store: Store
    clock: Callable[[], datetime]
    _looked: dict[str, tuple[Reminders, datetime, datetime]] = field(default_factory=dict)

    async def remind(self) -> None:
        """Whoever is to be reminded of something now is owed a notice of it, once."""
        now = self.clock()
        async with self.store.read() as tx:
            wishes = {one.place: one for one in await deadlines.wishes(tx)}
            wishing = await places.by_id(tx, wishes) if wishes else {}
            turn = {one: place for one, place in wishing.items() if self._is_time(wishes[one], place, now)}
            coming = {one: await _coming(tx, place, wishes[one], now) for one, place in turn.items()}
        for one, found in coming.items():
            if found:
                await self._tell(wishing[one], found, now)
            self._looked[one] = (wishes[one], reminding.moment(wishes[one], wishing[one].timezone, now), now)

    def _is_time(self, wishes: Reminders, place: Place, now: datetime) -> bool:
        """Whether the place was not yet looked at since its moment, as it wishes now, or not for a while."""
        before, since, looked = self._looked.get(place.id, (None, now, now))
        return before != wishes or since != reminding.moment(wishes, place.timezone, now) or not timedelta() <= now - looked < LOOK_AGAIN

    async def _tell(self, place: Place, found: Sequence[tuple[Found, int]], now: datetime) -> None:
        known_since = {one.day: one.found for one, _ in found}
        async with self.store.write() as tx:
            fresh = await deadlines.note(tx, place.id, [(one.day, ahead) for one, ahead in found])
            if not fresh:
                return
            about = {one.id: one for one in await items.several(tx, {day.item for day, _ in fresh})}
            with speaking_to(place.language, place.locale):
                told = [_words(about[day.item], day, known_since[day]) for day, _ in fresh if about[day.item].status != WITHDRAWN]
                notice = reminding.said(told, now.astimezone(zone(place.timezone)).date())
            if told:
                topic = "remind " + " ".join(f"{day.item} {day.kind} {day.day} {ahead}" for day, ahead in sorted(fresh))
                await outbox.owe(tx, [life.telling(place.id, topic, notice, now)])
                await _note(tx, place, fresh, about, now)
                log.info("reminded", place=place.id, deadlines=len(told))


async def _note(tx: Tx, place: Place, fresh: Sequence[tuple[Day, int]], about: Mapping[str, Item], now: datetime) -> None:
    """It stands in the record of which deadlines the place is reminded, and how many days before."""
    for day, ahead in fresh:
        if about[day.item].status != WITHDRAWN:
            told = {"kind": day.kind, "day": day.day.isoformat(), "days_before": ahead}
            await record.by_itself(tx, place, "reminder", now, about=day.item, name=about[day.item].title, **told)


async def _coming(tx: Tx, place: Place, wishes: Reminders, now: datetime) -> list[tuple[Found, int]]:
    """The days the place is to be reminded of now, and how far ahead; some of which it may have been already."""
    today = now.astimezone(zone(place.timezone)).date()
    found = await deadlines.at_place(tx, place.id, today, today + timedelta(days=max(wishes.days) + 1))
    judged = [(one, reminding.due(wishes, place.timezone, one.day.day, one.found, now)) for one in found]
    return [(one, ahead) for one, ahead in judged if ahead is not None]


def _words(item: Item, day: Day, found: datetime) -> Coming:
    deadline = next((one for one in item.deadlines if (one.kind, one.day) == (day.kind, day.day)), None)
    what = due.words(deadline) if deadline else day.day.isoformat()
    return Coming(day.day, f"{what} – {flag(item.country)} {item.agency}: {' '.join(item.title.split())[:300]}", item.url or "", found)
