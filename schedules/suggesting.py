"""Proposes once a month, in each place, what to exclude from the watchlists it receives; nothing is changed unless people say so."""

import asyncio
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.deliver import outbox as life
from bot.errors import UserMistake
from bot.messages import say, speaking_to
from bot.model import Decision, Delivery, Notice, Place, Watchlist
from bot.store import events, glossaries, judged, outbox, places, watchlists
from bot.store.database import Store
from bot.times import zone
from bot.watch.glossary import Glossary
from bot.watch.query import parse
from bot.watch.suggesting import LEAST, Suggestion, suggestion, words

log = structlog.get_logger()
_HOUR = 9
_PAGE = 500
"""So many places are told in one transaction."""
_Proposal = tuple[Watchlist, Suggestion]


@dataclass(frozen=True)
class _Due:
    """A place that has not been told of this month's proposals."""

    place: Place
    month: str

    @property
    def once(self) -> str:
        """What is remembered when it was told."""
        return f"suggested {self.place.id} {self.month}"


@dataclass
class Suggesting:
    """The proposing by one process. `clock` gives the time."""

    store: Store
    clock: Callable[[], datetime]

    async def suggest(self) -> None:
        """Each place that may talk back is owed this month's proposals, once, from nine o'clock of its first day on or later."""
        now = self.clock()
        async with self.store.read() as tx:
            begun = [one for place in await places.receiving(tx) if (one := _begun(place, now)) is not None]
            told = await events.happened(tx, [one.once for one in begun])
        waiting: dict[str, list[_Due]] = {}
        for one in begun:
            if one.once not in told:
                waiting.setdefault(one.place.workspace, []).append(one)
        for workspace, due in waiting.items():
            await self._tell(due, await self._proposals(workspace, {one.place.id for one in due}, now), now)

    async def _proposals(self, workspace: str, here: Set[str], now: datetime) -> dict[str, list[_Proposal]]:
        """By each of these places of a workspace what is proposed there; only of watchlists that found what was dismissed."""
        async with self.store.read() as tx:
            latest = await judged.decided(tx, workspace)
            promising = await judged.dismissing(tx, workspace, latest, LEAST, now)
            taken = [one for one in await places.of_watchlists(tx, promising) if one.place in here]
            known = await watchlists.by_id(tx, workspace, {one.watchlist for one in taken})
            own = await glossaries.of_workspace(tx, workspace)
        made = {name: await self._of(one, latest, own, now) for name, one in known.items() if not one.paused}
        proposals: dict[str, list[_Proposal]] = {}
        for one in taken:
            if (found := made.get(one.watchlist)) is not None:
                proposals.setdefault(one.place, []).append((known[one.watchlist], found))
        return proposals

    async def _of(self, watchlist: Watchlist, latest: Mapping[str, Decision], own: Glossary, now: datetime) -> Suggestion | None:
        async with self.store.read() as tx:
            people = await judged.by_people(tx, watchlist.workspace, watchlist.id, latest, now)
        try:
            query = parse(watchlist.query, limit=len(watchlist.query), own=own)
        except UserMistake:
            return None
        # beside the event loop, which it would hold up for a tenth of a second
        return await asyncio.to_thread(suggestion, query, people, now, own)

    async def _tell(self, due: Sequence[_Due], proposals: Mapping[str, Sequence[_Proposal]], now: datetime) -> None:
        for start in range(0, len(due), _PAGE):
            page = due[start : start + _PAGE]
            async with self.store.write() as tx:
                new = await events.newly(tx, [one.once for one in page], now)
                told = [one for one in page if one.once in new]
                await outbox.owe(tx, [owed for one in told for owed in _owed(one, proposals.get(one.place.id, ()), now)])
            log.info("suggested", places=len(told), watchlists=sum(len(proposals.get(one.place.id, ())) for one in told))


def _begun(place: Place, now: datetime) -> _Due | None:
    """The month that has begun at the place; None before nine o'clock of its first day, and where nobody could press a button."""
    local = now.astimezone(zone(place.timezone))
    if place.platform == "workflow" or (local.hour < _HOUR and local.day == 1):
        return None
    return _Due(place, f"{local:%Y-%m}")


def _owed(due: _Due, proposals: Sequence[_Proposal], now: datetime) -> list[Delivery]:
    with speaking_to(due.place.language, due.place.locale):
        return [life.telling(due.place.id, f"suggest {due.month} {one.id}", _notice(one, found), now) for one, found in proposals]


def _notice(watchlist: Watchlist, found: Suggestion) -> Notice:
    value = f'"{watchlist.name}" without "{found.without}"'
    head = say("A proposal for the watchlist {watchlist}", watchlist=watchlist.name)
    lines = (head, words(found), say("Nothing is changed until somebody here says so."))
    exclude = (say("Exclude “{term}”", term=found.without), "watch suggest", value)
    buttons = (exclude, (say("Show the watchlist"), "watch show", f'"{watchlist.name}"'))
    return Notice(lines=lines, buttons=buttons)
