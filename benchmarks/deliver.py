"""How fast a burst reaches many Slack channels, beside the time that Slack's own limits make it take.

    python benchmarks/deliver.py [channels] [messages each] [copies of the bot]

Everything is real but the platform, which takes each message at once: one file of SQLite, its commits on disk, the clock. It also
counts the messages that came sooner after another one of their channel than Slack permits, and those out of order. The processor time is
that of one process, whose copies of the bot share it.
"""

import asyncio
import logging
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from bot import logs
from bot.cards.card import Card, as_text
from bot.deliver import pace
from bot.deliver.outbox import Found, Outcome, Sent
from bot.model import Delivery, Item, Place, Watchlist
from bot.sources.catalogue import Catalogue
from bot.store import items, migrate, outbox, places, watchlists
from bot.store.database import Store
from bot.store.items import Kept
from schedules.deliver import Delivering

BEGAN = datetime.now(UTC)


@dataclass
class Platform:
    """Takes every message at once and keeps when it came."""

    came: dict[str, list[tuple[float, str]]] = field(default_factory=lambda: defaultdict(list))

    async def send(self, place: Place, card: Card, delivery_id: str, thread: str = "") -> Outcome:  # noqa: ARG002 - the protocol
        self.came[place.channel].append((time.monotonic(), as_text(card)))
        return Sent(reference=delivery_id)

    async def find(self, place: Place, delivery_id: str, since: datetime) -> Found:  # noqa: ARG002 - the protocol
        return None


async def prepared(store: Store, channels: int, each: int) -> None:
    """Every channel is owed so many alerts."""
    watchlist = Watchlist(id="w", workspace="T1", name="Recalls", query="recall", created_by="u", created=BEGAN)
    found = [Item(id=f"i{number}", source="s", key=f"k{number}", title=f"recall {number:05}", detected=BEGAN) for number in range(each)]
    where = [Place(id=f"slack:T1:C{number}", platform="slack", workspace="T1", channel=f"C{number}") for number in range(channels)]
    async with store.write() as tx:
        await watchlists.add(tx, watchlist)
        await items.add_all(tx, [Kept(one, "print", "", "new") for one in found])
        for place in where:
            await places.ensure(tx, place)
        await outbox.owe(tx, [owed(place, one) for one in found for place in where])


def owed(place: Place, item: Item) -> Delivery:
    return Delivery(
        id=f"{place.channel}:{item.id}",
        place=place.id,
        item=item.id,
        version=1,
        kind="new",
        watchlists=("w",),
        created=BEGAN,
        not_before=BEGAN,
    )


def limit(channels: int, each: int) -> float:
    """The seconds that Slack's limits alone make it take."""
    rate = pace.RATES["slack"]
    rush = rate.rush / rate.every
    return max((each - 1) * rate.gap.total_seconds(), (channels * each - rush) * rate.every.total_seconds(), 0.0)


async def measured(channels: int, each: int, copies: int) -> None:
    platform = Platform()
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        await migrate.upgrade(url)
        stores = [await Store.open(url) for _ in range(copies)]
        await prepared(stores[0], channels, each)
        work = [Delivering(one, {"slack": platform}, Catalogue({}, {}), lambda: datetime.now(UTC), lambda: 0.5) for one in stores]
        began, used = time.monotonic(), time.process_time()
        while sum(map(len, platform.came.values())) < channels * each:
            await asyncio.gather(*(one.drain() for one in work))
        # After its last message a place still rests for a second.
        took, used = max(one[-1][0] for one in platform.came.values()) - began, time.process_time() - used
        for one in stores:
            await one.close()
    report(platform, took, limit(channels, each), f"{channels} channels, {each} each, {copies} copies of the bot")
    sys.stdout.write(f"processor time: {1000 * used / (channels * each):.1f} ms a message\n")


def report(platform: Platform, took: float, least: float, what: str) -> None:
    gaps = [after[0] - before[0] for came in platform.came.values() for before, after in pairwise(came)]
    disordered = sum([text for _, text in came] != sorted(text for _, text in came) for came in platform.came.values())
    soon = sum(gap < timedelta(seconds=1).total_seconds() - 0.001 for gap in gaps)
    ratio = f"{took / least:.2f} of the limit" if least else "no limit applies"
    sys.stdout.write(f"{what}: {took:.1f} s, Slack's limits alone {least:.1f} s ({ratio}); ")
    sys.stdout.write(f"{soon} sooner than a second, {disordered} channels out of order\n")


if __name__ == "__main__":
    logs.begin("json", logging.WARNING)
    given = [int(one) for one in sys.argv[1:]]
    asyncio.run(measured(*(given + [200, 5, 1][len(given) :])))
