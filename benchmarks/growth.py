"""What a poll costs as the bot grows: CPU of one poll of all feeds, all new and nothing new, by items kept and by watchlists.

Each size begins with a database of its own, filled beforehand with generated items or with a hundred watchlists that match and others that
never do. The first poll is the baseline and is not counted; then medians of some polls. The curves want to be flat.

What was measured is kept in `build/growth`, so that a run that was cut off goes on where it stopped; `--again` forgets it. A million items
and a hundred thousand watchlists are filled in by the store's writers of many rows, 20,000 in each transaction; items share 5,000 texts.

    python benchmarks/growth.py [--items 1000,10000,30000] [--watchlists 100,1000,10000,100000] [--feeds 20] [--picture FILE.png] [--again]
"""

import argparse
import asyncio
import json
import logging
import multiprocessing
import statistics
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain, islice
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from match import items as made_up
from match import strangers
from match import watchlists as matching
from poll import cpu, feed, regwatch_settings
from sqlalchemy import insert

sys.path.append(str(Path(__file__).parents[1]))
from bot import app, logs
from bot.model import Item
from bot.store import counters, migrate, places, tables, word_index
from bot.store import items as rows
from bot.store.database import Store
from bot.watch import query as language
from bot.watch.text import indexed
from tests.builders import place, subscription, watchlist

EACH, ROUNDS, TOGETHER, TEXTS = 20, 5, 20_000, 5_000
KEPT = Path(__file__).parents[1] / "build" / "growth"
Row = tuple[int, float, float, float]
INK, NEW, OLD, GROUND = "#24292f", "#0969da", "#bf8700", "#ffffff"


def serve(turn: "Synchronized[int]", port: "multiprocessing.Queue[int]") -> None:
    """Feeds that bring twenty new items in each turn, and 304 within one."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                number, tag = int(request.split(b" ", 2)[1].rpartition(b"/")[2]), b'"t%d"' % turn.value
                if tag in request:
                    writer.write(b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\n\r\n" % tag)
                else:
                    body = feed(number + 10_000 * turn.value, EACH)
                    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: %s\r\nContent-Length: %d\r\n\r\n"
                    writer.write(head % (tag, len(body)) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def forever() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(forever())


def old(made: Item, number: int) -> Item:
    """Kept nine days ago, from another source."""
    name = f"old-{number}"
    return made.model_copy(update={"id": name, "source": "old", "key": name, "detected": datetime.now(UTC) - timedelta(days=9)})


async def filled(url: str, items: int, wanted: int) -> None:
    """The database has so many items, and so many watchlists whose alerts go to ten places."""
    await migrate.upgrade(url)
    store = await Store.open(url)
    begun, texts = cpu(), list(made_up(min(items, TEXTS)))
    kept_before = (old(texts[number % TEXTS], number) for number in range(items))
    word_index.indexed = lru_cache(2 * TEXTS)(indexed)  # each text is cut into words once
    while found := list(islice(kept_before, TOGETHER)):
        async with store.write() as tx:
            await rows.add_all(tx, [rows.Kept(one, one.id, "", "new") for one in found])
    word_index.indexed = indexed
    where = [place(f"G{number}", workspace="W1") for number in range(10)]
    async with store.write() as tx:
        for one in where:
            await places.ensure(tx, one)
    asked = chain(islice(matching(100), min(wanted, 100)), strangers(max(wanted - 100, 0)))
    made = (watchlist(language.show(one.query()), workspace="W1", name=f"G{number}") for number, one in enumerate(asked))
    while some := list(islice(made, TOGETHER)):
        async with store.write() as tx:
            revision = await counters.grow(tx, "watchlists")
            lists = [one.model_dump() | {"name_key": one.name.casefold(), "active": True, "changed": revision} for one in some]
            await tx.execute(insert(tables.watchlists), lists)
            there = [subscription(one, where[number % 10]) for number, one in enumerate(some)]
            listened = [one.model_dump(exclude={"suspended"}) | {"days": list(one.days)} for one in there]
            await tx.execute(insert(tables.subscriptions), listened)
    await store.close()
    print(f"filled with {items:,} items and {wanted:,} watchlists in {cpu() - begun:,.0f} s of CPU", file=sys.stderr, flush=True)


async def measured(
    address: str, turn: "Synchronized[int]", chosen: argparse.Namespace, items: int, wanted: int
) -> tuple[float, float, float]:
    """CPU of the process: the baseline with the compiling of all watchlists, a poll with all new, one with nothing new; in ms."""
    with tempfile.TemporaryDirectory() as folder:
        settings = regwatch_settings(address, chosen.feeds, Path(folder))
        await filled(settings.database_url, items, wanted)
        spent: list[float] = []
        async with app.assembled(settings, {}) as bot:
            now = datetime.now(UTC)
            for number in range(1 + 2 * ROUNDS):
                turn.value += number % 2 == 1
                before = cpu()
                polls = await bot.polling.due(now + timedelta(hours=number))
                spent.append((cpu() - before) * 1000)
                assert len(polls) == chosen.feeds
                assert not any(one.trouble for one in polls)
        return spent[0], statistics.median(spent[1::2]), statistics.median(spent[2::2])


def told(name: str, address: str, turn: "Synchronized[int]", chosen: argparse.Namespace, many: Sequence[tuple[int, int]]) -> list[Row]:
    """The curve over these numbers of items and watchlists, of which one grows; printed row by row."""
    print(f"| {name} | first poll, ms of CPU | all new | nothing new |\n| --- | --- | --- | --- |", flush=True)
    curve: list[Row] = []
    for items, wanted in many:
        kept = KEPT / f"{items}-{wanted}-{chosen.feeds}.json"
        if chosen.again or not kept.exists():
            found = asyncio.run(measured(address, turn, chosen, items, wanted))
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(found), encoding="utf-8")
        curve.append((items or wanted, *json.loads(kept.read_text(encoding="utf-8"))))
        print(f"| {curve[-1][0]:,} | {curve[-1][1]:,.0f} | {curve[-1][2]:,.0f} | {curve[-1][3]:,.0f} |", flush=True)
    return curve


def picture(file: Path, curves: dict[str, list[Row]]) -> None:
    """Both curves side by side, sizes in steps of the same width, cost from zero."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (1200, 460), GROUND)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(20)
    for panel, (name, curve) in enumerate(curves.items()):
        left, most = 90 + panel * 600, max(row[2] for row in curve) * 1.15
        draw.text((left, 14), f"CPU ms of a poll by {name}; blue all new, brown nothing new", fill=INK, font=ImageFont.load_default(16))
        draw.line((left, 60, left, 400, left + 460, 400), fill=INK, width=2)
        for place_, colour in ((2, NEW), (3, OLD)):
            points = [(left + 40 + 380 * n / max(len(curve) - 1, 1), 400 - 340 * row[place_] / most) for n, row in enumerate(curve)]
            draw.line(points, fill=colour, width=4)
            for (x, y), row in zip(points, curve, strict=True):
                draw.ellipse((x - 5, y - 5, x + 5, y + 5), fill=colour)
                draw.text((x, y - 28), f"{row[place_]:,.0f}", fill=colour, font=font, anchor="ma")
        for n, row in enumerate(curve):
            draw.text((left + 40 + 380 * n / max(len(curve) - 1, 1), 412), f"{row[0]:,}", fill=INK, font=font, anchor="ma")
    image.save(file)


def sizes(text: str) -> list[int]:
    """Numbers with commas between them."""
    return [int(one) for one in text.split(",") if one]


def main() -> None:
    """Measures each size once and prints two tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--items", type=sizes, default=[1_000, 10_000, 30_000])
    options.add_argument("--watchlists", type=sizes, default=[100, 1_000, 10_000, 100_000])
    options.add_argument("--feeds", type=int, default=20)
    options.add_argument("--picture", type=Path)
    options.add_argument("--again", action="store_true")
    chosen = options.parse_args()
    logs.begin("json", logging.WARNING)
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    turn = multiprocessing.Value("i", 0)
    server = multiprocessing.Process(target=serve, args=(turn, port), daemon=True)
    server.start()
    address = f"127.0.0.1:{port.get()}"
    curves = {
        "items kept": told("items kept", address, turn, chosen, [(size, 100) for size in chosen.items]),
        "watchlists": told("watchlists", address, turn, chosen, [(0, size) for size in chosen.watchlists]),
    }
    server.terminate()
    if chosen.picture:
        picture(chosen.picture, curves)


if __name__ == "__main__":
    main()
