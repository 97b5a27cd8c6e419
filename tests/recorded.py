"""Recorded sequences of real answers, and what they hold, counted without any code of the product.

The recordings are not part of the project; whoever has them lays them beside the checkout as `../shared`.
"""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.sequence_server import Recorded

PAYLOADS = Path(__file__).parents[2] / "shared" / "payloads"
needs_recordings = pytest.mark.skipif(not PAYLOADS.is_dir(), reason="the recorded payloads are not beside this checkout")

Titles = Mapping[str, str]


@dataclass(frozen=True)
class Recording:
    """One source's recordings in time order: the table of a catalogue file, and how to count keys and titles in a body."""

    source: str
    files: str
    table: str
    titles: Callable[[bytes], Titles]
    media: str = "application/json"

    def bodies(self) -> list[Recorded]:
        """The answers, the oldest first."""
        return [Recorded(file.read_bytes(), content_type=self.media) for file in sorted(PAYLOADS.glob(self.files))]

    def expected(self) -> tuple[int, int, int]:
        """Baseline items, later new ones, later title changes; a file without entries changes nothing."""
        news = [kind for kind, _ in self.news()]
        return len(self.titles(self.bodies()[0].body)), news.count("new"), news.count("changed")

    def news(self) -> list[tuple[str, str]]:
        """What came after the first file, in order: ("new" or "changed", title)."""
        first, *later = [self.titles(body.body) for body in self.bodies()]
        known, found = dict(first), []
        for now in later:
            found += [("changed" if key in known else "new", title) for key, title in now.items() if known.get(key) != title]
            known |= now
        return found


def _squashed(text: str | None) -> str:
    return " ".join((text or "").split())


def _rss(body: bytes) -> Titles:
    found: dict[str, str] = {}
    for item in ET.fromstring(body).iter("item"):
        key = _squashed(item.findtext("guid") or item.findtext("link"))
        found.setdefault(key, _squashed(item.findtext("title")))
    return found


def _atom(body: bytes) -> Titles:
    atom = "{http://www.w3.org/2005/Atom}"
    return {
        _squashed(one.findtext(f"{atom}id")): _squashed(one.findtext(f"{atom}title")) for one in ET.fromstring(body).iter(f"{atom}entry")
    }


def _records(rows: Iterable[Mapping[str, object]], keys: Sequence[str], titles: Sequence[str]) -> Titles:
    def first(row: Mapping[str, object], names: Sequence[str]) -> str:
        return _squashed(next((str(row[name]) for name in names if row.get(name)), ""))

    return {first(row, keys): first(row, titles) for row in rows}


def _toc(body: bytes) -> Titles:
    found: dict[str, str] = {}
    for agency in json.loads(body)["agencies"]:
        for category in agency.get("document_categories", []):
            for document in category["documents"]:
                found.setdefault(document["document_numbers"][0], document["subject_1"])
    return found


def _links(body: bytes) -> Titles:
    return {link: link for link in json.loads(body) if re.search("/document/download/", link)}


SEQUENCES = (
    Recording(
        "kr-mfds-press",
        "kr-mfds-press/*.json",
        'kind = "json_api"\nfields = { key = "seq", title = "title", url = "link", published = "pubDate" }',
        lambda body: _records(json.loads(body), ["seq"], ["title"]),
    ),
    Recording(
        "kr-mfds-guidance-library",
        "kr-mfds-guidance-library/*.json",
        'kind = "json_api"\nitems = "items"\n'
        'fields = { key = "id || document_id", title = "title_ko || title", url = "official_url", published = "published_date" }',
        lambda body: _records(json.loads(body)["items"], ["id", "document_id"], ["title_ko", "title"]),
    ),
    Recording("eu-ema-medicine-updates", "eu-ema-medicine-updates/*.xml", 'kind = "feed"', _rss, "application/rss+xml"),
    Recording(
        "eu-mdcg-guidance",
        "eu-mdcg-guidance/*.links.json",
        'kind = "json_api"\nitems = "[?contains(@, \'/document/download/\')]"\nfields = { key = "@", title = "@", url = "@" }',
        _links,
    ),
    Recording(
        "us-federal-register",
        "us-federal-register/*-toc.json",
        'kind = "json_api"\nitems = "agencies[].document_categories[].documents[]"\n'
        'fields = { key = "document_numbers[0]", title = "subject_1", summary = "subject_2" }',
        _toc,
    ),
    Recording("uk-govuk-atom", "uk-govuk-atom/*.xml", 'kind = "feed"', _atom, "application/atom+xml"),
    Recording("us-fda-drug-recalls-rss", "us-fda-drug-recalls-rss/*.xml", 'kind = "feed"', _rss, "application/rss+xml"),
    Recording(
        "tw-tfda-risk-comm",
        "tw-tfda-risk-comm/*.json",
        'kind = "json_api"\nfields = { title = "藥品成分", summary = "藥品安全有關資訊分析及描述", published = "發布日期" }',
        lambda body: {f"{row['藥品成分']} {row['發布日期']}": row["藥品成分"] for row in json.loads(body)},
    ),
)
BLOCKED = ("us-fda-blocked", "eu-ec-blocked")


def blocked_bodies(folder: str) -> list[Recorded]:
    """The records of a bot wall, as pages that answer with status 200."""
    return [Recorded(file.read_bytes(), content_type="text/html") for file in sorted((PAYLOADS / folder).iterdir())]
