"""Tells the people in charge when sources they depend on fail and when they are back, and places that asked for it the proof."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.audience import is_for_all, may_see
from bot.deliver import outbox as life
from bot.errors import UserMistake
from bot.messages import say, speaking_to
from bot.model import Alarm, Notice, Place, Source, SourceState, Watchlist
from bot.record import report
from bot.sources import alarm, proof
from bot.sources.catalogue import Catalogue
from bot.store import glossaries, operations, outbox, sources, watchlists
from bot.store.database import Store, Tx
from bot.times import month, week, zone
from bot.watch.glossary import Glossary
from bot.watch.query import Query, parse
from bot.watch.reach import may_find
from schedules.polled_sources import Polled

log = structlog.get_logger()

# When a proof is given: on Mondays, or on the first of the month, from nine o'clock on, in the time zone of the place.
_DAY, _HOUR = 0, 9


@dataclass
class Operations:
    """The telling by one process. `clock` gives the time."""

    store: Store
    catalogue: Catalogue
    clock: Callable[[], datetime]

    def __post_init__(self) -> None:
        self._polled = Polled(self.catalogue)

    async def tell(self) -> None:
        """Whoever is to be told something of sources now is owed a notice of it, once."""
        now = self.clock()
        async with self.store.write() as tx:
            readable = {one.id: one for one in await self._polled.all(tx)}
            states = {one.source: one for one in await sources.all(tx) if one.source in readable}
            for place in await operations.chosen(tx):
                with speaking_to(place.language, place.locale):
                    await self._tell(tx, place, readable, states, now)
            for place, last in await operations.proven(tx):
                if is_due(now, place, last):
                    with speaking_to(place.language, place.locale):
                        await self._prove(tx, place, readable, last, now)

    async def _tell(self, tx: Tx, place: Place, readable: Mapping[str, Source], states: Mapping[str, SourceState], now: datetime) -> None:
        sounded_before = await operations.sounded(tx, place.workspace)
        await operations.end(tx, place.workspace, sounded_before.keys() - readable.keys())
        alarms = {one: sounded for one, sounded in sounded_before.items() if one in readable}
        if not alarms and all(state.failures < alarm.POLLS for state in states.values()):
            return
        theirs = await _depended(tx, place.workspace, readable.values())
        mine = {one: state for one, state in states.items() if one in theirs or one in alarms}
        widespread = alarm.is_widespread([state for one, state in states.items() if is_for_all(one)])
        change = alarm.decide(mine, alarms, widespread=widespread)
        sounded = await operations.sound(tx, [_alarm(place, states[one], change, now) for one in (*change.down, *change.noted)])
        ended = await operations.end(tx, place.workspace, change.back)
        if change.over:
            await operations.part(tx, place.workspace)
            await sources.poll_now(tx, change.again, now)
        if down := tuple(one for one in change.down if one in sounded):
            told = change.model_copy(update={"down": down})
            await _owe(tx, place, f"down {now.isoformat()}", alarm.down(told, readable, states, place.timezone, now), now)
        if back := tuple(one for one in change.back if one in ended):
            told = change.model_copy(update={"back": back})
            await _owe(tx, place, f"back {now.isoformat()}", alarm.back(told, readable, alarms, now), now)

    async def _prove(self, tx: Tx, place: Place, readable: Mapping[str, Source], last: str, now: datetime) -> None:
        """The place is owed the report of its last week or month, unless another process was first."""
        period = _period(now, place, last)
        if not await operations.prove(tx, place.id, period):
            return
        span = "week" if "W" in period else "month"
        made = await report.gather(tx, place, list(readable.values()), proof.start(now, span), now, now)
        if made.watched:
            rows = (row for one in made.watched for row in one.proof)
            head = say("What was looked at this week") if span == "week" else say("What was looked at this month")
            lines = (head, *report.lines(made), *rows)
            await _owe(tx, place, f"proof {period}", Notice(lines=lines), now)


def _period(now: datetime, place: Place, last: str) -> str:
    """The week or month it is there: whichever the place is told of, as the last one it was told of shows."""
    return week(now, place.timezone) if "W" in last else month(now, place.timezone)


def is_due(now: datetime, place: Place, last: str) -> bool:
    """Whether the place is to get this week's or month's proof now, having had that of the one before."""
    local = now.astimezone(zone(place.timezone))
    day, first = (local.weekday(), _DAY) if "W" in last else (local.day, 1)
    return last != _period(now, place, last) and (day, local.hour) >= (first, _HOUR)


async def _depended(tx: Tx, workspace: str, readable: Collection[Source]) -> set[str]:
    """The sources that could bring what one of the workspace's watchlists finds, and those it added itself."""
    own = await glossaries.of_workspace(tx, workspace)
    queries = [_query(one, own) for one in await watchlists.in_workspace(tx, workspace) if not one.paused]
    seen = [one for one in readable if may_see(workspace, one.id)]
    return {one.id for one in seen if not is_for_all(one.id) or any(query is None or may_find(query, one) for query in queries)}


def _query(watchlist: Watchlist, own: Glossary) -> Query | None:
    """The query of a watchlist; None for one that this version does not understand, which may depend on anything."""
    try:
        return parse(watchlist.query, limit=len(watchlist.query), own=own)
    except UserMistake:
        return None


def _alarm(place: Place, state: SourceState, change: alarm.Change, now: datetime) -> Alarm:
    since = state.trouble_since or now
    return Alarm(workspace=place.workspace, source=state.source, since=since, widespread=change.widespread)


async def _owe(tx: Tx, place: Place, topic: str, said: Notice, now: datetime) -> None:
    await outbox.owe(tx, [life.telling(place.id, topic, said, now)])
    log.info("told", place=place.id, about=topic, said=said.lines[0])
