"""The bot is killed at random moments while sources bring news and Slack misbehaves: nothing is lost, nothing doubled.

REGWATCH_CHAOS_ROUNDS kills per test (few by default), REGWATCH_CHAOS_SEED chooses their moments; `pytest -s` shows the figures.
"""

import asyncio
import os
import random
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.bot_process import HURRIED, MOST_SECONDS_TO_STOP
from tests.loopback_slack import Fault, LoopbackSlack, lost_reply, rate_limited, reset, slow, status
from tests.newsroom import Newsroom, feeds
from tests.sequence_server import SequenceServer

ROUNDS = int(os.environ.get("REGWATCH_CHAOS_ROUNDS", "2"))
SEED = int(os.environ.get("REGWATCH_CHAOS_SEED", "7"))
CHANNELS = tuple(f"C{number}" for number in range(8 if ROUNDS > 20 else 3))

pytestmark = pytest.mark.timeout(120 + 20 * ROUNDS)

CLEAR: list[Callable[[], Fault]] = [lambda: rate_limited(1), lambda: slow(0), lambda: slow(0.1), lambda: slow(0.7)]
OPEN: list[Callable[[], Fault]] = [
    lost_reply,
    reset,
    lambda: status(500),
    lambda: status(500, does_it=True),
    lambda: status(503),
    lambda: Fault(503, wait=0.3, does_it=True),
]


@dataclass
class Chaos:
    """Bots that are killed and started again, and a Slack with a script of faults; `rng` chooses."""

    news: Newsroom
    rng: random.Random
    bots: list[asyncio.subprocess.Process] = field(default_factory=list)
    script: list[bool] = field(default_factory=list)
    open_faults: int = 0

    async def start(self) -> asyncio.subprocess.Process:
        with (self.news.folder / "bot.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(*HURRIED, env=self.news.env(), stdout=log, stderr=log)

    async def rounds(self, rounds: int) -> None:
        """So many times news come, Slack misbehaves and one bot is killed and started again."""
        for _ in range(rounds):
            self.news.publish(self.rng.choice(list(self.news.published)), self.rng.randint(1, 2))
            self.misbehave()
            await self.moment()
            victim = self.rng.randrange(len(self.bots))
            self.bots[victim].kill()
            await self.bots[victim].wait()
            self.assert_sound()
            self.bots[victim] = await self.start()

    def misbehave(self) -> None:
        """The next calls of Slack meet faults, about every second one; a search for a message may fail too."""
        slack = self.news.slack
        while len(self.script) < len(slack.calls_of("chat.postMessage")) + 12:
            kind = self.rng.choice([CLEAR, CLEAR, OPEN])
            slack.script("chat.postMessage", self.rng.choice(kind)())
            self.script.append(kind is OPEN)
        slack.script("conversations.history", *(self.rng.choice([slow(0), slow(0.2), reset(), rate_limited(1)]) for _ in range(2)))

    def met(self) -> int:
        """How many posts so far met a fault that leaves open whether the message arrived."""
        return sum(self.script[: len(self.news.slack.calls_of("chat.postMessage"))])

    async def moment(self) -> None:
        """Some moment soon: around a poll, around a post, around a search, or any other."""
        calls = self.news.slack.calls_of
        watched: list[Callable[[], int]] = [
            self.news.server.served.total,
            lambda: len(calls("chat.postMessage")),
            lambda: len(calls("chat.postMessage")),
            lambda: len(calls("conversations.history")),
            lambda: 0,
        ]
        seen, patience = self.rng.choice(watched), self.rng.uniform(0.2, 5)
        reached = seen() + self.rng.randint(1, 10)
        for _ in range(int(patience * 500)):
            if seen() >= reached:
                break
            await asyncio.sleep(0.002)
        await asyncio.sleep(self.rng.choice([0, 0.005, 0.02, 0.1, 0.4]) * self.rng.random())

    def assert_sound(self) -> None:
        """What the killed process left of an SQLite file is whole; looked at in a copy, so that the bot itself recovers the file."""
        if not self.news.database.startswith("sqlite"):
            return
        file, copy = self.news.folder / "regwatch.db", self.news.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for part in self.news.folder.glob("regwatch.db*"):
            shutil.copy(part, copy)
        connection = sqlite3.connect(copy / file.name)
        try:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        finally:
            connection.close()

    async def calm(self, seconds: float) -> None:
        """Slack behaves; everything that is owed was decided."""
        slack = self.news.slack
        for method in ("chat.postMessage", "conversations.history"):
            slack.forgive(method)
        async with asyncio.timeout(seconds):
            while True:
                states = await self.news.states()
                owed = len(self.news.expected()) * len(slack.channels)
                if sum(states.values()) == owed and set(states) <= {"sent", "held"}:
                    return
                assert all(one.returncode is None for one in self.bots), "a bot ended by itself"
                await asyncio.sleep(0.2)

    async def stop(self) -> None:
        """Every bot leaves in time when told to."""
        for one in self.bots:
            one.terminate()
        codes = await asyncio.wait_for(asyncio.gather(*(one.wait() for one in self.bots)), MOST_SECONDS_TO_STOP)
        assert codes == [0] * len(self.bots)


@asynccontextmanager
async def chaos(folder: Path, database: str, replicas: int) -> AsyncIterator[Chaos]:
    """Chaos about to begin, with so many bots running; none is left at the end."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(SequenceServer(feeds("mfds", "pmda")))
        slack = await stack.enter_async_context(LoopbackSlack(*CHANNELS))
        news = Newsroom(folder, slack, server, database)
        await news.open()
        here = Chaos(news, random.Random(SEED))
        try:
            here.bots += [await here.start() for _ in range(replicas)]
            yield here
        finally:
            for one in here.bots:
                if one.returncode is None:
                    one.kill()
                    await one.wait()


async def killed(here: Chaos, told: str) -> dict[str, int]:
    """What became of all alerts after ROUNDS kills."""
    await here.rounds(ROUNDS)
    posts, here.open_faults = len(here.news.slack.calls_of("chat.postMessage")), here.met()
    await here.calm(60 + 4 * ROUNDS)
    await here.stop()
    news, states = here.news, await here.news.states()
    alerts = len(news.expected()) * len(news.slack.channels)
    found = {"alerts": alerts, "lost": len(news.lost()), "doubled": len(news.doubled()), "held": states.get("held", 0)}
    sys.stdout.write(f"\n{told}: {ROUNDS} kills, seed {SEED}, {posts} posts under fire, {here.open_faults} open faults, {found}\n")
    return found


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_killed_at_any_moment_it_loses_nothing_and_doubles_nothing(tmp_path: Path, database: str) -> None:
    async with chaos(tmp_path, database, 1) as here:
        found = await killed(here, "SQLite, with the history scope")
        assert (found["lost"], found["doubled"], found["held"]) == (0, 0, 0)
        assert here.news.disordered() == []


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_where_it_may_not_look_each_open_fault_gives_one_marked_repeat_at_most(tmp_path: Path, database: str) -> None:
    async with chaos(tmp_path, database, 1) as here:
        here.news.slack.scopes.remove("channels:history")
        found = await killed(here, "SQLite, without the history scope")
        assert found["lost"] <= found["held"], "what was given up is held where people see it"
        assert here.news.unmarked() == []
        assert max(max(here.news.arrived(channel).values()) for channel in CHANNELS) <= 2
        assert found["doubled"] <= here.open_faults + ROUNDS * len(CHANNELS)


@pytest.mark.postgresql
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.parametrize("replicas", [1, 2] if ROUNDS > 20 else [2])
async def test_replicas_on_postgresql_lose_nothing_and_double_nothing_either(tmp_path: Path, database: str, replicas: int) -> None:
    async with chaos(tmp_path, database, replicas) as here:
        found = await killed(here, f"PostgreSQL, {replicas} replicas, with the history scope")
        assert (found["lost"], found["doubled"], found["held"]) == (0, 0, 0)
        assert here.news.disordered() == []
