"""Where the feed of a web page may be: the addresses the page names, and those where feeds usually are. Pure."""

import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from bot.sources.parse import clean

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json", "text/xml", "application/xml")
_LOOKS_LIKE_FEED = re.compile(r"(^|[/._?&=-])(rss|atom|feed|feeds|rdf)([/._?&=-]|\d|$)|\.(rss|rdf|atom)$", re.IGNORECASE)
_USUAL = ("feed", "rss", "rss.xml", "atom.xml", "feed.xml", "index.xml", "feeds", "feed.json")
_MOST_NAMED = 6
# A feed of comments is not what anybody means.
_OTHER = re.compile(r"comment|oembed", re.IGNORECASE)


def typed(text: str) -> str:
    """The address a person meant: without brackets and blanks around it, with https:// if they left it out."""
    bare = text.strip().strip("<>").strip()
    bare = re.sub(r"^feed:(//)?", "", bare, flags=re.IGNORECASE) if bare.lower().startswith("feed:") else bare
    return bare if re.match(r"[a-z][a-z0-9+.-]*:", bare, re.IGNORECASE) and "://" in bare else f"https://{bare.lstrip('/')}"


def named(tree: LexborHTMLParser, base: str) -> list[str]:
    """The feeds that a page names, those of its head first."""
    links = [one for one in tree.css("link[rel][href]") if "alternate" in (one.attributes.get("rel") or "").lower().split()]
    declared = [one.attributes.get("href") for one in links if (one.attributes.get("type") or "").lower() in _FEED_TYPES]
    shown = [one.attributes.get("href") for one in tree.css("a[href]")]
    likely = [href for href in shown if href and _LOOKS_LIKE_FEED.search(href)]
    return _sound((*declared, *likely), base)[:_MOST_NAMED]


def usual(url: str) -> list[str]:
    """Where the feed of a page often is: beside it, and at the top of its site."""
    parts = urlsplit(url)
    top = f"{parts.scheme}://{parts.netloc}/"
    beside = url.partition("?")[0].partition("#")[0].rstrip("/") + "/"
    return _sound([urljoin(place, name) for place in dict.fromkeys((beside, top)) for name in _USUAL], url)


def _sound(found: Iterable[str | None], base: str) -> list[str]:
    joined = [clean.link(one, base) for one in found if one and not _OTHER.search(one)]
    return list(dict.fromkeys(one for one in joined if one and one != base))
