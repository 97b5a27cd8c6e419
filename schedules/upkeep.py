"""Finds work that was lost and finishes it: messages whose sender died, or whose fate is unclear. Keeps the search index in few pieces."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter

import structlog

from bot.deliver import outbox as life
from bot.deliver import pace
from bot.deliver.outbox import Found, Later, UnclearPolicy
from bot.deliver.sender import Sender
from bot.messages import keep
from bot.model import Delivery, Place, Platform
from bot.store import events, outbox, places, polls, retention, word_index
from bot.store.database import Store
from bot.tracing import NO_TRACES, Traces
from schedules import following
from schedules.ending import ended
from schedules.patience import Patience

log = structlog.get_logger()

# Slack and Teams deliver an event again within minutes; a day is more than any of them needs.
EVENTS_KEPT = timedelta(days=1)
# The pages of the search index that one write merges, some milliseconds' work, and how many such writes there are at a time.
MERGED_PAGES = 128
MERGES = 16


@dataclass
class Upkeep:
    """The looking after of one store by one process; `policy` decides when nobody can tell whether a message arrived."""

    store: Store
    senders: Mapping[Platform, Sender]
    clock: Callable[[], datetime]
    chance: Callable[[], float]
    policy: UnclearPolicy = "repeat"
    patience: Patience = field(default_factory=Patience)
    traces: Traces = NO_TRACES
    _searching: set[asyncio.Task[int]] = field(default_factory=set)

    async def begin(self) -> list[asyncio.Task[int]]:
        """Messages that were being sent when their process died, or got no clear answer, are being looked for; the new tasks.

        Each place has its own task: one whose platform hangs, or that cannot be searched, makes no other one wait.
        """
        now = self.clock()
        async with self.store.write() as tx:
            for one in await outbox.stuck(tx, now):
                await outbox.record(tx, life.expire(one, now), one)
            await events.forget_before(tx, now - EVENTS_KEPT)
            await polls.forget(tx, now)
            gone = await retention.forget(tx, now)
            unclear = await outbox.claim_unclear(tx, now, self.patience.search, platforms=list(self.senders))
        if gone:
            log.info("messages_forgotten", count=gone)
        by_place: dict[str, list[Delivery]] = {}
        for one in unclear:
            by_place.setdefault(one.place, []).append(one)
        return [self._serve(place, theirs) for place, theirs in by_place.items()]

    async def merge(self) -> None:
        """The search index is in fewer pieces than before, as far as that takes no more than some short writes; others write in between.

        A work of its own: where it cannot be written, nothing that was lost waits for it.
        """
        for _ in range(MERGES):
            async with self.store.write() as tx:
                if not await word_index.merge(tx, MERGED_PAGES):
                    return

    async def recover(self) -> int:
        """Every message whose fate was unclear has been looked for once; how many were decided."""
        decided = await asyncio.gather(*await self.begin(), return_exceptions=True)
        return sum(one for one in decided if isinstance(one, int))

    async def finish(self, grace: float) -> None:
        """No message is looked for any more; searches under way had `grace` seconds and are else made again later."""
        await ended(self._searching, grace)

    def _serve(self, place: str, unclear: Sequence[Delivery]) -> asyncio.Task[int]:
        task = asyncio.create_task(self._search(place, unclear))
        self._searching.add(task)
        task.add_done_callback(lambda over: self._ended(place, over))
        return task

    def _ended(self, place: str, task: asyncio.Task[int]) -> None:
        self._searching.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("place_not_searched", place=place, reason=f"{type(error).__name__}: {error}")

    async def _search(self, place_id: str, unclear: Sequence[Delivery]) -> int:
        async with self.store.read() as tx:
            place = await places.get(tx, place_id)
        assert place is not None, "an outbox row points at a place that is kept"
        return sum([await self._resolve(place, one) for one in unclear])

    async def _found(self, place: Place, delivery: Delivery) -> Found:
        if delivery.kind == "refresh":
            return None  # it can be done again, so there is nothing to look for
        async with self.store.read() as tx:
            thread = await following.thread(tx, place, delivery)
        try:
            async with asyncio.timeout(self.patience.search.total_seconds()):
                return await self.senders[place.platform].find(place, delivery.id, delivery.attempted or delivery.created, thread)
        except TimeoutError:
            return Later(seconds=0, reason=keep("the search took too long"))

    async def _resolve(self, place: Place, delivery: Delivery) -> bool:
        begun = perf_counter()
        found = await self._found(place, delivery)
        answered, now = perf_counter(), self.clock()
        after = life.resolve(delivery, found, self.policy, now, pace.wait(delivery.attempts, self.chance()))
        async with self.store.write() as tx:
            await outbox.record(tx, after, delivery)
            await following.owe_refresh(tx, after, now)
        log.info("delivery_resolved", delivery=delivery.id, place=place.id, poll=delivery.poll, state=after.state, reason=after.reason)
        facts = {"delivery": delivery.id, "place": place.id, "platform": place.platform, "state": after.state}
        self.traces.span("delivery_resolved", delivery.poll, begun, facts, ended=answered, failed=after.state == "unclear")
        return after.state != "unclear"
