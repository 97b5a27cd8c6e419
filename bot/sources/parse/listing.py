"""Lists on web pages → entries, by the CSS selectors of the catalogue.

Rows without a title or a web link are decoration and left out.
"""

from collections.abc import Mapping

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.errors import SourceTrouble
from bot.messages import keep
from bot.model import Entry
from bot.sources.parse.entry import DATES, Shape, check_count
from bot.sources.parse.selectors import Spec, base_of, spec, tree_of, value

DEFAULT_FIELDS = {"title": "", "url": "@href"}
_USUAL_ROWS = ("main a[href]", "article a[href]", "#content a[href]", "table a[href]", "a[href]")


def entries(shape: Shape, body: bytes, content_type: str) -> list[Entry]:
    """The rows in the order of the page, at least one; SourceTrouble if there is none or the body is no web page."""
    tree = tree_of(shape.source, body, content_type)
    base = base_of(tree, shape.url)
    fields = {name: spec(written) for name, written in (shape.source.fields or DEFAULT_FIELDS).items()}
    rows = _rows(tree, shape.source.rows)
    check_count(len(rows))
    found = [_entry(shape, row, fields, base) for row in rows]
    kept = [entry for entry in found if entry is not None]
    if not kept:
        raise SourceTrouble(
            keep("The page shows none of the rows it should list; it is another page or was rebuilt."),
            fault="not_a_source",
            hint=keep("If this goes on, the selectors of the source need to be looked at."),
        )
    return kept


def _rows(tree: LexborHTMLParser, selector: str) -> list[LexborNode]:
    for one in (selector,) if selector else _USUAL_ROWS:
        found = tree.css(one)
        if found:
            return found
    return []


def _entry(shape: Shape, row: LexborNode, fields: Mapping[str, Spec], base: str) -> Entry | None:
    """The entry of one row, or None if it is no publication: one bad row never loses the others."""
    try:
        said = {name: value(row, *one) for name, one in fields.items()}
        found = {name: shape.when(said.pop(name, "")) for name in DATES}
        if not said.get("title") or ("url" in fields and not said.get("url")):
            return None
        entry = shape.entry(said, published=found["published"], updated=found["updated"], base=base)
    except (ValueError, TypeError, LookupError):
        return None
    return entry if entry is not None and (entry.url or "url" not in fields) else None
