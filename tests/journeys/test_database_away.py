"""The database goes away in the middle of a burst and comes back: the bot goes on by itself, and every alert arrives once.

The bot may not look into the history of a channel here: what Slack answered meanwhile has to be kept until it can be written.
"""

import asyncio
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.bot_process import HURRIED, MOST_SECONDS_TO_STOP
from tests.faults import slow
from tests.loopback_slack import LoopbackSlack
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


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_the_disk_is_full_for_a_while(tmp_path: Path, small_disk: Path, database: str) -> None:
    copy = Path(shutil.copy(database.removeprefix("sqlite:///"), small_disk / "regwatch.db"))

    def fill() -> None:
        with suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
            while filler.write(b"x" * 4096):
                pass
        asyncio.run(asyncio.sleep(7))
        (small_disk / "filler").unlink()

    await burst(tmp_path, f"sqlite:///{copy}", fill)
    assert "the disk is full" in (tmp_path / "bot.log").read_text(), "the log says what is wrong"
    with closing(sqlite3.connect(copy)) as left:
        assert left.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with room for a few megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"this account may not mount a small disk: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.mark.postgresql
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_the_database_server_is_started_again(tmp_path: Path, database: str, postgresql: Server) -> None:
    await burst(tmp_path, database, postgresql.restart)
