"""One hostile source among fifty: whatever it answers, the others are polled and kept on time."""

import asyncio
import time
from datetime import datetime, timedelta

import pytest

from bot.sources import catalogue
from bot.sources.catalogue import Catalogue
from bot.sources.fetch import Fetcher
from bot.store import items, sources
from bot.store.database import Store
from schedules.poll import Polling
from tests import hostile_feeds, hostile_shapes
from tests.feed_server import FeedServer
from tests.hostile_feeds import rss, serve

HOSTILE = {one.name: one for kit in (hostile_feeds, hostile_shapes) for one in kit.cases()}
NEIGHBOURS = 49
# Whoever waited for a source that hangs would wait for the fetcher's deadline; half of it is more than a busy machine makes of seconds.
DEADLINE = 120.0
ON_TIME = DEADLINE / 2
# Ten thousand items are kept in one transaction, for which others wait on a slow machine; an interval is 15 minutes at the least.
HEAVY = 120.0


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("name", "on_time"),
    [
        ("body-that-drips", ON_TIME),
        ("endless-feed", ON_TIME),
        ("head-that-drips", ON_TIME),
        ("endless-head", ON_TIME),
        ("flood-of-1xx", ON_TIME),
        ("gzip-bomb", ON_TIME),
        ("deep-markup", ON_TIME),
        ("some-items-left-open", ON_TIME),
        ("scripts-left-open-for-feed", ON_TIME),
        ("ten-thousand-items", HEAVY),
    ],
)
async def test_a_hostile_source_among_fifty_delays_no_other(name: str, on_time: float, store: Store, now: datetime) -> None:
    async with FeedServer() as hostile, FeedServer() as calm:
        adhoc = catalogue.adhoc("feed")
        known = {"bad": adhoc.model_copy(update={"id": "bad", "url": serve(hostile, HOSTILE[name])})}
        for number in range(NEIGHBOURS):
            url = calm.says(f"/{number}", "200 OK", body=rss(f"Notice {number}").encode())
            known[f"calm{number}"] = adhoc.model_copy(update={"id": f"calm{number}", "url": url})
        async with Fetcher(frozenset({hostile.pair, calm.pair}), deadline=DEADLINE) as fetcher:
            pipeline = Polling(store, fetcher, Catalogue(known, {}))
            latest = [await lateness(pipeline, now + turn * timedelta(hours=7)) for turn in range(3)]
            await pipeline.finish(0)
    assert max(latest) < on_time
    async with store.read() as tx:
        fare = {one.source: one for one in await sources.all(tx)}
        assert [fare[one].polls for one in known if one != "bad"] == [3] * NEIGHBOURS
        assert len([one for one in await items.latest(tx, 20_000) if one.source != "bad"]) == NEIGHBOURS


async def lateness(pipeline: Polling, due: datetime) -> float:
    """Seconds until every neighbour that was due now is kept; the hostile source may still be under way."""
    start = time.monotonic()
    kept: set[str] = set()
    for poll in asyncio.as_completed(await pipeline.begin(due)):
        kept.add((await poll).source)
        if len(kept - {"bad"}) == NEIGHBOURS:
            break
    return time.monotonic() - start
