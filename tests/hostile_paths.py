"""A second kit of hostile answers: lies about compression, HTTP as it is not meant, odd redirects, pages that are no answer.

Each is a `Case` of tests.hostile_feeds and is tried in the same way.
"""

import asyncio
import bz2
import gzip
import zlib
from collections.abc import Iterator

from bot.model import SourceKind
from tests.feed_server import Asked, answer
from tests.hostile_feeds import CHUNKED, OK, Case, Script, packed, rss

FEED = rss("one", "two").encode()


def said_raw(*parts: bytes, pause: float = 0.0) -> Script:
    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    return script


def _chunked(*chunks: bytes, trailer: bytes = b"") -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in chunks) + b"0\r\n" + trailer + b"\r\n"


def _stepwise(steps: int) -> Script:
    """So many redirects to the same path with another query, then a feed."""

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        path, _, step = asked.target.partition("?")
        at = int(step or 0)
        writer.write(answer("302 Found", {"Location": f"{path}?{at + 1}#part"}) if at < steps else answer("200 OK", {}, FEED))

    return script


def _only_with(cookie: str) -> Script:
    """Sends everybody to the same address until they bring the cookie that it sets."""

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        there = cookie in asked.headers.get("cookie", "")
        writer.write(answer("200 OK", {}, FEED) if there else answer("302 Found", {"Location": asked.target, "Set-Cookie": cookie}))

    return script


def compressions() -> Iterator[Case]:
    """What the head says of the compression is not what the body is."""
    yield Case("zstd-said", FEED, headers={"Content-Encoding": "zstd"}, fault="not_a_source")
    yield Case("brotli-said-of-gzip", gzip.compress(FEED), headers={"Content-Encoding": "br"}, fault="not_a_source")
    yield Case("bzip2-said", bz2.compress(FEED), headers={"Content-Encoding": "bzip2"}, fault="not_a_source")
    yield Case("gzip-twice-said-once", gzip.compress(gzip.compress(FEED)), headers={"Content-Encoding": "gzip"}, titles=("one", "two"))
    yield Case(
        "gzip-three-times", gzip.compress(gzip.compress(gzip.compress(FEED))), headers={"Content-Encoding": "gzip"}, fault="not_a_source"
    )
    nested = gzip.compress(packed(200, 31))
    yield Case("gzip-bomb-in-gzip", nested, headers={"Content-Encoding": "gzip"}, fault="too_large")
    yield Case("gzip-unsaid", gzip.compress(FEED), titles=("one", "two"))
    yield Case("gzip-in-capitals", gzip.compress(FEED), headers={"Content-Encoding": " GZIP "}, titles=("one", "two"))
    yield Case("deflate-raw", zlib.compress(FEED)[2:-4], headers={"Content-Encoding": "deflate"}, titles=("one", "two"))
    yield Case("deflate-said-of-gzip", gzip.compress(FEED), headers={"Content-Encoding": "deflate"}, titles=("one", "two"))
    yield Case("gzip-said-of-deflate", zlib.compress(FEED), headers={"Content-Encoding": "gzip"}, titles=("one", "two"))
    yield Case("gzip-with-bad-sum", gzip.compress(FEED)[:-8] + b"\0" * 8, headers={"Content-Encoding": "gzip"}, fault="not_a_source")
    yield Case("gzip-with-waste-after-it", gzip.compress(FEED) + b"waste" * 10, headers={"Content-Encoding": "gzip"}, titles=("one", "two"))
    yield Case("gzip-of-nothing", gzip.compress(b""), headers={"Content-Encoding": "gzip"}, fault="not_a_source")
    yield Case("identity-said", FEED, headers={"Content-Encoding": "identity"}, titles=("one", "two"))
    yield Case("utf-8-said-as-encoding", FEED, headers={"Content-Encoding": "utf-8"}, titles=("one", "two"))
    yield Case("none-said-as-encoding", FEED, headers={"Content-Encoding": "none"}, titles=("one", "two"))
    yield Case("empty-gzip-body", b"", headers={"Content-Encoding": "gzip"}, fault="not_a_source")


def http() -> Iterator[Case]:
    """HTTP as it is not meant."""
    yield Case(
        "chunks-with-trailers",
        script=said_raw(CHUNKED + _chunked(FEED[:50], FEED[50:], trailer=b"X-Sum: 1\r\nSet-Cookie: a=b\r\n")),
        titles=("one", "two"),
    )
    yield Case("chunks-of-one-byte", script=said_raw(CHUNKED + _chunked(*(bytes([one]) for one in FEED))), titles=("one", "two"))
    yield Case(
        "chunks-with-extensions", script=said_raw(CHUNKED + b"%x;a=b\r\n%s\r\n0;z\r\n\r\n" % (len(FEED), FEED)), titles=("one", "two")
    )
    yield Case("negative-chunk", script=said_raw(CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n"), fault="unreachable")
    yield Case("giant-chunk-said", script=said_raw(CHUNKED + b"ffffffffffffffff\r\n" + FEED), fault="unreachable")
    yield Case(
        "endless-trailers", script=said_raw(CHUNKED + _chunked(FEED)[:-2], *[b"X-T: " + b"a" * 8_000 + b"\r\n"] * 400), fault="unreachable"
    )
    yield Case("length-too-short", script=said_raw(OK + b"Content-Length: %d\r\n\r\n" % (len(FEED) - 40) + FEED), fault="unreachable")
    yield Case(
        "two-lengths", script=said_raw(OK + b"Content-Length: 5\r\nContent-Length: %d\r\n\r\n" % len(FEED) + FEED), fault="unreachable"
    )
    yield Case("length-of-words", script=said_raw(OK + b"Content-Length: many\r\n\r\n" + FEED), fault="unreachable")
    yield Case(
        "length-and-chunks",
        script=said_raw(OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + _chunked(FEED)),
        fault="unreachable",
    )
    yield Case("http-1.0", script=said_raw(b"HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n" + FEED), titles=("one", "two"))
    yield Case("http-0.9", script=said_raw(FEED), fault="unreachable")
    yield Case("http-2-preface", script=said_raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), fault="unreachable")
    yield Case("http-9.9", script=said_raw(b"HTTP/9.9 200 OK\r\n\r\n" + FEED), fault="unreachable")
    yield Case(
        "status-without-reason", script=said_raw(b"HTTP/1.1 200\r\nContent-Length: %d\r\n\r\n" % len(FEED) + FEED), titles=("one", "two")
    )
    yield Case("status-of-nothing", script=said_raw(b"HTTP/1.1 \r\n\r\n" + FEED), fault="unreachable")
    yield Case("status-of-four-digits", script=said_raw(b"HTTP/1.1 2000 OK\r\n\r\n" + FEED), fault="unreachable")
    yield Case("status-0", script=said_raw(b"HTTP/1.1 000 What\r\n\r\n" + FEED), fault="http_error")
    yield Case(
        "line-feeds-only", script=said_raw(b"HTTP/1.1 200 OK\nContent-Type: text/xml\nConnection: close\n\n" + FEED), titles=("one", "two")
    )
    yield Case("header-of-1-mb", script=said_raw(OK + b"X-Long: " + b"a" * 1_000_000 + b"\r\n\r\n" + FEED), fault="unreachable")
    yield Case(
        "ten-thousand-headers",
        script=said_raw(OK + b"".join(b"X-%d: 1\r\n" % n for n in range(10_000)) + b"\r\n" + FEED),
        fault="unreachable",
    )
    yield Case("header-without-colon", script=said_raw(OK + b"nonsense here\r\n\r\n" + FEED), fault="unreachable")
    yield Case(
        "folded-header", script=said_raw(OK + b"X-A: one\r\n two\r\nContent-Length: %d\r\n\r\n" % len(FEED) + FEED), titles=("one", "two")
    )
    yield Case(
        "zero-byte-in-header", script=said_raw(OK + b"X-A: a\0b\r\nContent-Length: %d\r\n\r\n" % len(FEED) + FEED), fault="unreachable"
    )
    yield Case(
        "header-in-raw-korean",
        script=said_raw(OK + "X-A: 식약처\r\n".encode("euc-kr") + b"Content-Length: %d\r\n\r\n" % len(FEED) + FEED),
        titles=("one", "two"),
    )
    yield Case(
        "early-hints-then-feed",
        script=said_raw(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", answer("200 OK", {}, FEED)),
        titles=("one", "two"),
    )
    yield Case(
        "upgrade-unasked",
        script=said_raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n" + FEED),
        fault="http_error",
    )
    yield Case("no-content", status="204 No Content", fault="not_a_source")
    yield Case("reset-content", status="205 Reset Content", fault="not_a_source")
    yield Case("203-is-an-answer", FEED, status="203 Non-Authoritative Information", titles=("one", "two"))
    yield Case("partial", FEED, status="206 Partial Content", headers={"Content-Range": "bytes 0-5/9"}, fault="http_error")
    yield Case("use-proxy", status="305 Use Proxy", headers={"Location": "http://127.0.0.1:9/"}, fault="http_error")
    yield Case("not-modified-unasked", status="304 Not Modified", fault="http_error")
    for status in (
        "400 Bad",
        "405 No",
        "406 No",
        "407 Proxy",
        "408 Late",
        "451 Law",
        "495 Cert",
        "502 Bad",
        "504 Late",
        "508 Loop",
        "520 Web",
        "530 Frozen",
        "599 Net",
    ):
        yield Case(f"answers-{status[:3]}", FEED, status=status, fault="http_error")
    yield Case("401-with-a-realm", status="401 No", headers={"WWW-Authenticate": 'Basic realm="x"'}, fault="http_error")
    for number, when in enumerate(("Wed, 21 Oct 9999 07:28:00 GMT", "-1", "1e9", "9" * 30, "soon", "", "\xa0")):
        yield Case(f"retry-after-{number}", status="503 Busy", headers={"Retry-After": when, "Date": "x"}, fault="http_error")
    yield Case("refresh-header", b"<html></html>", headers={"Refresh": "0; url=http://127.0.0.1/"}, fault="not_a_source")


def ways() -> Iterator[Case]:
    """Redirects that are odd, and some that are not."""
    yield Case("see-other", status="303 See Other", headers={"Location": "file:///etc/passwd"}, fault="refused")
    yield Case("307-to-a-file", status="307 Temporary Redirect", headers={"Location": "file:///etc/passwd"}, fault="refused")
    yield Case("308-to-ftp", status="308 Permanent Redirect", headers={"Location": "ftp://h.example/feed"}, fault="refused")
    yield Case("five-redirects-with-fragments", script=_stepwise(5), titles=("one", "two"))
    yield Case("six-redirects", script=_stepwise(6), fault="http_error")
    yield Case("cookie-wall", script=_only_with("seen=1"), fault="http_error")
    yield Case("redirect-of-1-mb", status="302 Found", headers={"Location": "/" + "a" * 1_000_000}, fault="unreachable")
    yield Case("redirect-to-control-characters", status="302 Found", headers={"Location": "/a\tb\x01c"}, fault="unreachable")
    yield Case(
        "redirect-to-korean", script=said_raw("HTTP/1.1 302 Found\r\nLocation: http://식약처.example:81/\r\n\r\n".encode()), fault="refused"
    )
    yield Case("redirect-to-nothing", status="302 Found", headers={"Location": ""}, fault="http_error")
    yield Case("redirect-to-blanks", status="302 Found", headers={"Location": "   "}, fault="http_error")
    yield Case("redirect-to-a-fragment", status="302 Found", headers={"Location": "#top"}, fault="http_error")
    yield Case("redirect-to-another-host-by-slashes", status="302 Found", headers={"Location": "//[::1]/x"}, fault="refused")
    yield Case(
        "redirect-with-two-places",
        script=said_raw(b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nLocation: http://10.0.0.2/\r\n\r\n"),
        fault="refused",
    )


def pages() -> Iterator[Case]:
    """A friendly 200 that is no answer."""
    html = "<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    login = html.format(title="Sign in", head="", body="<form action=/login><input name=user><input type=password name=p></form>").encode()
    soft = html.format(
        title="404 Not Found", head="", body="<h1>Page not found</h1><p>The page you requested does not exist.</p><a href=/>Home</a>"
    )
    refresh = html.format(title="", head='<meta http-equiv="refresh" content="0;url=http://10.0.0.1/">', body="")
    korean = html.format(title="오류", head="", body="<h1>페이지를 찾을 수 없습니다</h1><p>요청하신 페이지가 존재하지 않습니다.</p>")
    chinese = html.format(title="错误", head="", body="<p>您访问的页面不存在或已被删除。</p>")
    japanese = html.format(title="エラー", head="", body="<p>お探しのページは見つかりませんでした。</p>")
    cookies = html.format(title="Cookies", head="", body="<p>Please enable cookies in your browser to continue.</p><script>x</script>")
    kinds: tuple[SourceKind, ...] = ("feed", "json_api", "listing", "page")
    for kind in kinds:
        yield Case(f"login-page-for-{kind}", login, kind=kind, fault="http_error")
        yield Case(f"soft-404-for-{kind}", soft.encode(), kind=kind, fault="http_error")
        yield Case(f"meta-refresh-for-{kind}", refresh.encode(), kind=kind, fault="not_a_source")
        yield Case(f"korean-404-for-{kind}", korean.encode("cp949"), kind=kind, language="ko", fault="http_error")
        yield Case(f"chinese-404-for-{kind}", chinese.encode("gb18030"), kind=kind, language="zh", fault="not_a_source")
        yield Case(f"japanese-404-for-{kind}", japanese.encode("cp932"), kind=kind, language="ja", fault="http_error")
        yield Case(f"cookies-wanted-for-{kind}", cookies.encode(), kind=kind, fault="blocked")
    yield Case("cloudflare-header", b"<html>x</html>", headers={"cf-mitigated": "challenge"}, fault="blocked")
    yield Case("cloudflare-503", b"<html><title>Just a moment...</title></html>", status="503 Busy", fault="blocked")
    yield Case("empty-page", b"<html><body></body></html>", kind="page", fault="not_a_source")
    yield Case(
        "page-of-script-only",
        b"<html><body><div id=root></div><script src=/a></script><noscript>Please enable JavaScript.</noscript></body></html>",
        kind="page",
        fault="not_a_source",
    )
    yield Case(
        "page-of-script-only-for-listing",
        b"<html><body><div id=root></div><script src=/app.js></script></body></html>",
        kind="listing",
        fault="not_a_source",
    )
    yield Case("error-in-json-for-feed", b'{"code": 500, "message": "Internal error"}', fault="not_a_source")
    yield Case("null-for-feed", b"null", fault="not_a_source")
    yield Case("plain-error-for-feed", b"Error establishing a database connection", fault="not_a_source")
    yield Case("php-fatal", b"<br />\n<b>Fatal error</b>:  Uncaught Error in /var/www/rss.php:3", fault="not_a_source")


def cases() -> list[Case]:
    """Every case of this kit."""
    return [case for group in (compressions, http, ways, pages) for case in group()]
