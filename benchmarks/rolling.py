"""Two bots of this checkout on one PostgreSQL are replaced by bots of another checkout, one after another, while items keep coming.

Told: what was lost or came twice; what the old ones said of themselves on the newer schema, and one that is started on it.

    python benchmarks/rolling.py NEWER_CHECKOUT [--sources 20] [--watchlists 300] [--places 60] [--seconds 15]
"""

import argparse
import asyncio
import random
import signal
import socket
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from load import Feeds, Replicas, database, prepared, report, settings, settled

sys.path.append(str(Path(__file__).parents[1]))
from tests.bot_process import REGWATCH, regwatch
from tests.loopback_slack import LoopbackSlack

HERE = Path(__file__).parents[1]


@dataclass
class Bots(Replicas):
    """Bots of two checkouts, each with a port that tells whether it is ready."""

    ports: dict[int, int] = field(default_factory=dict)

    async def begin(self, checkout: Path) -> asyncio.subprocess.Process:
        """A bot of the checkout that is ready, or has ended."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        env = self.env | {"REGWATCH_HEALTH_PORT": str(port)}
        with self.log.open("ab") as log:
            made = await asyncio.create_subprocess_exec(*REGWATCH, "run", env=env, cwd=checkout, stdout=log, stderr=log)
        self.ports[made.pid] = port
        while made.returncode is None and (await self.ready(made))[0] != 200:  # noqa: ASYNC110 - another process gives no event
            await asyncio.sleep(0.2)
        return made

    async def ready(self, bot: asyncio.subprocess.Process) -> tuple[int, str]:
        address = f"http://127.0.0.1:{self.ports[bot.pid]}/readyz"
        try:
            async with aiohttp.ClientSession() as session, session.get(address) as answer:
                return answer.status, (await answer.json())["sentence"]
        except aiohttp.ClientError:
            return 0, "does not listen"

    async def replace(self, old: asyncio.subprocess.Process, checkout: Path) -> None:
        """One of the other checkout runs, and then the old one is told to stop."""
        self.bots.append(await self.begin(checkout))
        print(f"  a newer bot is ready; /readyz of the older ones: {[await self.ready(one) for one in self.bots[:-1]]}")
        self.bots.remove(old)
        old.send_signal(signal.SIGTERM)
        began = time.monotonic()
        print(f"  an older bot, told to stop, ended with code {await old.wait()} after {time.monotonic() - began:.1f} s", flush=True)


async def publishing(feeds: Feeds, chosen: argparse.Namespace) -> None:
    while True:
        feeds.publish(chosen.watchlists)
        await asyncio.sleep(1 / chosen.rate)


async def rolled(bots: Bots, newer: Path, seconds: float) -> None:
    """The older bots are replaced one by one; each state lasts so many seconds."""
    first, second = bots.bots
    await asyncio.sleep(seconds)
    await bots.replace(first, newer)
    await asyncio.sleep(seconds)
    late = await bots.begin(HERE)
    said = [one for one in bots.log.read_text().splitlines() if "newer version" in one]
    print(f"  an older bot started on the newer schema: code {late.returncode}: {said}")
    await bots.replace(second, newer)
    await asyncio.sleep(seconds)


async def measured(url: str, folder: Path, chosen: argparse.Namespace) -> None:
    feeds = Feeds([f"s{number}" for number in range(chosen.sources)], random.Random(7))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(feeds.open())
        slack = await stack.enter_async_context(LoopbackSlack(*(f"C{number}" for number in range(chosen.places))))
        await prepared(url, chosen)
        bots = Bots(settings(url, folder, feeds, slack, chosen.interval), folder / "bot.log", random.Random(7))
        code, out, error = await regwatch(bots.env, "poll", "--once")
        assert code == 0, out + error
        stack.push_async_callback(bots.end)
        bots.bots += [await bots.begin(HERE), await bots.begin(HERE)]
        began, coming = time.monotonic(), asyncio.create_task(publishing(feeds, chosen))
        await rolled(bots, chosen.newer, chosen.seconds)
        coming.cancel()
        await settled(feeds, slack, bots, chosen)
        chosen.minutes = (time.monotonic() - began) / 60
        report(feeds, slack, bots, chosen, time.monotonic() - began)
        faults = [
            one
            for one in bots.log.read_text().splitlines()
            if "[error" in one or "Traceback" in one or "not_kept" in one or "stopped_in" in one
        ]
        print(f"  lines of errors in the log: {len(faults)}", *faults[:5], sep="\n    ")


def main() -> None:
    """Replaces two bots."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("newer", type=lambda said: Path(said).resolve(), help="folder of the checkout that replaces this one")
    for name, usual in {"sources": 20, "watchlists": 300, "places": 60, "seconds": 15, "interval": 5, "rate": 1}.items():
        options.add_argument(f"--{name}", type=int, default=usual)
    chosen = options.parse_args()
    vars(chosen).update(database="postgresql", replicas=2, patience=300)
    with tempfile.TemporaryDirectory(dir="/tmp" if Path("/tmp").is_dir() else None) as folder, database("postgresql", Path(folder)) as url:
        asyncio.run(measured(url, Path(folder), chosen))


if __name__ == "__main__":
    main()
