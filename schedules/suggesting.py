"""Proposes once a month, in each place, what to exclude from the watchlists it receives; nothing is changed unless people say so."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.deliver import outbox as life
from bot.errors import UserMistake
from bot.messages import say, speaking_to
from bot.model import Notice, Place, Watchlist
from bot.store import events, glossaries, judged, outbox, places, watchlists
from bot.store.database import Store
from bot.times import zone
from bot.watch.query import parse
from bot.watch.suggesting import LEAST, Suggestion, suggestion, words

log = structlog.get_logger()
_HOUR = 9


@dataclass
class Suggesting:
    """The proposing by one process. `clock` gives the time."""

    store: Store
    clock: Callable[[], datetime]

    async def suggest(self) -> None:
        """Each place that may talk back is owed this month's proposals, once, from nine o'clock of its first day on or later."""
        now = self.clock()
        async with self.store.read() as tx:
            receiving = [one for one in await places.receiving(tx) if one.platform != "workflow"]
        for place in receiving:
            local = now.astimezone(zone(place.timezone))
            if local.hour >= _HOUR or local.day > 1:
                await self._place(place, f"{local:%Y-%m}", now)

    async def _place(self, place: Place, month: str, now: datetime) -> None:
        async with self.store.read() as tx:
            if await events.happened(tx, _once(place, month)):
                return
            taken = [one.watchlist for one in await places.at_place(tx, place.id)]
            known = await watchlists.by_id(tx, place.workspace, taken)
        found = [(one, made) for one in known.values() if (made := await self._of(one, now)) is not None]
        async with self.store.write() as tx:
            if not await events.first_ever(tx, _once(place, month), now):
                return
            with speaking_to(place.language, place.locale):
                owed = [life.telling(place.id, f"suggest {month} {one.id}", _notice(one, made), now) for one, made in found]
            await outbox.owe(tx, owed)
        log.info("suggested", place=place.id, month=month, watchlists=len(found))

    async def _of(self, watchlist: Watchlist, now: datetime) -> Suggestion | None:
        async with self.store.read() as tx:
            people = await judged.by_people(tx, watchlist.workspace, watchlist.id, now)
            own = await glossaries.of_workspace(tx, watchlist.workspace)
        if watchlist.paused or len(people.dismissed) < LEAST:
            return None
        try:
            query = parse(watchlist.query, limit=len(watchlist.query), own=own)
        except UserMistake:
            return None
        # beside the event loop, which it would hold up for a tenth of a second
        return await asyncio.to_thread(suggestion, query, people, now, own)


def _once(place: Place, month: str) -> str:
    return f"suggested {place.id} {month}"


def _notice(watchlist: Watchlist, found: Suggestion) -> Notice:
    value = f'"{watchlist.name}" without "{found.without}"'
    head = say("A proposal for the watchlist {watchlist}", watchlist=watchlist.name)
    lines = (head, words(found), say("Nothing is changed until somebody here says so."))
    exclude = (say("Exclude “{term}”", term=found.without), "watch suggest", value)
    buttons = (exclude, (say("Show the watchlist"), "watch show", f'"{watchlist.name}"'))
    return Notice(lines=lines, buttons=buttons)
