"""Whose turn it is: the next message of each place, claimed at the pace of its platform.

Places that ask while one transaction is under way are answered together by the next one, so that a burst to many places costs
a few transactions and not a few for each message. What must not come one by one, or not now, is put together or off on the way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.deliver import digest, pace
from bot.model import Delivery, Place
from bot.store import outbox, paces, waiting
from bot.store.database import Store, Tx
from schedules.batching import Batching
from schedules.patience import Patience

# A turn that is farther away is not waited for: the next look at the outbox will see.
LONG = timedelta(minutes=1)
# So many places are served by one transaction.
ROOM = 100

Turn = Delivery | datetime | None
"""The message that is claimed now, or when it will be the turn of the place, which then is booked; None when nothing is due."""


class Asking(NamedTuple):
    """A place asks for its turn; it may be one that was `booked` before and has come now."""

    place: Place
    booked: bool = False


@dataclass
class Turns:
    """The turns of the places that one process serves. `clock` gives the time."""

    store: Store
    clock: Callable[[], datetime]
    patience: Patience

    def __post_init__(self) -> None:
        self._batching = Batching[Asking, Turn](self._answer, lambda _: 1, ROOM)

    async def ask(self, place: Place, *, booked: bool = False) -> Turn:
        """The turn of this place, found together with those of others that ask just now."""
        return await self._batching(Asking(place, booked))

    async def _answer(self, asking: Sequence[Asking]) -> list[Turn]:
        async with self.store.write() as tx:
            here = await waiting.lock(tx, {one.place.id for one in asking})
            # The locks may have been waited for: only now do the leases begin.
            now = self.clock()
            free = await paces.free(tx, {name for one in asking for name in pace.counted(one.place)}, now)
            for place in here.values():
                if (quiet := digest.quiet_until(place, now)) is not None:
                    await waiting.postpone(tx, place.id, quiet)
            await self._gather(tx, here, now)
            due = await outbox.due(tx, now, here)
            turns = _turns([one for one in asking if one.place.id in due], free, now)
            await paces.book(tx, turns.booked, now)
            claimed = {one.place: one for one in await outbox.claim(tx, now, self.patience.lease, among=turns.now)}
        return [claimed.get(one.place.id) or turns.later.get(one.place.id) for one in asking]

    async def _gather(self, tx: Tx, here: Mapping[str, Place], now: datetime) -> None:
        """What is too much to come one by one is one message."""
        crowds = await waiting.crowds(tx, here, now)
        if not crowds:
            return
        alone, last = await waiting.sent_alone(tx, crowds, now - digest.BURST), await waiting.last_bursts(tx, crowds)
        for name, crowd in crowds.items():
            burst = last.get(name)
            many = digest.overflow(crowd, alone.get(name, 0), burst, now, self.patience.most_alone)
            if many == "none":
                continue
            ids = await waiting.crowd(tx, name, now, urgent_too=many == "all")
            if burst is not None and digest.is_gathered(burst, now):
                await waiting.join(tx, burst.id, ids)
            else:
                await waiting.bundle(tx, digest.burst(here[name], burst, now), ids)


class _Turns(NamedTuple):
    """Whose turn is now and whose later, and what is booked for both."""

    now: list[str]
    later: dict[str, datetime]
    booked: dict[str, datetime]


def _turns(asking: Sequence[Asking], free: Mapping[str, datetime], now: datetime) -> _Turns:
    """In the order they ask; each that is booked is one that the next ones of its workspace count with."""
    ahead, found = dict(free), _Turns([], {}, {})
    for place, booked in asking:
        turn = pace.booked_turn(place, ahead, now) if booked else pace.turn(place, ahead, now)
        if turn <= now:
            found.now.append(place.id)
        else:
            found.later[place.id] = turn
        if not booked and turn - now <= LONG:
            mine = pace.booked(place, ahead, turn)
            ahead.update(mine)
            found.booked.update(mine)
    return found
