"""The database goes away in the middle of a burst and comes back: the bot goes on by itself, and every alert arrives once.

The bot may not look into the history of a channel here: what Slack answered meanwhile has to be kept until it can be written.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.bot_process import HURRIED, MOST_SECONDS_TO_STOP
from tests.loopback_slack import LoopbackSlack, slow
from tests.newsroom import Newsroom, feeds
from tests.postgresql_server import Server
from tests.sequence_server import SequenceServer


async def burst(folder: Path, database: str, away: Callable[[], None]) -> None:
    """A burst in whose middle, while two posts wait for their answer, `away` is called in a thread; everything arrives once."""
    async with SequenceServer(feeds("mfds", "pmda")) as server, LoopbackSlack("C1", "C2") as slack:
        slack.scopes.remove("channels:history")
        news = Newsroom(folder, slack, server, database)
        await news.open()
        slack.script("chat.postMessage", slow(0.5), slow(0.5))
        news.publish("mfds", 3)
        with (folder / "bot.log").open("wb") as log:
            bot = await asyncio.create_subprocess_exec(*HURRIED, env=news.env(), stdout=log, stderr=log)
        try:
            await slack.until(lambda: len(slack.calls_of("chat.postMessage")) == 2, 90)
            await asyncio.to_thread(away)
            news.publish("pmda", 2)
            await slack.until(lambda: news.lost() == [], 90)
            bot.terminate()
            assert await asyncio.wait_for(bot.wait(), MOST_SECONDS_TO_STOP) == 0
        finally:
            if bot.returncode is None:
                bot.kill()
                await bot.wait()
        assert (news.doubled(), news.disordered()) == ([], [])
        assert "Traceback" not in (folder / "bot.log").read_text()


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_another_process_locks_the_file_for_longer_than_a_writer_waits(tmp_path: Path, database: str) -> None:
    def lock() -> None:
        with closing(sqlite3.connect(tmp_path / "regwatch.db", timeout=10)) as other:
            other.execute("BEGIN IMMEDIATE")
            asyncio.run(asyncio.sleep(7))
            other.rollback()

    await burst(tmp_path, database, lock)


@pytest.mark.postgresql
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_the_database_server_is_started_again(tmp_path: Path, database: str, postgresql: Server) -> None:
    await burst(tmp_path, database, postgresql.restart)
