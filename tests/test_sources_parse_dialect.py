"""Feeds said in a seldom way are read as they are meant: which link, relative to what, which title, which summary."""

import pytest

from bot.model import Entry
from bot.sources import catalogue, parse
from tests.hostile_documents import atom

SITE = "https://h.example"


def read(body: bytes) -> list[Entry]:
    return parse.entries(catalogue.adhoc("feed", f"{SITE}/feed"), body, "", f"{SITE}/feed")


def entry(inside: str, attributes: str = "") -> str:
    return f"<entry{attributes}><id>1</id><title>one</title>{inside}</entry>"


def item(inside: str, attributes: str = "") -> bytes:
    rows = f"<item{attributes}><title>one</title>{inside}</item>"
    return f'<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>{rows}</channel></rss>'.encode()


@pytest.mark.parametrize("other", ["self", "enclosure", "related", "via", "replies", "https://h.example/rel"])
def test_a_link_for_something_else_is_not_the_link_of_the_entry(other: str) -> None:
    links = f'<link rel="{other}" href="/other"/><link href="/own"/>'
    assert [one.url for one in read(atom(entry(links)))] == [f"{SITE}/own"]
    assert [one.url for one in read(item(f'<atom:link rel="{other}" href="/other"/><link>{SITE}/own</link>'))] == [f"{SITE}/own"]


def test_of_several_links_for_reading_the_page_is_taken() -> None:
    links = '<link rel="alternate" type="application/atom+xml" href="/feed"/><link rel="alternate" type="text/html" href="/page"/>'
    assert [one.url for one in read(atom(entry(links)))] == [f"{SITE}/page"]


def test_the_name_of_a_relation_may_be_written_out() -> None:
    links = '<link rel="self" href="/self"/><link rel="http://www.iana.org/assignments/relation/alternate" href="/own"/>'
    assert [one.url for one in read(atom(entry(links)))] == [f"{SITE}/own"]


def test_what_an_entry_says_of_the_feed_it_was_taken_from_is_not_its_own() -> None:
    other = "<source><id>2</id><title>other</title><link href='/other'/><updated>2001-01-01T00:00:00Z</updated></source>"
    (one,) = read(atom(entry("<link href='/own'/><updated>2026-07-06T10:00:00Z</updated>").replace("<id>", f"{other}<id>")))
    assert (one.title, one.key, one.url, one.updated and one.updated.year) == ("one", "1", f"{SITE}/own", 2026)


@pytest.mark.parametrize(
    ("inside", "url"),
    [
        ('<guid isPermaLink="false">https://h.example/g</guid>', None),
        ("<guid>https://h.example/g</guid>", f"{SITE}/g"),
        ('<guid isPermaLink="true">https://h.example/g</guid>', f"{SITE}/g"),
        ('<link>https://h.example/g</link><guid isPermaLink="false">https://h.example/g</guid>', f"{SITE}/g"),
    ],
)
def test_an_id_that_says_it_is_no_link_is_none_unless_it_is_the_link_too(inside: str, url: str | None) -> None:
    (one,) = read(item(inside))
    assert (one.url, one.key) == (url, f"{SITE}/g")


def test_an_entry_that_links_only_elsewhere_keeps_that_link() -> None:
    assert [one.url for one in read(atom(entry('<link rel="enclosure" href="/a.pdf"/>')))] == [f"{SITE}/a.pdf"]


@pytest.mark.parametrize("link", ['<link href="/own"/>', '<atom:link href="/own"/>', '<atom:link rel="alternate" href="/own"></atom:link>'])
def test_an_rss_item_may_write_its_link_as_atom_does(link: str) -> None:
    assert [one.url for one in read(item(link))] == [f"{SITE}/own"]


@pytest.mark.parametrize(
    ("feed", "at", "link"),
    [
        ("", ' xml:base="https://h.example/b/"', '<link href="1.html"/>'),
        (' xml:base="https://h.example/"', ' xml:base="b/"', '<link href="1.html"/>'),
        (' xml:base="https://h.example/"', ' xml:base="x/"', '<link href="1.html" xml:base="../b/"/>'),
        ("", ' xml:base="javascript:x//"', '<link href="https://h.example/b/1.html"/>'),
    ],
)
def test_a_relative_link_is_joined_to_the_nearest_base(feed: str, at: str, link: str) -> None:
    assert [one.url for one in read(atom(entry(link, at), feed))] == [f"{SITE}/b/1.html"]


def test_a_base_may_stand_at_a_channel_or_an_item_of_rss() -> None:
    based = item("<link>1.html?a=1&amp;b=2</link>", ' xml:base="https://h.example/b/"')
    assert [one.url for one in read(based)] == [f"{SITE}/b/1.html?a=1&b=2"]
    channel = item("<link>1.html</link>").replace(b"<channel>", b'<channel xml:base="https://h.example/c/">')
    assert [one.url for one in read(channel)] == [f"{SITE}/c/1.html"]


def test_a_link_in_the_text_of_an_entry_is_text() -> None:
    said = '<content type="html"><![CDATA[<link href="https://evil.example/"/>]]></content>'
    assert [one.url for one in read(atom(entry(f'<link rel="self" href="/self"/><link href="/own"/>{said}')))] == [f"{SITE}/own"]


@pytest.mark.parametrize("prefix", ["", "x:"])
def test_a_summary_in_xhtml_is_read(prefix: str) -> None:
    space = f"xmlns{':x' if prefix else ''}='http://www.w3.org/1999/xhtml'"
    inside = f"<{prefix}div {space}><{prefix}p>alpha &amp; <{prefix}b>beta</{prefix}b></{prefix}p></{prefix}div>"
    for name in ("summary", "content"):
        (one,) = read(atom(entry(f"<{name} type='xhtml'>{inside}</{name}>")))
        assert one.summary == "alpha & beta"
