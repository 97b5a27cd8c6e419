"""A well-formed feed is read in one pass, and comes out exactly as the careful way reads it."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SourceTrouble
from bot.model import Entry, Source
from bot.sources import catalogue, parse
from bot.sources.parse import wellformed

SAMPLES = Path(__file__).parent / "samples"
SOURCES = [one for one in catalogue.load().sources.values() if one.kind in ("feed", "rsshub")]
FEED = catalogue.adhoc("feed").model_copy(update={"timezone": "Asia/Seoul"})
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>f</title><entry><id>urn:1</id>{}</entry></feed>'
RSS = '<rss version="2.0"><channel><title>f</title><item>{}</item></channel></rss>'


def as_read(body: bytes, date: str = "2026-11-02T00:00:00+00:00") -> list[wellformed.Row] | None:
    return wellformed.rows(body, lambda said: date if said.startswith("2026") else None)


def with_more_care(body: bytes) -> bytes:
    """The same feed with a document type of its own, which the quick reader refuses whatever stands after it."""
    start = re.match(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>)?", body)
    assert start
    return body[: start.end()] + b"<!DOCTYPE feed []>" + body[start.end() :]


def both_ways(body: bytes, source: Source = FEED) -> tuple[list[Entry], list[Entry]]:
    assert as_read(with_more_care(body)) is None
    return parse.entries(source, body, "", source.url), parse.entries(source, with_more_care(body), "", source.url)


@pytest.mark.parametrize("source", SOURCES, ids=[one.id for one in SOURCES])
def test_every_sample_reads_the_same_both_ways(source: Source) -> None:
    (path,) = (SAMPLES / source.id).glob("response.*")
    quick, careful = both_ways(path.read_bytes(), source)
    assert quick == careful


def test_every_sample_is_read_in_one_pass_but_for_rdf_and_dates_in_elements() -> None:
    bodies = [path.read_bytes() for source in SOURCES for path in (SAMPLES / source.id).glob("response.*")]
    assert [body for body in bodies if as_read(body) is None and b"<rdf:RDF" not in body and b"<time" not in body] == []


@pytest.mark.parametrize(
    "item",
    [
        "<title>Recall of <i>Listeria</i> tests</title>",
        "<title>a</title><pubDate><time datetime='2019-05-03T19:21:28Z'>Fri, 05/03/2019 - 15:21</time></pubDate>",
        "<title>a</title><guid isPermaLink='false'>20261102</guid>",
        "<title>R&D</title>",
        "<title>a&nbsp;b</title>",
        "<title>a\x0bb</title>",
        "<title>a</title></item><item><title>",
    ],
    ids=["markup in a title", "marked date", "id like a date", "bare ampersand", "entity", "control character", "cut"],
)
def test_what_the_reader_would_take_otherwise_than_it_is_meant_needs_more_care(item: str) -> None:
    body = RSS.format(item).encode()
    assert as_read(body) is None
    quick, careful = both_ways(body)
    assert quick == careful
    assert quick[0].title


@pytest.mark.parametrize(
    "entry",
    [
        "<title>a</title><link href='https://a.example/1'/><updated>2026-11-02</updated>",
        "<title mode='base64'>YSBiIGM=</title>",
        "<title type='html'>&lt;b&gt;a&lt;/b&gt; &amp;amp; b</title><content>long text</content>",
        "<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>a <i>b</i></div></title>",
        "<title>a</title><published>Mon, 02 Nov 2026 10:00:00 HST</published>",
        "<title>a</title><published>0001-01-01T00:00:00Z</published>",
    ],
)
def test_an_atom_entry_reads_the_same_both_ways(entry: str) -> None:
    quick, careful = both_ways(ATOM.format(entry).encode())
    assert quick == careful


def test_a_date_without_a_zone_is_in_the_zone_of_the_source() -> None:
    body = RSS.format("<title>a</title><pubDate>2026-11-02 09:00:00</pubDate>").encode()
    assert parse.entries(FEED, body, "", FEED.url)[0].published == datetime(2026, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("feed", "told"),
    [
        (ATOM.format("<title mode='base64'>QSA8Yj5CPC9iPg==</title>"), ("A B", None, None)),
        ("<channel><item href='/1'><title>A</title></item></channel>", ("A", "https://example.org/1", None)),
        ("<CHANNEL><ITEM HREF='/1' LASTMOD='2026-11-02T09:00'><TITLE>A</TITLE></ITEM></CHANNEL>", ("A", "https://example.org/1", 2)),
        (RSS.format("<pubDate>2026-11-02 09:00</pubDate>"), ("2026-11-02", None, 2)),
        (RSS.format("<link>/1</link><description>&lt;br&gt;</description>"), ("/1", "https://example.org/1", None)),
        (ATOM.format("").replace("urn:1", "/1"), ("/1", "https://example.org/1", None)),
    ],
    ids=["base64", "channel definition", "channel definition in large letters", "only a date", "only a link", "only an id with a path"],
)
def test_rare_forms_are_read_as_feedparser_reads_them(feed: str, told: tuple[str, str | None, int | None]) -> None:
    (entry,) = parse.entries(FEED, feed.encode(), "", "https://example.org/feed")
    day = entry.published or entry.updated
    assert (entry.title, entry.url, day and day.day) == told


def test_more_entries_than_memory_should_hold_are_refused_unread() -> None:
    with pytest.raises(SourceTrouble, match="entries"):
        as_read(RSS.format("</item><item>" * 20_001).encode())


def test_a_large_body_of_which_little_was_read_needs_more_care() -> None:
    nested = "<title>a</title><x>" + "<item><title>b</title></item>" * 1_000 + "</x>"
    assert as_read(RSS.format(nested).encode()) is None


@given(st.text(), st.text(), st.dictionaries(st.text(), st.text()))
def test_a_trusted_word_is_the_one_the_constructor_makes(title: str, key: str, fields: dict[str, str]) -> None:
    checked = Entry(key=key, title=title, fields=fields)
    trusted = Entry.trusted({name: getattr(checked, name) for name in Entry.model_fields})
    assert (trusted, trusted.model_dump_json()) == (checked, checked.model_dump_json())
    assert trusted.model_copy(update={"title": "t"}) == checked.model_copy(update={"title": "t"})
