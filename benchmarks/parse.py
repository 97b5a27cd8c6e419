"""Our parse, decoding and cleaning included, beside fastfeedparser and feedparser; and how often we read what feedparser reads.

Feeds of 20, 100 and 1,000 items in four languages, CPU time, each in turns in one process: the ratios of one run are what counts.
We give finished entries (plain text, sound links, dates in the source's zone); fastfeedparser gives what the feed says, undecoded.

    python benchmarks/parse.py [--rounds 5] [--suite FOLDER]

FOLDER is tests/wellformed of feedparser's source distribution (`pip download --no-deps --no-binary :all: feedparser==6.0.11`).
"""

import argparse
import html
import re
import statistics
import time
import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import fastfeedparser
import feedparser
from poll import feed

from bot.errors import SourceTrouble
from bot.model import Authority, Entry, Source
from bot.sources import parse
from bot.sources.parse import wellformed

SIZES = ((20, 40), (100, 12), (1_000, 2))
BASE = "http://127.0.0.1:8097/"
FIELDS = ("title", "link", "id", "date")
ON_PURPOSE = {
    "atom10/entry_id_with_attributes.xml": "an id that is no address is not taken for a link",
    "base/http_entry_id_base_content_location.xml": "an id is kept as it is written",
    "lang/http_content_language_entry_title_inherit_2.xml": "an id that is no address is not taken for a link",
    "node_precedence/atom10_id.xml": "an id that is no address is not taken for a link",
    "rss/entity_in_doctype.xml": "a document that defines entities is refused",
    "sanitize/entry_title_crazy.xml": "nothing of a script stays in a title",
}


SOURCE = Source(
    id="bench",
    name="Bench",
    authority=Authority(id="bench", name="Bench", short="Bench", jurisdiction="INT"),
    jurisdiction="INT",
    language="en",
    tier="official",
    kind="feed",
    url=BASE,
    interval=timedelta(minutes=15),
)


def ours(body: bytes, content_type: str = "application/rss+xml; charset=utf-8", url: str = BASE) -> list[Entry]:
    return parse.entries(SOURCE, body, content_type, url)


def rows(body: bytes) -> object:
    """What ours does before it cleans: decoded, mended and read, dates in UTC."""
    return wellformed.rows(body, str)


def cpu(work: Callable[[bytes], object], bodies: list[bytes]) -> float:
    before = time.process_time()
    for body in bodies:
        work(body)
    return time.process_time() - before


def speed(rounds: int) -> None:
    parsers: dict[str, Callable[[bytes], object]] = {
        "ours": ours,
        "rows": rows,
        "fastfeedparser": fastfeedparser.parse,
        "feedparser": feedparser.parse,
    }
    print(f"CPU of a parse as a multiple of fastfeedparser's, medians of {rounds} rounds, mean of four languages")
    for items, repeats in SIZES:
        bodies = [feed(number, items) for number in range(4)] * repeats
        spent: dict[str, list[float]] = {name: [] for name in parsers}
        for _ in range(rounds):
            for name, work in parsers.items():
                spent[name].append(cpu(work, bodies if name != "feedparser" else bodies[:4]) / (repeats if name != "feedparser" else 1))
        middle = {name: statistics.median(found) for name, found in spent.items()}
        rate, fast = 4 * items / middle["ours"], middle["fastfeedparser"]
        print(
            f"  {items:>5} items   ours {middle['ours'] / fast:5.2f}, of it reading {middle['rows'] / fast:5.2f}"
            f"   feedparser {middle['feedparser'] / fast:6.1f}   ours/feedparser 1/{middle['feedparser'] / middle['ours']:.0f}"
            f"   {rate:,.0f} items/s"
        )


def agreement(folder: Path) -> None:
    """Prints how many of the suite's files we read as feedparser does, of those where it finds a title or an entry; and which not."""
    compared, odd = 0, []
    for path in sorted(folder.rglob("*.xml")):
        body, served = path.read_bytes(), headers(path.read_bytes())
        theirs = feedparser.parse(body, response_headers=served)
        if not theirs["entries"] and not theirs["feed"].get("title"):
            continue
        compared += 1
        rows = [peer(row, served.get("content-location", BASE)) for row in theirs["entries"]]
        wrong = difference(rows, body, served)
        if wrong:
            name = path.relative_to(folder).as_posix()
            why = f"; on purpose: {ON_PURPOSE[name]}" if name in ON_PURPOSE else ""
            odd.append(f"    {name}: {', '.join(sorted(wrong))}{why}")
    alike = compared - len(odd)
    print(f"{alike} of {compared} files read as feedparser reads them: {alike / compared:.1%}; not these:", *odd, sep="\n")


def difference(rows: list[dict[str, Any]], body: bytes, served: Mapping[str, str]) -> set[str]:
    try:
        found = ours(body, served.get("content-type", "application/xml"), served.get("content-location", BASE))
    except SourceTrouble as trouble:
        return {trouble.sentence} if any(any(row.values()) for row in rows) else set()
    if len(found) != len(rows):
        return {"entry count"}
    return {name for row, entry in zip(rows, found, strict=True) for name in FIELDS if row[name] and row[name] != mine(entry)[name]}


def mine(entry: Entry) -> dict[str, Any]:
    moment = entry.published or entry.updated
    date = moment and moment.astimezone(UTC).replace(microsecond=0)
    return {"title": "".join(entry.title.split()), "link": entry.url or "", "id": squashed(entry.key or ""), "date": date}


def peer(row: Mapping[str, Any], base: str) -> dict[str, Any]:
    """What feedparser read, as far as it can be the same: text without markup, the link absolute, dates with whole seconds."""
    stamp = row.get("published_parsed") or row.get("updated_parsed")
    link = urljoin(base, row.get("link", "")) if row.get("link") else ""
    return {
        "title": squashed(row.get("title", "")),
        "link": link if link.startswith("http") else "",
        "id": squashed(row.get("id", "")),
        "date": datetime(*stamp[:6], tzinfo=UTC) if stamp and stamp[0] > 1900 else None,
    }


def squashed(text: str) -> str:
    return "".join(html.unescape(re.sub(r"<[^<>]*>", " ", text)).split())


def headers(body: bytes) -> dict[str, str]:
    """The headers that a file of the suite asks to be served with."""
    found = re.findall(rb"(?m)^Header:\s*([\w-]+):\s*(.+?)\s*$", body[:2000])
    return {name.decode().lower(): value.decode() for name, value in found}


def main() -> None:
    """Measures the speed, and the agreement if the suite is at hand."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--suite", type=Path)
    chosen = options.parse_args()
    warnings.simplefilter("ignore")
    speed(chosen.rounds) if chosen.rounds else None
    if chosen.suite:
        agreement(chosen.suite)


if __name__ == "__main__":
    main()
