"""Drains the outbox: in each place, the oldest message owed is claimed, sent and its outcome written, one after another.

    claim (sending, committed) ─ card ─ send ─ outcome written ─ next

Places are served side by side, each at its own pace. A message that is `sending` when the process dies is found again by
`schedules.upkeep`, looked up in the place and sent only if it is not there.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter
from typing import NamedTuple

import structlog

from bot.cards.card import Card
from bot.deliver import digest, pace
from bot.deliver import outbox as life
from bot.deliver.outbox import Gone, Later, Outcome, Refused, Sent, Unclear
from bot.deliver.sender import Sender
from bot.errors import StoreTrouble
from bot.messages import keep, speaking_to
from bot.metrics import Metrics
from bot.model import Delivery, Place, Platform
from bot.sources.catalogue import Catalogue
from bot.store import outbox, paces, places, waiting
from bot.store.database import Store
from bot.tracing import NO_TRACES, Traces
from schedules import composing, following, suspending
from schedules.batching import Batching
from schedules.ending import ended
from schedules.patience import Patience
from schedules.turns import LONG, ROOM, Turns

log = structlog.get_logger()

# The pause before an outcome is written again that the database did not take, in seconds.
AGAIN = 2.0
TOO_LATE = keep("this process was held up for so long that another one may have taken the message over")


class Answered(NamedTuple):
    """What a platform answered at that time, and what the message `was` before and is `after` it."""

    place: Place
    was: Delivery
    after: Delivery
    outcome: Outcome
    at: datetime


@dataclass
class Delivering:
    """The draining of one store by one process. `clock` gives the time, `chance` numbers in [0, 1) for the jitter."""

    store: Store
    senders: Mapping[Platform, Sender]
    catalogue: Catalogue
    clock: Callable[[], datetime]
    chance: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    patience: Patience = field(default_factory=Patience)
    metrics: Metrics = field(default_factory=Metrics)
    traces: Traces = NO_TRACES
    stopping: bool = False
    _serving: dict[str, asyncio.Task[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._turns = Turns(self.store, self.clock, self.patience)
        self._composed = Batching[tuple[Place, Delivery], tuple[Card, str]](self._compose, lambda _: 1, ROOM)
        self._recorded = Batching[Answered, None](self._write, lambda _: 1, ROOM)

    async def begin(self) -> list[asyncio.Task[int]]:
        """Every place where a message is due is being served from now on, each beside the others; the new tasks.

        A place that is slow, or owed many messages, never makes another one wait.
        """
        async with self.store.read() as tx:
            waiting = await outbox.waiting_places(tx, self.clock(), list(self.senders))
        return [self._serve(place) for place in waiting if place.id not in self._serving]

    async def preview(self) -> list[tuple[Place, Delivery, Card]]:
        """What is owed to each place, with the message as it would be sent now. Nothing is sent, and nothing is changed."""
        async with self.store.read() as tx:
            owed = await waiting.ahead(tx)
            where = await places.by_id(tx, {one.place for one in owed})
            return [(where[one.place], one, await composing.card(tx, where[one.place], one, self.catalogue, self.clock)) for one in owed]

    async def drain(self) -> int:
        """Everything that is due now is sent; how many messages arrived."""
        return sum(await asyncio.gather(*await self.begin()))

    async def finish(self, grace: float) -> None:
        """No message is begun any more; those under way had `grace` seconds to get their outcome and are else looked for later."""
        self.stopping = True
        await ended(self._serving.values(), grace)

    def _serve(self, place: Place) -> asyncio.Task[int]:
        task = self._serving[place.id] = asyncio.create_task(self._place(place))
        task.add_done_callback(lambda over: self._ended(place, over))
        return task

    def _ended(self, place: Place, task: asyncio.Task[int]) -> None:
        self._serving.pop(place.id, None)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("place_not_served", place=place.id, reason=f"{type(error).__name__}: {error}")

    async def _place(self, place: Place) -> int:
        arrived = 0
        while (delivery := await self._next(place)) is not None:
            begun = perf_counter()
            outcome = await self._attempt(place, delivery)
            answered, now = perf_counter(), self.clock()
            after = life.after(delivery, outcome, now, pace.wait(delivery.attempts, self.chance()), settle=self.patience.settle)
            await self._record(Answered(place, delivery, after, outcome, now))
            self._count(place, delivery, after, outcome, perf_counter() - begun)
            self._trace(place, after, outcome, begun, answered)
            arrived += after.state == "sent"
            await self._rest(place, now)
        return arrived

    def _count(self, place: Place, before: Delivery, after: Delivery, outcome: Outcome, seconds: float) -> None:
        said = {"state": after.state, "reason": after.reason, "attempts": after.attempts}
        log.info("delivery", delivery=after.id, place=place.id, item=after.item, poll=after.poll, **said)
        wait = outcome.seconds if isinstance(outcome, Later) else 0
        self.metrics.answered(place.platform, type(outcome).__name__.lower(), seconds, asked_to_wait=wait)
        if after.state == "sent" and after.poll and after.sent and not digest.was_held_back(before):
            self.metrics.delivered(place.platform, (after.sent - after.created).total_seconds())

    def _trace(self, place: Place, after: Delivery, outcome: Outcome, begun: float, answered: float) -> None:
        facts: dict[str, str | int] = {"delivery": after.id, "place": place.id, "item": after.item or "", "platform": place.platform}
        facts |= {"outcome": type(outcome).__name__.lower(), "state": after.state, "attempts": after.attempts}
        self.traces.span("delivery", after.poll, begun, facts, ended=answered, failed=not isinstance(outcome, Sent | Later))

    async def _rest(self, place: Place, answered: datetime) -> None:
        """A gap has passed since the platform answered, so that asking for the next turn is seldom in vain."""
        free = pace.turn(place, pace.answered(place, timedelta(), answered), answered)
        pause = (free - self.clock()).total_seconds()
        if pause > 0:
            await self.sleep(pause)

    async def _next(self, place: Place) -> Delivery | None:
        """The next message of the place, claimed when it is its turn; None when nothing is due, or nothing for a while."""
        turn = None if self.stopping else await self._turns.ask(place)
        while isinstance(turn, datetime) and (pause := turn - self.clock()) <= LONG:
            await self.sleep(max(pause.total_seconds(), 0))
            turn = None if self.stopping else await self._turns.ask(place, booked=True)
        return turn if isinstance(turn, Delivery) else None

    async def _attempt(self, place: Place, delivery: Delivery) -> Outcome:
        """What became of the message. Whatever goes wrong before the platform is called leaves no doubt: it was not sent."""
        card, sender = None, self.senders[place.platform]
        try:
            if delivery.kind == "refresh":
                return await self._refresh(place, delivery)
            card, thread = await self._composed((place, delivery))
            with speaking_to(place.language, place.locale):
                return (
                    await sender.send(place, card, delivery.id, thread) if self._may_post(delivery) else Later(seconds=0, reason=TOO_LATE)
                )
        except StoreTrouble as trouble:
            return Later(seconds=0, reason=trouble.sentence)
        except Exception as error:
            log.exception("delivery_failed", delivery=delivery.id, place=place.id)
            fault = keep("a fault of our own ({error})", error=type(error).__name__)
            return Refused(code=fault) if card is None else Unclear(reason=fault)

    async def _refresh(self, place: Place, delivery: Delivery) -> Outcome:
        async with self.store.read() as tx:
            first = await outbox.first(tx, delivery)
            if first is None:
                return Refused(code=keep("it does not stand there by itself"))
            card = await composing.refreshed(tx, place, first, delivery, self.catalogue, self.clock())
        if not self._may_post(delivery):
            return Later(seconds=0, reason=TOO_LATE)
        return await self.senders[place.platform].refresh(place, card, first.reference, first.id)

    def _may_post(self, delivery: Delivery) -> bool:
        """Asked when everything is ready and only the call is left: whatever came before may have taken any time."""
        return life.may_post(delivery, self.clock(), self.patience.post)

    async def _compose(self, owed: Sequence[tuple[Place, Delivery]]) -> list[tuple[Card, str]]:
        """The cards of these messages and the threads they go to."""
        async with self.store.read() as tx:
            cards = await composing.cards(tx, owed, self.catalogue, self.clock)
            return [(card, await following.thread(tx, *one)) for card, one in zip(cards, owed, strict=True)]

    async def _record(self, answered: Answered) -> None:
        """The outcome is kept, however long the database takes no changes: nobody else knows what the platform said."""
        while True:
            try:
                await self._recorded(answered)
            except StoreTrouble as trouble:
                after = answered.after
                log.warning("outcome_not_kept_yet", delivery=after.id, place=after.place, state=after.state, reason=trouble.sentence)
                await self.sleep(AGAIN)
            else:
                return

    async def _write(self, answered: Sequence[Answered]) -> list[None]:
        """These outcomes are kept, with what follows from them."""
        until: dict[str, datetime] = {}
        for one in answered:
            until |= pace.answered(one.place, _asked_to_wait(one.outcome), one.at)
        async with self.store.write() as tx:
            await outbox.record_all(tx, [(one.after, one.was) for one in answered])
            for one in answered:
                await following.owe_refresh(tx, one.after, one.at)
                await following.refresh_again(tx, one.place, one.after, one.at)
            await paces.book(tx, until, max(one.at for one in answered))
            for one in answered:
                if isinstance(one.outcome, Gone):
                    await suspending.suspend(tx, one.place, one.outcome.code, one.at)
        return [None] * len(answered)


def _asked_to_wait(outcome: Outcome) -> timedelta:
    return life.asked(outcome) if isinstance(outcome, Later) else timedelta()
