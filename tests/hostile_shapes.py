"""A fifth kit of hostile answers: what stays open, what stands in itself, vendors' characters, files for pages, and lists in lines.

Each is a `Case` of tests.hostile_feeds and is tried in the same way.
"""

import asyncio
import gzip
import struct
import zlib
from collections.abc import Iterator

from bot.model import SourceKind
from tests.feed_server import Asked
from tests.hostile_documents import atom
from tests.hostile_feeds import CHINESE, KOREAN, OK, Case, rss
from tests.hostile_paths import FEED, said_raw

TWO = ("one", "two")
ONE = "<title>one</title>"
PAGE = "<html><body>"
ROW = "<a href='https://h.example/1'>one</a>"
BYTES = bytes(range(256)) * 50


def feed(inside: str, attributes: str = "") -> bytes:
    return f'<rss version="2.0" {attributes}><channel>{inside}</channel></rss>'.encode()


def page(inside: str) -> bytes:
    return (PAGE + inside).encode()


async def _reset(asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(OK + b"Content-Length: 500\r\n\r\n" + FEED[:50])
    await writer.drain()
    writer.transport.abort()


def http() -> Iterator[Case]:
    """Heads, places and packings of odd form."""
    length = b"Content-Length: %d\r\n\r\n" % len(FEED)
    yield Case("transfer-identity", script=said_raw(OK + b"Transfer-Encoding: identity\r\nConnection: close\r\n\r\n" + FEED), titles=TWO)
    yield Case("status-in-small-letters", script=said_raw(b"http/1.1 200 ok\r\n" + length + FEED), fault="unreachable")
    yield Case("two-blanks-in-status", script=said_raw(b"HTTP/1.1  200 OK\r\n" + length + FEED), fault="unreachable")
    yield Case("returns-only", script=said_raw((OK + length).replace(b"\n", b"") + FEED), fault="unreachable")
    yield Case("reset-in-the-middle", script=_reset, fault="unreachable")
    yield Case("ninety-cookies", script=said_raw(OK + b"Set-Cookie: a=b\r\n" * 90 + length + FEED), titles=TWO)
    yield Case("place-in-capitals", status="302 Found", headers={"Location": "HTTP://127.0.0.1/"}, fault="refused")
    wide = "HTTP/1.1 302 Found\r\nLocation: http://127。0。0。1/\r\n\r\n".encode()
    yield Case("place-with-wide-dots", script=said_raw(wide), fault="refused")
    yield Case("place-that-is-the-next-page", status="302 Found", headers={"Location": "?page=2"}, fault="http_error")
    packer = zlib.compressobj(zdict=b"<rss><channel><item><title>")
    known = packer.compress(FEED) + packer.flush()
    yield Case("deflate-with-a-dictionary", known, headers={"Content-Encoding": "deflate"}, fault="not_a_source")
    extra = b"\x1f\x8b\x08\x04" + b"\0" * 6 + struct.pack("<H", 65_535) + b"x" * 65_535 + gzip.compress(FEED)[10:]
    yield Case("gzip-with-64-kb-of-extra", extra, headers={"Content-Encoding": "gzip"}, titles=TWO)


def left_open() -> Iterator[Case]:
    """Elements that never close, each of which could be looked for to the end."""
    media = 'xmlns:media="x"'
    yield Case("items-left-open", feed("<item><media:title>x</media:title>" + "<item>" * 100_000, media), fault="too_large")
    some = feed("<item><media:title>x</media:title>" + "<item>" * 19_000 + "x" * 4_000_000, media)
    yield Case("some-items-left-open", some, titles=("x",))
    yield Case("entries-left-open", atom("<entry xml:base='x'><link rel='a' href='b'/>" * 60_000), fault="too_large")
    yield Case("summaries-left-open", atom("<entry><id>1</id><summary type='xhtml'>" + "<summary type='xhtml'>" * 60_000), titles=("1",))
    yield Case("a-hundred-thousand-links", feed(f"<item>{ONE}" + '<link rel="x" href="y"/>' * 100_000 + "</item>", media), titles=("one",))
    yield Case("links-between-cdata", feed(f"<item>{ONE}" + "<link rel='x' href='y'/><![CDATA[x]]>" * 40_000 + "</item>", media), count=1)
    yield Case("titles-left-open", feed("<item>" + "<title><b>" * 100_000), fault="not_a_source")
    yield Case("dates-left-open", feed(f"<item>{ONE}" + "<pubDate>" * 150_000), titles=("one",))
    kinds: tuple[SourceKind, ...] = ("feed", "json_api", "listing", "page")
    for kind in kinds:
        fault = "too_large" if kind in ("listing", "page") else "not_a_source"
        yield Case(f"scripts-left-open-for-{kind}", b"<html>" + b"<script " * 7_400, kind=kind, fault=fault)  # type: ignore[arg-type]
        yield Case(f"comments-left-open-for-{kind}", b"<html>" + b"<!--" * 14_000, kind=kind, fault="not_a_source")


def pages() -> Iterator[Case]:
    """Pages of much: attributes, depth, text."""
    many = " ".join(f"a{number}" for number in range(1_000_000))
    yield Case("a-million-attributes-on-one", page(f"<p {many}>{'x' * 50}"), kind="page", fault="too_large")
    yield Case("one-attribute-six-million-times", page("<p " + "a " * 6_000_000 + ">" + "x" * 50), kind="page", fault="too_large")
    each = " ".join(f"a{number}" for number in range(1_000))
    yield Case("a-thousand-attributes-each", page(f"<p {each}>" * 3_000 + "x" * 50), kind="page", fault="too_large")
    yield Case("attributes-without-blanks", page("<p" + "/a" * 2_000_000 + ">" + "x" * 50), kind="listing", fault="too_large")
    yield Case("attributes-behind-a-quoted-mark", page('<p x="<>"' + " a" * 2_000_000 + ">"), kind="listing", fault="too_large")
    yield Case("quote-left-open", page('<a href="' + "x " * 1_000_000), kind="listing", fault="too_large")
    behind = page("<!--" + "x" * 14_000_000 + "--><main>" + "word " * 50)
    yield Case("text-behind-14-mb", behind, kind="page", fault="too_large")
    norm = "<p class='norm' id='x'>word word word word word word word word word word word</p>"
    yield Case("a-law-of-5-mb", page("<main>" + norm * 60_000 + ROW), kind="listing", titles=("one",))
    yield Case("deep-in-a-row", page("<a href='https://h.example/1'>" + "<span>" * 19_900 + "one"), kind="listing", fault="not_a_source")
    yield Case("tables-in-tables", page("<table><tr><td>" * 19_000 + ROW), kind="listing", titles=("one",))
    yield Case("svg-in-svg", page("<svg><foreignObject>" * 9_000 + ROW), kind="listing", titles=("one",))
    yield Case("rows-by-the-ten-thousand", page(ROW * 25_000), kind="listing", fault="too_large")
    yield Case("base-that-is-a-script", b"<html><base href='javascript:x//'><body>" + ROW.encode(), kind="listing", titles=("one",))
    coded = "<a href='&#106;avascript:alert(1)'>bad</a><a href='java\tscript:x'>bad</a>"
    yield Case("script-links-in-code", page(coded + ROW), kind="listing", titles=("one",))
    yield Case("frames-only", b"<html><frameset><frame src=/a></frameset></html>", kind="listing", fault="not_a_source")
    late = (
        b"<html><!--" + b"x" * 3_000 + b"--><meta charset=euc-kr><body><a href='https://h.example/1'>" + KOREAN.encode("euc-kr") + b"</a>"
    )
    yield Case("charset-told-late", late, kind="listing", titles=(KOREAN,))


def files() -> Iterator[Case]:
    """Files that are no text, for every kind."""
    kinds: tuple[SourceKind, ...] = ("feed", "json_api", "xml_api", "listing", "page")
    heads = {
        "zip": b"PK\x03\x04",
        "hwp": b"HWP Document File V3.00 \x1a\x01",
        "webp": b"RIFF\x10\0\0\0WEBPVP8 ",
        "mp4": b"\0\0\0\x18ftypmp42",
    }
    for name, head in heads.items():
        for kind in kinds:
            yield Case(f"{name}-file-for-{kind}", head + BYTES, kind=kind, fault="not_a_source")


def letters() -> Iterator[Case]:
    """Characters that vendors have and standards have not, and damage in two-byte text."""
    japanese = "医薬品の承認審査について"
    for name, pair, meant in (("nec", b"\xad\xa1", "①"), ("ibm", b"\xfc\xe2", "髙"), ("company", b"\xad\xea", "㈱")):
        body = rss(japanese + "%", encoding="euc-jp").encode("euc_jp").replace(b"%", pair)
        yield Case(f"euc-jp-of-{name}", body, language="ja", titles=(japanese + meant,))
    seven = rss(japanese + "%", encoding="iso-2022-jp").encode("iso2022_jp")
    yield Case("iso-2022-jp-of-nec", seven.replace(b"%", b"\x1b$B-!\x1b(B"), language="ja", titles=(japanese + "①",))
    yield Case("iso-2022-jp-of-half-width", seven.replace(b"%", b"\x1b(I2T8\x1b(B"), language="ja", titles=(japanese + "ｲﾔｸ",))
    for label in ("johab", "ks_c_5601-1992"):
        yield Case(f"johab-called-{label}", rss(KOREAN, encoding=label).encode("johab"), language="ko", titles=(KOREAN,))
    chinese, taiwanese = "药品价格%监督管理局公告", "藥品查驗登記%"
    yield Case(
        "gbk-with-euro",
        rss(chinese, encoding="gb2312").encode("gb18030").replace(b"%", b"\x80"),
        language="zh",
        titles=(chinese.replace("%", "€"),),
    )
    for name, pair, meant in (("euro", b"\xa3\xe1", "€"), ("eten", b"\xf9\xd6", "碁")):
        body = rss(taiwanese, encoding="big5").encode("big5").replace(b"%", pair)
        yield Case(f"big5-of-{name}", body, language="zh-Hant", titles=(taiwanese.replace("%", meant),))
    yield Case(
        "one-bad-byte-in-gbk",
        rss(chinese, encoding="gbk").encode("gbk").replace(b"%", b"\xff"),
        language="zh",
        titles=(chinese.replace("%", "\ufffd"),),
    )
    korean = f"{KOREAN}% 의료기기"
    bad = rss(korean, encoding="euc-kr").encode("cp949").replace(b"%", b"\xff")
    yield Case("one-bad-byte-in-euc-kr", bad, language="ko", titles=(korean.replace("%", "\ufffd"),))
    yield Case("hz-as-declared", rss(CHINESE, encoding="hz-gb-2312").encode("hz"), language="zh", titles=(CHINESE,))
    by_http = {"Content-Type": "text/xml; charset=HZ-GB-2312"}
    yield Case("hz-by-http", rss(CHINESE).encode("hz"), headers=by_http, language="zh", titles=(CHINESE,))
    yield Case("braces-that-are-no-hz", rss("a ~{b~} c").encode(), titles=("a ~{b~} c",))
    yield Case("characters-that-are-none", rss("a\uffffb\ufffec").encode(), titles=("abc",))


def nested() -> Iterator[Case]:
    """Items that stand in one another, or in what is none."""
    yield Case("item-in-item", feed(f"<item>{ONE}<item><title>two</title></item></item>"), titles=TWO)
    yield Case(
        "item-in-item-in-item",
        feed(f"<item>{ONE}<item><title>two</title><item><title>three</title></item></item></item>"),
        titles=(*TWO, "three"),
    )
    told = f"<item>{ONE}<description><![CDATA[<item>no</item>]]></description></item><!-- <item> --><item><title>two</title></item>"
    yield Case("items-in-cdata-and-comments", feed(told), titles=TWO)
    yield Case("attribute-of-5-mb", feed(f"<item><title x='{'a' * 5_000_000}'>one</title></item>"), titles=("one",))
    yield Case("attributes-without-quotes", f"<rss version=2.0><channel><item>{ONE}</item></channel></rss>".encode(), titles=("one",))
    yield Case("instruction-in-the-middle", feed(f'<?php echo ">"; ?><item>{ONE}</item>'), titles=("one",))
    yield Case("title-of-half-a-million-accents", rss("a" + "\u0301" * 300_000).encode(), count=1)
    yield Case("title-of-nothing-seen", rss("\u200b\u200c\ufeff").encode(), count=1)


def lines() -> Iterator[Case]:
    """Records in lines, and JSON that is none."""
    yield Case("millions-of-lines", b"11\n" * 2_600_000, kind="json_api", fault="too_large")
    yield Case("millions-of-lines-of-words", b'"a"\n' * 1_900_000, kind="json_api", fault="too_large")
    yield Case("broken-json-of-many-lines", b'{"a":\n' + b"1,\n" * 100_000, kind="json_api", fault="not_a_source")
    yield Case("key-of-8-mb", b'[{"' + b"k" * 7_900_000 + b'":1,"title":"one"}]', kind="json_api", titles=("one",))
    yield Case("zero-in-a-word", b'[{"title":"o\\u0000ne"}]', kind="json_api", titles=("one",))
    yield Case("json-in-single-quotes", b"[{'title':'one'}]", kind="json_api", fault="not_a_source")
    rows = "<item><title>x</title></item>" * 30_000
    yield Case("thirty-thousand-records", f"<r>{rows}</r>".encode(), kind="xml_api", fault="too_large")
    deep = f"<r><item><title>{'<b>' * 50_000}one{'</b>' * 50_000}</title></item></r>"
    yield Case("deep-in-a-record", deep.encode(), kind="xml_api", titles=("one",))
    each = " ".join(f'a{number}="1"' for number in range(300))
    yield Case("attributes-of-records", f"<r><item>{ONE}</item>{f'<a {each}/>' * 2_800}</r>".encode(), kind="xml_api", titles=("one",))


def cases() -> list[Case]:
    """Every case of this kit."""
    return [case for group in (http, left_open, pages, files, letters, nested, lines) for case in group()]
