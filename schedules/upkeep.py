"""Finds work that was lost and finishes it: messages whose sender died, or whose fate is unclear."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.deliver import outbox as life
from bot.deliver import pace
from bot.deliver.outbox import UnclearPolicy
from bot.deliver.sender import Sender
from bot.model import Delivery, Platform
from bot.store import events, outbox, places
from bot.store.database import Store

log = structlog.get_logger()

# Slack and Teams deliver an event again within minutes; a day is more than any of them needs.
EVENTS_KEPT = timedelta(days=1)
# Longer than the search for one batch of messages may take.
LEASE = timedelta(minutes=3)


@dataclass
class Upkeep:
    """The looking after of one store by one process; `policy` decides when nobody can tell whether a message arrived."""

    store: Store
    senders: Mapping[Platform, Sender]
    clock: Callable[[], datetime]
    chance: Callable[[], float]
    policy: UnclearPolicy = "repeat"

    async def recover(self) -> int:
        """Every message that was being sent when its process died, or got no clear answer, has been looked for; how many were decided."""
        now = self.clock()
        async with self.store.write() as tx:
            for one in await outbox.stuck(tx, now):
                await outbox.record(tx, life.expire(one, now))
            await events.forget_before(tx, now - EVENTS_KEPT)
            unclear = await outbox.claim_unclear(tx, now, LEASE)
        return sum([await self._resolve(one) for one in unclear])

    async def _resolve(self, delivery: Delivery) -> bool:
        async with self.store.read() as tx:
            place = await places.get(tx, delivery.place)
        if place is None or place.platform not in self.senders:
            return False
        found = await self.senders[place.platform].find(place, delivery.id, delivery.attempted or delivery.created)
        now = self.clock()
        ended = life.resolve(delivery, found, self.policy, now, pace.wait(delivery.attempts, self.chance()))
        async with self.store.write() as tx:
            await outbox.record(tx, ended)
        log.info("delivery_resolved", delivery=delivery.id, place=place.id, state=ended.state, reason=ended.reason)
        return ended.state != "unclear"
