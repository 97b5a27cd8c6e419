"""A kit of hostile answers: what a server says, what kind of source asks, and how that has to end.

Each case is told by a `Case`; `serve` puts them all on a FeedServer. `fault` is the trouble it must end in; without one it ends in
entries: `titles` when they matter, else `count` of them, with `days` as their published days.
"""

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from bot.errors import FetchFault
from bot.model import SourceKind
from tests.feed_server import Asked, FeedServer, answer

Script = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Case:
    """One hostile path."""

    name: str
    body: bytes = b""
    kind: SourceKind = "feed"
    headers: dict[str, str] = field(default_factory=dict)
    status: str = "200 OK"
    script: Script | None = None
    language: str = ""
    fault: FetchFault | None = None
    count: int | None = None
    titles: tuple[str, ...] = ()
    days: tuple[str | None, ...] = ()


def serve(server: FeedServer, case: Case) -> str:
    """The address at which the server plays this case."""
    path = f"/{case.name}"
    if case.script:
        return server.runs(path, case.script)
    return server.says(path, case.status, case.headers, case.body)


def rss(*titles: str, encoding: str = "UTF-8", item: str = "") -> str:
    """A feed of items with these titles; `item` is more markup in each."""
    rows = "".join(f"<item><title>{title}</title><link>https://h.example/{n}</link>{item}</item>" for n, title in enumerate(titles))
    return f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel><title>t</title>{rows}</channel></rss>'


def dated(*dates: str) -> bytes:
    rows = "".join(f"<item><title>{n}</title><guid>{n}</guid><pubDate>{date}</pubDate></item>" for n, date in enumerate(dates))
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{rows}</channel></rss>'.encode()


def packed(megabytes: int, wbits: int) -> bytes:
    """So many megabytes of a feed that never ends, compressed without ever being whole in memory."""
    packer = zlib.compressobj(9, wbits=wbits)
    filler = b"<item><title>" + b"a" * 999_970 + b"</title></item>"
    parts = [packer.compress(b'<?xml version="1.0"?><rss version="2.0"><channel>')]
    parts += [packer.compress(filler) for _ in range(megabytes)]
    return b"".join([*parts, packer.flush()])


def _streaming(head: bytes, chunk: bytes, pause: float = 0.0) -> Script:
    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(pause)

    return script


def _saying(*parts: bytes) -> Script:
    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return script


def _redirecting(*locations: str) -> Script:
    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(answer("302 Found", {"Location": locations[0]}))

    return script


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
KOREAN = "의약품 허가 심사 결과 안내"
ODD_KOREAN = "뷁 펲시콜라 의약품 허가"  # syllables of CP949 that EUC-KR does not have
CHINESE = "国家药监局关于发布指导原则的公告"
ODD_CHINESE = "药品镕㐂注册审评公告"  # characters of GB18030 that GB2312 does not have
JAPANESE = "医薬品の承認審査について①㈱"  # characters of CP932 that Shift_JIS does not have
TAIWANESE = "藥品查驗登記審查準則修正"


def bombs() -> Iterator[Case]:
    """Little that becomes much."""
    yield Case("gzip-bomb", packed(200, 31), headers={"Content-Encoding": "gzip"}, fault="too_large")
    yield Case("deflate-bomb", packed(200, 15), headers={"Content-Encoding": "deflate"}, fault="too_large")
    yield Case("gzip-file-bomb", packed(200, 31), fault="too_large")
    yield Case("gzip-in-gzip", gzip.compress(gzip.compress(b"x")), headers={"Content-Encoding": "gzip, gzip"}, fault="not_a_source")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<!DOCTYPE rss [<!ENTITY l0 "ha">{laughs}]>'
    yield Case("billion-laughs", rss("&l9;").replace("?>", f"?>{doctype}", 1).encode(), fault="not_a_source")
    quadratic = f'<!DOCTYPE rss [<!ENTITY a "{"a" * 100_000}">]>'
    yield Case("quadratic-blow-up", rss("&a;" * 10_000).replace("?>", f"?>{quadratic}", 1).encode(), fault="not_a_source")
    outside = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    yield Case("external-entity", rss("&x;").replace("?>", f"?>{outside}", 1).encode(), fault="not_a_source")
    yield Case("external-entity-xml-api", rss("&x;").replace("?>", f"?>{outside}", 1).encode(), kind="xml_api", fault="not_a_source")
    yield Case("deep-markup", rss("<b>" * 20_000 + "deep" + "</b>" * 20_000).encode(), count=1)
    yield Case("deep-json", b"[" * 100_000 + b"]" * 100_000, kind="json_api", fault="not_a_source")
    yield Case("wide-json", b"[" + b"{}," * 2_000_000 + b"{}]", kind="json_api", fault="too_large")
    yield Case("deep-page", b"<html><body>" + b"<div>" * 100_000 + b"<a href=/1>one</a>", kind="listing", fault="too_large")
    yield Case("deep-page-with-decoys", b"<html><body>" + b"<div></x>" * 100_000 + b"<a href=/1>one</a>", kind="listing", fault="too_large")
    bold = b"".join(b"<b id=%d>" % n for n in range(5_000))
    yield Case("bold-left-open", b"<html><body><p>" + bold + b"<p>x" * 5_000, kind="page", fault="too_large")
    yield Case("wide-page", b"<html><body>" + b"<p>" * 500_000, kind="page", fault="too_large")
    yield Case("a-million-marks", b"<rss><channel>" + b"<a/>" * 1_000_000 + b"</channel></rss>", fault="too_large")
    yield Case(
        "a-million-attributes", b"<rss " + b" ".join(b'a%d="1"' % n for n in range(200_000)) + b"/>", fault="not_a_source", kind="xml_api"
    )


def endless() -> Iterator[Case]:
    """Answers that never end, or never begin."""
    yield Case("endless-body", script=_streaming(CHUNKED, b"10000\r\n" + b"x" * 0x10000 + b"\r\n"), fault="too_large")
    yield Case("endless-feed", script=_streaming(CHUNKED, b"22\r\n<item><title>more</title></item>  \r\n"), fault="timeout")
    yield Case("body-that-drips", script=_streaming(OK + b"Content-Length: 100000\r\n\r\n", b"x", 0.02), fault="timeout")
    yield Case("head-that-drips", script=_streaming(OK, b"X-Slow: 1\r\n", 0.02), fault="timeout")
    yield Case("endless-head", script=_streaming(OK, b"X-Long: " + b"a" * 60_000 + b"\r\n"), fault="unreachable")
    yield Case("status-that-never-comes", script=_streaming(b"", b"", 0.05), fault="timeout")
    yield Case("flood-of-1xx", script=_streaming(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 50), fault="timeout")
    yield Case("flood-of-100", script=_streaming(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50), fault="timeout")
    yield Case("promised-giant", headers={"Content-Length": "999999999999"}, fault="too_large")
    yield Case("endless-chunk-head", script=_streaming(CHUNKED, b"1" * 1000), fault="unreachable")


def redirects() -> Iterator[Case]:
    """Answers that send us elsewhere."""
    yield Case("loop", script=_redirecting("/loop"), fault="http_error")
    inward = [
        "http://127.0.0.1/", "http://localhost/x", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://10.0.0.1/",
        "http://2130706433/", "http://[::ffff:127.0.0.1]/", "file:///etc/passwd", "gopher://h.example/", "http://user@127.0.0.1/",
        "javascript:alert(1)", "http://h.example:22/", "//127.0.0.1/",
    ]  # fmt: skip
    for number, where in enumerate(inward):
        yield Case(f"redirect-inward-{number}", script=_redirecting(where), fault="refused")
    yield Case("redirect-without-place", status="302 Found", fault="http_error")
    yield Case("redirect-to-nonsense", status="302 Found", headers={"Location": "http://[broken"}, fault="unreachable")


def cut() -> Iterator[Case]:
    """Answers that break off."""
    whole = rss("one", "two", "three").encode()
    yield Case("cut-by-length", script=_saying(OK + b"Content-Length: 5000\r\n\r\n" + whole), fault="unreachable")
    yield Case("cut-chunk", script=_saying(CHUNKED + b"5000\r\n" + whole), fault="unreachable")
    yield Case("cut-gzip", gzip.compress(whole)[:-12], headers={"Content-Encoding": "gzip"}, fault="not_a_source")
    yield Case("cut-xml", whole[: whole.index(b"three")], titles=("one", "two"))
    yield Case("cut-in-a-character", rss(KOREAN, KOREAN).encode()[:-60], language="ko", count=None)
    yield Case("cut-json", b'{"items": [{"title": "one"}, {"tit', kind="json_api", fault="not_a_source")
    yield Case("empty", b"", fault="not_a_source")
    yield Case("white-space", b" \r\n ", fault="not_a_source")
    yield Case("garbage-instead-of-http", script=_saying(b"\x00\xff hello\r\n\r\n"), fault="unreachable")
    yield Case("closed-at-once", script=_saying(), fault="unreachable")
    yield Case("negative-length", script=_saying(OK + b"Content-Length: -5\r\n\r\nx"), fault="unreachable")


def charsets() -> Iterator[Case]:
    """The same words under right, wrong and no labels: none may be lost."""
    spoken = [
        ("ko", KOREAN, "euc-kr", "euc-kr"), ("ko", ODD_KOREAN, "cp949", "euc-kr"), ("ko", ODD_KOREAN, "cp949", "ks_c_5601-1987"),
        ("zh", CHINESE, "gb2312", "gb2312"), ("zh", ODD_CHINESE, "gb18030", "gb2312"), ("zh", CHINESE, "gbk", "gbk"),
        ("ja", JAPANESE, "cp932", "Shift_JIS"), ("ja", "医薬品の承認審査", "euc_jp", "euc-jp"),
        ("ja", "医薬品の承認審査", "iso2022_jp", "iso-2022-jp"), ("zh-Hant", TAIWANESE, "big5", "big5"),
        ("zh-Hant", TAIWANESE, "big5hkscs", "big5-hkscs"),
    ]  # fmt: skip
    for language, words, codec, label in spoken:
        said = rss(words, encoding=label).encode(codec)
        plain = rss(words).replace(' encoding="UTF-8"', "").encode(codec)
        ways = {
            "declared": (said, {}),
            "by-http": (plain, {"Content-Type": f"text/xml; charset={label}"}),
            "unlabelled": (plain, {}),
            "called-utf-8": (said.replace(label.encode(), b"utf-8"), {"Content-Type": "text/xml; charset=utf-8"}),
        }
        for way, (body, headers) in ways.items():
            yield Case(f"{codec}-{label}-{way}", body, headers=headers, language=language, titles=(words,))
    for label in ("euc-kr", "iso-8859-1", "shift_jis", "nonsense-1", "utf-7"):
        yield Case(f"utf-8-called-{label}", rss(KOREAN, encoding=label).encode(), language="ko", titles=(KOREAN,))
    yield Case("utf-16-with-mark", rss(KOREAN, encoding="utf-16").encode("utf-16"), titles=(KOREAN,))
    yield Case("utf-16-without-mark", rss(KOREAN, encoding="utf-16").encode("utf-16-le"), titles=(KOREAN,))
    yield Case("utf-8-with-mark-called-latin-1", b"\xef\xbb\xbf" + rss(KOREAN, encoding="latin-1").encode(), titles=(KOREAN,))


def sizes() -> Iterator[Case]:
    """Much of everything, still to be read."""
    yield Case("title-of-1-mb", rss("a" * 1_000_000, "short").encode(), count=2)
    yield Case("title-of-1-mb-of-marks", rss("&amp;" * 200_000, "short").encode(), count=2)
    yield Case("summary-of-5-mb", rss("one", item=f"<description>{'b ' * 2_500_000}</description>").encode(), titles=("one",))
    yield Case("link-of-1-mb", rss("one").replace("https://h.example/0", "https://h.example/" + "x" * 1_000_000).encode(), count=1)
    yield Case("ten-thousand-items", rss(*(f"item {n}" for n in range(10_000))).encode(), count=10_000)
    rows = ",".join(f'{{"title": "item {n}"}}' for n in range(10_000))
    yield Case("ten-thousand-records", f"[{rows}]".encode(), kind="json_api", count=10_000)
    yield Case("fifty-thousand-items", rss(*(["x"] * 50_000)).encode(), fault="too_large")
    yield Case("no-items", rss().encode(), count=0)
    yield Case("items-that-say-nothing", b"<rss><channel><item/><item><title/></item></channel></rss>", fault="not_a_source")


def words() -> Iterator[Case]:
    """Titles, links and dates that want to be something else."""
    yield Case("script-in-title", rss("&lt;script&gt;alert(1)&lt;/script&gt;Notice").encode(), titles=("Notice",))
    yield Case("bidi-and-zero-width", rss("No\u202eti\u200bce\u2066").encode(), titles=("Notice",))
    yield Case("control-characters", rss("No\x0bti\x07ce").encode(), titles=("Notice",))
    yield Case("bare-ampersand", rss("R&D approval").encode(), titles=("R&D approval",))
    yield Case("html-entity", rss("A&nbsp;B &copy;").encode(), titles=("A B ©",))
    yield Case("script-as-link", rss("one").replace("https://h.example/0", "javascript:alert(1)").encode(), titles=("one",))
    yield Case("data-as-link", rss("one").replace("https://h.example/0", "data:text/html,x").encode(), titles=("one",))
    yield Case("no-ids", b"<rss><channel><item><title>a</title></item><item><title>b</title></item></channel></rss>", titles=("a", "b"))
    yield Case("same-id-twice", rss("a", "b", item="<guid>same</guid>").encode(), titles=("a", "b"))
    yield Case("id-of-1-mb", rss("a", item=f"<guid>{'g' * 1_000_000}</guid>").encode(), titles=("a",))
    yield Case(
        "dates",
        dated(
            "Mon, 06 Jul 2026 10:00:00 GMT", "2026-07-06T10:00:00Z", "2026. 7. 6.", "2026년 7월 6일", "2026年7月6日", "令和8年7月6日",
            "令和元年5月1日",
            "115/07/06", "民國115年7月6日", "20260706", "06 July 2026", "2026-Jul-06", "1783332000",
        ),
        language="ko",
        days=(*["2026-07-06"] * 6, "2019-05-01", *["2026-07-06"] * 6),
    )  # fmt: skip
    yield Case(
        "impossible-dates",
        dated(
            "0001-01-01", "9999-12-31T23:59:59Z", "Mon, 31 Feb 2026 10:00:00 GMT", "99999999999999999999", "-1", "yesterday", "2026-13-40",
            "Fri, 31 Dec 9999 23:59:59 +1400", "1 Jan 0001 00:00:00 GMT", "NaN", "1e400", "0/0/0",
        ),
        days=(None,) * 12,
    )  # fmt: skip


def instead() -> Iterator[Case]:
    """Something else than what was promised, some of it with a friendly 200."""
    page = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>Back soon</h1></body></html>"
    yield Case("page-instead-of-feed", page, fault="not_a_source")
    yield Case("page-instead-of-json", page, kind="json_api", fault="not_a_source")
    yield Case("page-instead-of-xml", page, kind="xml_api", fault="not_a_source")
    yield Case("json-instead-of-feed", b'{"error": "no"}', fault="not_a_source")
    yield Case("json-instead-of-page", b'{"error": "no"}', kind="listing", fault="not_a_source")
    yield Case("picture", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, fault="not_a_source")
    yield Case("pdf-as-page", b"%PDF-1.7\n" + bytes(range(256)) * 40, kind="listing", fault="not_a_source")
    yield Case("page-without-rows", page, kind="listing", fault="not_a_source")
    yield Case("page-without-text", b"<html><body><nav>Home</nav><main></main></body></html>", kind="page", fault="not_a_source")
    yield Case("challenge", b"<html><title>Just a moment...</title><script src=/cdn-cgi/challenge-platform/x></script>", fault="blocked")
    yield Case("script-with-202", b"<html><script>x</script></html>", status="202 Accepted", fault="blocked")
    answers: list[tuple[str, FetchFault]] = [
        ("403 Forbidden", "blocked"), ("412 Precondition Failed", "blocked"), ("404 Not Found", "http_error"), ("410 Gone", "http_error"),
        ("429 Too Many Requests", "http_error"), ("500 Oops", "http_error"), ("503 Service Unavailable", "http_error"),
        ("206 Partial Content", "http_error"), ("300 Multiple Choices", "http_error"),
        ("418 I'm a teapot", "http_error"), ("999 Request Denied", "http_error"),
    ]  # fmt: skip
    for status, fault in answers:
        yield Case(f"status-{status[:3]}", rss("hidden").encode(), status=status, fault=fault)
    said = "<errMsg>SERVICE ERROR</errMsg><returnAuthMsg>SERVICE_KEY_IS_NOT_REGISTERED_ERROR</returnAuthMsg>"
    refusal = (
        f"<OpenAPI_ServiceResponse><cmmMsgHeader>{said}<returnReasonCode>30</returnReasonCode></cmmMsgHeader></OpenAPI_ServiceResponse>"
    )
    yield Case("refusal-in-200-xml", refusal.encode(), kind="xml_api", fault="not_a_source")
    yield Case("refusal-in-200-for-json", refusal.encode(), kind="json_api", fault="not_a_source")
    unknown = '{"result": "사용자 정보 검증에 실패하였습니다.", "msg": "IP주소를 등록해 주세요."}'
    yield Case("refusal-in-200-json", unknown.encode(), kind="json_api", fault="not_a_source")


def tags() -> Iterator[Case]:
    """Validators and other headers of odd shapes."""
    feed = rss("one").encode()
    yield Case("etag-of-1-mb", feed, headers={"ETag": '"' + "e" * 7_000 + '"'}, titles=("one",))
    yield Case("etag-without-quotes", feed, headers={"ETag": "abc def"}, titles=("one",))
    yield Case("last-modified-in-9999", feed, headers={"Last-Modified": "Fri, 31 Dec 9999 23:59:59 GMT"}, titles=("one",))
    yield Case("max-age-of-centuries", feed, headers={"Cache-Control": "max-age=99999999999999999999"}, titles=("one",))
    yield Case("unasked-compression", feed, headers={"Content-Encoding": "br"}, fault="not_a_source")
    yield Case("gzip-that-is-none", feed, headers={"Content-Encoding": "gzip"}, fault="not_a_source")
    yield Case("wrong-type", feed, headers={"Content-Type": "image/png"}, titles=("one",))
    yield Case("type-of-nonsense", feed, headers={"Content-Type": "x" * 5_000 + "; charset=;;;"}, titles=("one",))
    yield Case("a-cookie-flood", feed, headers={"Set-Cookie": "a=" + "b" * 4_000}, titles=("one",))


def cases() -> list[Case]:
    """Every case of the kit."""
    return [case for group in (bombs, endless, redirects, cut, charsets, sizes, words, instead, tags) for case in group()]
