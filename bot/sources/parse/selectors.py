"""Values on web pages by the selectors of the catalogue; pure.

A field is written `""` (the node's own text), `"@href"` (an attribute of it), `"td a"` (the text of what is inside) or
`"td a@href"` (an attribute of it).
"""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.errors import SourceTrouble
from bot.model import Source
from bot.sources import decode

Spec = tuple[str, str]

_LONGEST_CELL = 20_000


def tree_of(source: Source, body: bytes, content_type: str) -> LexborHTMLParser:
    """The page as a tree; SourceTrouble if it is no web page or holds more markup than is safe."""
    text = decode.text(body, content_type, source.charset, source.language)
    if "<" not in text:
        raise no_page("an empty body" if not text.strip() else "plain text")
    if text.count("<") > decode.MAX_MARKS:
        raise SourceTrouble("The page holds more markup than can be read safely; it was not read.", fault="too_large")
    if text.lstrip()[:5].lower() == "<?xml" and "<html" not in text[:2000].lower():
        raise no_page("XML")
    return LexborHTMLParser(text)


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
