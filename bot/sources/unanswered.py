"""Why an address gave no good answer, as SourceTrouble: a sentence without its key or login, and what to do. Pure."""

import ssl
from datetime import datetime
from urllib.parse import urlsplit

import httpx

from bot.errors import SourceTrouble
from bot.messages import keep

_PATIENCE = keep("It is tried again later; if it stays so, the source cannot be read by a program.")
_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)
_MEANINGS = {
    304: keep("says nothing changed although it was not asked that"),
    401: keep("asks for a login or a key"),
    404: keep("has no such page now"),
    410: keep("says this page is gone for good"),
    429: keep("asks us to come less often"),
    500: keep("has a fault of its own"),
    502: keep("has a fault of its own"),
    503: keep("is overloaded or down"),
    504: keep("has a fault of its own"),
}


def shown(url: str) -> str:
    """The address as people see it: without what follows the path, which may hold a key, and without a login."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return keep("the address")
    text = f"{parts.scheme}://{host}{parts.path}" if parts.scheme and host else url.partition("?")[0]
    return "".join(char for char in text[:200] if char.isprintable()) or keep("the address")


def refused(url: str, reason: str) -> SourceTrouble:
    """The address was not asked, because of what `reason` says as the end of a sentence."""
    return SourceTrouble(
        keep("{place} was not fetched: {kept}.", place=shown(url), kept=reason),
        fault="refused",
        url=shown(url),
        asked=False,
        hint=keep("If it is yours, permit its exact host:port with REGWATCH_FETCH_ALLOW."),
    )


def late(url: str, deadline: float) -> SourceTrouble:
    """The address did not answer completely within so many seconds."""
    place = shown(url)
    return SourceTrouble(
        keep("{place} did not answer completely within {n} seconds.", place=place, n=f"{deadline:g}"), fault="timeout", url=place
    )


def unreachable(url: str, failure: Exception) -> SourceTrouble:
    """What a failure of the network, of TLS or of HTTP means."""
    place, asked = shown(url), not isinstance(failure, _NOT_CONNECTED)
    if isinstance(failure, httpx.TimeoutException):
        return SourceTrouble(keep("{place} did not answer in time.", place=place), fault="timeout", url=place, asked=asked)
    return SourceTrouble(keep("{place} {kept}.", place=place, kept=_why(failure)), fault="unreachable", url=place, asked=asked)


def by_status(url: str, status: int, retry_after: float | datetime | None) -> SourceTrouble:
    """The address answered with this status, which is no good answer."""
    meaning = _MEANINGS.get(status, keep("could not give the page") if status >= 400 else keep("gave an answer that holds no content"))
    place = shown(url)
    return SourceTrouble(
        keep("{place} {kept} (HTTP {status}).", place=place, kept=meaning, status=status),
        fault="http_error",
        status=status,
        url=place,
        retry_after=retry_after,
    )


def walled(url: str, status: int, hit: str, retry_after: float | datetime | None = None) -> SourceTrouble:
    """The site keeps programs out, as `hit` says."""
    place = shown(url)
    return SourceTrouble(
        keep("{place} {kept}.", place=place, kept=hit), fault="blocked", status=status, url=place, retry_after=retry_after, hint=_PATIENCE
    )


def _why(failure: Exception) -> str:
    causes = [failure, failure.__cause__, getattr(failure.__cause__, "__cause__", None)]
    if any(isinstance(cause, ssl.SSLError) for cause in causes) or "CERTIFICATE" in str(failure) or "SSL" in str(failure):
        return keep("has no valid certificate or speaks no TLS we know")
    if isinstance(failure, httpx.ConnectError | OSError):
        return keep("cannot be reached: no connection, or its name leads nowhere")
    if isinstance(failure, httpx.RemoteProtocolError | httpx.ReadError):
        return keep("broke off its answer or does not speak proper HTTP")
    if isinstance(failure, httpx.InvalidURL | httpx.UnsupportedProtocol | ValueError):
        return keep("cannot be asked: its address or headers hold characters that do not belong there")
    return keep("cannot be reached")
