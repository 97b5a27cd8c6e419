"""The keys Microsoft signs its requests with: asked for once a day or when an unknown one is named, and nobody else waits meanwhile.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication (keys are good for a day; new
ones are announced before they are used).
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

log = structlog.get_logger()

PUBLIC_KEYS = "https://login.botframework.com/v1/.well-known/keys"

DAY = 24 * 3600.0
MOST_BYTES = 1_000_000
SMALLEST_KEY = 2048  # bits

_FAILURES = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


@dataclass(frozen=True)
class Patience:
    """How long, in seconds. Within `pause` an unknown key is not asked for again, within `rest` nothing is after a failure."""

    fetch: float = 20.0  # for one answer of Microsoft, whole
    wait: float = 8.0  # a request waits this long for a key it needs; Teams itself gives up after 15
    fresh: float = DAY
    trusted: float = 5 * DAY  # when Microsoft cannot be asked, its keys of the last days still do
    pause: float = 300.0
    rest: float = 10.0


@dataclass(frozen=True)
class Key:
    """A public key, and the channels it vouches for, such as `msteams`."""

    public: RSAPublicKey
    endorsements: frozenset[str]


class NoKeys(Exception):
    """Microsoft's keys cannot be had at the moment, so nothing can be told about a request."""


@dataclass(frozen=True)
class _Known:
    keys: dict[str, Key] = field(default_factory=dict)
    at: float = float("-inf")


class Keys:
    """Microsoft's keys by their id. Building it asks nothing; `warm` asks ahead, `close` gives up what is under way."""

    def __init__(self, url: str = PUBLIC_KEYS, patience: Patience = Patience()) -> None:
        self._url, self._patience = url, patience
        self._known = _Known()
        self._asking: asyncio.Task[None] | None = None
        self._failed = float("-inf")

    def warm(self) -> None:
        """The keys are being asked for, so that the first request need not wait."""
        self._ask()

    async def close(self) -> None:
        """Nothing is asked any more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    async def find(self, key_id: str) -> Key | None:
        """The key of this id; None if Microsoft has none of it. NoKeys if that cannot be told in time."""
        age = _now() - self._known.at
        found = self._known.keys.get(key_id) if age < self._patience.trusted else None
        if found is not None and age >= self._patience.fresh:
            self._ask()
        if found is not None or age < self._patience.pause:
            return found
        await self._news()
        return self._known.keys.get(key_id)

    async def _news(self) -> None:
        """The keys are those of now. Whoever waits shares one question, and giving up leaves it to the others."""
        before, asking = self._known, self._ask()
        if asking is not None:
            await asyncio.wait({asking}, timeout=self._patience.wait)
        if self._known is before:
            raise NoKeys

    def _ask(self) -> "asyncio.Task[None] | None":
        """The question under way, perhaps begun now; None right after one that failed."""
        if self._asking is not None and not self._asking.done():
            return self._asking
        if _now() - self._failed < self._patience.rest:
            return None
        self._asking = asyncio.create_task(self._fetch())
        return self._asking

    async def _fetch(self) -> None:
        try:
            self._known = _Known(dict(read(await _get(self._url, self._patience.fetch))), _now())
        except _FAILURES as error:
            self._failed = _now()
            log.warning("Microsoft's keys could not be asked for", error=type(error).__name__)


def read(document: bytes) -> Iterator[tuple[str, Key]]:
    """The usable keys of a JSON Web Key Set; ValueError if it is none. Keys that are not RSA, or too small, are left out."""
    try:
        listed = json.loads(document)["keys"]
        entries = [one for one in listed if isinstance(one, dict)]
    except (KeyError, TypeError, RecursionError):
        raise ValueError("no key set") from None
    for entry in entries:
        public = _public(entry)
        key_id, endorsed = entry.get("kid"), entry.get("endorsements")
        if public is not None and isinstance(key_id, str) and isinstance(endorsed, list):
            yield key_id, Key(public, frozenset(one for one in endorsed if isinstance(one, str)))


def _public(entry: dict[str, Any]) -> RSAPublicKey | None:
    try:
        public = jwt.PyJWK(entry, algorithm="RS256").key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return public if isinstance(public, RSAPublicKey) and public.key_size >= SMALLEST_KEY else None


async def _get(url: str, seconds: float) -> bytes:
    document = bytearray()
    timeout = aiohttp.ClientTimeout(total=seconds)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url, allow_redirects=False) as response:
        if response.status != 200:
            raise ValueError(f"HTTP {response.status}")
        async for chunk in response.content.iter_chunked(64 * 1024):
            document += chunk
            if len(document) > MOST_BYTES:
                raise ValueError("the key set is too large")
    return bytes(document)


def _now() -> float:
    return asyncio.get_running_loop().time()
