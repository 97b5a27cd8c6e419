"""Closes the windows of digests: what has waited for its time goes out, together or by itself; also what a week of rest left undone.

    waiting, its time has come ─▶ one write for each place: bundled in one digest that is owed | owed by itself | to wait longer | dropped

What became of a window stands in the database when the transaction ends: a crash before it leaves the window open, and after
it the digest is owed like any message. The id of a digest is made from its place and the end of its window, so it is owed once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from bot.deliver import digest
from bot.deliver import outbox as life
from bot.deliver.digest import Plan
from bot.model import Delivery, Place, Subscription
from bot.store import places, waiting
from bot.store.database import Store, Tx
from schedules.patience import Patience

log = structlog.get_logger()


@dataclass
class Closing:
    """The closing of the windows of one store. `clock` gives the time."""

    store: Store
    clock: Callable[[], datetime]
    patience: Patience = field(default_factory=Patience)

    async def close(self) -> int:
        """Everything that has waited until now is owed, waits longer, or is dropped; how many digests came of it."""
        async with self.store.read() as tx:
            ready = await waiting.due_places(tx, self.clock())
        return sum([await self._close(place) for place in ready])

    async def _close(self, place_id: str) -> bool:
        now = self.clock()
        async with self.store.write() as tx:
            place = await waiting.lock(tx, place_id)
            assert place is not None, "an outbox row points at a place that is kept"
            subscriptions = await places.at_place(tx, place_id)
            closing = digest.close(place, await waiting.due(tx, place_id, now), subscriptions, now, most_alone=self.patience.most_alone)
            if closing.alone:
                await waiting.settle(tx, [one.id for one in closing.alone], "pending", now)
            for one, planned in closing.later:
                await _settle(tx, one, planned)
            if closing.digest is None:
                return False
            if await waiting.bundle(tx, closing.digest, [one.id for one in closing.together]):
                log.info("window_closed", place=place_id, digest=closing.digest.id, items=len(closing.together))
                return True
            await _too_late(tx, place, closing.together, subscriptions, now)
            return False


async def _settle(tx: Tx, one: Delivery, planned: Plan) -> None:
    # That it may be a repeat must not be forgotten.
    await waiting.settle(tx, [one.id], planned.state, planned.due, None if life.is_repeat(one) else planned.reason)


async def _too_late(tx: Tx, place: Place, late: Sequence[Delivery], subscriptions: Sequence[Subscription], now: datetime) -> None:
    """The digest of their window is on its way already: they belong to the next one."""
    for one in late:
        mine = [sub for sub in subscriptions if sub.watchlist in one.watchlists]
        await _settle(tx, one, digest.plan(place, mine, now, now))
