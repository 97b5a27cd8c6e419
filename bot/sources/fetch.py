"""The one door out: every byte from a source comes through here, guarded, bounded and at a gentle pace.

    get ─ guard the address ─ wait for the host's turn ─ ask ─ follow at most 5 redirects, each guarded ─ read up to the cap
              (total deadline around everything but the wait; no cookies, no proxies, nothing from the environment)

Every connection is checked at the socket (bot.sources.wire): a name is resolved once and the address that was checked is the one
that is connected to, so a name that changes its mind is refused too. The answer is Fetched or NotModified; whatever else happens
is a SourceTrouble with a sentence.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from functools import lru_cache, partial
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import httpx
from ssrfguard import Resolver, SSRFGuardError

from bot.errors import SourceTrouble
from bot.messages import keep
from bot.model import Validators
from bot.sources import guard, unanswered
from bot.sources.answer import Step, answered, netloc
from bot.sources.door import LARGEST_CAP, Fetched, Method, NotModified
from bot.sources.unanswered import shown
from bot.sources.wire import GuardedWire, PermittedWire

USER_AGENT = "Regwatch/0.1 (regulatory change alerts; asks only for what is new)"
MAX_REDIRECTS = 5
_CLOSING = 0.2  # seconds a late fetch may take to close its connection
# What httpx and the layers below it let out, beside their own trees: sockets, TLS, and text that cannot be a header or a host.
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, SSRFGuardError, OSError, ValueError)


class _Turns:
    """The turns of one host: at most `at_once` requests side by side, their starts `gap` seconds apart."""

    def __init__(self, at_once: int, gap: float) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._gap = gap
        self._next = 0.0

    async def __aenter__(self) -> None:
        await self._slots.acquire()
        now = asyncio.get_running_loop().time()
        start = max(now, self._next)
        self._next = start + self._gap
        if start > now:
            try:
                await asyncio.sleep(start - now)
            except BaseException:
                self._slots.release()
                raise

    async def __aexit__(self, *_: object) -> None:
        self._slots.release()


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
        async with self._turns_of(full):
            return await self._in_time(full, self._walk(Step(method, full, asked, content), cap))

    async def _in_time(self, url: str, walk: Coroutine[Any, Any, Fetched | NotModified]) -> Fetched | NotModified:
        """The walk's outcome within the deadline. A late one is given a moment to close; a hanging name lookup cannot be stopped."""
        loop = asyncio.get_running_loop()
        # What asyncio.wait does for many tasks, for one, at a third of its cost.
        over: asyncio.Future[None] = loop.create_future()
        task = loop.create_task(walk)
        self._strays.add(task)
        task.add_done_callback(partial(self._forget, over))
        deadline = loop.call_later(self._deadline, _end, over)
        try:
            await over
            if not task.done():
                raise unanswered.late(url, self._deadline)
        finally:
            deadline.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=_CLOSING)
        return task.result()

    def _forget(self, over: "asyncio.Future[None]", task: "asyncio.Task[Fetched | NotModified]") -> None:
        self._strays.discard(task)
        if not task.cancelled():
            task.exception()
        _end(over)

    async def _walk(self, step: Step, cap: int) -> Fetched | NotModified:
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._guarded_ask(step, cap)
            if not isinstance(answer, Step):
                return answer
            step = answer
        raise SourceTrouble(
            keep(
                "{shown} is the end of more than {max_redirects} redirects; they were not followed further.",
                shown=shown(step.url),
                max_redirects=MAX_REDIRECTS,
            ),
            fault="http_error",
            url=shown(step.url),
        )

    async def _guarded_ask(self, step: Step, cap: int) -> Fetched | NotModified | Step:
        refused = guard.refusal(step.url, self._permits)
        if refused:
            raise unanswered.refused(step.url, refused)
        door = self._permitted if guard.is_permitted(step.url, self._permits) else self._guarded
        try:
            return await self._ask(door, step, cap)
        except SSRFGuardError:
            raise unanswered.refused(step.url, keep("its host leads to an address that is not public")) from None
        except _FAILURES as failure:
            raise unanswered.unreachable(step.url, failure) from None

    async def _ask(self, door: httpx.AsyncBaseTransport, step: Step, cap: int) -> Fetched | NotModified | Step:
        response = await door.handle_async_request(_request(step))
        try:
            return await answered(step, response, cap)
        finally:
            await response.aclose()

    def _asked(self, headers: Mapping[str, str] | None, validators: Validators | None) -> dict[str, str]:
        asked = {"User-Agent": self._user_agent, "Accept": "*/*", "Accept-Encoding": "gzip, deflate", **(headers or {})}
        if validators and _can_be_sent(validators.etag):
            asked["If-None-Match"] = validators.etag
        if validators and _can_be_sent(validators.last_modified):
            asked["If-Modified-Since"] = validators.last_modified
        return asked

    def _turns_of(self, url: str) -> _Turns:
        host = netloc(url)
        turns = self._turns.get(host)
        if turns is None:
            permitted = guard.is_permitted(url, self._permits)
            turns = self._turns[host] = _Turns(16, 0.0) if permitted else _Turns(*self._pace)
        return turns


# The addresses of a catalogue come again at every poll, and reading one costs as much as sending the request.
_url = lru_cache(maxsize=4_096)(httpx.URL)
_NO_CONTENT = httpx.ByteStream(b"")


def _request(step: Step) -> httpx.Request:
    """The step as httpx has it. One without content is given as a stream, which spares looking for what content would need."""
    if step.content:
        return httpx.Request(step.method, _url(step.url), headers=step.headers, content=step.content)
    request = httpx.Request(step.method, _url(step.url), headers=step.headers, stream=_NO_CONTENT)
    request.read()
    return request


def _end(over: "asyncio.Future[None]") -> None:
    if not over.done():
        over.set_result(None)


def _can_be_sent(validator: str) -> bool:
    """Whether it may stand in a header: one in other letters than ASCII would make every later request fail."""
    return bool(validator) and validator.isascii() and validator.isprintable()


def _with_query(url: str, query: Mapping[str, str] | None) -> str:
    if not query:
        return url
    return url + ("&" if "?" in url else "?") + urlencode(query)
