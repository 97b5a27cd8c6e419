"""A fourth kit of hostile answers: HTTP, charsets, feeds and records in dialects that readers take for something else.

Each is a `Case` of tests.hostile_feeds and is tried in the same way.
"""

import gzip
import json
import zlib
from collections.abc import Iterator

from tests.hostile_documents import atom
from tests.hostile_feeds import CHINESE, CHUNKED, KOREAN, OK, Case, packed, rss
from tests.hostile_paths import FEED, said_raw

LENGTH = b"Content-Length: %d\r\n" % len(FEED)
TWO = ("one", "two")
JSON_FEED = "https://jsonfeed.org/version/1.1"
RSS = '<rss version="2.0" {}><channel>{}</channel></rss>'


def http() -> Iterator[Case]:
    """Heads and chunks that one reader takes and another refuses."""
    yield Case("length-with-plus", script=said_raw(OK + b"Content-Length: +%d\r\n\r\n" % len(FEED) + FEED), fault="unreachable")
    yield Case("length-in-hex", script=said_raw(OK + b"Content-Length: 0x%x\r\n\r\n" % len(FEED) + FEED), fault="unreachable")
    yield Case("length-as-a-list", script=said_raw(OK + b"Content-Length: %d, %d\r\n\r\n" % ((len(FEED),) * 2) + FEED), fault="unreachable")
    yield Case("length-with-zeros", script=said_raw(OK + b"Content-Length: 0000%d\r\n\r\n" % len(FEED) + FEED), titles=TWO)
    short = OK + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % (len(FEED) + 1)
    yield Case("one-byte-less-than-its-length", script=said_raw(short + FEED), fault="unreachable")
    packed_short = OK + b"Content-Encoding: gzip\r\nContent-Length: 5000\r\n\r\n" + gzip.compress(FEED)
    yield Case("whole-gzip-less-than-its-length", script=said_raw(packed_short), fault="unreachable")
    yield Case("chunks-without-an-end", script=said_raw(CHUNKED + b"%x\r\n%s\r\n" % (len(FEED), FEED)), fault="unreachable")
    yield Case("chunk-longer-than-said", script=said_raw(CHUNKED + b"%x\r\n%sXX0\r\n\r\n" % (len(FEED), FEED)), fault="unreachable")
    yield Case("chunk-length-with-0x", script=said_raw(CHUNKED + b"0x%x\r\n%s\r\n0\r\n\r\n" % (len(FEED), FEED)), fault="unreachable")
    chunked_gzip = gzip.compress(FEED)
    head = OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n"
    yield Case(
        "transfer-gzip-then-chunked",
        script=said_raw(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(chunked_gzip), chunked_gzip)),
        titles=TWO,
    )
    yield Case("204-with-a-body", script=said_raw(b"HTTP/1.1 204 No Content\r\n" + LENGTH + b"\r\n" + FEED), fault="unreachable")
    yield Case("type-folded", script=said_raw(OK + b"Content-Type: text/xml;\r\n\tcharset=utf-8\r\n" + LENGTH + b"\r\n" + FEED), titles=TWO)
    yield Case("icy", script=said_raw(b"ICY 200 OK\r\n" + LENGTH + b"\r\n" + FEED), fault="unreachable")
    yield Case("second-answer-behind", script=said_raw(OK + LENGTH + b"\r\n" + FEED + OK + b"Content-Length: 3\r\n\r\nbad"), titles=TWO)
    yield Case("300-with-a-place-inside", FEED, status="300 Choices", headers={"Location": "http://10.0.0.1/"}, fault="http_error")
    yield Case("226-im-used", FEED, status="226 IM Used", titles=TWO)
    yield Case("gzip-and-identity", gzip.compress(FEED), headers={"Content-Encoding": "gzip, identity"}, titles=TWO)
    yield Case("aws-chunked-said", FEED, headers={"Content-Encoding": "aws-chunked"}, fault="not_a_source")
    yield Case("gzip-in-deflate", zlib.compress(gzip.compress(FEED)), headers={"Content-Encoding": "deflate"}, titles=TWO)
    yield Case("gzip-bomb-in-deflate", zlib.compress(packed(40, 31)), headers={"Content-Encoding": "deflate"}, fault="too_large")
    yield Case("empty-members", gzip.compress(b"") * 2_000 + gzip.compress(FEED), headers={"Content-Encoding": "gzip"}, titles=TWO)
    endless_name = b"\x1f\x8b\x08\x08" + b"\0" * 6 + b"n" * 100_000
    yield Case("gzip-with-an-endless-name", endless_name, headers={"Content-Encoding": "gzip"}, fault="not_a_source")


def letters() -> Iterator[Case]:
    """Charsets that are seldom, or not told."""
    yield Case("utf-32-be-without-mark", rss(KOREAN).encode("utf-32-be"), titles=(KOREAN,))
    yield Case("utf-16-with-half-a-character-more", rss(KOREAN).encode("utf-16") + b"x", titles=(KOREAN,))
    yield Case("utf-7-throughout", b"+ADw-?xml version=+ACI-1.0+ACI-?+AD4-+ADw-rss+AD4-", fault="not_a_source")
    yield Case("ebcdic", rss("one", encoding="cp037").encode("cp037"), fault="not_a_source")
    yield Case("iso-2022-kr", rss(KOREAN, encoding="iso-2022-kr").encode("iso2022_kr"), language="ko", titles=(KOREAN,))
    yield Case("characters-in-two-halves", rss("a%b").encode().replace(b"%", b"\xed\xa0\xbd\xed\xb8\x80"), titles=("a\U0001f600b",))
    spoken = [
        ("ru", "Регистрация лекарственных препаратов", "cp1251"), ("el", "Εθνικός Οργανισμός Φαρμάκων", "cp1253"),
        ("ar", "هيئة الغذاء والدواء", "cp1256"), ("th", "สำนักงานคณะกรรมการอาหารและยา", "cp874"),
        ("cs", "Státní ústav pro kontrolu léčiv", "cp1250"),
    ]  # fmt: skip
    for language, words, codec in spoken:
        body = rss(words).replace(' encoding="UTF-8"', "").encode(codec)
        yield Case(f"{codec}-unlabelled", body, language=language, titles=(words,))
    for codec, label in (("mac_roman", "macintosh"), ("cp437", "ibm437"), ("cp850", "ibm850")):
        yield Case(f"{codec}-declared", rss("Sécurité", encoding=label).encode(codec), language="fr", titles=("Sécurité",))
    for label in ("rot13", "base64", "idna", "zlib_codec", "undefined", "unicode_escape"):
        yield Case(f"codec-of-python-{label}", rss(KOREAN, encoding=label).encode(), titles=(KOREAN,))
    yield Case("only-zero-bytes", b"\0" * 10_000, fault="not_a_source")
    yield Case("chinese-in-hz", rss(CHINESE, encoding="hz-gb-2312").encode("hz"), language="zh", count=1)


def feeds() -> Iterator[Case]:
    """Feeds that say what they mean in a way that is seldom."""
    one = "<title>one</title>"
    yield Case("references-to-nothing", rss("A&#xD800;B&#0;C&#x110000;D&#99999999;E").encode(), titles=("ABCDE",))
    yield Case("references-to-nothing-in-text", rss("A&amp;#99999999;B").encode(), titles=("AB",))
    yield Case("words-in-tag-characters", rss("a" + "".join(chr(0xE0000 + ord(x)) for x in "evil") + "b").encode(), titles=("ab",))
    two = "<item><title>one</title></item></channel> <channel><title>u</title><item><title>two</title></item>"
    yield Case("two-channels", RSS.format("", two).encode(), titles=TWO)
    for prefix in ("media", "itunes"):
        item = f"<item><{prefix}:title>no</{prefix}:title>{one}</item>"
        yield Case(f"{prefix}-title-first", RSS.format(f'xmlns:{prefix}="x"', item).encode(), titles=("one",))
    yield Case("title-of-the-source-first", atom(f"<entry><id>1</id><source><title>no</title></source>{one}</entry>"), titles=("one",))
    yield Case("lone-entry", atom("").replace(b"feed", b"entry"), fault="not_a_source")
    yield Case("entries-of-nothing", RSS.format("", "<item/><item></item>").encode(), fault="not_a_source")
    yield Case("doctype-left-open", rss("one").replace("?>", "?><!DOCTYPE rss [ ", 1).encode(), titles=("one",))
    doctype = '?><!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    yield Case("entity-in-utf-16", rss("&x;", encoding="utf-16").replace("?>", doctype, 1).encode("utf-16"), fault="not_a_source")
    yield Case("entity-in-small-letters", rss("&x;").replace("?>", '?><!doctype rss [<!entity x "y">]>', 1).encode(), fault="not_a_source")
    yield Case("comment-left-open", rss("one").replace("<item>", "<!-- <item>", 1).encode(), fault="not_a_source")
    many = " ".join(f'xmlns:n{number}="u{number}"' for number in range(2_000))
    yield Case("thousands-of-namespaces", rss("one").replace("<rss ", f"<rss {many} ").encode(), titles=("one",))
    yield Case("feed-in-soap", b"<Envelope><Body>" + FEED.partition(b"?>")[2] + b"</Body></Envelope>", fault="not_a_source")
    yield Case("feed-in-json", json.dumps({"feed": FEED.decode()}).encode(), fault="not_a_source")


def records() -> Iterator[Case]:
    """JSON Feeds of odd form, and files where a page was."""

    def feed(items: object) -> bytes:
        return json.dumps({"version": JSON_FEED, "items": items}, ensure_ascii=False).encode()

    yield Case("json-feed-in-utf-16", feed([{"title": KOREAN}]).decode().encode("utf-16"), titles=(KOREAN,))
    yield Case(
        "json-feed-of-a-million", b'{"version": "%s", "items": [%s{}]}' % (JSON_FEED.encode(), b"{}," * 1_000_000), fault="too_large"
    )
    ids = b'{"items": [{"id": NaN, "title": "one"}, {"id": 1e999, "title": "two"}, {"id": true, "title": "three"}]}'
    yield Case("json-feed-ids-of-nothing", ids, titles=("one", "two", "three"))
    yield Case("json-feed-nested", b'{"items": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", fault="not_a_source")
    yield Case("json-feed-with-items-twice", b'{"items": null, "items": [{"title": "one"}]}', titles=("one",))
    yield Case("json-feed-of-a-table", feed({"a": {"title": "one"}}), fault="not_a_source")
    for name, head in (("pdf", b"%PDF-1.7\n"), ("png", b"\x89PNG\r\n\x1a\n"), ("docx", b"PK\x03\x04")):
        yield Case(f"{name}-for-page", head + bytes(range(256)) * 50, kind="page", fault="not_a_source")
    yield Case("pdf-for-listing", b"%PDF-1.7\n<a href=/1>one</a>", kind="listing", fault="not_a_source")
    yield Case("angles-without-a-tag-for-page", b"if a < b and b < c then a < c, " * 20, kind="page", fault="not_a_source")


def cases() -> list[Case]:
    """Every case of this kit."""
    return [case for group in (http, letters, feeds, records) for case in group()]
