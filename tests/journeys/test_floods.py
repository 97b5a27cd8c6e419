"""A flood of news reaches each channel as a few messages, and every item of it can be read: the real bot, a served feed, a Slack."""

import asyncio
import re
from pathlib import Path

import pytest
from sqlalchemy import func, update

from bot.store import outbox, tables, waiting
from bot.store.database import Store
from tests.bot_process import regwatch, running
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
            await asyncio.wait_for(_all_told(slack, BACKFILL + 5), 300)
        for channel in CHANNELS:
            assert len(slack.messages(channel)) <= 20
        assert await _bundled(news.database) == (BACKFILL + 5) * len(CHANNELS) - _alone(slack)


async def test_what_came_before_a_stop_of_three_days_and_during_it_is_told_in_a_few_messages(tmp_path: Path) -> None:
    """Alerts that were owed when the bot stopped, and all that was published since: each item once, nothing left out."""
    async with SequenceServer(feeds("mfds", "pmda")) as server, LoopbackSlack(*CHANNELS) as slack:
        news = Newsroom(tmp_path, slack, server)
        await news.open()
        news.publish("mfds", 15)
        code, out, error = await regwatch(news.env(), "poll", "--once")
        assert code == 0, out + error
        await _three_days_pass(news.database)
        news.publish("mfds", 20)
        news.publish("pmda", 25)
        async with running(news.env(), tmp_path / "run.txt"):
            await asyncio.wait_for(_all_told(slack, 60), 60)
        assert [_told(slack, channel) for channel in CHANNELS] == [60, 60]
        assert max(len(slack.messages(channel)) for channel in CHANNELS) <= 20


async def _three_days_pass(database: str) -> None:
    """The bot has been away for three days: all it knows is so much older."""
    store = await Store.open(database)
    moments = [(table, column) for table in tables.metadata.sorted_tables for column in table.c if isinstance(column.type, tables.Instant)]
    try:
        async with store.write() as tx:
            for table, column in moments:
                earlier = func.strftime("%Y-%m-%d %H:%M:%f000", column, "-3 days")
                await tx.execute(update(table).where(column.is_not(None)).values({column: earlier}))
    finally:
        await store.close()


async def _all_told(slack: LoopbackSlack, items: int) -> None:
    while any(_told(slack, channel) < items for channel in CHANNELS):  # noqa: ASYNC110 - another process gives no event
        await asyncio.sleep(0.5)


def _told(slack: LoopbackSlack, channel: str) -> int:
    """Of how many items the channel was told, alone or many at once."""
    counted = [re.match(r"Many at once: ([\d,]+) items", str(one["text"])) for one in slack.messages(channel)]
    return sum(int(one[1].replace(",", "")) if one else 1 for one in counted)


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
