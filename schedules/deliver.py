"""Drains the outbox: in each place, the oldest message owed is claimed, sent and its outcome written, one after another.

    claim (sending, committed) ─ card ─ send ─ outcome written ─ next

Places are served side by side, each at its own pace. A message that is `sending` when the process dies is found again by
`schedules.upkeep`, looked up in the place and sent only if it is not there.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.cards.card import Card
from bot.deliver import digest, pace
from bot.deliver import outbox as life
from bot.deliver.outbox import Gone, Later, Outcome, Refused, Unclear
from bot.deliver.sender import Sender
from bot.errors import StoreTrouble
from bot.model import Delivery, Place, Platform
from bot.sources.catalogue import Catalogue
from bot.store import outbox, paces, places, waiting
from bot.store.database import Store, Tx
from schedules import composing, following, suspending
from schedules.ending import ended
from schedules.patience import Patience

log = structlog.get_logger()

# The pause before an outcome is written again that the database did not take, in seconds.
AGAIN = 2.0
# A turn that is farther away is not waited for: the next look at the outbox will see.
LONG = timedelta(minutes=1)


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
    stopping: bool = False
    _serving: dict[str, asyncio.Task[int]] = field(default_factory=dict)

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
            outcome = await self._attempt(place, delivery)
            now = self.clock()
            after = life.after(delivery, outcome, now, pace.wait(delivery.attempts, self.chance()), settle=self.patience.settle)
            await self._record(place, after, outcome, now)
            log.info("delivery", delivery=after.id, place=place.id, state=after.state, reason=after.reason, attempts=after.attempts)
            arrived += after.state == "sent"
            await self._rest(place, now)
        return arrived

    async def _rest(self, place: Place, answered: datetime) -> None:
        """A gap has passed since the platform answered, so that asking for the next turn is seldom in vain."""
        free = pace.turn(place, pace.answered(place, timedelta(), answered), answered)
        pause = (free - self.clock()).total_seconds()
        if pause > 0:
            await self.sleep(pause)

    async def _next(self, place: Place) -> Delivery | None:
        """The next message of the place, claimed when it is its turn; None when nothing is due, or nothing for a while."""
        turn = await self._turn(place)
        if isinstance(turn, datetime) and (pause := turn - self.clock()) <= LONG:
            await self.sleep(max(pause.total_seconds(), 0))
            turn = await self._turn(place, booked=True)
        return turn if isinstance(turn, Delivery) else None

    async def _turn(self, place: Place, *, booked: bool = False) -> Delivery | datetime | None:
        """The message that is claimed now, or when it will be the turn of the place, which then is `booked`."""
        now = self.clock()
        if self.stopping:
            return None
        async with self.store.write() as tx:
            wishes = await waiting.lock(tx, place.id) or place
            free = await paces.free(tx, pace.counted(place), now)
            turn = pace.turn(place, free, now)
            await self._gather(tx, wishes, now)
            if turn > now and not booked:
                is_due = await outbox.is_due(tx, now, place.id)
                await paces.book(tx, pace.booked(place, free, turn) if is_due and turn - now <= LONG else {}, now)
                return turn if is_due else None
            claimed = await outbox.claim(tx, now, self.patience.lease, place=place.id)
            if claimed is not None and not booked:
                await paces.book(tx, pace.booked(place, free, now), now)
            return claimed

    async def _gather(self, tx: Tx, place: Place, now: datetime) -> None:
        """What must not come now, because the place wants quiet, waits; what is too much to come one by one is one message."""
        quiet = digest.quiet_until(place, now)
        if quiet is not None:
            await waiting.postpone(tx, place.id, quiet)
        crowd = await waiting.crowd(tx, place.id, now)
        if not crowd:
            return
        last, most = await waiting.last_burst(tx, place.id), self.patience.most_alone
        many = digest.overflow(crowd, await waiting.sent_alone(tx, place.id, now - digest.BURST), last, now, most)
        if many and last is not None and digest.is_gathered(last, now):
            await waiting.join(tx, last.id, [one.id for one in many])
        elif many:
            await waiting.bundle(tx, digest.burst(place, last, now), [one.id for one in many])

    async def _attempt(self, place: Place, delivery: Delivery) -> Outcome:
        """What became of the message. Whatever goes wrong before the platform is called leaves no doubt: it was not sent."""
        card, sender = None, self.senders[place.platform]
        try:
            if delivery.kind == "refresh":
                return await self._refresh(place, delivery)
            async with self.store.read() as tx:
                card = await composing.card(tx, place, delivery, self.catalogue, self.clock)
                thread = await following.thread(tx, place, delivery)
            return await sender.send(place, card, delivery.id, thread)
        except StoreTrouble as trouble:
            return Later(seconds=0, reason=trouble.sentence)
        except Exception as error:
            log.exception("delivery_failed", delivery=delivery.id, place=place.id)
            fault = f"a fault of our own ({type(error).__name__})"
            return Refused(code=fault) if card is None else Unclear(reason=fault)

    async def _refresh(self, place: Place, delivery: Delivery) -> Outcome:
        async with self.store.read() as tx:
            first = await outbox.first(tx, delivery)
            if first is None:
                return Refused(code="it does not stand there by itself")
            card = await composing.refreshed(tx, place, first, delivery, self.catalogue, self.clock())
        return await self.senders[place.platform].refresh(place, card, first.reference, first.id)

    async def _record(self, place: Place, after: Delivery, outcome: Outcome, now: datetime) -> None:
        """The outcome is kept, however long the database takes no changes: nobody else knows what the platform said."""
        while True:
            try:
                async with self.store.write() as tx:
                    await outbox.record(tx, after)
                    await following.owe_refresh(tx, after, now)
                    await paces.book(tx, pace.answered(place, _asked_to_wait(outcome), now), now)
                    if isinstance(outcome, Gone):
                        await suspending.suspend(tx, place, outcome.code, now)
            except StoreTrouble as trouble:
                log.warning("outcome_not_kept_yet", delivery=after.id, place=after.place, state=after.state, reason=trouble.sentence)
                await self.sleep(AGAIN)
            else:
                return


def _asked_to_wait(outcome: Outcome) -> timedelta:
    return life.asked(outcome) if isinstance(outcome, Later) else timedelta()
