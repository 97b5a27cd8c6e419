"""Lists on web pages → entries, by the CSS selectors of the catalogue.

A field is written `""` (the row's own text), `"@href"` (an attribute of the row), `"td a"` (the text of what is inside) or
`"td a@href"` (an attribute of it). Rows without a title or a web link are decoration and left out.
"""

from collections.abc import Mapping

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.errors import SourceTrouble
from bot.model import Entry
from bot.sources import decode
from bot.sources.parse.entry import DATES, Shape, check_count

DEFAULT_FIELDS = {"title": "", "url": "@href"}
_USUAL_ROWS = ("main a[href]", "article a[href]", "#content a[href]", "table a[href]", "a[href]")
_LONGEST_CELL = 20_000


def entries(shape: Shape, body: bytes, content_type: str) -> list[Entry]:
    """The rows in the order of the page, at least one; SourceTrouble if there is none or the body is no web page."""
    text = decode.text(body, content_type, shape.source.charset, shape.source.language)
    if "<" not in text:
        raise _no_list("an empty body" if not text.strip() else "plain text")
    if text.count("<") > decode.MAX_MARKS:
        raise SourceTrouble("The page holds more markup than can be read safely; it was not read.", fault="too_large")
    if text.lstrip()[:5].lower() == "<?xml" and "<html" not in text[:2000].lower():
        raise _no_list("XML")
    tree = LexborHTMLParser(text)
    base = _base(tree, shape)
    fields = {name: _spec(written) for name, written in (shape.source.fields or DEFAULT_FIELDS).items()}
    rows = _rows(tree, shape.source.rows)
    check_count(len(rows))
    found = [_entry(shape, row, fields, base) for row in rows]
    kept = [entry for entry in found if entry is not None]
    if not kept:
        raise SourceTrouble(
            "The page shows none of the rows it should list; it is another page or was rebuilt.",
            fault="not_a_source",
            hint="If this goes on, the selectors of the source need to be looked at.",
        )
    return kept


def _rows(tree: LexborHTMLParser, selector: str) -> list[LexborNode]:
    for one in (selector,) if selector else _USUAL_ROWS:
        found = tree.css(one)
        if found:
            return found
    return []


def _base(tree: LexborHTMLParser, shape: Shape) -> str:
    node = tree.css_first("base[href]")
    href = (node.attributes.get("href") or "") if node else ""
    return href if href.startswith(("https://", "http://")) else shape.url


def _spec(written: str) -> tuple[str, str]:
    selector, _, attribute = written.partition("@")
    return selector.strip(), attribute.strip()


def _entry(shape: Shape, row: LexborNode, fields: Mapping[str, tuple[str, str]], base: str) -> Entry | None:
    """The entry of one row, or None if it is no publication: one bad row never loses the others."""
    try:
        said = {name: _value(row, *spec) for name, spec in fields.items()}
        found = {name: shape.when(said.pop(name, "")) for name in DATES}
        if not said.get("title") or ("url" in fields and not said.get("url")):
            return None
        entry = shape.entry(said, published=found["published"], updated=found["updated"], base=base)
    except (ValueError, TypeError, LookupError):
        return None
    return entry if entry is not None and (entry.url or "url" not in fields) else None


def _value(row: LexborNode, selector: str, attribute: str) -> str:
    node = row.css_first(selector) if selector else row
    if node is None:
        return ""
    if attribute:
        return (node.attributes.get(attribute) or "").strip()
    return " ".join((node.html or "")[:_LONGEST_CELL].split())


def _no_list(what: str) -> SourceTrouble:
    return SourceTrouble(f"The source answered with {what} instead of a web page.", fault="not_a_source")
