"""The one door out: what comes back, what is refused, and that nothing a server does gets past its bounds."""

import asyncio
import gzip
import socket
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from ipaddress import ip_address
from threading import Event
from typing import Any

import httpx
import pytest

from bot.errors import SourceTrouble
from bot.model import Validators
from bot.sources import catalogue
from bot.sources.door import Fetched, NotModified
from bot.sources.fetch import Fetcher
from bot.sources.reading import read
from tests.feed_server import Asked, FeedServer


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as running:
        yield running


@pytest.fixture
async def fetcher(server: FeedServer) -> AsyncIterator[Fetcher]:
    async with Fetcher(frozenset({server.pair}), deadline=5.0) as running:
        yield running


async def fetched(fetcher: Fetcher, url: str, **how: Any) -> Fetched:
    got = await fetcher.get(url, **how)
    assert isinstance(got, Fetched)
    return got


async def trouble(fetcher: Fetcher, url: str, **how: Any) -> SourceTrouble:
    with pytest.raises(SourceTrouble) as caught:
        await fetcher.get(url, **how)
    assert caught.value.sentence.endswith(".")
    return caught.value


async def test_a_good_answer_comes_back_with_what_to_ask_again_with(server: FeedServer, fetcher: Fetcher) -> None:
    headers = {"ETag": '"v1"', "Last-Modified": "Mon, 06 Jul 2026 10:00:00 GMT", "Cache-Control": "public, max-age=900"}
    got = await fetched(fetcher, server.says("/rss", "200 OK", headers | {"Content-Type": "text/xml"}, b"<rss/>"))
    assert got == Fetched(
        status=200,
        body=b"<rss/>",
        url=server.url("/rss"),
        content_type="text/xml",
        validators=Validators(etag='"v1"', last_modified="Mon, 06 Jul 2026 10:00:00 GMT"),
        max_age=900.0,
    )
    assert "Regwatch" in server.asked[0].headers["user-agent"]


async def test_validators_are_sent_back_word_for_word_and_304_is_an_answer(server: FeedServer, fetcher: Fetcher) -> None:
    url = server.says("/rss", "304 Not Modified", {"ETag": 'W/"v2"'})
    got = await fetcher.get(url, validators=Validators(etag='W/"v1"', last_modified="yesterday"))
    assert got == NotModified(validators=Validators(etag='W/"v2"'))
    assert server.asked[0].headers["if-none-match"] == 'W/"v1"'
    assert server.asked[0].headers["if-modified-since"] == "yesterday"


async def test_304_to_an_unconditional_request_is_trouble(server: FeedServer, fetcher: Fetcher) -> None:
    assert (await trouble(fetcher, server.says("/rss", "304 Not Modified"))).fault == "http_error"


async def test_a_catalogue_source_is_asked_as_its_entry_says(server: FeedServer, fetcher: Fetcher) -> None:
    shipped = catalogue.load().get("cn-cde-drafts")
    await read(fetcher, shipped.model_copy(update={"url": server.says("/list", "200 OK", body=b"{}"), "query": {"a[]": "1 2"}}))
    (asked,) = server.asked
    assert (asked.method, asked.target) == ("POST", "/list?a%5B%5D=1+2")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert b"fclass=%E5%BE%81" in asked.body


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed_to_the_final_address(server: FeedServer, fetcher: Fetcher, status: int) -> None:
    url = server.says("/old", f"{status} Moved", {"Location": "/new?x=1"})
    server.says("/new", "200 OK", body=b"here")
    got = await fetched(fetcher, url, method="POST", form={"q": "1"})
    assert (got.body, got.url) == (b"here", server.url("/new?x=1"))
    assert server.asked[1].method == ("POST" if status in (307, 308) else "GET")


async def test_more_than_five_redirects_are_not_followed(server: FeedServer, fetcher: Fetcher) -> None:
    url = server.says("/loop", "302 Found", {"Location": "/loop"})
    assert (await trouble(fetcher, url)).fault == "http_error"
    assert len(server.asked) == 6


async def test_another_host_gets_none_of_the_sources_own_headers(server: FeedServer) -> None:
    async with FeedServer() as other, Fetcher(frozenset({server.pair, other.pair})) as fetcher:
        other.says("/x", "200 OK")
        url = server.says("/old", "302 Found", {"Location": other.url("/x")})
        await fetcher.get(url, headers={"X-Api-Key": "secret"})
        assert server.asked[0].headers["x-api-key"] == "secret"
        assert "x-api-key" not in other.asked[0].headers


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1/",
        "http://[::1]/",
        "file:///etc/passwd",
        "http://localhost/",
        "ftp://x/y",
    ],
)
async def test_a_redirect_to_a_forbidden_address_is_refused(server: FeedServer, fetcher: Fetcher, location: str) -> None:
    assert (await trouble(fetcher, server.says("/r", "302 Found", {"Location": location}))).fault == "refused"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.0.0.1:22/",
        "http://10.0.0.1/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://168.63.129.16/metadata",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://①②⑦.0.0.1/",
        "http://user:pass@example.org/",
        "http://example.org:8080/",
        "gopher://example.org/",
        "http:///nohost",
        "not an address",
        "http://exa mple.org/",
        "http://[::1",
        "http://example.org:99999/",
        "",
        "https://" + "a" * 300 + ".org/",
    ],
)
async def test_an_address_that_is_not_public_web_is_refused(url: str) -> None:
    async with Fetcher(deadline=5.0) as fetcher:
        assert (await trouble(fetcher, url)).fault == "refused"


def _resolver(*answers: str) -> Any:
    """A name server that gives these addresses, one lookup after the other."""
    left = list(answers)

    def lookup(host: str, port: int, *_: Any) -> list[Any]:
        found = left.pop(0) if len(left) > 1 else left[0]
        family = socket.AF_INET6 if ip_address(found).version == 6 else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (found, port) if family == socket.AF_INET else (found, port, 0, 0))]

    return lookup


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "168.63.129.16", "::1", "fd00::1", "::ffff:127.0.0.1"])
async def test_a_name_that_leads_to_a_forbidden_address_is_refused_at_the_socket(address: str) -> None:
    async with Fetcher(resolver=_resolver(address), deadline=5.0) as fetcher:
        assert (await trouble(fetcher, "http://innocent.example/feed")).fault == "refused"


async def test_a_permit_is_for_the_exact_pair_only(server: FeedServer) -> None:
    url = server.says("/x", "200 OK")
    async with Fetcher(frozenset({f"127.0.0.1:{server.port + 1}"})) as fetcher:
        assert (await trouble(fetcher, url)).fault == "refused"
    assert server.asked == []


async def test_a_body_over_the_cap_is_cut_off(server: FeedServer, fetcher: Fetcher) -> None:
    assert (await trouble(fetcher, server.says("/big", "200 OK", body=b"x" * 3000), cap=2000)).fault == "too_large"


async def test_an_endless_body_is_cut_off(server: FeedServer, fetcher: Fetcher) -> None:
    async def endless(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
            await writer.drain()

    assert (await trouble(fetcher, server.runs("/endless", endless), cap=1_000_000)).fault == "too_large"


def _deflated_raw(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"hello", mtime=0)),
        ("x-gzip", gzip.compress(b"hel", mtime=0) + gzip.compress(b"lo", mtime=0)),
        ("deflate", zlib.compress(b"hello")),
        ("deflate", _deflated_raw(b"hello")),
        ("identity", b"hello"),
        ("gzip", b""),
    ],
)
async def test_compressed_answers_are_inflated(server: FeedServer, fetcher: Fetcher, encoding: str, packed: bytes) -> None:
    got = await fetched(fetcher, server.says("/z", "200 OK", {"Content-Encoding": encoding}, packed))
    assert got.body == (b"hello" if packed else b"")


@pytest.mark.parametrize(
    ("encoding", "packed", "fault"),
    [
        ("gzip", gzip.compress(b"\0" * 50_000_000, mtime=0), "too_large"),
        ("deflate", zlib.compress(b"\0" * 50_000_000), "too_large"),
        ("gzip", gzip.compress(b"hello" * 1000, mtime=0)[:-20], "not_a_source"),
        ("gzip", b"not gzip at all", "not_a_source"),
        ("deflate", b"\xff\xff\xff nothing", "not_a_source"),
        ("br", b"\x0b\x02\x80hello\x03", "not_a_source"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"x", mtime=0), mtime=0), "not_a_source"),
    ],
)
async def test_a_bomb_or_damaged_compression_is_trouble(
    server: FeedServer, fetcher: Fetcher, encoding: str, packed: bytes, fault: str
) -> None:
    assert (await trouble(fetcher, server.says("/z", "200 OK", {"Content-Encoding": encoding}, packed), cap=8_000_000)).fault == fault


@pytest.mark.parametrize(
    ("status", "headers", "body", "fault"),
    [
        ("403 Forbidden", {}, b"no", "blocked"),
        ("412 Precondition Failed", {}, b"<script>x</script>", "blocked"),
        ("202 Accepted", {}, b"<html><script>x</script></html>", "blocked"),
        ("200 OK", {}, b"<html><title>Just a moment...</title></html>", "blocked"),
        ("503 Service Unavailable", {"cf-mitigated": "challenge"}, b"", "blocked"),
        ("404 Not Found", {}, b"", "http_error"),
        ("401 Unauthorized", {}, b"", "http_error"),
        ("500 Oops", {}, b"x" * 300_000, "http_error"),
        ("300 Multiple Choices", {}, b"", "http_error"),
        ("302 Found", {}, b"", "http_error"),
        ("206 Partial Content", {}, b"x", "http_error"),
    ],
)
async def test_errors_and_bot_walls_are_told_apart(
    server: FeedServer, fetcher: Fetcher, status: str, headers: dict[str, str], body: bytes, fault: str
) -> None:
    got = await trouble(fetcher, server.says("/x", status, headers, body))
    assert (got.fault, got.status) == (fault, int(status[:3]))


async def test_the_apology_page_of_fda_is_a_bot_wall_although_it_says_404(server: FeedServer, fetcher: Fetcher) -> None:
    url = server.says("/rss", "302 Found", {"Location": "/apology_objects/abuse-detection-apology.html"})
    server.says("/apology_objects/abuse-detection-apology.html", "404 Not Found", body=b"sorry")
    assert (await trouble(fetcher, url)).fault == "blocked"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "120"}, 120.0),
        ({"Retry-After": "Mon, 06 Jul 2026 10:02:00 GMT", "Date": "Mon, 06 Jul 2026 10:00:00 GMT"}, 120.0),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
async def test_when_to_come_back_is_read_in_seconds(
    server: FeedServer, fetcher: Fetcher, headers: dict[str, str], seconds: float | None
) -> None:
    assert (await trouble(fetcher, server.says("/x", "429 Slow down", headers))).retry_after == seconds


@pytest.mark.parametrize("date", ["Mon, 06 Jul 2026 10:02:00 GMT", "Monday, 06-Jul-26 10:02:00 GMT", "Mon Jul  6 10:02:00 2026"])
async def test_without_a_date_of_the_answer_when_to_come_back_is_a_moment(server: FeedServer, fetcher: Fetcher, date: str) -> None:
    said = (await trouble(fetcher, server.says("/x", "503 Busy", {"Retry-After": date}))).wait
    assert said(datetime(2026, 7, 6, 10, tzinfo=UTC)) == 120
    assert said(datetime(2026, 7, 6, 11, tzinfo=UTC)) == 0


@pytest.mark.parametrize("unsound", ['"é"', '"1"\r\nX-Evil: 1', "\x00"])
async def test_a_validator_that_cannot_stand_in_a_header_is_not_sent_and_spoils_no_request(
    server: FeedServer, fetcher: Fetcher, unsound: str
) -> None:
    url = server.says("/x", "200 OK", body=b"body")
    assert isinstance(await fetcher.get(url, validators=Validators(etag=unsound, last_modified=unsound)), Fetched)
    assert not {"if-none-match", "if-modified-since", "x-evil"} & server.asked[-1].headers.keys()


async def test_one_deadline_ends_a_body_that_drips(server: FeedServer) -> None:
    async def drip(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async def promises(asked: Asked, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            writer.write(b"HTTP/1.1 102 Processing\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with Fetcher(frozenset({server.pair}), deadline=0.5) as fetcher:
        for script in (drip, promises):
            started = time.monotonic()
            assert (await trouble(fetcher, server.runs("/slow", script))).fault == "timeout"
            assert time.monotonic() - started < 10


async def test_a_hanging_name_lookup_does_not_outlast_the_deadline() -> None:
    may_end = Event()

    def hangs(*_: Any) -> list[Any]:
        may_end.wait(60)
        return []

    async with Fetcher(resolver=hangs, deadline=0.3) as fetcher:
        assert (await trouble(fetcher, "https://slow-dns.example/")).fault == "timeout"
        assert not may_end.is_set()
        may_end.set()


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe\r\n\r\n",
    ],
)
async def test_broken_http_ends_as_one_trouble(server: FeedServer, fetcher: Fetcher, said: bytes) -> None:
    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(said)

    await trouble(fetcher, server.runs("/broken", script))


async def test_an_unreachable_host_is_said_to_be_so(fetcher: Fetcher, server: FeedServer) -> None:
    async with Fetcher(resolver=_raises) as lost:
        assert (await trouble(lost, "https://nowhere.example/")).fault == "unreachable"
    async with Fetcher(frozenset({"127.0.0.1:1"})) as closed:
        assert (await trouble(closed, "http://127.0.0.1:1/")).fault == "unreachable"


async def test_a_server_that_speaks_no_tls_is_said_to_be_unreachable() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        pair = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with Fetcher(frozenset({pair})) as fetcher:
            assert (await trouble(fetcher, f"https://{pair}/")).fault == "unreachable"


def _raises(*_: Any) -> list[Any]:
    raise socket.gaierror(-2, "Name or service not known")


async def test_headers_that_cannot_be_sent_are_trouble(server: FeedServer, fetcher: Fetcher) -> None:
    url = server.says("/x", "200 OK")
    await trouble(fetcher, url, headers={"X-Key": "one\r\nX-Two: 2"})
    await trouble(fetcher, url, headers={"X-Key": "한국"})


async def test_what_follows_the_path_never_shows_in_a_message(server: FeedServer, fetcher: Fetcher) -> None:
    secret = "k3y-0f-ours"
    for status in ("403 No", "404 No", "500 No"):
        got = await trouble(fetcher, server.says("/api", status), query={"serviceKey": secret})
        assert secret not in str(got) + got.url
    got = await trouble(fetcher, f"http://10.0.0.1/x?key={secret}")
    assert secret not in str(got) + got.url


async def test_no_cookie_is_kept_and_the_environment_is_not_asked(
    server: FeedServer, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    url = server.says("/x", "200 OK", {"Set-Cookie": "a=1"})
    await fetcher.get(url)
    await fetcher.get(url)
    assert "cookie" not in server.asked[1].headers


class Replies(httpx.AsyncBaseTransport):
    """A network that answers every request well, after `before`."""

    def __init__(self, before: Callable[[], Awaitable[None]]) -> None:
        self.before = before

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self.before()
        return httpx.Response(200, stream=Bytes())


class Bytes(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"ok"


async def test_a_host_is_asked_at_a_gentle_pace() -> None:
    starts: list[float] = []
    open_now = most = 0

    async def respond() -> None:
        nonlocal open_now, most
        starts.append(asyncio.get_running_loop().time())
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(0.1)
        open_now -= 1

    async with Fetcher(transport=Replies(respond), per_host=2, gap=0.05) as fetcher:
        await asyncio.gather(*(fetcher.get(f"https://one.example/{n}") for n in range(5)))
        assert most == 2
        # A busy machine may notice one start late and the next in time, but never the last of them early.
        assert starts[-1] - starts[0] > 4 * 0.05 - 0.01
        most = 0
        await asyncio.gather(*(fetcher.get(f"https://host{n}.example/") for n in range(20)))
        assert most > 2, "hosts do not wait for each other"


async def test_waiting_for_a_turn_is_not_held_against_the_deadline() -> None:
    async with Fetcher(transport=Replies(lambda: asyncio.sleep(0.3)), per_host=1, gap=0.0, deadline=0.5) as fetcher:
        await asyncio.gather(*(fetcher.get(f"https://one.example/{n}") for n in range(4)))


async def test_a_cancelled_fetch_leaves_nothing_running(server: FeedServer, fetcher: Fetcher) -> None:
    async def hang(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)

    task = asyncio.create_task(fetcher.get(server.runs("/hang", hang)))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.05)
    assert not fetcher._strays
