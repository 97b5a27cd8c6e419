"""A third kit of hostile answers: documents whose charset, markup, records or dates are not what they should be.

Each is a `Case` of tests.hostile_feeds and is tried in the same way.
"""

import json
from collections.abc import Iterator

from tests.hostile_feeds import JAPANESE, KOREAN, TAIWANESE, Case, dated, rss

FEED = rss("one", "two").encode()


def atom(entries: str, attributes: str = "") -> bytes:
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"{attributes}><title>t</title>{entries}</feed>'.encode()


def letters() -> Iterator[Case]:
    """Charsets that are not what is said, or said where nobody looks."""
    yield Case("utf-16-be-without-mark", rss(KOREAN, encoding="utf-16").encode("utf-16-be"), titles=(KOREAN,))
    yield Case("utf-16-called-utf-8", rss(KOREAN).encode("utf-16"), headers={"Content-Type": "text/xml; charset=utf-8"}, titles=(KOREAN,))
    yield Case("utf-8-called-utf-16", rss(KOREAN, encoding="utf-16").encode(), titles=(KOREAN,))
    yield Case(
        "utf-8-called-utf-16-by-http", rss(KOREAN).encode(), headers={"Content-Type": "text/xml; charset=utf-16le"}, titles=(KOREAN,)
    )
    yield Case("utf-32-with-mark", rss(KOREAN, encoding="utf-32").encode("utf-32"), titles=(KOREAN,))
    yield Case("utf-32-without-mark", rss(KOREAN, encoding="utf-32").encode("utf-32-le"), titles=(KOREAN,))
    yield Case("utf-7-stays-ascii", rss("+AGEAYg-", encoding="utf-7").encode(), titles=("+AGEAYg-",))
    yield Case("mark-and-euc-kr-declared", b"\xef\xbb\xbf" + rss(KOREAN, encoding="euc-kr").encode(), language="ko", titles=(KOREAN,))
    yield Case("two-marks", b"\xef\xbb\xbf\xef\xbb\xbf" + rss(KOREAN).encode(), titles=(KOREAN,))
    yield Case(
        "http-says-euc-kr-document-says-utf-8",
        rss(KOREAN).encode(),
        headers={"Content-Type": "text/xml; charset=euc-kr"},
        language="ko",
        titles=(KOREAN,),
    )
    yield Case(
        "http-and-document-lie",
        rss(KOREAN, encoding="shift_jis").encode("cp949"),
        headers={"Content-Type": "text/xml; charset=big5"},
        language="ko",
        titles=(KOREAN,),
    )
    yield Case("big5-called-gbk", rss(TAIWANESE, encoding="gbk").encode("big5"), language="zh-Hant", titles=(TAIWANESE,))
    yield Case("cp932-called-iso-2022-jp", rss(JAPANESE, encoding="iso-2022-jp").encode("cp932"), language="ja", titles=(JAPANESE,))
    yield Case("johab-nobody-knows", rss(KOREAN, encoding="johab").encode("johab"), language="ko", count=1)
    yield Case("half-utf-8-half-cp949", rss(KOREAN, "%").encode().replace(b"%", "안내".encode("cp949")), language="ko", count=2)
    yield Case("one-bad-byte-in-utf-8", rss(KOREAN, "b%d").encode().replace(b"%", b"\xff"), count=2)
    yield Case("overlong-utf-8", rss("a%b").encode().replace(b"%", b"\xc0\xbcscript\xc0\xbe"), count=1)
    yield Case("lone-halves", rss("a%b").encode().replace(b"%", b"\xed\xa0\x80"), count=1)
    yield Case(
        "declaration-in-the-middle",
        rss("one").encode().replace(b"<item>", b'<?xml version="1.0" encoding="euc-kr"?><item>'),
        titles=("one",),
    )
    yield Case("blanks-before-declaration", b"\n\n  " + rss(KOREAN).encode(), titles=(KOREAN,))
    yield Case("zero-bytes-between", rss("o%ne").encode().replace(b"%", b"\0"), titles=("one",))
    yield Case(
        "single-quoted-declaration", rss(KOREAN, encoding="euc-kr").replace('"', "'").encode("euc-kr"), language="ko", titles=(KOREAN,)
    )
    yield Case("xml-1.1", rss("one").replace('version="1.0"', 'version="1.1"', 1).encode(), titles=("one",))


def documents() -> Iterator[Case]:
    """XML of every odd form."""
    yield Case(
        "plain-doctype",
        rss("one").replace("?>", '?><!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://127.0.0.1:9/rss.dtd">', 1).encode(),
        titles=("one",),
    )
    yield Case(
        "parameter-entities",
        rss("one").replace("?>", '?><!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>', 1).encode(),
        fault="not_a_source",
    )
    yield Case(
        "doctype-after-a-comment",
        rss("one").replace("?>", '?><!-- <rss> --><!DOCTYPE rss [<!ENTITY x "y">]>', 1).encode(),
        fault="not_a_source",
    )
    yield Case(
        "doctype-with-attlist",
        rss("one").replace("?>", '?><!DOCTYPE rss [<!ATTLIST rss version CDATA "2.0">]>', 1).encode(),
        titles=("one",),
    )
    yield Case("undeclared-entity", rss("one &unknown; two").encode(), titles=("one &unknown; two",))
    yield Case(
        "xinclude",
        rss("one", item='<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>').encode(),
        titles=("one",),
    )
    yield Case(
        "stylesheet",
        rss("one").replace("?>", '?><?xml-stylesheet href="http://127.0.0.1:9/x.xsl" type="text/xsl"?>', 1).encode(),
        titles=("one",),
    )
    yield Case("cdata-in-two-parts", rss("<![CDATA[one ]]><![CDATA[two]]>").encode(), titles=("one two",))
    yield Case("cdata-with-its-end-inside", rss("<![CDATA[a]]]]><![CDATA[>b]]>").encode(), titles=("a]]>b",))
    yield Case("cdata-left-open", rss("one", "<![CDATA[two").encode(), titles=("one",))
    yield Case("cdata-with-markup", rss("<![CDATA[<b>one</b> &amp; <i>two</i>]]>").encode(), titles=("one & two",))
    yield Case("twice-escaped", rss("R&amp;amp;D &amp;lt;b&amp;gt;").encode(), count=1)


def dialects() -> Iterator[Case]:
    """Feeds in odd dialects and namespaces, with odd links and ids, and documents that are no feed."""
    yield Case(
        "prefix-unbound", rss("one", item="<dc:date>2026-07-06</dc:date><content:encoded>long</content:encoded>").encode(), titles=("one",)
    )
    yield Case(
        "rss-in-a-default-namespace",
        rss("one").replace("<rss ", '<rss xmlns="http://backend.userland.com/rss2" ').encode(),
        titles=("one",),
    )
    yield Case(
        "atom-under-a-prefix",
        b'<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:id>1</a:id><a:title>one</a:title></a:entry></a:feed>',
        titles=("one",),
    )
    yield Case(
        "atom-0.3",
        b'<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title>one</title><id>1</id><issued>2026-07-06</issued></entry></feed>',
        titles=("one",),
    )
    yield Case("atom-without-id", atom("<entry><title>one</title><link href='https://h.example/1'/></entry>"), titles=("one",))
    yield Case(
        "atom-title-as-xhtml",
        atom("<entry><id>1</id><title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><b>one</b> two</div></title></entry>"),
        titles=("one two",),
    )
    yield Case("atom-title-as-html", atom("<entry><id>1</id><title type='html'>&lt;b&gt;one&lt;/b&gt;</title></entry>"), titles=("one",))
    yield Case(
        "xml-base",
        atom("<entry><id>1</id><title>one</title><link href='1.html'/></entry>", " xml:base='https://h.example/a/'"),
        titles=("one",),
    )
    yield Case(
        "xml-base-inwards",
        atom("<entry><id>1</id><title>one</title><link href='https://h.example/1'/></entry>", " xml:base='javascript:alert(1)//'"),
        titles=("one",),
    )
    yield Case(
        "link-that-is-a-script", atom("<entry><id>1</id><title>one</title><link href='JaVaScRiPt:alert(1)'/></entry>"), titles=("one",)
    )
    yield Case("link-that-hides-a-script", rss("one").replace("https://h.example/0", "java&#10;script:alert(1)").encode(), titles=("one",))
    yield Case("link-of-data", rss("one").replace("https://h.example/0", "data:text/html;base64,PHNjcmlwdD4=").encode(), titles=("one",))
    yield Case("link-of-vbscript", rss("one").replace("https://h.example/0", " vbscript:x").encode(), titles=("one",))
    yield Case("guid-that-is-no-link", rss("one", item='<guid isPermaLink="false">https://evil.example/x</guid>').encode(), titles=("one",))
    yield Case("one-guid-for-all", rss("one", "two", "three", item="<guid>same</guid>").encode(), titles=("one", "two", "three"))
    yield Case("empty-guids", rss("one", "two", item="<guid></guid>").encode(), titles=("one", "two"))
    yield Case("one-item-many-times", rss(*["one"] * 50).replace("https://h.example/", "https://h.example/0?").encode(), count=50)
    yield Case(
        "items-outside-the-channel",
        b"<rss version='2.0'><channel><title>t</title></channel><item><title>one</title></item></rss>",
        titles=("one",),
    )
    yield Case(
        "rss-0.9",
        b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://my.netscape.com/rdf/simple/0.9/'><channel><title>t</title></channel><item><title>one</title></item></rdf:RDF>",
        titles=("one",),
    )
    yield Case("two-documents", FEED + FEED, titles=("one", "two"))
    yield Case("waste-after-the-end", FEED + b"<script>x</script><!-- cached -->", titles=("one", "two"))
    yield Case("warning-before-the-start", b"<br />\n<b>Warning</b>: mysql in <b>/x.php</b><br />\n" + FEED, titles=("one", "two"))
    yield Case("tags-in-capitals", b"<RSS><CHANNEL><ITEM><TITLE>one</TITLE></ITEM></CHANNEL></RSS>", titles=("one",))
    yield Case("tags-not-closed", b"<rss><channel><item><title>one</title><item><title>two</title></channel></rss>", titles=("one",))
    yield Case("tags-crossed", b"<rss><channel><item><title>one</item></title></channel></rss>", titles=("one",))
    yield Case(
        "attributes-twice", b'<rss version="2.0" version="1.0"><channel><item><title>one</title></item></channel></rss>', titles=("one",)
    )
    yield Case("comment-with-dashes", rss("one").replace("<item>", "<!-- a -- b --><item>").encode(), titles=("one",))
    yield Case("titles-that-nest", rss("<title><title>one</title></title>").encode(), count=1)
    yield Case("html-in-the-title-unescaped", rss("one <b>two</b> <br> three").encode(), count=1)
    yield Case("opml", b"<opml version='2.0'><body><outline text='x' xmlUrl='https://h.example/feed'/></body></opml>", fault="not_a_source")
    yield Case(
        "sitemap",
        b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>https://h.example/</loc></url></urlset>",
        fault="not_a_source",
    )
    yield Case("svg", b"<svg xmlns='http://www.w3.org/2000/svg'><title>one</title></svg>", fault="not_a_source")
    yield Case(
        "soap-fault",
        b"<soap:Envelope xmlns:soap='x'><soap:Body><soap:Fault><faultstring>no</faultstring></soap:Fault></soap:Body></soap:Envelope>",
        fault="not_a_source",
    )
    yield Case("feed-in-html", b"<!DOCTYPE html><html><body><pre>" + FEED + b"</pre></body></html>", fault="not_a_source")


def records() -> Iterator[Case]:
    """JSON of every odd form."""
    one = {"title": "one", "url": "https://h.example/1"}
    yield Case("json-with-mark", b"\xef\xbb\xbf" + json.dumps([one]).encode(), kind="json_api", titles=("one",))
    yield Case("json-in-utf-16", json.dumps([one]).encode("utf-16"), kind="json_api", titles=("one",))
    yield Case("json-lines", b"\n".join(json.dumps(one).encode() for _ in range(3)), kind="json_api", titles=("one", "one", "one"))
    yield Case(
        "json-with-nan",
        b'[{"title": "one", "published": NaN}, {"title": "two", "published": Infinity}]',
        kind="json_api",
        titles=("one", "two"),
    )
    yield Case("json-with-huge-numbers", b'[{"title": "one", "published": ' + b"9" * 5_000 + b"}]", kind="json_api", fault="not_a_source")
    yield Case("json-with-big-exponent", b'[{"title": "one", "published": 1e999999}]', kind="json_api", titles=("one",))
    yield Case("json-with-comments", b'[{"title": "one"}, // more\n]', kind="json_api", fault="not_a_source")
    yield Case("json-with-keys-twice", b'[{"title": "first", "title": "one"}]', kind="json_api", titles=("one",))
    yield Case("json-with-halves", b'[{"title": "one\\ud800"}]', kind="json_api", titles=("one",))
    yield Case("json-guarded", b")]}',\n" + json.dumps([one]).encode(), kind="json_api", fault="not_a_source")
    yield Case("json-padded", b"callback(" + json.dumps([one]).encode() + b");", kind="json_api", fault="not_a_source")
    yield Case(
        "json-with-titles-of-all-kinds",
        b'[{"title": null}, {"title": 7}, {"title": ["a"]}, {"title": {"x": 1}}, {"title": true}, {"title": "one"}]',
        kind="json_api",
        titles=("7", "a", "true", "one"),
    )
    yield Case("json-string", b'"hello"', kind="json_api", fault="not_a_source")
    yield Case("json-number", b"42", kind="json_api", fault="not_a_source")
    yield Case("json-of-9-mb", b'[{"title": "' + b"a" * 9_000_000 + b'"}]', kind="json_api", fault="too_large")
    yield Case("json-feed-without-version", b'{"title": "t", "items": [{"id": 1, "title": "one"}]}', titles=("one",))
    yield Case(
        "json-feed-of-odd-items",
        b'{"version": "https://jsonfeed.org/version/1.1", "items": [null, 3, "x", {}, {"id": "1", "title": "one", "url": "javascript:x"}]}',
        titles=("one",),
    )
    yield Case("json-feed-without-items", b'{"version": "https://jsonfeed.org/version/1.1", "items": null}', fault="not_a_source")
    yield Case(
        "json-error-in-200", b'{"error": {"code": "NOT_FOUND", "message": "No matches found!"}}', kind="json_api", fault="not_a_source"
    )


def days() -> Iterator[Case]:
    """Dates as people write them; with some only the day is certain."""
    same = [
        "2026.07.06", "2026. 07. 06.", "2026. 7. 6", "2026.7.6(월)", "2026년7월6일", "서기 2026년 7월 6일", "2026-07-06 (월)", "2026/7/6",
        "２０２６年７月６日", "二〇二六年七月六日", "令和8年7月6日", "令和８年７月６日", "R8.7.6",
        "令和 8 年 7 月 6 日(月)", "民國115年7月6日",
        "中華民國115年7月6日", "115.07.06", "115-07-06", "2026-7-6", "6 July 2026", "July 6, 2026", "6. Juli 2026",
        "6 juillet 2026", "06-Jul-2026",
        "Mon, 6 Jul 26 09:00:00 +0000", "Mon 06 Jul 2026", "2026-07-05T24:00:00", "2026-07-06T09:00", "2026-07-06 09:00:00.123456789",
        "2026-07-06T09:00:00+0900", "2026-07-06T09:00:00 Z", "20260706T090000Z", "20260706090000", "1783332000000", "2026年07月06日 09:00",
        "2026-07-06T09:00:60Z", "Mon, 06 Jul 2026 09:00:60 GMT", "2026-W28-1", "6/7/2026", "July 6th, 2026", "2026年7月6日（月）",
        "<time>2026-07-06</time>", "&lt;b&gt;2026-07-06&lt;/b&gt;", "作成日：2026年7月6日", "등록일 2026-07-06",
    ]  # fmt: skip
    yield Case("days-as-written", dated(*same), language="ko", days=("2026-07-06",) * len(same))


def cases() -> list[Case]:
    """Every case of this kit."""
    return [case for group in (letters, documents, dialects, records, days) for case in group()]
