"""Where the CPU of a poll goes: each stage of the pipeline alone, over the same loopback feeds as benchmarks/poll.py, all new.

python benchmarks/stages.py [--feeds 300] [--items 20]
"""

import argparse
import asyncio
import logging
import multiprocessing
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from poll import cpu, regwatch_settings, serve

from bot import app
from bot.items import normalise, versions
from bot.model import Source, Validators
from bot.sources import parse, reading
from bot.sources.door import Fetched, NotModified
from bot.store import items, word_index
from bot.store.items import Identity, Kept

AT_ONCE = 500
NOTHING = Validators()


class Clock:
    """Prints the CPU time since it was last asked, by item and by feed."""

    def __init__(self, feeds: int, each: int) -> None:
        self._feeds = feeds
        self._items = feeds * each
        self._last = cpu()

    def restart(self) -> None:
        self._last = cpu()

    def tell(self, stage: str) -> None:
        spent = cpu() - self._last
        print(f"  {stage:<32} {spent / self._feeds * 1e3:7.3f} ms a feed {spent / self._items * 1e6:7.1f} us an item")
        self.restart()


async def stages(address: str, feeds: int, each: int, folder: Path) -> None:
    async with app.assembled(regwatch_settings(address, feeds, folder), {}) as bot:
        now, sources, slots = datetime.now(UTC), bot.polling.catalogue.enabled(), asyncio.Semaphore(50)

        async def asked(source: Source, validators: Validators = NOTHING) -> Fetched | NotModified:
            async with slots:
                return await reading.read(bot.polling.fetcher, source, validators)

        await asked(sources[0])
        clock = Clock(feeds, each)
        answers = [one for one in await asyncio.gather(*map(asked, sources)) if isinstance(one, Fetched)]
        clock.tell("HTTP client, 200")
        await asyncio.gather(*(asked(source, one.validators) for source, one in zip(sources, answers, strict=True)))
        clock.tell("HTTP client, 304")
        entries = [parse.entries(source, one.body, one.content_type, one.url) for source, one in zip(sources, answers, strict=True)]
        clock.tell("parse")
        seen = [normalise.items(source, found, detected=now) for source, found in zip(sources, entries, strict=True)]
        clock.tell("normalise")
        decided = [one for found in seen for one in versions.decide_all(found, ())]
        clock.tell("versions")
        kept = [Kept(one.item, one.fingerprint, normalise.canonical(one.item.url), one.why) for one in decided]
        parts = [kept[start : start + AT_ONCE] for start in range(0, len(kept), AT_ONCE)]
        async with bot.polling.store.write() as tx:
            for part in parts:
                await items.known(tx, [Identity(one.item.source, one.item.key, one.link) for one in part])
            clock.tell("store: what is known")
            for part in parts:
                await items.add_all(tx, part)
            clock.tell("store: items, versions and index")
            for part in parts:
                await word_index.remove(tx, [one.item for one in part])
            clock.restart()
            for part in parts:
                await word_index.add(tx, [one.item for one in part])
            clock.tell("of which the index of words")


def main() -> None:
    """Measures once; run it a few times beside nothing else."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--feeds", type=int, default=300)
    options.add_argument("--items", type=int, default=20)
    chosen = options.parse_args()
    logging.disable(logging.CRITICAL)
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(chosen.feeds, chosen.items, port), daemon=True)
    server.start()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(stages(f"127.0.0.1:{port.get()}", chosen.feeds, chosen.items, Path(folder)))
    server.terminate()


if __name__ == "__main__":
    main()
