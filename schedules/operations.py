"""Tells the people in charge when sources they depend on fail and when they are back, and places that asked for it the proof."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.audience import is_for_all, may_see
from bot.deliver import outbox as life
from bot.messages import say, speaking_to
from bot.model import Alarm, Notice, Place, Source, SourceState
from bot.record import report
from bot.sources import alarm, proof
from bot.sources.catalogue import Catalogue
from bot.store import operations, outbox, sources
from bot.store.database import Store, Tx
from bot.times import month, week, zone
from schedules.depended_sources import Depended
from schedules.polled_sources import Polled

log = structlog.get_logger()

# When a proof is given: on Mondays, or on the first of the month, from nine o'clock on, in the time zone of the place.
_DAY, _HOUR = 0, 9


@dataclass(frozen=True)
class _Turn:
    """A place to be told, what changes for its workspace, the alarms that stand there, and those of sources that are read no more."""

    place: Place
    change: alarm.Change
    alarms: Mapping[str, Alarm]
    gone: Collection[str]


@dataclass
class Operations:
    """The telling by one process. `clock` gives the time."""

    store: Store
    catalogue: Catalogue
    clock: Callable[[], datetime]

    def __post_init__(self) -> None:
        self._polled = Polled(self.catalogue)
        self._depended = Depended(self.catalogue)

    async def tell(self) -> None:
        """Whoever is to be told something of sources now is owed a notice of it, once."""
        now = self.clock()
        async with self.store.read() as tx:
            readable = {one.id: one for one in await self._polled.all(tx)}
            states = {one.source: one for one in await sources.all(tx) if one.source in readable}
            turns = await self._turns(tx, readable, states)
            due = [(place, last) for place, last in await operations.proven(tx) if is_due(now, place, last)]
        for turn in turns:
            async with self.store.write() as tx:
                with speaking_to(turn.place.language, turn.place.locale):
                    await _tell(tx, turn, readable, states, now)
        for place, last in due:
            async with self.store.write() as tx:
                with speaking_to(place.language, place.locale):
                    await self._prove(tx, place, readable, last, now)

    async def _turns(self, tx: Tx, readable: Mapping[str, Source], states: Mapping[str, SourceState]) -> list[_Turn]:
        """The places with something to be told or forgotten, which are few: most sources that fail are of no concern to most."""
        sounded = await operations.sounded(tx)
        failing = {one for one, state in states.items() if state.failures >= alarm.POLLS}
        widespread = alarm.is_widespread([state for one, state in states.items() if is_for_all(one)])
        turns = []
        for place in await operations.chosen(tx):
            before = sounded.get(place.workspace, {})
            alarms = {one: each for one, each in before.items() if one in readable}
            change = alarm.Change()
            if alarms or failing:
                theirs = await self._depended.of(tx, place.workspace)
                added = {one for one in states if not is_for_all(one) and may_see(place.workspace, one)}
                mine = {one: state for one, state in states.items() if one in theirs or one in alarms or one in added}
                change = alarm.decide(mine, alarms, widespread=widespread)
            if change != alarm.Change(widespread=widespread) or before != alarms:
                turns.append(_Turn(place, change, alarms, before.keys() - alarms.keys()))
        return turns

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


async def _tell(tx: Tx, turn: _Turn, readable: Mapping[str, Source], states: Mapping[str, SourceState], now: datetime) -> None:
    """What another process has told meanwhile is not told again."""
    place, change = turn.place, turn.change
    await operations.end(tx, place.workspace, turn.gone)
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
        await _owe(tx, place, f"back {now.isoformat()}", alarm.back(told, readable, turn.alarms, now), now)


def _period(now: datetime, place: Place, last: str) -> str:
    """The week or month it is there: whichever the place is told of, as the last one it was told of shows."""
    return week(now, place.timezone) if "W" in last else month(now, place.timezone)


def is_due(now: datetime, place: Place, last: str) -> bool:
    """Whether the place is to get this week's or month's proof now, having had that of the one before."""
    local = now.astimezone(zone(place.timezone))
    day, first = (local.weekday(), _DAY) if "W" in last else (local.day, 1)
    return last != _period(now, place, last) and (day, local.hour) >= (first, _HOUR)


def _alarm(place: Place, state: SourceState, change: alarm.Change, now: datetime) -> Alarm:
    since = state.trouble_since or now
    return Alarm(workspace=place.workspace, source=state.source, since=since, widespread=change.widespread)


async def _owe(tx: Tx, place: Place, topic: str, said: Notice, now: datetime) -> None:
    await outbox.owe(tx, [life.telling(place.id, topic, said, now)])
    log.info("told", place=place.id, about=topic, said=said.lines[0])
