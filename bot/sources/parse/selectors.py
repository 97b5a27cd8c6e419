"""Values on web pages by the selectors of the catalogue; pure.

A field is written `""` (the node's own text), `"@href"` (an attribute of it), `"td a"` (the text of what is inside) or
`"td a@href"` (an attribute of it).
"""

import re
from collections import Counter

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.errors import SourceTrouble
from bot.model import Source
from bot.sources import decode

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
_MOST_NODES = 250_000  # 300 bytes each


def tree_of(source: Source, body: bytes, content_type: str) -> LexborHTMLParser:
    """The page as a tree; SourceTrouble if it is no web page or holds more markup than is safe."""
    text = decode.text(body, content_type, source.charset, source.language)
    if "<" not in text:
        raise no_page("an empty body" if not text.strip() else "plain text")
    if text.count("<") > _MOST_NODES or not _is_shallow(text):
        raise SourceTrouble("The page holds more markup, or nests it deeper, than can be read safely; it was not read.", fault="too_large")
    if text.lstrip()[:5].lower() == "<?xml" and "<html" not in text[:2000].lower():
        raise no_page("XML")
    return LexborHTMLParser(text)


def _is_shallow(text: str) -> bool:
    """Whether the parser can read this page in a time and memory that grow with its length and not with its square."""
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
    return deepest <= _DEEPEST and text.count("<") + anew <= _MOST_NODES


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
    return " ".join((found.html or "")[:_LONGEST_CELL].split())


def no_page(what: str) -> SourceTrouble:
    """The trouble of a body that is no web page."""
    return SourceTrouble(f"The source answered with {what} instead of a web page.", fault="not_a_source")
