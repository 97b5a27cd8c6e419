"""RSS 0.9 to 2.0, RDF, Atom and JSON Feed → entries.

What is well-formed is read in one pass (`wellformed`). The rest is decoded and mended first; then fastfeedparser reads the XML, forty
times faster than feedparser, which takes over where the first finds nothing. All of them get only dates that we have read: they would
take a date without a zone for UTC, and the source means its own.
"""

import html
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from functools import cached_property, lru_cache, partial
from math import isfinite
from typing import Any
from xml.sax.saxutils import escape

import fastfeedparser  # type: ignore[import-untyped]
import feedparser  # type: ignore[import-untyped]

from bot.errors import SourceTrouble
from bot.messages import keep
from bot.model import Entry
from bot.sources import decode
from bot.sources.parse import clean, dialect, files, wellformed
from bot.sources.parse.dates import sane, when
from bot.sources.parse.entry import DATES, Shape, check_count, check_values

_ROOTS = frozenset(("rss", "feed", "rdf", "channel"))
_ROOT = re.compile(rb"<(?:[A-Za-z][\w.-]{0,40}:)?([A-Za-z][\w.-]{0,40})")
# FDA writes <pubDate><time datetime="2019-05-03T19:21:28Z">Fri, 05/03/2019 - 15:21</time></pubDate>.
_DATE = re.compile(
    rb"<((?:dc:|dcterms:|atom:|a10:)?(?:pub[dD]ate|date|published|updated|issued|modified|created))(?:\s[^<>]{0,200})?>"
    rb"\s{0,40}(?:<!\[CDATA\[)?([^<\]]{0,160}(?:<time(?:\s[^<>]{0,200})?>[^<]{0,120}</time>)?)(?:\]\]>)?\s{0,40}</\1\s?>"
)
_MARKED_TITLE = re.compile(rb"<title(?:\s[^<>]{0,200})?>([^<]*(?:<(?!/?title|!\[CDATA)[^<>]*>[^<]*)+)</title>")
_CODED_TITLE = re.compile(rb"<title\s[^<>]*(?:base64|octet-stream)")  # Atom may hold a title in base64
_ITEM = re.compile(rb"<(?:[\w.-]{1,20}:)?(?:item|entry)[\s>]", re.IGNORECASE)
_FEED_ROOT = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>]")
_WARNING = re.compile(rb"\b(?:warning|notice|deprecated|error)\b", re.IGNORECASE)
_PAGE = re.compile(rb"<(?:!doctype|html|body)", re.IGNORECASE)
_LONGEST_WARNINGS = 20_000
_BASE = re.compile(rb"<(?:[\w.-]{1,20}:)?(?:feed|rss|RDF|channel)\s[^<>]{0,2000}?\bxml:base\s{0,9}=\s{0,9}[\"']([^\"'<>]{1,2000})[\"']")
_NO_LINK = re.compile(rb"<guid\s[^<>]*isPermaLink\s{0,9}=\s{0,9}[\"']false[\"'][^<>]*>\s*(?:<!\[CDATA\[)?\s*([^\s<\]]+)")
_SAID_LINK = re.compile(rb"<link(?:\s[^<>]*)?>\s*(?:<!\[CDATA\[)?\s*([^\s<\]]+)")
_ANY_TAG = re.compile(r"<[^<>]*>")
_CUT_MADE, _LONGEST_MADE = 480, 600  # characters: the reader makes a summary of the first 512 of the content
_HAS_IDS = re.compile(rb"<guid|<(?:atom:)?id[ >]|rdf:about|rdf:resource")
_FALLBACK_LIMIT = 2_000_000  # feedparser needs about a second for this much
_REFUSALS = (ValueError, TypeError, LookupError, AttributeError, SyntaxError, RecursionError)

Instants = dict[str, datetime]


def entries(shape: Shape, body: bytes, content_type: str) -> list[Entry]:
    """The entries in the order of the feed, maybe none; SourceTrouble if the body is no feed."""
    if _is_json(body):
        return _json_feed(shape, body)
    shape = _based(shape, body)
    found = None
    if not decode.is_seven_bit(body, content_type):
        found = _plainly(shape, dialect.plain(body, shape.url) if dialect.is_likely(body) else body)
    return _usable(_carefully(shape, body, content_type) if found is None else found)


def _is_json(body: bytes) -> bool:
    """Whether an object stands where a feed begins, also in UTF-16 and UTF-32, whose zero bytes say nothing here."""
    return body[:100].lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1] == b"{"


def _based(shape: Shape, body: bytes) -> Shape:
    """The shape with the base that the feed says its relative links have, if it says one that is an address."""
    found = _BASE.search(body, 0, _LONGEST_WARNINGS) if b"xml:base" in body else None
    base = clean.link(html.unescape(found[1].decode("ascii", "ignore")), shape.url) if found else None
    return replace(shape, url=base) if base else shape


def _plainly(shape: Shape, body: bytes) -> list[Entry | None] | None:
    """The entries of a well-formed feed in UTF-8, as nearly all are; None if it needs more care."""
    dating = _dating(shape)
    rows = wellformed.rows(body, dating)
    if rows and (apart := dialect.apart(body, len(rows))) != body:
        body, rows = apart, wellformed.rows(apart, dating)
    if rows and not all((row.get("link") or "").startswith("http") for row in rows):
        said = dialect.plain(body, shape.url)
        rows = rows if said == body else wellformed.rows(said, dating)
    if rows is None:
        return None
    ids = _Ids(body)
    return [_entry(shape, row, ids, _instant(row.get("published")), _instant(row.get("updated"))) for row in rows]


def _carefully(shape: Shape, body: bytes, content_type: str) -> list[Entry | None]:
    if what := files.kind(body):
        raise _no_feed(keep("The source answered with {kept} instead of a feed.", kept=what))
    clean = _without_warnings(decode.xml(body, content_type, shape.source.charset, shape.source.language))
    root = _checked_root(clean)
    shape = _based(shape, clean)
    clean = dialect.plain(clean, shape.url)
    plain = _plainly(shape, clean) if clean != body else None
    if plain is not None:
        return plain
    check_count(clean.count(b"<item") + clean.count(b"<entry"))
    instants: Instants = {}
    dated = _with_our_dates(clean, shape, instants)
    rows = _slowly(dated, shape, instants) if root == "channel" or _CODED_TITLE.search(dated) else _rows(dated, shape, instants)
    ids = _Ids(dated)
    return [_entry(shape, row, ids, instants.get(row.get("published") or ""), instants.get(row.get("updated") or "")) for row in rows]


class _Ids:
    """What the ids of a feed can be taken for; looked up only where an entry has none or no link."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    @cached_property
    def exist(self) -> bool:
        """Whether any entry has one."""
        return _HAS_IDS.search(self._body) is not None

    @cached_property
    def no_links(self) -> frozenset[str]:
        """Those that say they are no link, unless an entry names the same as its link."""
        if b"isPermaLink" not in self._body:
            return frozenset()
        ids = set(_NO_LINK.findall(self._body)) - set(_SAID_LINK.findall(self._body))
        return frozenset(html.unescape(one.decode("utf-8", "replace")) for one in ids)

    @cached_property
    def are_links(self) -> bool:
        """Whether an id that is an address is where the entry is, as in Atom; a guid says itself whether it is."""
        return b"<guid" not in self._body


def _usable(found: list[Entry | None]) -> list[Entry]:
    kept = [one for one in found if one is not None]
    if found and not kept:
        raise _no_feed(keep("The feed lists {n} entries, but none of them says anything.", n=len(found)))
    return kept


def _checked_root(clean: bytes) -> str:
    """The name of the root element; SourceTrouble if it is none of a feed."""
    if not clean:
        raise _no_feed(keep("The source answered with an empty body instead of a feed."))
    found = _ROOT.search(_without_prolog(clean[:100_000]))
    name = found[1].decode("ascii").lower() if found else ""
    if name in _ROOTS and (name != "rdf" or b"channel" in clean or _ITEM.search(clean)):
        return name
    if name in ("html", "head", "body", "script", "div", "meta", "title", "center", "h1"):
        raise _no_feed(keep("The source answered with a web page instead of a feed."))
    if not name or not clean.startswith(b"<"):
        raise _no_feed(keep("The source answered with plain text instead of a feed."))
    raise _no_feed(keep("The source answered with XML that is not a feed (<{name}>).", name=name))


def _without_warnings(clean: bytes) -> bytes:
    """The document from its feed on, when a program that failed on the way has written its warnings before it."""
    start = _FEED_ROOT.search(clean, 0, _LONGEST_WARNINGS)
    before = start.start() if start else 0
    is_warning = _WARNING.search(clean, 0, before) and not _PAGE.search(clean, 0, before)
    return clean[before:] if is_warning else clean


def _without_prolog(head: bytes) -> bytes:
    at = 0
    while head.startswith((b"<!--", b"<?"), at):
        end = head.find(b"-->" if head.startswith(b"<!--", at) else b"?>", at)
        if end < 0:
            return b""
        at = end + 2
        at = min((head.find(b"<", at) + 1 or len(head) + 1) - 1, len(head))
    return head[at:]


def _with_our_dates(clean: bytes, shape: Shape, instants: Instants) -> bytes:
    month_first = shape.source.jurisdiction == "US"

    def ours(found: re.Match[bytes]) -> bytes:
        name, said = found.groups()
        instant = _meant(said, shape.zone, month_first) or shape.ago(_words(said))
        written = _written(instant) if instant else ""
        if instant is not None:
            instants[written] = instant.astimezone(UTC)
        return b"<%b>%b</%b>" % (name, written.encode("ascii"), name)

    return _MARKED_TITLE.sub(_escaped_title, _DATE.sub(ours, clean))


@lru_cache(maxsize=8_192)  # most entries of a feed were there at the last poll
def _meant(said: bytes, zone: tzinfo, month_first: bool) -> datetime | None:
    return when(_words(said), zone, month_first=month_first)


def _words(said: bytes) -> str:
    return html.unescape(said.decode("utf-8", "replace"))


def _written(instant: datetime) -> str:
    """The date in the one form the parsers leave as it is."""
    return instant.astimezone(UTC).replace(microsecond=0).isoformat()


def _dating(shape: Shape) -> Callable[[str], str | None]:
    """What makes of a date as it is written one in ISO 8601 and UTC."""
    dated = partial(_dated, zone=shape.zone, month_first=shape.source.jurisdiction == "US")
    return dated if shape.now is None else lambda said: dated(said) or _in_utc(shape.ago(said))


@lru_cache(maxsize=8_192)
def _dated(said: str, zone: tzinfo, month_first: bool) -> str | None:
    """The date in ISO 8601 and UTC; None if it is none."""
    return _in_utc(when(said, zone, month_first=month_first))


def _in_utc(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat() if instant else None


@lru_cache(maxsize=8_192)
def _instant(utc: str | None) -> datetime | None:
    return sane(datetime.fromisoformat(utc)) if utc else None


def _escaped_title(found: re.Match[bytes]) -> bytes:
    """A title that holds elements, as XHTML in Atom does, with its markup as text: the parser would read none of it."""
    return b'<title type="html">' + escape(found[1].decode("utf-8", "replace")).encode() + b"</title>"


def _rows(dated: bytes, shape: Shape, instants: Instants) -> Iterable[Mapping[str, Any]]:
    """What the parsers found; an empty feed has none, but marks of entries that nobody can read are trouble."""
    try:
        found: list[Mapping[str, Any]] = fastfeedparser.parse(dated, include_tags=False, include_media=False, include_enclosures=False)[
            "entries"
        ]
    except _REFUSALS:
        found = []
    return found or _slowly(dated, shape, instants)


def _slowly(dated: bytes, shape: Shape, instants: Instants) -> list[Mapping[str, Any]]:
    """What feedparser finds. It gives dates as they are written, also those in attributes."""
    if not _ITEM.search(dated):
        return []
    if len(dated) > _FALLBACK_LIMIT:
        raise _no_feed(keep("The feed is malformed and too large to be repaired."))
    try:
        found: list[Mapping[str, Any]] = feedparser.parse(dated, sanitize_html=False, resolve_relative_uris=False)["entries"]
    except _REFUSALS:
        found = []
    if not found:
        raise _no_feed(keep("The feed is damaged; no entry of it can be read."))
    for said in {row.get(name) for row in found for name in DATES} - instants.keys():
        if instant := shape.when(said):
            instants[str(said)] = instant.astimezone(UTC)
    return found


def _entry(shape: Shape, row: Mapping[str, Any], ids: _Ids, published: datetime | None, updated: datetime | None) -> Entry | None:
    """The entry of one row, or None if it cannot be read: one bad row never loses the others."""
    try:
        key, link = _text(row.get("id")), _text(row.get("link"))
        if key == link:  # the parsers take one for the other where it is missing
            key, link = (key, link if link.startswith(("http", "/")) and link not in ids.no_links else "") if ids.exist else ("", link)
        if not link and key.lower().startswith(("https://", "http://", "/")) and ids.are_links:
            link = key
        title, summary, content = _text(row.get("title")), _text(row.get("description") or row.get("summary")), _content(row)
        is_made = _is_made_of(summary, content)
        summary = clean.plain(content, 512) if is_made else summary
        text = _text_beside(summary, content) if summary and content else {}
        told = content if text or is_made else ""
        entry = shape.entry_of(key, title, link, summary or content, published=published, updated=updated, fields=text, content=told)
        if entry is not None:
            return entry
        shown = link or key or _day(published or updated, shape.zone)  # what says nothing else is shown by it
        return shape.entry_of(key, shown, link, "", published=published, updated=updated)
    except (ValueError, TypeError, LookupError):
        return None


def _day(instant: datetime | None, zone: tzinfo) -> str:
    return instant.astimezone(zone).date().isoformat() if instant else ""


def _text(raw: object) -> str:
    return raw if isinstance(raw, str) else ""


def _content(row: Mapping[str, Any]) -> str:
    parts = row.get("content")
    return _text(parts[0].get("value")) if parts else ""


def _is_made_of(summary: str, content: str) -> bool:
    """Whether the reader has made this summary, as it does where there is none: of the words of the content, blanks for its tags."""
    if not content or "<" in summary or not 0 < len(summary) <= _LONGEST_MADE:
        return False
    if summary.strip() == content.strip():  # as in most feeds, whose words need not be looked at then
        return True
    made, said = _squeezed(summary), _squeezed(content[:20_000])
    return made == said or (len(summary) >= _CUT_MADE and said.startswith(made.rstrip("….")))


def _squeezed(markup: str) -> str:
    return "".join(html.unescape(_ANY_TAG.sub("", markup)).split())


def _text_beside(summary: str, content: str) -> dict[str, str]:
    """The whole content as the text of the entry, if it says more than the summary, which may be its first 512 characters."""
    if content.strip() == summary.strip():
        return {}
    text = clean.text(content)
    return {} if " ".join(text.split()) == clean.summary(summary) else {"text": text}


def _json_feed(shape: Shape, body: bytes) -> list[Entry]:
    text = decode.text(body, "", shape.source.charset, shape.source.language)
    check_values(text)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise _no_feed(keep("The source answered with broken JSON instead of a feed.")) from None
    rows = data.get("items")
    if not isinstance(rows, list):
        raise _no_feed(keep("The source answered with JSON that is not a feed."))
    check_count(len(rows))
    return _usable([_json_entry(shape, row) for row in rows])


def _json_entry(shape: Shape, row: object) -> Entry | None:
    if not isinstance(row, dict):
        return None
    summary, content = _text(row.get("summary")), _text(row.get("content_text")) or _text(row.get("content_html"))
    said = {
        "key": _id(row.get("id")),
        "title": _id(row.get("title")),
        "url": _text(row.get("url")) or _text(row.get("external_url")) or _address(row.get("id")),
        "summary": summary or content,
        "text": content if summary else "",
        "language": _text(row.get("language")),
    }
    return shape.entry(said, published=shape.when(row.get("date_published")), updated=shape.when(row.get("date_modified")))


def _address(raw: object) -> str:
    """An id that is an address, which JSON Feed has for where the entry is."""
    return raw if isinstance(raw, str) and raw.lower().startswith(("https://", "http://")) else ""


def _id(raw: object) -> str:
    """An id or a title in JSON, which may be a number; what is no number is none."""
    if isinstance(raw, bool) or (isinstance(raw, float) and not isfinite(raw)):
        return ""
    return str(raw) if isinstance(raw, str | int | float) else ""


def _no_feed(sentence: str) -> SourceTrouble:
    return SourceTrouble(sentence, fault="not_a_source", hint=keep("If this goes on, check the address and the kind of the source."))
