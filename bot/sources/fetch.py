"""The one door out: every byte from a source comes through here, guarded, bounded and at a gentle pace.

    get ─ guard the address ─ wait for the host's turn ─ ask ─ follow at most 5 redirects, each guarded ─ read up to the cap
              (total deadline around everything but the wait; no cookies, no proxies, nothing from the environment)

Every connection is checked at the socket (bot.sources.wire): a name is resolved once and the address that was checked is the one
that is connected to, so a name that changes its mind is refused too. The answer is Fetched or NotModified; whatever else happens
is a SourceTrouble with a sentence.
`Door` is the port: another HTTP client needs only `get`.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from functools import lru_cache
from types import TracebackType
from typing import Any, Literal, NoReturn, Protocol, Self
from urllib.parse import urlencode, urljoin, urlsplit

import httpx
from ssrfguard import Resolver, SSRFGuardError

from bot.errors import SourceTrouble
from bot.model import Validators, Word
from bot.sources import guard
from bot.sources.decode import Inflater, too_large
from bot.sources.wall import closed, wall
from bot.sources.wire import GuardedWire, PermittedWire

USER_AGENT = "Regwatch/0.1 (regulatory change alerts; asks only for what is new)"
MAX_REDIRECTS = 5
LARGEST_CAP = 25_000_000
_CLOSING = 0.2  # seconds a late fetch may take to close its connection
_REDIRECTS = (301, 302, 303, 307, 308)
# What httpx and the layers below it let out, beside their own trees: sockets, TLS, and text that cannot be a header or a host.
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, SSRFGuardError, OSError, ValueError)

Method = Literal["GET", "POST"]


class Fetched(Word):
    """One good answer: `url` is where it came from in the end, `max_age` in seconds is how long it says it stays good."""

    status: int
    body: bytes
    url: str
    content_type: str = ""
    validators: Validators = Validators()
    max_age: float | None = None


class NotModified(Word):
    """The server says nothing changed since the validators it was asked with."""

    validators: Validators = Validators()
    max_age: float | None = None


class Door(Protocol):
    """What the rest of the bot asks of an HTTP client."""

    async def get(
        self,
        url: str,
        *,
        method: Method = "GET",
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        validators: Validators | None = None,
        cap: int = LARGEST_CAP,
    ) -> Fetched | NotModified:
        """The answer of this address, at most `cap` bytes inflated; SourceTrouble for everything that is not a good answer.

        A POST sends `body` as it is, else `form` as a form.
        """
        ...


class _Turns:
    """The turns of one host: at most `at_once` requests side by side, their starts `gap` seconds apart."""

    def __init__(self, at_once: int, gap: float) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._gap = gap
        self._next = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        async with self._slots:
            clock = asyncio.get_running_loop().time
            start = max(clock(), self._next)
            self._next = start + self._gap
            await asyncio.sleep(start - clock()) if start > clock() else None
            yield


class Fetcher:
    """The door with a transport of httpx's kind behind it.

    `permits` are the exact host:port pairs that may be private; they are asked without pace.
    `deadline` is the longest one fetch may take, in seconds. `transport` replaces the network, in tests.
    """

    def __init__(
        self,
        permits: guard.Permits = frozenset(),
        *,
        user_agent: str = USER_AGENT,
        transport: httpx.AsyncBaseTransport | None = None,
        deadline: float = 30.0,
        per_host: int = 2,
        gap: float = 0.25,
        resolver: Resolver | None = None,
    ) -> None:
        self._permits = permits
        self._user_agent = user_agent
        self._deadline = deadline
        self._pace = (per_host, gap)
        self._turns: dict[str, _Turns] = {}
        self._strays: set[asyncio.Task[Fetched | NotModified]] = set()
        tls = httpx.create_ssl_context(trust_env=False)
        self._guarded = transport or GuardedWire(tls, resolver=resolver)
        self._permitted = transport or PermittedWire(tls, permits)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes all connections; the fetcher must not be used afterwards."""
        await self._guarded.aclose()
        await self._permitted.aclose()

    async def get(
        self,
        url: str,
        *,
        method: Method = "GET",
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        validators: Validators | None = None,
        cap: int = LARGEST_CAP,
    ) -> Fetched | NotModified:
        """See Door. A wait for the host's turn is not part of the deadline, so that one slow source does not fail its neighbours."""
        full = _with_query(url, query)
        asked = self._asked(headers, validators)
        content = (body or urlencode(form or {}).encode()) if method == "POST" else b""
        if content:
            asked.setdefault("Content-Type", "application/x-www-form-urlencoded")
        async with self._turn(full):
            return await self._in_time(full, self._walk(_Step(method, full, asked, content), cap))

    async def _in_time(self, url: str, walk: Coroutine[Any, Any, Fetched | NotModified]) -> Fetched | NotModified:
        """The walk's outcome within the deadline. A late one is given a moment to close; a hanging name lookup cannot be stopped."""
        task = asyncio.ensure_future(walk)
        self._strays.add(task)
        task.add_done_callback(self._forget)
        try:
            done, _ = await asyncio.wait({task}, timeout=self._deadline)
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=_CLOSING)
        if not done:
            raise SourceTrouble(
                f"{shown(url)} did not answer completely within {self._deadline:g} seconds.", fault="timeout", url=shown(url)
            )
        return task.result()

    def _forget(self, task: "asyncio.Task[Fetched | NotModified]") -> None:
        self._strays.discard(task)
        if not task.cancelled():
            task.exception()

    async def _walk(self, step: "_Step", cap: int) -> Fetched | NotModified:
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._guarded_ask(step, cap)
            if not isinstance(answer, _Step):
                return answer
            step = answer
        raise SourceTrouble(
            f"{shown(step.url)} is the end of more than {MAX_REDIRECTS} redirects; they were not followed further.",
            fault="http_error",
            url=shown(step.url),
        )

    async def _guarded_ask(self, step: "_Step", cap: int) -> "Fetched | NotModified | _Step":
        refused = guard.refusal(step.url, self._permits)
        if refused:
            raise _refused(step.url, refused)
        door = self._permitted if guard.is_permitted(step.url, self._permits) else self._guarded
        try:
            return await self._ask(door, step, cap)
        except SSRFGuardError:
            raise _refused(step.url, "its host leads to an address that is not public") from None
        except _FAILURES as failure:
            _unreachable(step.url, failure)

    async def _ask(self, door: httpx.AsyncBaseTransport, step: "_Step", cap: int) -> "Fetched | NotModified | _Step":
        request = httpx.Request(step.method, _url(step.url), headers=step.headers, content=step.content or None)
        response = await door.handle_async_request(request)
        try:
            return await _answer(step, response, cap)
        finally:
            await response.aclose()

    def _asked(self, headers: Mapping[str, str] | None, validators: Validators | None) -> dict[str, str]:
        asked = {"User-Agent": self._user_agent, "Accept": "*/*", "Accept-Encoding": "gzip, deflate", **(headers or {})}
        if validators and validators.etag:
            asked["If-None-Match"] = validators.etag
        if validators and validators.last_modified:
            asked["If-Modified-Since"] = validators.last_modified
        return asked

    @asynccontextmanager
    async def _turn(self, url: str) -> AsyncIterator[None]:
        host = _netloc(url)
        turns = self._turns.get(host)
        if turns is None:
            permitted = guard.is_permitted(url, self._permits)
            turns = self._turns[host] = _Turns(16, 0.0) if permitted else _Turns(*self._pace)
        async with turns.turn():
            yield


# The addresses of a catalogue come again at every poll, and reading one costs as much as sending the request.
_url = lru_cache(maxsize=4_096)(httpx.URL)


class _Step:
    """One request of a walk through redirects."""

    def __init__(self, method: str, url: str, headers: Mapping[str, str], content: bytes) -> None:
        self.method = method
        self.url = url
        self.headers = dict(headers)
        self.content = content

    @property
    def asks_for_changes_only(self) -> bool:
        """Whether 304 can be an answer to it."""
        return "If-None-Match" in self.headers or "If-Modified-Since" in self.headers

    def redirected(self, status: int, location: str) -> "_Step":
        """The next request. Another host gets none of the source's own headers, which may hold its key."""
        url = urljoin(self.url, location)
        keeps_method = status in (307, 308) or self.method == "GET"
        headers = self.headers
        if _netloc(url) != _netloc(self.url):
            plain = ("User-Agent", "Accept", "Accept-Encoding", "If-None-Match", "If-Modified-Since")
            headers = {name: value for name, value in headers.items() if name in plain}
        if not keeps_method:
            headers = {name: value for name, value in headers.items() if name.lower() != "content-type"}
        return _Step(self.method if keeps_method else "GET", url, headers, self.content if keeps_method else b"")


async def _answer(step: _Step, response: httpx.Response, cap: int) -> Fetched | NotModified | _Step:
    status, headers = response.status_code, response.headers
    if status in _REDIRECTS and headers.get("Location"):
        return step.redirected(status, headers["Location"])
    validators = Validators(etag=_short(headers.get("ETag")), last_modified=_short(headers.get("Last-Modified")))
    if status == 304 and step.asks_for_changes_only:
        return NotModified(validators=validators, max_age=_max_age(headers))
    if not 200 <= status < 300 or status == 206:
        raise await _failed(step, response)
    body = await _read(response, cap)
    hit = wall(status, step.url, body, headers)
    if hit:
        raise SourceTrouble(f"{shown(step.url)} {hit}.", fault="blocked", status=status, url=shown(step.url), hint=_PATIENCE_HINT)
    if sign := closed(body):
        raise SourceTrouble(f"{shown(step.url)} {sign}.", fault="http_error", status=status, url=shown(step.url))
    return Fetched(
        status=status,
        body=body,
        url=step.url,
        content_type=_short(headers.get("Content-Type")),
        validators=validators,
        max_age=_max_age(headers),
    )


async def _read(response: httpx.Response, cap: int) -> bytes:
    """The body, inflated in bounded steps: one small chunk of a bomb never becomes more than the cap."""
    length = response.headers.get("Content-Length", "")
    if length.isascii() and length.isdigit() and len(length) < 19 and int(length) > cap:
        raise too_large(cap)
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    inflater = None
    if encoding not in ("", "identity"):
        if encoding not in ("gzip", "x-gzip", "deflate"):
            raise SourceTrouble("The answer is compressed in a way that was not asked for.", fault="not_a_source")
        inflater = Inflater(encoding, cap)
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += inflater.feed(chunk) if inflater else chunk
        if len(body) > cap:
            raise too_large(cap)
    if inflater:
        body += inflater.end()
    return bytes(body)


_PATIENCE_HINT = "It is tried again later; if it stays so, the source cannot be read by a program."
_ERROR_PAGE = 100_000


async def _failed(step: _Step, response: httpx.Response) -> SourceTrouble:
    """The trouble of an error answer, with as much of its page as tells a bot wall from an error."""
    status = response.status_code
    try:
        page = await _read(response, _ERROR_PAGE)
    except SourceTrouble:
        page = b""
    hit = wall(status, step.url, page, response.headers)
    wait = _retry_after(response.headers)
    place = shown(step.url)
    if hit:
        return SourceTrouble(f"{place} {hit}.", fault="blocked", status=status, url=place, retry_after=wait, hint=_PATIENCE_HINT)
    meaning = _MEANINGS.get(status, "could not give the page" if status >= 400 else "gave an answer that holds no content")
    return SourceTrouble(f"{place} {meaning} (HTTP {status}).", fault="http_error", status=status, url=place, retry_after=wait)


_MEANINGS = {
    304: "says nothing changed although it was not asked that",
    401: "asks for a login or a key",
    404: "has no such page now",
    410: "says this page is gone for good",
    429: "asks us to come less often",
    500: "has a fault of its own",
    502: "has a fault of its own",
    503: "is overloaded or down",
    504: "has a fault of its own",
}


def shown(url: str) -> str:
    """The address as people see it: without what follows the path, which may hold a key, and without a login."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "the address"
    text = f"{parts.scheme}://{host}{parts.path}" if parts.scheme and host else url.partition("?")[0]
    return "".join(char for char in text[:200] if char.isprintable()) or "the address"


def _with_query(url: str, query: Mapping[str, str] | None) -> str:
    if not query:
        return url
    return url + ("&" if "?" in url else "?") + urlencode(query)


@lru_cache(maxsize=4_096)
def _netloc(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port or parts.scheme
    except ValueError:
        return ""
    return f"{parts.hostname}:{port}"


def _refused(url: str, reason: str) -> SourceTrouble:
    return SourceTrouble(
        f"{shown(url)} was not fetched: {reason}.",
        fault="refused",
        url=shown(url),
        hint="If it is yours, permit its exact host:port with REGWATCH_FETCH_ALLOW.",
    )


def _unreachable(url: str, failure: Exception) -> NoReturn:
    place = shown(url)
    if isinstance(failure, httpx.TimeoutException):
        raise SourceTrouble(f"{place} did not answer in time.", fault="timeout", url=place) from None
    raise SourceTrouble(f"{place} {_why(failure)}.", fault="unreachable", url=place) from None


def _why(failure: Exception) -> str:
    causes = [failure, failure.__cause__, getattr(failure.__cause__, "__cause__", None)]
    if any(isinstance(cause, ssl.SSLError) for cause in causes) or "CERTIFICATE" in str(failure) or "SSL" in str(failure):
        return "has no valid certificate or speaks no TLS we know"
    if isinstance(failure, httpx.ConnectError | OSError):
        return "cannot be reached: no connection, or its name leads nowhere"
    if isinstance(failure, httpx.RemoteProtocolError | httpx.ReadError):
        return "broke off its answer or does not speak proper HTTP"
    if isinstance(failure, httpx.InvalidURL | httpx.UnsupportedProtocol | ValueError):
        return "cannot be asked: its address or headers hold characters that do not belong there"
    return "cannot be reached"


def _short(value: str | None) -> str:
    """A header we keep; one of absurd length is as good as none."""
    return value.strip() if value and len(value) <= 1000 else ""


def _max_age(headers: httpx.Headers) -> float | None:
    """How long the answer stays good, in seconds, by its Cache-Control; None if that says nothing."""
    for part in headers.get("Cache-Control", "")[:1000].lower().split(","):
        name, _, value = part.strip().partition("=")
        if name in ("no-cache", "no-store"):
            return 0.0
        digits = value.strip('" ')
        if name == "max-age" and digits.isascii() and digits.isdigit() and len(digits) < 12:
            return float(digits)
    return None


def _retry_after(headers: httpx.Headers) -> float | None:
    """When to come back, in seconds; a date is read against the Date of the same answer, so no clock is needed."""
    value = headers.get("Retry-After", "").strip()[:100]
    if value.isascii() and value.isdigit() and len(value) < 12:
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("Date", ""))).total_seconds())
    except (ValueError, TypeError):
        return None
