"""One HTTP answer → Fetched, NotModified, or the next step of a walk through redirects; anything else is a SourceTrouble.

The body is read up to its cap and inflated in bounded steps; nothing is asked here.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

import httpx

from bot.errors import SourceTrouble
from bot.messages import keep
from bot.model import Validators
from bot.sources import unanswered
from bot.sources.decode import Inflater, too_large
from bot.sources.door import Fetched, NotModified
from bot.sources.unanswered import shown
from bot.sources.wall import closed, wall

_REDIRECTS = (301, 302, 303, 307, 308)
_ERROR_PAGE = 100_000
# What servers write there of a body that is not compressed.
_PLAIN = ("", "identity", "none", "utf-8", "utf8", "binary", "8bit", "7bit")


class Step:
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

    def redirected(self, status: int, location: str) -> "Step":
        """The next request. Another host gets none of the source's own headers, which may hold its key."""
        url = urljoin(self.url, location)
        keeps_method = status in (307, 308) or self.method == "GET"
        headers = self.headers
        if netloc(url) != netloc(self.url):
            plain = ("User-Agent", "Accept", "Accept-Encoding", "If-None-Match", "If-Modified-Since")
            headers = {name: value for name, value in headers.items() if name in plain}
        if not keeps_method:
            headers = {name: value for name, value in headers.items() if name.lower() != "content-type"}
        return Step(self.method if keeps_method else "GET", url, headers, self.content if keeps_method else b"")


async def answered(step: Step, response: httpx.Response, cap: int) -> Fetched | NotModified | Step:
    """What the answer to this step is; at most `cap` bytes of it are read, inflated. SourceTrouble unless it is a good one."""
    status, headers = response.status_code, response.headers
    if status in _REDIRECTS and headers.get("Location"):
        return step.redirected(status, headers["Location"])
    validators = Validators.trusted({"etag": _short(headers.get("ETag")), "last_modified": _short(headers.get("Last-Modified"))})
    if status == 304 and step.asks_for_changes_only:
        return NotModified.trusted({"validators": validators, "max_age": _max_age(headers)})
    if not 200 <= status < 300 or status == 206:
        raise await _failed(step, response)
    body = await _read(response, cap)
    hit = wall(status, step.url, body, headers)
    if hit:
        raise unanswered.walled(step.url, status, hit)
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
    said = response.headers.get("Content-Encoding", "").lower().split(",")
    encodings = [one for part in said if (one := part.strip()) not in _PLAIN]
    inflater = None
    if encodings:
        if len(encodings) > 1 or encodings[0] not in ("gzip", "x-gzip", "deflate", "x-deflate"):
            raise SourceTrouble(keep("The answer is compressed in a way that was not asked for."), fault="not_a_source")
        inflater = Inflater(cap)
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += inflater.feed(chunk) if inflater else chunk
        if len(body) > cap:
            raise too_large(cap)
    if inflater:
        body += inflater.end()
    return bytes(body)


async def _failed(step: Step, response: httpx.Response) -> SourceTrouble:
    """The trouble of an error answer, with as much of its page as tells a bot wall from an error."""
    status = response.status_code
    try:
        page = await _read(response, _ERROR_PAGE)
    except SourceTrouble:
        page = b""
    hit = wall(status, step.url, page, response.headers)
    wait = _retry_after(response.headers)
    return unanswered.walled(step.url, status, hit, wait) if hit else unanswered.by_status(step.url, status, wait)


@lru_cache(maxsize=4_096)
def netloc(url: str) -> str:
    """The host and port of an address, or host and scheme; "" if it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port or parts.scheme
    except ValueError:
        return ""
    return f"{parts.hostname}:{port}"


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


def _retry_after(headers: httpx.Headers) -> float | datetime | None:
    """When to come back: in so many seconds, by which a date is away from the Date of the same answer, else that moment."""
    value = headers.get("Retry-After", "").strip()[:100]
    if value.isascii() and value.isdigit() and len(value) < 12:
        return float(value)
    try:
        moment = _moment(value)
        return max(0.0, (moment - _moment(headers["Date"])).total_seconds()) if "Date" in headers else moment
    except (ValueError, TypeError):
        return None


def _moment(date: str) -> datetime:
    """A date of HTTP, which is in UTC even where it does not say so."""
    read = parsedate_to_datetime(date)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
