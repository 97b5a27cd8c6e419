"""Bots that are killed at random moments and started again, while sources bring news and the platforms misbehave on script.

REGWATCH_CHAOS_ROUNDS kills per test (few by default), REGWATCH_CHAOS_SEED chooses their moments; `pytest -s` shows the figures.
"""

import asyncio
import os
import random
import shutil
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select

from bot.cards.stopped import WHOLE_WORKSPACE
from bot.deliver.outbox import MOST_REPEATS
from bot.store import places, tables
from bot.store.database import Store
from tests.bot_process import HURRIED, MOST_SECONDS_TO_STOP, listens
from tests.faults import Fault, lost_reply, page, reset, slow
from tests.loopback_slack import Channel, LoopbackSlack, error, rate_limited
from tests.loopback_teams import LoopbackTeams, status
from tests.newsroom import Newsroom, feeds, titles
from tests.sequence_server import SequenceServer

ROUNDS = int(os.environ.get("REGWATCH_CHAOS_ROUNDS", "2"))
SEED = int(os.environ.get("REGWATCH_CHAOS_SEED", "7"))
MANY = ROUNDS > 20
CHANNELS = tuple(f"C{number}" for number in range(8 if MANY else 3))
# The owner of all subscriptions, who is told when a place takes no messages any more.
OWNER = "U1"


# A channel, a title, and the how manieth post of it there.
Attempt = tuple[str, str, int]


class Post(NamedTuple):
    """A message that a platform was asked to take: to which channel, and the titles it tells of."""

    channel: str
    titles: tuple[str, ...]


def slack_faults() -> list[list[Fault]]:
    """Kinds of faults of Slack, one list each: those that say clearly what became of the message, and the others."""
    late = Fault(503, "busy", wait=0.3, does_it=True)
    clear = [rate_limited(1), slow(0), slow(0.1), slow(0.7)]
    return [clear, clear, [lost_reply(), reset(), page(500), page(500, does_it=True), page(503), late]]


def slack_gone() -> list[Fault]:
    """Each of the words by which Slack says that a place or the whole workspace takes no messages any more."""
    return [error(one) for one in ("channel_not_found", "is_archived", "not_in_channel", "token_revoked", "account_inactive")]


def teams_faults() -> list[list[Fault]]:
    """The same for Teams."""
    clear = [status(412), status(429, retry_after=1), slow(0), slow(0.1), slow(0.7)]
    taken = [status(code, does_it=True) for code in (500, 502, 503)]
    return [clear, clear, [lost_reply(), reset(), *(status(code) for code in (500, 502, 503)), *taken]]


def teams_gone() -> list[Fault]:
    """Teams says that the bot was removed, or that the conversation is not there."""
    return [status(403, "MessageWritesBlocked"), status(404, "ConversationNotFound")]


@dataclass
class Weather:
    """The faults that the next calls to one platform meet; `kinds` to choose from, and perhaps answers that a place is gone.

    `posts` are the calls so far, oldest first: each met the fault that was ordered as the same number.
    """

    posts: Callable[[], list[Post]]
    order: Callable[[Fault], None]
    kinds: Sequence[Sequence[Fault]]
    gone: Sequence[Fault] = ()
    ordered: list[Fault] = field(default_factory=list)

    def worsen(self, rng: random.Random) -> None:
        """A dozen calls ahead are provided with faults; where places are gone at times, the first ones go through all words for it."""
        while len(self.ordered) < len(self.posts()) + 12:
            told = len(self.ordered)
            if told % 4 == 0 and told // 4 < len(self.gone):
                self._add(self.gone[told // 4])
            else:
                self._add(rng.choice(self.gone if self.gone and rng.random() < 0.15 else rng.choice(self.kinds)))

    def _add(self, fault: Fault) -> None:
        self.order(fault)
        self.ordered.append(fault)

    def end(self) -> None:
        """What was ordered and not met is forgotten."""
        del self.ordered[len(self.posts()) :]

    def open(self) -> set[Attempt]:
        """The attempts that met a fault which leaves open whether the message arrived."""
        counted: Counter[tuple[str, str]] = Counter()
        found: set[Attempt] = set()
        for number, post in enumerate(self.posts()):
            for title in post.titles:
                counted[post.channel, title] += 1
                if number < len(self.ordered) and self.ordered[number].is_open:
                    found.add((post.channel, title, counted[post.channel, title]))
        return found

    def attempts(self, channel: str, title: str) -> int:
        """How often that title was posted there so far."""
        return sum(one.channel == channel and title in one.titles for one in self.posts())


@dataclass
class Chaos:
    """The bots, and what happens to them; `rng` chooses. `suspensions` are the places found suspended, with the platform's word.

    Where the `lease` of a message is given, in seconds, bots are also frozen, for shorter and for longer than that.
    """

    news: Newsroom
    rng: random.Random
    weathers: list[Weather]
    lease: float = 0
    bots: list[asyncio.subprocess.Process] = field(default_factory=list)
    suspensions: list[tuple[str, str]] = field(default_factory=list)
    _cut_off: set[Attempt] = field(default_factory=set)
    # The parts of an SQLite file are copied while nobody here opens or closes it: whoever closes it last takes parts away.
    _file: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def start(self) -> asyncio.subprocess.Process:
        hurry = {"HURRIED_LEASE": str(self.lease)} if self.lease else {}
        with (self.news.folder / "bot.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(*HURRIED, env=self.news.env() | hurry, stdout=log, stderr=log)

    async def rounds(self, rounds: int) -> None:
        """So many times news come, the platforms misbehave and one bot is killed and started again."""
        for _ in range(rounds):
            self.news.publish(self.rng.choice(list(self.news.published)), self.rng.randint(1, 2))
            for weather in self.weathers:
                weather.worsen(self.rng)
            self._search_badly()
            await self.moment()
            if self.lease:
                await self._freeze(self.rng.choice(self.bots))
                await self.moment()
            victim = self.rng.randrange(len(self.bots))
            self.bots[victim].kill()
            await self.bots[victim].wait()
            async with self._file:
                self.assert_sound()
            self.bots[victim] = await self.start()

    async def _freeze(self, bot: asyncio.subprocess.Process) -> None:
        """The bot stands still for a while, in the middle of whatever it does, and goes on as if nothing had happened."""
        bot.send_signal(signal.SIGSTOP)
        await asyncio.sleep(self.lease * self.rng.uniform(0.2, 2))
        bot.send_signal(signal.SIGCONT)

    def _search_badly(self) -> None:
        found = [slow(0), slow(0.2), reset(), rate_limited(1)]
        self.news.slack.script("conversations.history", *(self.rng.choice(found) for _ in range(2)))

    def posts(self) -> int:
        return sum(len(weather.posts()) for weather in self.weathers)

    def unclear(self) -> set[Attempt]:
        """The attempts whose fate the bot could not know: it got no clear answer, or was killed before it could write the answer down."""
        return self._cut_off.union(*(weather.open() for weather in self.weathers))

    def unexplained(self) -> list[tuple[str, str]]:
        """Messages that stand in a place more often than once and once more for each attempt whose fate was unclear."""
        allowed = Counter((channel, title) for channel, title, _ in self.unclear())
        found = []
        for where in self.news.places:
            found += [(where.id, title) for title, times in self.news.arrived(where).items() if times > 1 + allowed[where.channel, title]]
        return found

    def given_up(self) -> set[tuple[str, str]]:
        """Where and which messages were unclear so often that they may be held."""
        allowed = Counter((channel, title) for channel, title, _ in self.unclear())
        return {one for one, times in allowed.items() if times > MOST_REPEATS}

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
        """What the killed process left of an SQLite file is whole; looked at in a copy, so that the bot itself recovers the file.

        What it says is being sent was cut off by the kill.
        """
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
            for channel, title in connection.execute(_UNDER_WAY):
                number = max(one.attempts(channel, title) for one in self.weathers)
                self._cut_off.add((channel, title, number))
        finally:
            connection.close()

    async def heal(self) -> None:
        """Again and again: whoever runs them lets the bot into places again a while after they were found suspended."""
        while True:
            await asyncio.sleep(self.rng.uniform(0.5, 2))
            async with self._file:
                await self._let_in()

    async def _let_in(self) -> None:
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
        for weather in self.weathers:
            weather.end()
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
            await listens(one)
            one.terminate()
        codes = await asyncio.wait_for(asyncio.gather(*(one.wait() for one in self.bots)), MOST_SECONDS_TO_STOP)
        assert set(codes) == {0}, codes

    def told_owner(self) -> int:
        """How many messages tell the owner that a place takes no messages any more."""
        return sum("metadata" in one for one in self.news.slack.messages(OWNER))

    def to_tell(self) -> int:
        """How many times the owner was to be told: of subscribed places, and not of what keeps the whole workspace from being told."""
        subscribed = [(place, code) for place, code in self.suspensions if place.startswith("slack:") and not place.endswith(f":{OWNER}")]
        return sum(code not in WHOLE_WORKSPACE for _, code in subscribed)


# What was being sent: alerts by themselves, and those that a digest tells.
_UNDER_WAY = """
    SELECT places.channel, items.title FROM outbox AS sent JOIN places ON places.id = sent.place
    JOIN outbox AS told ON told.id = sent.id OR told.digest = sent.id JOIN items ON items.id = told.item WHERE sent.state = 'sending'
"""
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
    lease: float = 0,
) -> AsyncIterator[Chaos]:
    """Chaos about to begin, with so many bots running; none is left at the end."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(SequenceServer(feeds("mfds", "pmda")))
        slack = await stack.enter_async_context(LoopbackSlack(*CHANNELS))
        teams = await stack.enter_async_context(LoopbackTeams())
        given: dict[str, Any] = {"teams": teams, "conversations": conversations} if conversations else {}
        news = Newsroom(folder, slack, server, database, windows=windows, **given)
        slack.channels[OWNER] = Channel(OWNER)
        await news.open()
        here = Chaos(news, random.Random(SEED), [_slack_weather(slack, gone=gone)], lease)
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
    def posts() -> list[Post]:
        return [Post(one.args["channel"], tuple(titles(one.args))) for one in slack.calls_of("chat.postMessage")]

    return Weather(posts, lambda fault: slack.script("chat.postMessage", fault), slack_faults(), slack_gone() if gone else ())


def _teams_weather(teams: LoopbackTeams, *, gone: bool) -> Weather:
    def posts() -> list[Post]:
        return [Post(one.conversation, tuple(titles(one.body)) if one.method == "POST" else ()) for one in teams.calls]

    return Weather(posts, teams.script, teams_faults(), teams_gone() if gone else ())


async def killed(here: Chaos, told: str) -> dict[str, int]:
    """What became of all alerts after ROUNDS kills."""
    await here.rounds(ROUNDS)
    posts = here.posts()
    # Who met one fault after the other in a place waits up to five minutes there, and then sends one message a second.
    await here.calm(300 + 4 * ROUNDS)
    await here.stop()
    news, states = here.news, await here.news.states()
    alerts = len(news.expected()) * len(news.places)
    found = {"alerts": alerts, "lost": len(news.lost()), "doubled": len(news.doubled()), "held": states.get("held", 0)}
    found |= {"bundled": states.get("bundled", 0), "suspensions": len(here.suspensions), "unclear attempts": len(here.unclear())}
    sys.stdout.write(f"\n{told}: {ROUNDS} kills, seed {SEED}, {posts} posts under fire, {found}\n")
    return found
