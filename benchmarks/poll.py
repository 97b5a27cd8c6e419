"""CPU of one poll of 1,000 loopback feeds, beside the `reader` library: first all new (200), then nothing new (304).

Both start from an empty SQLite database, store every item, and poll the same server again. Each runs in a process of its own;
the server's time is not counted. The ratios of one run are what counts: absolute figures depend on the machine.

Beside the two runs the floor: the least that a Python program spends which asks the same over bare asyncio sockets, reads the feeds
with fastfeedparser and puts the entries into one table with one INSERT: no guard, deadline, cap, redirects, state, versions, index.

    python benchmarks/poll.py [--feeds 1000] [--items 20] [--rounds 3]
"""

import argparse
import asyncio
import json
import logging
import multiprocessing
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from bot import app
from bot.settings import Settings

TITLES = {
    "en": "Decentralized clinical trials for drugs and biological products, draft guidance {n}",
    "ko": "분산형 임상시험 가이드라인 개정 안내 {n}",
    "zh": "关于公开征求药物临床试验技术指导原则意见的通知 {n}",
    "ja": "治験の実施に関する留意事項について（通知） {n}",
}


def feed(number: int, items: int) -> bytes:
    """An RSS feed of about 1.8 kB an item in one of four languages."""
    title = list(TITLES.values())[number % 4]
    body = title.format(n="") * 18
    rows = "".join(
        f"<item><title>{title.format(n=f'{number}-{n}')}</title><link>https://example.org/f{number}/{n}</link>"
        f"<guid>f{number}-{n}</guid><pubDate>Mon, 02 Nov 2026 10:00:00 +0900</pubDate><description>{body}</description></item>"
        for n in range(items)
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>f{number}</title>{rows}</channel></rss>'.encode()


def serve(feeds: int, items: int, port: "multiprocessing.Queue[int]") -> None:
    """Serves the feeds with ETags until it is terminated."""
    bodies = [feed(number, items) for number in range(feeds)]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                number = int(request.split(b" ", 2)[1].rpartition(b"/")[2])
                tag = b'"e%d"' % number
                if tag in request:
                    writer.write(b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\n\r\n" % tag)
                else:
                    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml; charset=utf-8\r\nETag: %s\r\nContent-Length: %d\r\n\r\n"
                    writer.write(head % (tag, len(bodies[number])) + bodies[number])
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def forever() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(forever())


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def regwatch_settings(address: str, feeds: int, folder: Path) -> Settings:
    """The settings of a bot that polls these feeds and keeps what it finds in this folder."""
    catalogue = folder / "catalogue"
    catalogue.mkdir()
    head = '[authority]\nid = "bench"\nname = "Bench"\njurisdiction = "INT"\n'
    table = '[[source]]\nid = "f{n}"\nname = "f{n}"\nlanguage = "en"\ntier = "official"\nkind = "feed"\nurl = "http://{a}/feed/{n}"\n'
    text = head + "".join(table.format(n=number, a=address) for number in range(feeds))
    (catalogue / "bench.toml").write_text(text, encoding="utf-8")
    return Settings(
        _env_file=None, database_url=f"sqlite:///{folder}/bench.db", catalogue_dir=catalogue, catalogue_only=True, fetch_allow=address
    )


async def regwatch(address: str, feeds: int, folder: Path) -> list[float]:
    """CPU seconds of the two polls through the real pipeline."""
    settings = regwatch_settings(address, feeds, folder)
    spent = []
    async with app.assembled(settings, {}) as bot:
        now = datetime.now(UTC)
        for turn in range(2):
            before = cpu()
            polls = await bot.polling.due(now + timedelta(hours=turn))
            spent.append(cpu() - before)
            assert len(polls) == feeds
            assert not any(one.trouble for one in polls), next(one.trouble for one in polls if one.trouble)
            assert all(one.unchanged for one in polls) == bool(turn)
    return spent


def reader(address: str, feeds: int, folder: Path) -> list[float]:
    """CPU seconds of the two updates of the peer, as its own documentation runs them, with workers."""
    from reader import make_reader

    library = make_reader(str(folder / "reader.db"))
    for number in range(feeds):
        library.add_feed(f"http://{address}/feed/{number}")
    spent = []
    for _ in range(2):
        before = cpu()
        library.update_feeds(workers=20, scheduled=False)
        spent.append(cpu() - before)
    assert library.get_feed_counts().broken == 0
    return spent


class Bare:
    """The floor: one connection and one request after another, nothing but what the two polls cannot do without."""

    def __init__(self, address: str) -> None:
        self._host, _, port = address.partition(":")
        self._port = int(port)
        self._tags: dict[int, bytes] = {}
        self.rows: list[tuple[str, ...]] = []

    async def poll(self, numbers: Iterator[int]) -> None:
        """Asks for these feeds over one connection, with the ETag of the last answer."""
        stream, writer = await asyncio.open_connection(self._host, self._port, limit=1_000_000)
        for number in numbers:
            since = b"If-None-Match: %s\r\n" % self._tags[number] if number in self._tags else b""
            writer.write(b"GET /feed/%d HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (number, self._host.encode(), since))
            head = await stream.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 304"):
                fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
                self._tags[number] = fields[b"ETag"]
                self._read(await stream.readexactly(int(fields[b"Content-Length"])))
        writer.close()

    def _read(self, body: bytes) -> None:
        import fastfeedparser

        names = ("id", "link", "title", "description", "published")
        self.rows += [tuple(one.get(name) or "" for name in names) for one in fastfeedparser.parse(body)["entries"]]


async def floor(address: str, feeds: int, folder: Path) -> list[float]:
    """CPU seconds of the two polls by as little program as there can be."""
    bare, spent = Bare(address), []
    table = sqlite3.connect(folder / "floor.db")
    table.execute("CREATE TABLE entries (id, link, title, description, published)")
    for _ in range(2):
        before, numbers = cpu(), iter(range(feeds))
        await asyncio.gather(*(bare.poll(numbers) for _ in range(50)))
        with table:
            table.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", bare.rows)
        spent.append(cpu() - before)
        bare.rows = []
    table.close()
    return spent


def worker(who: str, address: str, feeds: int) -> None:
    """One measurement in this process, printed as JSON."""
    logging.disable(logging.CRITICAL)
    # our log is written where the figures are
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory() as folder:
        spent = CONTENDERS[who](address, feeds, Path(folder))
    print(json.dumps(spent))


CONTENDERS: dict[str, Callable[[str, int, Path], list[float]]] = {
    "reader": reader,
    "regwatch": lambda *given: asyncio.run(regwatch(*given)),
    "floor": lambda *given: asyncio.run(floor(*given)),
}


def main() -> None:
    """Measures all, in turns, and prints the medians and what they are of reader's."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--feeds", type=int, default=1000)
    options.add_argument("--items", type=int, default=20)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--worker", nargs=2, metavar=("WHO", "ADDRESS"))
    chosen = options.parse_args()
    if chosen.worker:
        worker(*chosen.worker, chosen.feeds)
        return
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(chosen.feeds, chosen.items, port), daemon=True)
    server.start()
    address = f"127.0.0.1:{port.get()}"
    spent: dict[str, list[list[float]]] = {who: [] for who in CONTENDERS}
    for _ in range(chosen.rounds):
        for who, found in spent.items():
            command = [sys.executable, __file__, "--worker", who, address, "--feeds", str(chosen.feeds)]
            found.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    server.terminate()
    print(f"{chosen.feeds} feeds of {chosen.items} items, medians of {chosen.rounds} rounds, CPU seconds of the client")
    for turn, name in enumerate(("all new (200)", "nothing new (304)")):
        median = {who: statistics.median(one[turn] for one in found) for who, found in spent.items()}
        ours, least = (median[who] / median["reader"] for who in ("regwatch", "floor"))
        print(f"  {name:<18}", *(f"{who} {seconds:7.3f}  " for who, seconds in median.items()), f"ratio {ours:.2f}, floor {least:.3f}")


if __name__ == "__main__":
    main()
