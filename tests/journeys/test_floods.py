"""A flood of news reaches each channel as a few messages, and every item of it can be read: the real bot, a served feed, a Slack."""

import asyncio
from pathlib import Path

import pytest

from bot.store import outbox, waiting
from bot.store.database import Store
from tests.bot_process import running
from tests.fakes import rss
from tests.loopback_slack import LoopbackSlack
from tests.newsroom import Newsroom, feeds
from tests.sequence_server import Recorded, SequenceServer

pytestmark = pytest.mark.timeout(400)

BACKFILL = 5_000
CHANNELS = ("C1", "C2")


async def test_a_backfill_of_five_thousand_items_is_one_message_that_lists_them_all(tmp_path: Path) -> None:
    async with SequenceServer(feeds("mfds", "pmda")) as server, LoopbackSlack(*CHANNELS) as slack:
        news = Newsroom(tmp_path, slack, server)
        await news.open()
        titles = [f"recall {number} of mfds" for number in range(BACKFILL)]
        server.sequences["mfds"] = [Recorded(rss("The first of all", *titles).body)]
        server.sequences["pmda"] = [Recorded(rss("The first of all", *(f"recall {number} of pmda" for number in range(5))).body)]
        async with running(news.env(), tmp_path / "run.txt"):
            await asyncio.wait_for(_all_told(slack), 300)
        for channel in CHANNELS:
            assert len(slack.messages(channel)) <= 20
        assert await _bundled(news.database) == (BACKFILL + 5) * len(CHANNELS) - _alone(slack)


async def _all_told(slack: LoopbackSlack) -> None:
    while True:
        if all(_is_told(slack, channel) for channel in CHANNELS):
            return
        await asyncio.sleep(0.5)


def _is_told(slack: LoopbackSlack, channel: str) -> bool:
    return any("Many at once: 5,0" in str(one["text"]) for one in slack.messages(channel))


def _alone(slack: LoopbackSlack) -> int:
    return sum("Many at once" not in str(one["text"]) for channel in CHANNELS for one in slack.messages(channel))


async def _bundled(database: str) -> int:
    """How many items stand in the digests, each of which shows what it says."""
    store = await Store.open(database)
    try:
        async with store.read() as tx:
            counts = await outbox.counts(tx)
            newest = await waiting.find_digest(tx, "slack:T1:C1", "")
            assert newest is not None
            assert len(await waiting.contents(tx, newest.id)) >= BACKFILL
        assert set(counts) == {"sent", "bundled"}
        return counts["bundled"]
    finally:
        await store.close()
