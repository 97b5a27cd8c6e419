"""Bytes of a source become entries, one pure file per kind; every body ends as entries or as one SourceTrouble."""

from datetime import datetime

from bot.errors import SourceTrouble
from bot.model import Entry, Source, SourceKind
from bot.sources import decode, secret
from bot.sources.parse import feed, json_api, listing, page, xml_api
from bot.sources.parse.entry import Shape

__all__ = ["entries", "likely_kind"]

_KINDS = {
    "feed": feed.entries,
    "json_api": json_api.entries,
    "xml_api": xml_api.entries,
    "listing": listing.entries,
    "page": page.entries,
    "rsshub": feed.entries,
}
# Bytes of one answer, inflated, all its pages together.
CAPS = {
    "feed": 8_000_000,
    "json_api": 8_000_000,
    "xml_api": 8_000_000,
    "listing": 25_000_000,
    "page": 25_000_000,
    "rsshub": 8_000_000,
}
PAGE_MARK = b"\x1e"


def entries(source: Source, body: bytes, content_type: str, url: str, *, now: datetime | None = None) -> list[Entry]:
    """What the source shows, in its own order, doubles included.

    `url` is where the body came from; relative links are joined to it. With `now`, the moment of
    fetching, dates told by their distance from it are read, and dates over a year ahead are dropped as mistakes.
    SourceTrouble (`not_a_source`, `too_large`) if the body is not what the kind promises. An empty feed or list gives no entries.
    """
    shape = Shape.of(source, url, now)
    try:
        inflated = decode.inflated(body, CAPS[source.kind])
        pages = inflated.split(PAGE_MARK) if source.paging else [inflated]
        found = [entry for one in pages for entry in _KINDS[source.kind](shape, one, content_type)]
    except SourceTrouble as trouble:
        raise secret.trouble(source, trouble) from None
    return [secret.without(source, entry) for entry in found] if source.secret else found


def likely_kind(body: bytes) -> SourceKind:
    """The kind these bytes look like: JSON is an API unless it says it is a JSON Feed, XML a feed, anything else a page."""
    head = body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"{", b"[{", b'["', b"[\n", b"[\r", b"[ ", b"[]")):
        return "feed" if b"jsonfeed.org/version" in head else "json_api"
    is_page = b"<html" in head or b"<!doctype html" in head
    return "feed" if not is_page and any(mark in head for mark in (b"<?xml", b"<rss", b"<feed", b"<rdf")) else "listing"
