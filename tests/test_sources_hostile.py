"""Whatever a server says ends as entries or as one trouble, in time, in bounds, and without a word lost or made up."""

import asyncio
import gc
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import SourceTrouble
from bot.model import Entry, Source, Validators
from bot.sources import catalogue, parse
from bot.sources.door import Fetched, NotModified
from bot.sources.fetch import Fetcher
from bot.sources.parse import clean
from bot.sources.reading import read
from tests import hostile_dialects, hostile_documents, hostile_feeds, hostile_paths, hostile_shapes
from tests.feed_server import Asked, FeedServer, answer
from tests.hostile_feeds import Case, rss, serve

KITS = (hostile_feeds, hostile_paths, hostile_documents, hostile_dialects, hostile_shapes)
CASES = [case for kit in KITS for case in kit.cases()]
# Bytes that mean nothing in any charset: the rest of the title is kept.
DAMAGED = ("cut-in-a-character", "half-utf-8-half-cp949", "one-bad-byte-in-utf-8", "overlong-utf-8", "lone-halves", "johab-nobody-knows")
DAMAGED += ("one-bad-byte-in-gbk", "one-bad-byte-in-euc-kr")
MOST_GROWTH = 96 * 1024  # kB
STATUS, PEAK = Path("/proc/self/status"), Path("/proc/self/clear_refs")
FIELDS = {"xml_api": {"title": "title"}}


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as running:
        yield running


@pytest.fixture
async def fetcher(server: FeedServer) -> AsyncIterator[Fetcher]:
    async with Fetcher(frozenset({server.pair}), deadline=3.0) as running:
        yield running


def asking(case: Case, url: str) -> Source:
    source = catalogue.adhoc(case.kind, url)
    items = "item" if case.kind == "xml_api" else ""
    return source.model_copy(update={"language": case.language, "items": items, "fields": FIELDS.get(case.kind, {})})


def memory(name: str) -> int:
    """What the kernel says of this process in kB: VmRSS now, VmHWM at the most since it was last told to forget."""
    found = re.search(rf"{name}:\s+(\d+)", STATUS.read_text())
    assert found
    return int(found[1])


def forgotten() -> int:
    """The memory now, with what it was at the most forgotten; 0 where the kernel cannot say."""
    gc.collect()
    if not PEAK.exists():
        return 0
    PEAK.write_text("5")
    return memory("VmRSS")


def peak() -> int:
    return memory("VmHWM") if PEAK.exists() else 0


async def outcome(fetcher: Fetcher, source: Source) -> list[Entry] | SourceTrouble:
    try:
        answered = await read(fetcher, source)
        assert isinstance(answered, Fetched)
        return parse.entries(source, answered.body, answered.content_type, answered.url)
    except SourceTrouble as trouble:
        return trouble


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
async def test_a_hostile_answer_ends_as_it_should_and_in_bounds(case: Case, server: FeedServer, fetcher: Fetcher) -> None:
    quick = Fetcher(frozenset({server.pair}), deadline=0.5) if case.fault == "timeout" else fetcher
    source = asking(case, serve(server, case))
    before = forgotten()
    got = await outcome(quick, source)
    assert peak() - before <= MOST_GROWTH
    if quick is not fetcher:
        await quick.aclose()
    if case.fault:
        assert isinstance(got, SourceTrouble), got[:3] if isinstance(got, list) else got
        assert (got.fault, got.sentence[-1]) == (case.fault, "."), got.sentence
        return
    assert isinstance(got, list), got
    assert all("\ufffd" not in entry.title for entry in got) or case.name in DAMAGED
    assert all(entry.url is None or entry.url.startswith("https://h.example/") for entry in got)
    assert case.count in (None, len(got))
    assert case.titles in ((), tuple(entry.title for entry in got))
    days = tuple(entry.published and entry.published.date().isoformat() for entry in got)
    assert case.days in ((), days)


@pytest.mark.parametrize(
    ("inside", "codec"),
    [("word " * 4_900_000, "ascii"), ("의약품 " * 3_400_000, "cp949"), (f"<p class='norm'>{'word ' * 20}</p>" * 200_000, "ascii")],
    ids=["text", "korean-text", "a-law"],
)
async def test_a_page_of_24_mb_is_read_inside_the_same_memory(inside: str, codec: str, server: FeedServer, fetcher: Fetcher) -> None:
    body = memoryview(f"<html><body><main><h1>one</h1>{inside}".encode(codec))

    async def script(_: Asked, writer: asyncio.StreamWriter) -> None:
        """Bit by bit, so that what grows here is the reader."""
        writer.write(hostile_feeds.OK + b"Content-Length: %d\r\n\r\n" % len(body))
        for at in range(0, len(body), 100_000):
            writer.write(body[at : at + 100_000])
            await writer.drain()

    page = Case("large", kind="page", language="ko", script=script)
    source = asking(page, serve(server, page))
    before = forgotten()
    (entry,) = await outcome(fetcher, source)  # type: ignore[misc] - a trouble is no list
    assert peak() - before <= MOST_GROWTH
    assert (entry.title, len(entry.fields["text"])) == ("one", clean.MAX_TEXT)


def test_the_kit_is_as_large_as_we_say_and_each_case_has_an_outcome() -> None:
    assert len(CASES) >= 480
    assert len({case.name for case in CASES}) == len(CASES)
    without = [case.name for case in CASES if case.fault is None and case.count is None and not case.titles and not case.days]
    assert without == ["cut-in-a-character"]


async def test_an_etag_that_changes_at_every_visit_is_a_body_like_any_other(server: FeedServer, fetcher: Fetcher) -> None:
    visits = 0

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal visits
        visits += 1
        writer.write(answer("200 OK", {"ETag": f'"{visits}"'}, rss("one").encode()))

    source = catalogue.adhoc("feed", server.runs("/etags", script))
    first = await read(fetcher, source)
    assert isinstance(first, Fetched)
    second = await read(fetcher, source, first.validators)
    assert isinstance(second, Fetched)
    assert first.body == second.body
    assert server.asked[1].headers["if-none-match"] == '"1"'


async def test_a_server_that_says_304_to_a_validator_it_never_gave_is_believed_only_when_asked(
    server: FeedServer, fetcher: Fetcher
) -> None:
    source = catalogue.adhoc("feed", server.says("/always-304", "304 Not Modified"))
    assert isinstance(await read(fetcher, source, Validators(etag='"mine"')), NotModified)
    with pytest.raises(SourceTrouble, match="nothing changed although"):
        await read(fetcher, source)
