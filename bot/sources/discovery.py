"""An address that a person gives → what can be polled there: a feed, a list on a page, or the page itself; stores nothing.

    the address ─ is a feed or an API? ─ else the feeds its page names ─ else where feeds usually are ─ else its list ─ else its text

Everything is fetched through the guarded door. What cannot be polled is a SourceTrouble whose hint says what to do.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime

from selectolax.lexbor import LexborHTMLParser

from bot.errors import FetchFault, SourceTrouble
from bot.messages import keep
from bot.model import Entry, SourceKind, Word
from bot.sources import addresses, catalogue, decode, parse
from bot.sources.door import Door, Fetched, NotModified
from bot.sources.parse import clean, rows
from bot.sources.parse.selectors import base_of, tree_of

SHOWN = 3
"""So many entries are kept, to be shown."""
_CAP = 8_000_000
_TITLE = re.compile(r"<(?:\w+:)?title[^<>]*>(.{0,2000}?)</(?:\w+:)?title", re.IGNORECASE | re.DOTALL)
_LANGUAGE = re.compile(r"<html[^<>]*?\blang\s*=\s*[\"']?([A-Za-z]{2})|<(?:dc:)?language[^<>]*>\s*([A-Za-z]{2})", re.IGNORECASE)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_ADVICE: dict[FetchFault, str] = {
    "blocked": keep("The site turns programs away. Look for a feed or another page of it, or serve it through your own RSSHub."),
    "refused": keep(
        "Only public web addresses are read. If it is yours, whoever runs Regwatch can permit its exact host:port with"
        " REGWATCH_FETCH_ALLOW."
    ),
    "too_large": keep("Look for a feed of the site, or a page that lists only what is new."),
    "timeout": keep("Try again later, or look for another address of the site."),
    "unreachable": keep("Check the spelling of the address, and whether it opens in a browser."),
    "http_error": keep("Check whether it opens in a browser without a login."),
    "not_a_source": keep("Give the address of a feed, of a page that lists publications, or of one page to watch."),
}
_KEY_NEEDED = keep("An address that needs a key belongs in the catalogue: whoever runs Regwatch can add it there with its setting.")


class Discovered(Word):
    """What can be polled: where and as what kind, its own title and language if it says them, and its first entries of `total`."""

    kind: SourceKind
    url: str
    title: str = ""
    language: str = ""
    rows: str = ""
    total: int = 0
    entries: tuple[Entry, ...] = ()


async def discover(door: Door, url: str, now: datetime) -> Discovered:
    """What can be polled at this address, or near it; SourceTrouble if nothing can."""
    try:
        return await _discover(door, url, now)
    except SourceTrouble as trouble:
        hint = _KEY_NEEDED if trouble.status == 401 else _ADVICE[trouble.fault]
        raise SourceTrouble(trouble.sentence, fault=trouble.fault, status=trouble.status, url=trouble.url, hint=hint) from None


async def _discover(door: Door, url: str, now: datetime) -> Discovered:
    answer = await _asked(door, url)
    kind = parse.likely_kind(answer.body)
    if kind != "listing":
        return _read(kind, url, answer, now)
    tree = _page(answer)
    for one in (*addresses.named(tree, base_of(tree, answer.url)), *addresses.usual(answer.url)):
        found = await _feed_at(door, one, now)
        if found is not None:
            return found
    return _listing(tree, url, answer, now) or _read("page", url, answer, now)


async def _asked(door: Door, url: str) -> Fetched:
    answer = await door.get(url, cap=_CAP)
    assert not isinstance(answer, NotModified), "asked without validators, nothing can be unchanged"
    return answer


async def _feed_at(door: Door, url: str, now: datetime) -> Discovered | None:
    """The feed at a guessed address, if there is one that shows something."""
    try:
        answer = await _asked(door, url)
        return _read("feed", url, answer, now) if parse.likely_kind(answer.body) == "feed" else None
    except SourceTrouble:
        return None


def _page(answer: Fetched) -> LexborHTMLParser:
    """The page as a tree; SourceTrouble if the answer is another thing, such as a PDF or a picture."""
    if not re.search(rb"<(!doctype html|html|head|body|main|div|table|p|h1)\b", answer.body[:20_000], re.IGNORECASE):
        what = answer.content_type.partition(";")[0].strip()[:60] or keep("something that is no web page")
        raise SourceTrouble(
            keep("The address gives neither a feed nor a web page but {what}.", what=what), fault="not_a_source", url=answer.url
        )
    return tree_of(catalogue.adhoc("page", answer.url), answer.body, answer.content_type)


def _listing(tree: LexborHTMLParser, url: str, answer: Fetched, now: datetime) -> Discovered | None:
    selector = rows.guess(tree)
    return _read("listing", url, answer, now, selector) if selector else None


def _read(kind: SourceKind, url: str, answer: Fetched, now: datetime, selector: str = "") -> Discovered:
    """What the answer shows. The address is kept as it was asked: where it leads may be another one tomorrow."""
    source = catalogue.adhoc(kind, answer.url).model_copy(update={"rows": selector})
    entries = parse.entries(source, answer.body, answer.content_type, answer.url, now=now)
    if not entries:
        raise SourceTrouble(keep("The address is read without trouble but shows no entry."), fault="not_a_source", url=answer.url)
    text = decode.text(answer.body, answer.content_type)[:100_000]
    return Discovered(
        kind=kind,
        url=url,
        title=_title(text),
        language=_language(text, entries),
        rows=selector,
        total=len(entries),
        entries=tuple(entries[:SHOWN]),
    )


def _title(text: str) -> str:
    """What the feed or page calls itself."""
    if text.lstrip()[:1] == "{":
        try:
            said = json.loads(text).get("title")
        except ValueError:
            return ""
        return clean.title(said)[:120] if isinstance(said, str) else ""
    found = _TITLE.search(text)
    return clean.title(_CDATA.sub(r"\1", found[1]))[:120] if found else ""


def _language(text: str, entries: Sequence[Entry]) -> str:
    found = _LANGUAGE.search(text[:20_000])
    said = next((one.language for one in entries if one.language), None)
    return ((found[1] or found[2]) if found else said or "").lower()
