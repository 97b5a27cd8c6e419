"""What is asked of a source: its request with the key filled in, and the requests for further pages; pure.

The pages of one answer travel as one body, with a character between them that neither JSON nor XML nor HTML may hold (RFC 7464).
"""

import json
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote, unquote, urljoin, urlsplit

from bot.errors import SourceTrouble
from bot.messages import keep
from bot.model import Source, Word
from bot.sources import decode
from bot.sources.parse import PAGE_MARK, entries
from bot.sources.parse.paths import reader
from bot.sources.secret import PLACEHOLDER

_ACCEPT = {
    "feed": "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5",
    "json_api": "application/json, */*;q=0.5",
    "xml_api": "application/xml, text/xml;q=0.9, */*;q=0.5",
    "listing": "text/html, application/xhtml+xml, */*;q=0.5",
}
_ACCEPT |= {"page": _ACCEPT["listing"], "rsshub": _ACCEPT["feed"]}
_PAGE = "{page}"


class Ask(Word):
    """One request: `body` is sent as it is, else `form` as a form."""

    url: str
    method: Literal["GET", "POST"]
    query: dict[str, str]
    form: dict[str, str]
    body: bytes
    headers: dict[str, str]


def first(source: Source) -> Ask:
    """The request of this source, for its first page if it has several."""
    start = str(source.paging.first) if source.paging else ""
    return Ask.trusted(
        {
            "url": _address(source),
            "method": source.method,
            "query": _filled(source, _numbered(source, source.query, start, in_form=False)),
            "form": _filled(source, _numbered(source, source.form, start, in_form=True)),
            "body": _body(source, start),
            "headers": {"Accept": _ACCEPT[source.kind], **_type(source), **_filled(source, source.headers)},
        }
    )


def following(source: Source, answered: bytes, number: int) -> Ask | None:
    """The request for page `number` (from 2) after the page `answered`; None if there is none."""
    paging, before = source.paging, first(source)
    if paging is None or number > paging.pages:
        return None
    if paging.next:
        url = _next(source, answered, paging.next)
        return before.model_copy(update={"url": url, "query": {}}) if url else None
    at = str(paging.first + paging.step * (number - 1))
    return before.model_copy(
        update={
            "query": _filled(source, _numbered(source, source.query, at, in_form=False)),
            "form": _filled(source, _numbered(source, source.form, at, in_form=True)),
            "body": _body(source, at),
        }
    )


def shows_entries(source: Source, page: bytes, content_type: str) -> bool:
    """Whether a further page lists anything; a list of a web page beyond its end shows no rows, which is no trouble there."""
    try:
        return bool(entries(source, page, content_type, source.url))
    except SourceTrouble:
        if source.kind == "listing":
            return False
        raise


def joined(pages: list[bytes]) -> bytes:
    """The pages of one answer as one body."""
    return PAGE_MARK.join(pages)


def _address(source: Source) -> str:
    if source.url == PLACEHOLDER:
        return source.secret
    if PLACEHOLDER not in source.url:
        return source.url
    return source.url.replace(PLACEHOLDER, quote(_plain(source), safe=""))


def _plain(source: Source) -> str:
    """The key as it is meant: portals also hand it out percent-encoded, and encoding it twice is refused as a wrong key."""
    return unquote(source.secret) if "%" in source.secret else source.secret


def _filled(source: Source, values: Mapping[str, str]) -> dict[str, str]:
    return {name: value.replace(PLACEHOLDER, _plain(source)) for name, value in values.items()}


def _numbered(source: Source, values: Mapping[str, str], number: str, *, in_form: bool) -> dict[str, str]:
    name = source.paging.parameter if source.paging else ""
    belongs = name and in_form == (source.method == "POST" and not source.body)
    return {**values, name: number} if belongs else dict(values)


def _body(source: Source, number: str) -> bytes:
    if not source.body:
        return b""
    key = json.dumps(_plain(source))[1:-1] if source.secret else ""
    return source.body.replace(PLACEHOLDER, key).replace(_PAGE, number).encode()


def _type(source: Source) -> dict[str, str]:
    return {"Content-Type": "application/json"} if source.body.lstrip()[:1] in ("{", "[") else {}


def _next(source: Source, answered: bytes, path: str) -> str:
    """The address of the next page, on the same host only: another one would get the key."""
    try:
        data: Any = json.loads(decode.text(answered))
    except (ValueError, RecursionError):
        return ""
    found = reader(path)(data)
    if not isinstance(found, str) or not found.strip():
        return ""
    url = urljoin(_address(source), found.strip())
    if _host(url) != _host(_address(source)):
        raise SourceTrouble(keep("The answer names a next page on another host; it was not followed."), fault="refused")
    return url


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
