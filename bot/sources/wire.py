"""The network behind httpx's transport interface: aiohttp carries it at a fifth of httpx's own cost (docs/decisions/014).

Guarded twice where the address is settled: a name is looked up once and refused whole if one of its answers is not public, and
no socket is made for an address or port that the policy does not know, however it came to be asked for. aiohttp connects to
exactly the addresses looked up here. Its failures come out as httpx's; a refusal as SSRFGuardError.
"""

import socket
import ssl
from collections.abc import AsyncIterator, Callable
from functools import lru_cache, partial
from ipaddress import ip_address
from types import TracebackType
from typing import Any

import aiohttp
import anyio
import anyio.to_thread
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from multidict import CIMultiDict
from ssrfguard import Policy, Resolver, SSRFGuardError, resolve
from ssrfguard.errors import BlockedURLError
from yarl import URL

from bot.sources import guard

_MOST_CONNECTIONS = 100
_PATIENCE = aiohttp.ClientTimeout(total=None, sock_connect=10.0, sock_read=20.0)
_PORTS = (80, 443)


# The addresses of a catalogue come again at every poll.
_url = lru_cache(maxsize=4_096)(partial(URL, encoded=True))


class Wire(httpx.AsyncBaseTransport):
    """Sends requests and brings answers, as they come: no redirects, cookies, inflating, proxies, nothing from the environment."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer with its body still to be read; the caller closes it."""
        url = _url(str(request.url))
        self._check(url)
        given = ((name.decode("ascii"), value.decode("ascii")) for name, value in request.headers.raw)
        headers = CIMultiDict((name, value) for name, value in given if name.lower() != "host")
        with _TOLD_AS_HTTPX:
            answer = await self._opened().request(request.method, url, headers=headers, data=request.content or None, allow_redirects=False)
        return httpx.Response(answer.status, headers=answer.raw_headers, stream=_Body(answer))

    async def aclose(self) -> None:
        """Every connection is closed."""
        if self._session is not None:
            await self._session.close()

    def _check(self, url: URL) -> None:
        """Refuses what may not be asked, by the address exactly as it will be used."""
        raise NotImplementedError

    def _connector(self) -> aiohttp.TCPConnector:
        raise NotImplementedError

    def _opened(self) -> aiohttp.ClientSession:
        """The session, made at the first request because it belongs to the event loop that runs then."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=self._connector(),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=_PATIENCE,
                auto_decompress=False,
                trust_env=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            )
        return self._session


class GuardedWire(Wire):
    """The wire to public addresses on web ports only. `resolver` stands in for the name lookup; its answers are checked the same."""

    def __init__(self, tls: ssl.SSLContext, *, policy: Policy = guard.POLICY, resolver: Resolver | None = None) -> None:
        super().__init__(tls)
        self._policy = policy
        self._lookup = _GuardedLookup(policy, resolver)

    def _check(self, url: URL) -> None:
        self._policy.check_url(str(url))

    def _connector(self) -> aiohttp.TCPConnector:
        return aiohttp.TCPConnector(
            ssl=self._tls,
            resolver=self._lookup,
            use_dns_cache=False,
            limit=_MOST_CONNECTIONS,
            happy_eyeballs_delay=None,
            socket_factory=self._socket,
        )

    def _socket(self, place: tuple[Any, ...]) -> socket.socket:
        """A socket for this address; SSRFGuardError if the policy does not know it. Nothing connects but through here."""
        family, kind, protocol, _, where = place
        self._policy.check_address(ip_address(where[0]))
        if where[1] not in _PORTS:
            raise BlockedURLError(f"tcp://{where[0]}:{where[1]}", "the port is not a web port")
        return socket.socket(family, kind, protocol)


class PermittedWire(Wire):
    """The wire to the exact host:port pairs that the operator permits, public or not."""

    def __init__(self, tls: ssl.SSLContext, permits: guard.Permits) -> None:
        super().__init__(tls)
        self._permits = permits

    def _check(self, url: URL) -> None:
        if f"{url.raw_host}:{url.port}" not in self._permits:
            raise BlockedURLError(str(url), "it is not among the permitted host:port pairs")

    def _connector(self) -> aiohttp.TCPConnector:
        return aiohttp.TCPConnector(ssl=self._tls, limit=_MOST_CONNECTIONS)


class _GuardedLookup(AbstractResolver):
    """One lookup for each connection, in a thread of its own kind so that names that hang take no other work's threads."""

    def __init__(self, policy: Policy, resolver: Resolver | None) -> None:
        self._policy = policy
        self._resolver = resolver
        self._slots = anyio.CapacityLimiter(_MOST_CONNECTIONS)

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:  # noqa: ARG002 - its interface
        """Every address of the host, in the resolver's order; SSRFGuardError if one of them is not public."""
        target = self._policy.check_url(f"https://{host}:{port}/")
        found = await anyio.to_thread.run_sync(partial(resolve, target, policy=self._policy, resolver=self._resolver), limiter=self._slots)
        kinds = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [
            ResolveResult(hostname=host, host=str(one.ip), port=port, family=kinds[one.ip.version], proto=0, flags=socket.AI_NUMERICHOST)
            for one in found[: self._policy.max_connection_attempts]
        ]

    async def close(self) -> None:
        """Nothing is held open."""


class _Body(httpx.AsyncByteStream):
    """The bytes of an answer as they arrive."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _TOLD_AS_HTTPX:
            async for chunk in self._answer.content.iter_any():
                yield chunk

    async def aclose(self) -> None:
        """The connection is kept for the next request if the answer was read to its end, else closed."""
        self._answer.release()


class _ToldAsHttpx:
    """What fails inside fails as httpx has it; a refusal stays one."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None or isinstance(error, SSRFGuardError):
            return
        for theirs, ours in _FAILURES:
            if isinstance(error, theirs):
                raise ours(str(error)) from error


_TOLD_AS_HTTPX = _ToldAsHttpx()
_FAILURES: tuple[tuple[type[Exception], Callable[[str], Exception]], ...] = (
    (TimeoutError, httpx.ReadTimeout),
    (aiohttp.InvalidURL, httpx.InvalidURL),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.ClientError, httpx.RemoteProtocolError),
)
