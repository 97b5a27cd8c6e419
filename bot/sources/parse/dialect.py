"""Feeds that are sound but said in a way their readers misread → the same feed in the plain way; pure.

The readers take the first link for the link of an entry, whatever it is for, know no `xml:base` below the root, read the first of two
channels only, take the title of a picture for that of the entry, and lose summaries in XHTML. What has none of this is left as it is.
Looking through all of a feed costs a fifth of reading it, so that most feeds are looked through only when they are likely to need it.
"""

import html
import re
from collections.abc import Callable
from itertools import zip_longest
from typing import NamedTuple
from urllib.parse import urljoin

from bot.sources.parse import clean

_HEAD = 4_000
_ENTRY = re.compile(rb"<((?:[\w.-]{1,20}:)?(?:item|entry))(\s[^<>]*)?>")
_ITEM = re.compile(rb"<!\[CDATA\[.*?\]\]>|<!--.*?-->|<(/?)item(?=[\s>])[^<>]*>", re.DOTALL)
# What stands in CDATA is text.
_LINK = re.compile(rb"<!\[CDATA\[(?:.*?\]\]>|.*)|<((?:[\w.-]{1,20}:)?link)(\s[^<>]*?)(?:/>|>\s*</\1\s*>)", re.DOTALL)
_SAID_LINK = re.compile(rb"(<link(?:\s[^<>]*)?>\s*(?:<!\[CDATA\[)?\s*)([^\s<\]][^<\]]*)")
_ATTRIBUTE = re.compile(rb"\s(rel|href|type|xml:base)\s{0,9}=\s{0,9}[\"']([^\"'<>]*)[\"']")
_IANA = "http://www.iana.org/assignments/relation/"  # Atom lets the name of a relation be written out
_SOURCE = re.compile(rb"<((?:[\w.-]{1,20}:)?source)[\s>]")
_NEXT_CHANNEL = re.compile(rb"</channel\s*>\s*<channel(?:\s[^<>]*)?>")
_OTHER_TITLE = re.compile(rb"(</?(?:media|itunes)):title\b")
_SUMMARY = re.compile(rb"<((?:[\w.-]{1,20}:)?summary)(\s[^<>]*xhtml[^<>]*)>")
_XHTML = re.compile(rb"xmlns:([\w.-]{1,20})\s{0,9}=\s{0,9}[\"']http://www\.w3\.org/1999/xhtml[\"']")


def is_likely(body: bytes) -> bool:
    """Whether the head of the feed names what makes such things likely. Of plain RSS the entries tell: one lacks an absolute link."""
    head = body[:_HEAD]
    return any(name in head for name in (b"/Atom", b"<feed", b"xmlns:media", b"xmlns:itunes"))


def plain(body: bytes, base: str) -> bytes:
    """The feed with one link in each entry, relative to `base` if it is relative, one channel, one title each and XHTML without prefix."""
    if b":div" in body and (found := _XHTML.search(body)):
        body = _without_prefix(body, found[1])
    if body.count(b"<channel") > 1:
        body = _NEXT_CHANNEL.sub(b"", body)
    if b"xhtml" in body:
        body = _rewritten(body, _SUMMARY, _as_text)
    if b"<media:title" in body or b"<itunes:title" in body:
        body = _rewritten(body, _ENTRY, _titled)
    entries = max(0, body.find(b"<item"))
    if body.find(b"link ", entries) < 0 and b"xml:base" not in body:
        return body
    return _rewritten(body, _ENTRY, lambda one: _linked(one, base))


def apart(body: bytes, read: int) -> bytes:
    """The well-formed feed with each item beside the one it stands in, if it has more of them than were `read`; readers drop inner ones."""
    if body.count(b"<item>") + body.count(b"<item ") <= read:
        return body
    written: list[bytes] = []
    at = deep = 0
    for found in _ITEM.finditer(body):
        if found[1] is None:
            continue
        written.append(body[at : found.start()])
        at = found.end()
        if found[1]:
            deep -= 1
            written.append(found[0] if deep == 0 else b"")
        elif not found[0].endswith(b"/>"):
            deep += 1
            written.append((b"</item>" if deep > 1 else b"") + found[0])
    return b"".join((*written, body[at:]))


class _Element(NamedTuple):
    """An element as it is written: its name, its attributes, what is in it, and all of it."""

    name: bytes
    head: bytes
    inside: bytes
    whole: bytes


def _rewritten(body: bytes, opening: re.Pattern[bytes], work: Callable[[_Element], bytes]) -> bytes:
    """The feed with each such element as `work` has it. One left open, or that holds another of its kind, stays as it is.

    None is looked for beyond where the next one begins, so that a feed of elements left open takes no longer than another.
    """
    written: list[bytes] = []
    at = 0
    found = list(opening.finditer(body))
    for one, following in zip_longest(found, found[1:]):
        after = following.start() if following else len(body)
        close = body.find(b"</%b" % one[1], one.end(), after)
        end = body.find(b">", close, after) + 1 if close >= 0 else 0
        if not end or body[close + 2 + len(one[1]) : end - 1].strip():
            continue
        inside, whole = body[one.end() : close], body[one.start() : end]
        written += (body[at : one.start()], work(_Element(one[1], one[2] or b"", inside, whole)))
        at = end
    return b"".join((*written, body[at:]))


def _without_prefix(body: bytes, prefix: bytes) -> bytes:
    opening = rb"<%b:div(?=[\s>])" % re.escape(prefix)
    body = re.sub(opening, b'<div xmlns="http://www.w3.org/1999/xhtml"', body)
    return re.sub(rb"(</?)%b:(?=\w)" % re.escape(prefix), rb"\1", body)


def _as_text(one: _Element) -> bytes:
    """A summary in elements with its markup as text: the readers take only the text before the first."""
    return b'<%b type="html">%b</%b>' % (one.name, html.escape(one.inside.decode("utf-8", "replace")).encode(), one.name)


def _titled(one: _Element) -> bytes:
    """One entry in which only its own title is called so, if it has one."""
    return _OTHER_TITLE.sub(rb"\1:heading", one.whole) if b"<title" in one.whole else one.whole


def _linked(entry: _Element, outer: str) -> bytes:
    """One entry with one link: the one for reading, where it tells that from those for other things."""
    name, head, inside, whole = entry
    if name.endswith(b"entry"):
        inside = _without_source(inside)
        whole = b"<%b%b>%b</%b>" % (name, head, inside, name) if len(inside) < len(entry.inside) else whole
    based = b"xml:base" in whole
    base = _base(_attributes(head), outer) if based else outer
    links = [(one, _attributes(one[2])) for one in _LINK.finditer(inside) if one[1]]
    if not based and (not links or (len(links) == 1 and name == b"entry")):
        return whole
    for_reading = [one for one in links if one[1].get("href") and one[1].get("rel", "alternate").removeprefix(_IANA).lower() == "alternate"]
    said = None if name.endswith(b"entry") else _SAID_LINK.search(inside)
    if not said and not for_reading:
        return whole
    if said:
        link = _joined(said[2].decode("utf-8", "ignore"), base, based=based)
        inside = b"%b%b%b%b" % (inside[: said.start()], said[1], link, inside[said.end() :])
        return b"<%b%b>%b</%b>" % (name, head, _without_links(inside), name)
    one, attributes = min(for_reading, key=lambda one: one[1].get("type", "text/html") != "text/html")
    link = _joined(attributes["href"], _base(attributes, base), based=based)
    written = b'<%b href="%b"/>' % (one[1], link) if name.endswith(b"entry") else b"<link>%b</link>" % link
    return b"<%b%b>%b%b</%b>" % (name, head, written, _without_links(inside), name)


def _without_source(inside: bytes) -> bytes:
    """An entry without what it says of the feed it was taken from, whose link, title and dates are not its own."""
    opened = _SOURCE.search(inside) if b"source" in inside else None
    end = inside.find(b"</%b" % opened[1], opened.end()) if opened else -1
    return inside[: opened.start()] + inside[inside.find(b">", end) + 1 :] if opened and end >= 0 else inside


def _without_links(inside: bytes) -> bytes:
    return _LINK.sub(lambda one: b"" if one[1] else one[0], inside)


def _attributes(written: bytes) -> dict[str, str]:
    return {one[1].decode("ascii"): one[2].decode("utf-8", "ignore").strip() for one in _ATTRIBUTE.finditer(written)}


def _base(attributes: dict[str, str], outer: str) -> str:
    said = attributes.get("xml:base")
    return (said and clean.link(html.unescape(said), outer)) or outer


def _joined(link: str, base: str, *, based: bool) -> bytes:
    """The address as markup; joined to its base where a base is said below the root."""
    if not based:
        return link.encode()
    try:
        return html.escape(urljoin(base, html.unescape(link.strip()))).encode()
    except ValueError:
        return link.encode()
