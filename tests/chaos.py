"""Bots that are killed at random moments and started again, while sources bring news and the platforms misbehave on script.

REGWATCH_CHAOS_ROUNDS kills per test (few by default), REGWATCH_CHAOS_SEED chooses their moments; `pytest -s` shows the figures.
"""

import asyncio
import os
import random
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select

from bot.cards.stopped import WHOLE_WORKSPACE
from bot.store import places, tables
from bot.store.database import Store
from tests import loopback_slack, loopback_teams
from tests.bot_process import HURRIED, MOST_SECONDS_TO_STOP
from tests.loopback_slack import LoopbackSlack
from tests.loopback_teams import LoopbackTeams
from tests.newsroom import Newsroom, feeds
from tests.sequence_server import SequenceServer

ROUNDS = int(os.environ.get("REGWATCH_CHAOS_ROUNDS", "2"))
SEED = int(os.environ.get("REGWATCH_CHAOS_SEED", "7"))
MANY = ROUNDS > 20
CHANNELS = tuple(f"C{number}" for number in range(8 if MANY else 3))
# The owner of all subscriptions, who is told when a place takes no messages any more.
OWNER = "U1"


class Fault(NamedTuple):
    """What a platform does to one post: `open` leaves open whether it took it."""

    made: Any
    open: bool = False


def slack_faults() -> list[list[Fault]]:
    """Kinds of faults of Slack, one list each: those that say clearly what became of the message, and the others."""
    fake = loopback_slack
    clear = [fake.rate_limited(1), fake.slow(0), fake.slow(0.1), fake.slow(0.7)]
    late = fake.Fault(503, wait=0.3, does_it=True)
    unclear = [fake.lost_reply(), fake.reset(), fake.status(500), fake.status(500, does_it=True), fake.status(503), late]
    return [[Fault(one) for one in clear]] * 2 + [[Fault(one, open=True) for one in unclear]]


def slack_gone() -> list[Fault]:
    """Each of the words by which Slack says that a place or the whole workspace takes no messages any more."""
    words = ("channel_not_found", "is_archived", "not_in_channel", "token_revoked", "account_inactive")
    return [Fault(loopback_slack.error(one)) for one in words]


def teams_faults() -> list[list[Fault]]:
    """The same for Teams."""
    fake = loopback_teams
    clear = [fake.status(412), fake.status(429, retry_after=1), fake.slow(0), fake.slow(0.1), fake.slow(0.7)]
    unclear = [fake.lost_reply(), fake.reset(), fake.slow(0.3), *(fake.status(code) for code in (500, 502, 503))]
    taken = [fake.status(code, does_it=True) for code in (500, 502, 503)]
    kinds = [[Fault(one) for one in clear]] * 2
    return [*kinds, [Fault(one, open=True) for one in (*unclear, *taken)]]


def teams_gone() -> list[Fault]:
    """Teams says that the bot was removed, or that the conversation is not there."""
    return [Fault(loopback_teams.status(403, "MessageWritesBlocked")), Fault(loopback_teams.status(404, "ConversationNotFound"))]


@dataclass
class Weather:
    """The faults that the next posts to one platform meet; `kinds` to choose from, and perhaps answers that a place is gone."""

    posts: Callable[[], int]
    order: Callable[[Any], None]
    kinds: Sequence[Sequence[Fault]]
    gone: Sequence[Fault] = ()
    ordered: list[Fault] = field(default_factory=list)

    def worsen(self, rng: random.Random) -> None:
        """A dozen posts ahead are provided with faults; where places are gone at times, the very first one is."""
        while len(self.ordered) < self.posts() + 12:
            is_gone = self.gone and (not self.ordered or rng.random() < 0.15)
            self._add(rng.choice(self.gone if is_gone else rng.choice(self.kinds)))

    def _add(self, fault: Fault) -> None:
        self.order(fault.made)
        self.ordered.append(fault)

    def met(self) -> int:
        """How many posts so far met a fault that leaves open whether the message arrived."""
        return sum(one.open for one in self.ordered[: self.posts()])


@dataclass
class Chaos:
    """The bots, and what happens to them; `rng` chooses. `suspensions` are the places found suspended, with the platform's word."""

    news: Newsroom
    rng: random.Random
    weathers: list[Weather]
    bots: list[asyncio.subprocess.Process] = field(default_factory=list)
    suspensions: list[tuple[str, str]] = field(default_factory=list)

    async def start(self) -> asyncio.subprocess.Process:
        with (self.news.folder / "bot.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(*HURRIED, env=self.news.env(), stdout=log, stderr=log)

    async def rounds(self, rounds: int) -> None:
        """So many times news come, the platforms misbehave and one bot is killed and started again."""
        for _ in range(rounds):
            self.news.publish(self.rng.choice(list(self.news.published)), self.rng.randint(1, 2))
            for weather in self.weathers:
                weather.worsen(self.rng)
            self._search_badly()
            await self.moment()
            victim = self.rng.randrange(len(self.bots))
            self.bots[victim].kill()
            await self.bots[victim].wait()
            self.assert_sound()
            self.bots[victim] = await self.start()

    def _search_badly(self) -> None:
        fake = loopback_slack
        found = [fake.slow(0), fake.slow(0.2), fake.reset(), fake.rate_limited(1)]
        self.news.slack.script("conversations.history", *(self.rng.choice(found) for _ in range(2)))

    def posts(self) -> int:
        return sum(weather.posts() for weather in self.weathers)

    def met(self) -> int:
        """How many posts so far met a fault that leaves open whether the message arrived."""
        return sum(weather.met() for weather in self.weathers)

    async def moment(self) -> None:
        """Some moment soon: around a post, a search or a poll, once in a while any other, such as while the bot starts.

        A bot takes longer to start the busier the machine is; so what is waited for is what it does, and not the time.
        """
        polls = self.news.server.served.total
        watched: list[Callable[[], int]] = [self.posts, self.posts, self.posts, self._searches, polls]
        seen = self.rng.choice(watched)
        reached, longest = seen() + self.rng.randint(1, 5), polls() + 16
        patience = self.rng.uniform(0, 3) if self.rng.random() < 0.2 else 30
        for _ in range(int(patience * 500)):
            if seen() >= reached or polls() >= longest:
                break
            await asyncio.sleep(0.002)
        await asyncio.sleep(self.rng.choice([0, 0.005, 0.02, 0.1, 0.4]) * self.rng.random())

    def _searches(self) -> int:
        return len(self.news.slack.calls_of("conversations.history"))

    def assert_sound(self) -> None:
        """What the killed process left of an SQLite file is whole; looked at in a copy, so that the bot itself recovers the file."""
        if not self.news.database.startswith("sqlite") or len(self.bots) > 1:
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

    async def heal(self) -> None:
        """Again and again: whoever runs them lets the bot into places again a while after they were found suspended."""
        while True:
            await asyncio.sleep(self.rng.uniform(0.5, 2))
            store = await Store.open(self.news.database)
            try:
                async with store.write() as tx:
                    for suspended, code in (await tx.execute(_SUSPENDED)).all():
                        self.suspensions.append((suspended, code))
                        await places.resume(tx, suspended)
            finally:
                await store.close()

    async def calm(self, seconds: float) -> None:
        """The platforms behave; everything that is owed was decided."""
        news = self.news
        for method in ("chat.postMessage", "conversations.history"):
            news.slack.forgive(method)
        if news.teams is not None:
            news.teams.forgive()
        async with asyncio.timeout(seconds):
            while not await self._is_decided():
                assert all(one.returncode is None for one in self.bots), "a bot ended by itself"
                await asyncio.sleep(0.2)

    async def _is_decided(self) -> bool:
        alerts, others = await self.news.states(), await self.news.states(alerts=False)
        if sum(alerts.values()) < len(self.news.expected()) * len(self.news.places):
            return False
        return set(alerts) | set(others) <= {"sent", "held", "bundled"} and not await self._suspended()

    async def _suspended(self) -> bool:
        store = await Store.open(self.news.database)
        try:
            async with store.read() as tx:
                return bool((await tx.execute(_SUSPENDED)).all())
        finally:
            await store.close()

    async def stop(self) -> None:
        """Every bot leaves in time when told to."""
        for one in self.bots:
            one.terminate()
        codes = await asyncio.wait_for(asyncio.gather(*(one.wait() for one in self.bots)), MOST_SECONDS_TO_STOP)
        assert codes == [0] * len(self.bots)

    def told_owner(self) -> int:
        """How many messages tell the owner that a place takes no messages any more."""
        return sum("metadata" in one for one in self.news.slack.messages(OWNER))

    def to_tell(self) -> int:
        """How many times the owner was to be told: of subscribed places, and not of what keeps the whole workspace from being told."""
        return sum(code not in WHOLE_WORKSPACE and not place.endswith(f":{OWNER}") for place, code in self.suspensions)


_SUSPENDED = select(tables.places.c.id, tables.places.c.suspended).where(tables.places.c.suspended != "")


@asynccontextmanager
async def chaos(
    folder: Path,
    database: str,
    replicas: int = 1,
    *,
    conversations: Sequence[str] = (),
    gone: bool = False,
    windows: Sequence[datetime] = (),
) -> AsyncIterator[Chaos]:
    """Chaos about to begin, with so many bots running; none is left at the end."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(SequenceServer(feeds("mfds", "pmda")))
        slack = await stack.enter_async_context(LoopbackSlack(*CHANNELS))
        teams = await stack.enter_async_context(LoopbackTeams())
        given: dict[str, Any] = {"teams": teams, "conversations": conversations} if conversations else {}
        news = Newsroom(folder, slack, server, database, windows=windows, **given)
        slack.channels[OWNER] = loopback_slack.Channel(OWNER)
        await news.open()
        here = Chaos(news, random.Random(SEED), [_slack_weather(slack, gone=gone)])
        if conversations:
            here.weathers.append(_teams_weather(teams, gone=gone))
        healing = asyncio.create_task(here.heal() if gone else asyncio.sleep(0))
        try:
            here.bots += [await here.start() for _ in range(replicas)]
            yield here
        finally:
            healing.cancel()
            for one in here.bots:
                if one.returncode is None:
                    one.kill()
                    await one.wait()


def _slack_weather(slack: LoopbackSlack, *, gone: bool) -> Weather:
    return Weather(
        lambda: len(slack.calls_of("chat.postMessage")),
        lambda fault: slack.script("chat.postMessage", fault),
        slack_faults(),
        slack_gone() if gone else (),
    )


def _teams_weather(teams: LoopbackTeams, *, gone: bool) -> Weather:
    return Weather(lambda: len(teams.calls), teams.script, teams_faults(), teams_gone() if gone else ())


async def killed(here: Chaos, told: str) -> dict[str, int]:
    """What became of all alerts after ROUNDS kills."""
    await here.rounds(ROUNDS)
    posts, met = here.posts(), here.met()
    await here.calm(90 + 4 * ROUNDS)
    await here.stop()
    news, states = here.news, await here.news.states()
    alerts = len(news.expected()) * len(news.places)
    found = {"alerts": alerts, "lost": len(news.lost()), "doubled": len(news.doubled()), "held": states.get("held", 0)}
    found |= {"bundled": states.get("bundled", 0), "suspensions": len(here.suspensions), "open faults": met}
    sys.stdout.write(f"\n{told}: {ROUNDS} kills, seed {SEED}, {posts} posts under fire, {found}\n")
    return found
