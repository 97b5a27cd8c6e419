"""Values on web pages by the selectors of the catalogue; pure.

A field is written `""` (the node's own text), `"@href"` (an attribute of it), `"td a"` (the text of what is inside) or
`"td a@href"` (an attribute of it).
"""

import re
from collections import Counter
from math import inf

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.errors import SourceTrouble
from bot.messages import keep
from bot.model import Source
from bot.sources import decode
from bot.sources.parse import clean, files

Spec = tuple[str, str]

_LONGEST_CELL = 20_000
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
# Elements that never stay open, or that the next of their kind closes.
_SHALLOW = frozenset(
    (
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "p", "li", "dd", "dt", "tr",
        "td", "th", "tbody", "thead", "tfoot", "option", "optgroup", "rt", "rp",
    )
)  # fmt: skip
# Left open, these are opened anew in every block that follows, at 350 bytes each: a page of 100 kB can become gigabytes.
_FORMATTING = frozenset(["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"])
_DEEPEST = 20_000  # the parser looks through all open elements at each tag
# Bytes of memory that a page may take while it is read, by what its parts were measured to cost.
_MOST_MEMORY = 90_000_000
_OF_NODE, _OF_ATTRIBUTE, _OF_BYTE = 300, 100, 7
_MOST_ATTRIBUTES = 2_000  # of one element: the parser compares each with all before it
MOST_BYTES = _MOST_MEMORY // _OF_BYTE  # of a page that may be read whole
_SMALL = 20_000  # bytes of a page whose attributes are too few to matter
_OPENED = re.compile(r"<[a-zA-Z][^\s/>]*")
_ATTRIBUTE = re.compile(r"[\s/]*[^\s/>][^\s/>=]*(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]*))?")


def tree_of(source: Source, body: bytes, content_type: str, held: int = 0) -> LexborHTMLParser:
    """The page as a tree; SourceTrouble if it is no web page or holds more markup than is safe. `held` bytes are kept beside it."""
    if what := files.kind(body):
        raise no_page(what)
    text = decode.text(body, content_type, source.charset, source.language)
    if not _TAG.search(text):
        raise no_page(keep("an empty body") if not text.strip() else keep("plain text"))
    nodes = _nodes(text)
    if _OF_NODE * nodes + _OF_ATTRIBUTE * _attributes(text) + _OF_BYTE * len(body) + held > _MOST_MEMORY:
        raise SourceTrouble(
            keep("The page holds more markup, or nests it deeper, than can be read safely; it was not read."), fault="too_large"
        )
    if text.lstrip()[:5].lower() == "<?xml" and "<html" not in text[:2000].lower():
        raise no_page(keep("XML"))
    return LexborHTMLParser(text)


def _nodes(text: str) -> float:
    """How many nodes the parser will make at most; endless if it would need a time that grows with the square of the page's length."""
    opened: Counter[str] = Counter()
    deepest = formatting = anew = 0
    for closing, written in _TAG.findall(text):
        name = written.lower()
        step = -1 if closing else 1
        if name in _FORMATTING:
            formatting += step if opened[name] or not closing else 0
        elif not closing:
            anew += formatting
        if name not in _SHALLOW and (opened[name] or not closing):
            opened[name] += step
            deepest = max(deepest, opened[name])
    return text.count("<") + anew if deepest <= _DEEPEST else inf


def _attributes(text: str) -> float:
    """How many attributes the tags of a page have, as a parser reads them; endless if one has more than it can read in time."""
    if len(text) <= _SMALL:
        return 0
    total, at = 0, 0
    while opened := _OPENED.search(text, at):
        at, before = opened.end(), total
        while found := _ATTRIBUTE.match(text, at):
            at = found.end()
            total += 1
            if total - before > _MOST_ATTRIBUTES or _OF_ATTRIBUTE * total > _MOST_MEMORY:
                return inf
    return total


def base_of(tree: LexborHTMLParser, url: str) -> str:
    """The address that relative links of the page are joined to."""
    node = tree.css_first("base[href]")
    href = (node.attributes.get("href") or "") if node else ""
    return href if href.startswith(("https://", "http://")) else url


def spec(written: str) -> Spec:
    """Selector and attribute of a field as written in the catalogue."""
    selector, _, attribute = written.partition("@")
    return selector.strip(), attribute.strip()


def value(node: LexborNode | LexborHTMLParser, selector: str, attribute: str) -> str:
    """The attribute or the markup of what the selector finds first, of the node itself if it is empty; "" if nothing is there."""
    found = node.css_first(selector) if selector else node
    if found is None:
        return ""
    if attribute:
        return (found.attributes.get(attribute) or "").strip() if isinstance(found, LexborNode) else ""
    return " ".join(clean.cut_off(found.html or "", _LONGEST_CELL).split())


def no_page(what: str) -> SourceTrouble:
    """The trouble of a body that is no web page."""
    return SourceTrouble(keep("The source answered with {kept} instead of a web page.", kept=what), fault="not_a_source")
