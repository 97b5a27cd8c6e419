"""CPU of one poll of 1,000 loopback feeds, beside the `reader` library: first all new (200), then nothing new (304).

Both start from an empty SQLite database, store every item, and poll the same server again. Each runs in a process of its own;
the server's time is not counted. The ratios of one run are what counts: absolute figures depend on the machine.

    python benchmarks/poll.py [--feeds 1000] [--items 20] [--rounds 3]
"""

import argparse
import asyncio
import json
import logging
import multiprocessing
import resource
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

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


def worker(who: str, address: str, feeds: int) -> None:
    """One measurement in this process, printed as JSON."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        spent = asyncio.run(regwatch(address, feeds, Path(folder))) if who == "regwatch" else reader(address, feeds, Path(folder))
    print(json.dumps(spent))


def main() -> None:
    """Measures both, in turns, and prints the medians and their ratio."""
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
    spent: dict[str, list[list[float]]] = {"reader": [], "regwatch": []}
    for _ in range(chosen.rounds):
        for who, found in spent.items():
            command = [sys.executable, __file__, "--worker", who, address, "--feeds", str(chosen.feeds)]
            found.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    server.terminate()
    print(f"{chosen.feeds} feeds of {chosen.items} items, medians of {chosen.rounds} rounds, CPU seconds of the client")
    for turn, name in enumerate(("all new (200)", "nothing new (304)")):
        ours, theirs = (statistics.median(one[turn] for one in spent[who]) for who in ("regwatch", "reader"))
        print(f"  {name:<18} reader {theirs:6.2f}   regwatch {ours:6.2f}   ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
