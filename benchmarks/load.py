"""The real bot under load: loopback sources, watchlists, places and replicas, of which one is killed (`kill -9`) now and then.

Every item is made of two topics; each topic is one watchlist, delivered to one Slack channel. Told at the end: the time from the first
answer that showed an item to its post, in seconds and in ticks of the scheduler; what was lost or stands in a channel twice; posts a
second; and the memory of the processes. Patience is the real one: what a killed replica was sending waits for its lease to end.

    python benchmarks/load.py [--database postgresql] [--sources 50] [--watchlists 200] [--places 20] [--replicas 2] [--minutes 1]
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

sys.path.append(str(Path(__file__).parents[1]))
from bot.store import migrate, places, watchlists
from bot.store.database import Store
from tests.bot_process import REGWATCH, environment, regwatch
from tests.builders import place, subscription, watchlist
from tests.fakes import rss
from tests.loopback_slack import LoopbackSlack
from tests.newsroom import titles
from tests.postgresql_server import running as postgresql

SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ha", "li", "mo", "ne", "ro", "su", "ti", "va", "xi", "zu", "pra")
SHOWN = 30
TICK = 5.0
SOURCE = (
    '\n[[source]]\nid = "{name}"\nname = "{name}"\nlanguage = "en"\ntier = "official"\nkind = "feed"\nurl = "http://{address}/{name}"\n'
)


def topic(number: int) -> str:
    """A word of its own for each number."""
    return "".join(SYLLABLES[number >> shift & 15] for shift in (0, 4, 8, 12, 16))


@dataclass
class Feeds:
    """Sources that show their newest items, answer 304 where nothing is new, and keep when each item was first shown."""

    names: list[str]
    rng: random.Random
    shown: dict[str, list[str]] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    wanted: dict[str, set[int]] = field(default_factory=dict)
    address: str = ""

    def publish(self, topics: int) -> None:
        name, number = self.rng.choice(self.names), len(self.wanted) + 1
        title, two = f"recall {number} of {name}", set(self.rng.sample(range(topics), 2))
        words = " ".join([*map(topic, two), *(topic(self.rng.randrange(1 << 16, 1 << 20)) for _ in range(3))])
        self.wanted[title] = two
        self.shown.setdefault(name, []).append(f"{title} {words}")

    async def serve(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        shown = self.shown.get(name, [])
        tag = f'"{len(shown)}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        for one in shown[-SHOWN:]:
            self.first.setdefault(" ".join(one.split()[:4]), time.time())
        body = rss(f"The first of {name}", *shown[-SHOWN:]).body
        return web.Response(body=body, content_type="application/rss+xml", headers={"ETag": tag})

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_get("/{name}", self.serve)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        self.address = f"127.0.0.1:{runner.addresses[0][1]}"
        yield
        await runner.cleanup()


@dataclass
class Replicas:
    """The bots; `peak` is the most memory one of them had, in MB, `kills` how many were killed."""

    env: dict[str, str]
    log: Path
    rng: random.Random
    bots: list[asyncio.subprocess.Process] = field(default_factory=list)
    peak: float = 0
    kills: int = 0

    async def start(self) -> asyncio.subprocess.Process:
        with self.log.open("ab") as log:
            return await asyncio.create_subprocess_exec(*REGWATCH, "run", env=self.env, stdout=log, stderr=log)

    async def kill_one(self) -> None:
        victim = self.rng.randrange(len(self.bots))
        self.bots[victim].kill()
        await self.bots[victim].wait()
        self.bots[victim] = await self.start()
        self.kills += 1

    def look(self) -> None:
        """Remembers the memory; a bot that ended by itself is a failure."""
        for one in self.bots:
            assert one.returncode is None, f"a bot ended by itself: {self.log.read_text()[-2000:]}"
            self.peak = max(self.peak, resident(one.pid))

    async def end(self) -> None:
        for one in self.bots:
            if one.returncode is None:
                one.kill()
                await one.wait()


def resident(pid: int) -> float:
    """Resident megabytes of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/load.db"
        return
    with postgresql() as server:
        asyncio.run(server.run("CREATE DATABASE load"))
        yield server.url("load")


async def prepared(url: str, chosen: argparse.Namespace) -> None:
    """Watchlist n wants topic n, and place n modulo the number of places receives it."""
    await migrate.upgrade(url)
    store = await Store.open(url)
    where = [place(f"C{number}", platform="slack", workspace="T1") for number in range(chosen.places)]
    async with store.write() as tx:
        for one in where:
            await places.ensure(tx, one)
    for start in range(0, chosen.watchlists, 500):
        async with store.write() as tx:
            for number in range(start, min(start + 500, chosen.watchlists)):
                wanted = watchlist(topic(number), workspace="T1", name=f"W{number}")
                await watchlists.add(tx, wanted)
                await places.subscribe(tx, subscription(wanted, where[number % chosen.places], created_by="slack:T1:U1"))
    await store.close()


def settings(url: str, folder: Path, feeds: Feeds, slack: LoopbackSlack, interval: int) -> dict[str, str]:
    """The environment of a bot that polls these feeds and posts to that Slack."""
    known = folder / "catalogue"
    known.mkdir()
    rows = "".join(SOURCE.format(name=name, address=feeds.address) + f'interval = "{interval}s"\n' for name in feeds.names)
    (known / "load.toml").write_text('[authority]\nid = "load"\nname = "Load"\njurisdiction = "KR"\n' + rows)
    given = {"DATABASE_URL": url, "CATALOGUE_DIR": str(known), "CATALOGUE_ONLY": "1", "FETCH_ALLOW": feeds.address}
    given |= {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token, "SLACK_API_URL": slack.api_url}
    return environment(folder, **given, TICK_SECONDS=str(TICK))


def arrived(slack: LoopbackSlack, channel: str) -> dict[str, list[float]]:
    """When each title was posted in the channel."""
    found: dict[str, list[float]] = {}
    for message in slack.messages(channel):
        for one in titles(message):
            found.setdefault(one, []).append(float(message["ts"]))
    return found


def owed(feeds: Feeds, count: int) -> set[tuple[str, str]]:
    """Which channel is to be told of which title."""
    return {(f"C{number % count}", title) for title, two in feeds.wanted.items() for number in two}


async def fire(feeds: Feeds, replicas: Replicas, chosen: argparse.Namespace) -> None:
    """Items are published and replicas killed for so many minutes."""
    until = time.monotonic() + chosen.minutes * 60
    kill = time.monotonic() + chosen.kill_every
    while time.monotonic() < until:
        feeds.publish(chosen.watchlists)
        if chosen.kill_every and time.monotonic() > kill:
            await replicas.kill_one()
            kill = time.monotonic() + chosen.kill_every * replicas.rng.uniform(0.5, 1.5)
        replicas.look()
        await asyncio.sleep(1 / chosen.rate)


async def settled(feeds: Feeds, slack: LoopbackSlack, replicas: Replicas, chosen: argparse.Namespace) -> None:
    """Waits until everything that is owed has arrived, or the longest that a recovery may take is over."""
    for _ in range(chosen.patience):
        found = {(channel, title) for channel in slack.channels for title in arrived(slack, channel)}
        if found >= owed(feeds, chosen.places):
            return
        replicas.look()
        await asyncio.sleep(1)


def report(feeds: Feeds, slack: LoopbackSlack, replicas: Replicas, chosen: argparse.Namespace, took: float) -> None:
    wanted, came = owed(feeds, chosen.places), {name: arrived(slack, name) for name in slack.channels}
    waits = sorted(came[channel][title][0] - feeds.first[title] for channel, title in wanted if title in came[channel])
    times = Counter({(channel, title): len(moments) for channel, found in came.items() for title, moments in found.items()})
    posts = sum(len(slack.messages(name)) for name in slack.channels)
    p50, p95 = statistics.median(waits), statistics.quantiles(waits, n=20)[-1]
    of = f"{chosen.sources} sources each {chosen.interval} s, {chosen.watchlists} watchlists, {chosen.places} places"
    how = f"{chosen.replicas} replicas, {chosen.minutes:g} minutes, {replicas.kills} kills, load of the machine {os.getloadavg()[1]:.0f}"
    twice = sum(number - 1 for number in times.values())
    print(f"{chosen.database}: {of}, {how}")
    print(f"  alerts owed {len(wanted)}, lost {len(wanted - set(times))}, doubled {twice}, not asked for {len(set(times) - wanted)}")
    print(
        f"  shown to posted: p50 {p50:.1f} s ({p50 / TICK:.2f} ticks), p95 {p95:.1f} s ({p95 / TICK:.2f} ticks), longest {waits[-1]:.0f} s"
    )
    print(f"  {posts} posts in {took:.0f} s, {posts / took:.1f} a second; memory of a replica at most {replicas.peak:.0f} MB", flush=True)


async def measured(url: str, folder: Path, chosen: argparse.Namespace) -> None:
    rng = random.Random(chosen.seed)
    feeds = Feeds([f"s{number}" for number in range(chosen.sources)], rng)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(feeds.open())
        slack = await stack.enter_async_context(LoopbackSlack(*(f"C{number}" for number in range(chosen.places))))
        await prepared(url, chosen)
        replicas = Replicas(settings(url, folder, feeds, slack, chosen.interval), folder / "bot.log", rng)
        code, out, error = await regwatch(replicas.env, "poll", "--once")
        assert code == 0, out + error
        stack.push_async_callback(replicas.end)
        replicas.bots += [await replicas.start() for _ in range(chosen.replicas)]
        await slack.until(lambda: len(slack.sockets) >= chosen.replicas, 120)
        began = time.monotonic()
        await fire(feeds, replicas, chosen)
        await settled(feeds, slack, replicas, chosen)
        report(feeds, slack, replicas, chosen, time.monotonic() - began)


def main() -> None:
    """Measures once, with small figures unless told otherwise."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    for name, usual in {"sources": 50, "watchlists": 200, "places": 20, "replicas": 1, "interval": 15, "seed": 7}.items():
        options.add_argument(f"--{name}", type=int, default=usual)
    options.add_argument("--minutes", type=float, default=1)
    options.add_argument("--rate", type=float, default=2, help="items a second; each is owed to two watchlists")
    options.add_argument("--kill-every", type=float, default=20, metavar="SECONDS", help="on average; 0 kills nobody")
    options.add_argument("--patience", type=int, default=300, metavar="SECONDS", help="how long to wait at the end for what is owed")
    chosen = options.parse_args()
    with (
        tempfile.TemporaryDirectory(dir="/tmp" if Path("/tmp").is_dir() else None) as folder,
        database(chosen.database, Path(folder)) as url,
    ):
        asyncio.run(measured(url, Path(folder), chosen))


if __name__ == "__main__":
    main()
