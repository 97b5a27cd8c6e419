"""Closes the windows of digests: what has waited for its time goes out, together or by itself; also what a week of rest left undone.

    waiting, its time has come ─▶ one write for each place: bundled in one digest that is owed | owed by itself | to wait longer | dropped

What became of a window stands in the database when the transaction ends: a crash before it leaves the window open, and after
it the digest is owed like any message. The id of a digest is made from its place and the end of its window, so it is owed once.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from bot.deliver import digest
from bot.deliver import outbox as life
from bot.deliver.digest import Plan
from bot.model import Delivery, Place, Subscription
from bot.store import places, restores, waiting
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
            place = (await waiting.lock(tx, [place_id]))[place_id]
            subscriptions = await places.at_place(tx, place_id)
            restore = await restores.last(tx)
            closing = digest.close(place, await waiting.due(tx, place_id, now), subscriptions, now, most_alone=self.patience.most_alone)
            doubtful = {one.id for one in (*closing.alone, *closing.together) if restores.is_doubtful(restore, one)}
            await _go_out(tx, closing.alone, doubtful, now)
            for one, planned in closing.later:
                await _settle(tx, one, planned)
            if closing.digest is None:
                return False
            whole = _marked(closing.digest, closing.together, doubtful)
            if await waiting.bundle(tx, whole, [one.id for one in closing.together]):
                polls = sorted({one.poll for one in closing.together} - {""})
                log.info("window_closed", place=place_id, delivery=closing.digest.id, items=len(closing.together), polls=polls)
                return True
            await _too_late(tx, place, closing.together, subscriptions, now)
            return False


async def _go_out(tx: Tx, alone: Sequence[Delivery], doubtful: Collection[str], now: datetime) -> None:
    """These are owed, but what may have gone out before a restore is looked for first."""
    await waiting.settle(tx, [one.id for one in alone if one.id in doubtful], "unclear", now, restores.AGAIN)
    await waiting.settle(tx, [one.id for one in alone if one.id not in doubtful], "pending", now)


def _marked(whole: Delivery, together: Sequence[Delivery], doubtful: Collection[str]) -> Delivery:
    """The digest, saying so if some of it may have been told in another one before a restore."""
    if not any(one.id in doubtful for one in together):
        return whole
    return whole.model_copy(update={"reason": f"{life.REPEAT} 1: {restores.AGAIN}"})


async def _settle(tx: Tx, one: Delivery, planned: Plan) -> None:
    # That it may be a repeat must not be forgotten.
    await waiting.settle(tx, [one.id], planned.state, planned.due, None if life.is_repeat(one) else planned.reason)


async def _too_late(tx: Tx, place: Place, late: Sequence[Delivery], subscriptions: Sequence[Subscription], now: datetime) -> None:
    """The digest of their window is on its way already: they belong to the next one."""
    for one in late:
        mine = [sub for sub in subscriptions if sub.watchlist in one.watchlists]
        await _settle(tx, one, digest.plan(place, mine, now, now))
