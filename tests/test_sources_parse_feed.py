"""Feeds of every dialect, well-formed or not, end as entries or as one trouble."""

import json
from datetime import UTC, datetime
from html import escape

import pytest

from bot.errors import SourceTrouble
from bot.items import normalise
from bot.model import Entry, Source
from bot.sources import catalogue, parse
from bot.watch import query

FEED = catalogue.adhoc("feed", "https://h.example/news/rss.xml")
KOREAN = FEED.model_copy(update={"language": "ko", "charset": "euc-kr", "timezone": "Asia/Seoul"})


def rss(*items: str, head: str = '<?xml version="1.0" encoding="utf-8"?>') -> bytes:
    return f"{head}<rss version='2.0'><channel><title>c</title>{''.join(f'<item>{item}</item>' for item in items)}</channel></rss>".encode()


def entries(body: bytes, source: Source = FEED) -> list[Entry]:
    return parse.entries(source, body, "", source.url)


def only(body: bytes, source: Source = FEED) -> Entry:
    (entry,) = entries(body, source)
    return entry


def trouble(body: bytes) -> SourceTrouble:
    with pytest.raises(SourceTrouble) as caught:
        entries(body)
    assert caught.value.sentence.endswith(".")
    return caught.value


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("R&amp;D", "R&D"),
        ("R&D", "R&D"),
        ("&amp;", "&"),
        ("&", "&"),
        ("<![CDATA[a <b>bold</b> &amp; c]]>", "a bold & c"),
        ("a &lt;b&gt;bold&lt;/b&gt; c", "a bold c"),
        ("<b>x</b> and <i>y</i>", "x and y"),
        ("p &lt; 0.05 &amp;amp; q &gt; 3", "p < 0.05 & q > 3"),
        ("A&nbsp;B", "A B"),
        (" \n two\n  lines ", "two lines"),
        ("a\u202eb\u200bc\u2066d\u00ad\ufeff", "abcd"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;after", "after"),
        ("가" * 5000, "가" * 999 + "…"),
    ],
)
def test_a_title_is_one_line_of_plain_text(title: str, read: str) -> None:
    assert only(rss(f"<title>{title}</title>")).title == read


@pytest.mark.parametrize(
    ("link", "read"),
    [
        ("https://x.example/a?b=1&amp;c=2", "https://x.example/a?b=1&c=2"),
        ("<![CDATA[https://x.example/a?b=1&c=2&copy=3]]>", "https://x.example/a?b=1&c=2&copy=3"),
        (" \n /brd/view.do?seq=1 \n", "https://h.example/brd/view.do?seq=1"),
        ("view.do?seq=1", "https://h.example/news/view.do?seq=1"),
        ("//other.example/x", "https://other.example/x"),
        ("javascript:alert(1)", None),
        ("java\nscript:alert(1)", None),
        ("data:text/html,x", None),
        ("mailto:a@b.example", None),
        ("https://", None),
        ("http://[", None),
        ("https://x.example/" + "a" * 5000, None),
        ("", None),
    ],
)
def test_a_link_is_an_absolute_web_address_or_nothing(link: str, read: str | None) -> None:
    assert only(rss(f"<title>t</title><link>{link}</link>")).url == read


@pytest.mark.parametrize(
    ("date", "instant"),
    [
        ("2026-07-06 14:09:30", "2026-07-06T05:09:30+00:00"),
        ("<![CDATA[Mon, 06 Jul 2026 14:09:30 +0900]]>", "2026-07-06T05:09:30+00:00"),
        ("Mon, 06 Jul 2026 05:09:30 GMT", "2026-07-06T05:09:30+00:00"),
        ("2026년 7월 6일", "2026-07-05T15:00:00+00:00"),
        ("Wed, 01 Jan 9999 00:00:00 GMT", None),
        ("soon", None),
    ],
)
def test_a_date_without_a_zone_is_in_the_sources_zone(date: str, instant: str | None) -> None:
    for tag in ("pubDate", "dc:date"):
        read = only(
            rss(f"<title>t</title><{tag}>{date}</{tag}>").replace(b"<rss ", b"<rss xmlns:dc='http://purl.org/dc/elements/1.1/' "), KOREAN
        )
        assert read.published == (datetime.fromisoformat(instant) if instant else None)


def test_a_date_over_a_year_ahead_is_dropped_when_now_is_known() -> None:
    body = rss("<title>t</title><pubDate>Mon, 06 Jul 2026 05:09:30 GMT</pubDate>")
    assert parse.entries(FEED, body, "", "", now=datetime(2026, 1, 1, tzinfo=UTC))[0].published is not None
    assert parse.entries(FEED, body, "", "", now=datetime(2025, 1, 1, tzinfo=UTC))[0].published is None


@pytest.mark.parametrize(
    ("identity", "key"),
    [("", "g-1"), ("guid", "g-1"), ("link", "https://h.example/v?seq=77&page=1"), ("query:seq", "77"), ("query:none", "g-1")],
)
def test_the_key_is_what_the_catalogue_says_it_is(identity: str, key: str) -> None:
    source = FEED.model_copy(update={"identity": identity})
    body = rss("<title>t</title><link>https://h.example/v?seq=77&amp;page=1</link><guid isPermaLink='false'>g-1</guid>")
    assert only(body, source).key == key


def test_no_key_is_made_up_from_a_link_and_no_link_from_a_key() -> None:
    first, second = entries(
        rss("<title>1</title><link>https://h.example/same</link>", "<title>2</title><link>https://h.example/same</link>")
    )
    assert first.key is second.key is None
    lone = only(rss("<title>t</title><guid>tag-5</guid>"))
    assert (lone.key, lone.url) == ("tag-5", None)
    permanent = only(rss("<title>t</title><guid>https://h.example/p</guid>"))
    assert (permanent.key, permanent.url) == ("https://h.example/p", "https://h.example/p")


def test_an_absurdly_long_key_is_kept_as_its_hash() -> None:
    entry = only(rss(f"<title>t</title><guid>{'x' * 100_000}</guid>"))
    assert entry.key is not None
    assert len(entry.key) == 71


def test_doubles_are_shown_as_the_feed_shows_them() -> None:
    assert [entry.title for entry in entries(rss(*(f"<title>{n}</title><guid>same</guid>" for n in range(3))))] == ["0", "1", "2"]


def test_an_entry_that_says_nothing_is_left_out_and_one_without_a_title_gets_its_first_words() -> None:
    read = entries(rss("<title> </title>", "<description>&lt;p&gt;Only this.&lt;/p&gt;</description>", "<title>t</title>"))
    assert [(entry.title, entry.summary) for entry in read] == [("Only this.", "Only this."), ("t", "")]


def test_an_entry_that_gives_only_an_address_is_shown_by_it() -> None:
    assert only(rss("<link>https://h.example/1</link>")).title == "https://h.example/1"


def test_the_id_of_an_atom_entry_without_a_link_is_its_link_if_it_is_an_address() -> None:
    def link(name: str) -> str | None:
        return only(f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>{name}</id><title>t</title></entry></feed>'.encode()).url

    assert (link("https://h.example/1"), link("urn:uuid:5")) == ("https://h.example/1", None)


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>f</title><entry><id>u:1</id>
<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A <b>bold</b> &lt; c</div></title>
<link rel="self" href="https://self.example/"/><link rel="alternate" href="rel/x"/>
<content type="html">&lt;p&gt;Hey&lt;/p&gt;</content>
<published>2026-07-01T00:00:00+09:00</published><updated>2026-07-02T00:00:00Z</updated></entry></feed>"""
RDF = """<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="x"><title>c</title></channel>
<item rdf:about="https://h.example/1"><title>承認</title><link>https://h.example/1</link><dc:date>2026-07-06T17:00:00+09:00</dc:date></item></rdf:RDF>"""


def test_atom_is_read_with_its_alternate_link_and_both_dates() -> None:
    entry = only(ATOM.encode())
    assert (entry.key, entry.title, entry.url, entry.summary) == ("u:1", "A bold < c", "https://h.example/news/rel/x", "Hey")
    assert (entry.published, entry.updated) == (datetime(2026, 6, 30, 15, tzinfo=UTC), datetime(2026, 7, 2, tzinfo=UTC))


def test_rdf_is_read_with_its_dublin_core_date() -> None:
    entry = only(RDF.encode())
    assert (entry.key, entry.title, entry.published) == ("https://h.example/1", "承認", datetime(2026, 7, 6, 8, tzinfo=UTC))


def test_json_feed_is_read() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [
            {"id": 1, "title": "한", "url": "/x", "content_text": "c", "date_published": "2026-07-01T00:00:00+09:00", "language": "ko"},
            {"id": "2", "content_html": "<p>no title</p>"},
            None,
            {"id": "3"},
            {"title": ["odd"]},
        ],
    }
    first, second = entries(json.dumps(feed).encode())
    assert (first.key, first.title, first.url, first.summary, first.language) == ("1", "한", "https://h.example/x", "c", "ko")
    assert (second.key, second.title) == ("2", "no title")


@pytest.mark.parametrize(
    "body",
    [
        b"\n\n" + rss("<title>ok</title>"),
        b"\xef\xbb\xbf" + rss("<title>ok</title>"),
        rss("<title>ok</title>", head="<?xml version='1.0'?><?xml-stylesheet href='x.xsl'?><!-- <html> -->"),
        b"<feed><entry><id>1</id><title>ok</title></entry></feed>",
        b"<rss><channel><item><title>ok</title></item>",
        b"<rss:rss xmlns:rss='http://x'><rss:channel><rss:item><rss:title>ok</rss:title></rss:item></rss:channel></rss:rss>",
        b"<!DOCTYPE rss PUBLIC '-//Netscape//DTD RSS 0.91//EN' 'http://x/rss.dtd'><rss><channel><item><title>ok</title></item></channel></rss>",
        rss("<title>o\x00\x0bk</title>"),
        rss("<title>ok</title><unclosed>"),
        b"<rss><channel><item><title>ok</title>" + b"<a>" * 20_000 + b"</a>" * 20_000 + b"</item></channel></rss>",
    ],
)
def test_what_can_be_read_is_read(body: bytes) -> None:
    assert only(body).title == "ok"


def test_a_truncated_body_gives_the_entries_it_holds() -> None:
    whole = rss(*(f"<title>식약처 {n}</title>" for n in range(5)))
    for cut in range(len(whole) - 60, len(whole), 7):
        assert [entry.title for entry in entries(whole[:cut])][:4] == [f"식약처 {n}" for n in range(4)]


def test_ten_thousand_entries_are_read_and_twice_the_limit_is_refused() -> None:
    assert len(entries(rss(*("<title>승인 approval</title>" for _ in range(10_000))))) == 10_000
    assert trouble(rss(*("<title>t</title>" for _ in range(20_001)))).fault == "too_large"


def test_a_title_of_a_megabyte_costs_a_title() -> None:
    assert len(only(rss(f"<title>{'가나 ' * 300_000}</title><description>{'x' * 1_000_000}</description>")).title) <= 1000


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "an empty body"),
        (b" \n ", "an empty body"),
        (b"<!DOCTYPE html><html><body>Error</body></html>", "a web page"),
        (b"<html><head><title>x</title></head></html>", "a web page"),
        (b"Service Unavailable", "plain text"),
        (b"[ERROR fetching https://x.example]: 403 Client Error", "plain text"),
        (b"\x00\x01\x02\x03", "an empty body"),
        (b'{"error": "no"}', "JSON that is not a feed"),
        (b'{"items": [', "broken JSON"),
        (b'{"items":' + b"[" * 100_000, "broken JSON"),
        (b"<opml><body/></opml>", "<opml>"),
        (b"<urlset><url/></urlset>", "<urlset>"),
        (b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="x"/></rdf:RDF>', "<rdf>"),
        (b"<response><error>key</error></response>", "<response>"),
        (b"<!--" * 100_000, "plain text"),
        (b"<?xml " * 100_000, "plain text"),
        (b"<rss><channel><item><title>" + b"<![CDATA[" * 100_000, "none of them says anything"),
        (b"<!DOCTYPE l [<!ENTITY a 'lol'><!ENTITY b '&a;&a;'>]><rss><channel><item><title>&b;</title></item></channel></rss>", "entities"),
    ],
)
def test_what_is_no_feed_is_one_trouble_that_says_what_came_instead(body: bytes, said: str) -> None:
    caught = trouble(body)
    assert caught.fault == "not_a_source"
    assert said in caught.sentence


def test_an_empty_feed_has_no_entries() -> None:
    assert entries(rss()) == []
    assert entries(b'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title></feed>') == []
    assert entries(b'{"version": "https://jsonfeed.org/version/1", "items": []}') == []


LONG = "<p>" + "word " * 400 + "</p><p>pyridinium impurity</p>"
ENTRY = (
    "<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title><entry><title>A notice</title><id>urn:a:1</id>"
    "<updated>2026-07-01T00:00:00Z</updated>{}</entry></feed>"
)
CODED = ENTRY.format("<content type='html'>" + escape(LONG) + "</content>")
XHTML = ENTRY.format("<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>" + LONG + "</div></content>")
BESIDE = ENTRY.format("<summary>In short</summary><content type='html'>" + escape(LONG) + "</content>")
ENCODED = (
    "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><title>t</title><item><title>A notice</title>"
    f"<guid>g:1</guid>{{}}<content:encoded><![CDATA[{LONG}]]></content:encoded></item></channel></rss>"
)


@pytest.mark.parametrize(
    "feed",
    [CODED, XHTML, BESIDE, ENCODED.format(""), ENCODED.format("<description>In short</description>")],
    ids=["html", "xhtml", "beside-a-summary", "encoded", "encoded-beside-a-description"],
)
@pytest.mark.parametrize("head", ["", "<!DOCTYPE x>"], ids=["well-formed", "read-with-care"])
def test_the_whole_content_of_an_entry_is_matched(head: str, feed: str) -> None:
    found = normalise.item(FEED, only((head + feed).encode()))
    assert query.holds(query.parse("pyridinium", limit=100), found)
    assert len(found.summary) <= 512 or found.text == ""


@pytest.mark.parametrize("said", [{"content_html": LONG}, {"summary": "In short", "content_text": LONG}])
def test_the_whole_content_of_a_json_feed_is_matched(said: dict[str, str]) -> None:
    body = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "A notice", **said}]}
    assert query.holds(query.parse("pyridinium", limit=100), normalise.item(FEED, only(json.dumps(body).encode())))


def test_a_summary_made_of_the_content_reads_as_the_content_does() -> None:
    encoded = ENCODED.replace(LONG, "<p>Long <em>text</em>.</p><script>alert(1)</script>")
    assert only(encoded.format("").encode()).summary == "Long text."
    said = (
        "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>Long <b>text</b>.</p><script>alert(1)</script></div></content>"
    )
    assert only(ENTRY.format(said).encode()).summary == "Long text."
    assert only(encoded.format("<description>Long</description>").encode()).summary == "Long"


@pytest.mark.parametrize("among", ["<description><![CDATA[{}]]></description>", "<content:encoded><![CDATA[{}]]></content:encoded>"])
def test_the_addresses_that_a_text_leads_to_are_known_whichever_part_of_the_entry_has_it(among: str) -> None:
    text = among.format("<p>See <a href='https://office.example/notice'>the notice</a>.</p>")
    body = rss(f"<guid>1</guid><title>A</title>{text}")
    entry = only(body.replace(b"<rss", b"<rss xmlns:content='http://purl.org/rss/1.0/modules/content/'"))
    assert entry.fields["links"] == "https://office.example/notice"


def test_what_a_json_feed_gives_as_a_number_or_only_as_an_id_is_read() -> None:
    said = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "https://h.example/1", "title": 42}]}
    entry = only(json.dumps(said).encode())
    assert (entry.title, entry.url) == ("42", "https://h.example/1")


def test_content_that_says_what_the_summary_says_is_kept_once() -> None:
    said = ENTRY.format("<summary>The very same</summary><content type='html'>&lt;p&gt;The very&lt;/p&gt; same</content>")
    assert only(said.encode()).fields == {}
    assert only(ENTRY.format("<content>Short</content>").encode()).fields == {}


def test_a_relative_link_is_joined_to_the_base_that_the_feed_says() -> None:
    entry = '<entry><id>1</id><title>t</title><link href="1.html"/></entry>'
    body = f'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://h.example/a/">{entry}</feed>'.encode()
    assert only(body).url == "https://h.example/a/1.html"


def test_warnings_of_a_program_before_the_feed_are_left_out_and_a_page_that_holds_one_is_no_feed() -> None:
    feed = b'<rss version="2.0"><channel><item><title>one</title></item></channel></rss>'
    warned = b"<br />\n<b>Warning</b>: no database in <b>/x.php</b><br />\n" + feed
    assert [one.title for one in entries(warned)] == ["one"]
    assert "web page" in trouble(b"<html><body>Warning: <pre>" + feed).sentence


@pytest.mark.parametrize("described", ["<description>In short.</description>", ""])
def test_links_in_the_whole_content_are_the_entry_s_links_as_those_of_its_summary_are(described: str) -> None:
    content = "&lt;p&gt;" + "At length. " * 100 + '&lt;a href="https://mfds.example/view?seq=1"&gt;notice&lt;/a&gt;&lt;/p&gt;'
    item = f"<title>one</title><link>https://h.example/1</link>{described}<content:encoded>{content}</content:encoded>"
    body = rss(item).replace(b"<rss ", b"<rss xmlns:content='http://purl.org/rss/1.0/modules/content/' ")
    assert only(body).fields["links"] == "https://mfds.example/view?seq=1"


def test_links_in_the_text_of_a_json_feed_are_the_entry_s_links() -> None:
    row = {"id": "1", "title": "one", "summary": "In short.", "content_html": '<a href="https://mfds.example/view?seq=1">notice</a>'}
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [row]}).encode()
    assert only(body).fields["links"] == "https://mfds.example/view?seq=1"
