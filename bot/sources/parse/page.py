"""One web page → one entry whose `text` is the main text of the page, a line for each block.

`rows` selects the main part; without it the usual places are tried. What frames a page (navigation, scripts, forms) is left out.
selectolax reads it, as it does lists: it is there already, and an extractor that guesses, such as trafilatura, brings nine packages
along and may guess another part after a small change, which would look like a change of the page.

Of a very large page only the beginning is read: the whole as a tree takes up to twelve times its bytes of memory, and the text that is
kept is found in the first of it, unless what stands before is very long too; then it is refused.
"""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.errors import SourceTrouble
from bot.messages import keep
from bot.model import Entry
from bot.sources.parse import clean
from bot.sources.parse.entry import DATES, Shape
from bot.sources.parse.selectors import MOST_BYTES, base_of, spec, tree_of, value

_USUAL_PLACES = ("main", "article", "[role=main]", "#content", "#main", "#contents", ".content", "body")
_FRAME = (
    "script, style, noscript, template, svg, nav, header, footer, aside, form, iframe, button, [hidden], [aria-hidden=true], "
    "[role=navigation], [role=search], .breadcrumb, .breadcrumbs"
)
_TITLES = ("h1", "title", "h2")
_MOST = 3_000_000  # bytes: the text that is kept is found in two million characters
_LEAST = 40  # characters; what is shorter is a notice that there is no page


def entries(shape: Shape, body: bytes, content_type: str) -> list[Entry]:
    """The one entry of the page; SourceTrouble if it has no main text, where the catalogue says or at all."""
    tree, is_cut = _tree(shape, body, content_type)
    base = base_of(tree, shape.url)
    titles = [clean.title(value(tree, one, "")) for one in _TITLES]
    said = {name: value(tree, *spec(written)) for name, written in shape.source.fields.items()}
    found = {name: shape.when(said.pop(name, "")) for name in DATES}
    markup = _main(tree, shape.source.rows)
    length = len(clean.text(markup))
    if is_cut and length < clean.MAX_TEXT:
        raise SourceTrouble(keep("The page is so large that its main text cannot be read safely; it was not read."), fault="too_large")
    if length < _LEAST:
        raise SourceTrouble(
            keep("The page has no main text where it should be; it is another page or was rebuilt."),
            fault="not_a_source",
            hint=keep("If this goes on, the selector of the source needs to be looked at."),
        )
    title = said.get("title") or next(filter(None, titles), "") or shape.source.name
    entry = shape.entry(
        {"url": shape.source.url, "key": "page", **said, "title": title, "text": markup},
        published=found["published"],
        updated=found["updated"],
        base=base,
    )
    return [entry] if entry else []


def _tree(shape: Shape, body: bytes, content_type: str) -> tuple[LexborHTMLParser, bool]:
    """The page as a tree, or so much of a large one as can be read safely, and whether it was cut."""
    if len(body) <= MOST_BYTES:
        try:
            return tree_of(shape.source, body, content_type), False
        except SourceTrouble as trouble:
            if trouble.fault != "too_large" or len(body) <= _MOST:
                raise
    return tree_of(shape.source, _beginning(body), content_type, held=2 * len(body)), True  # as it came in pieces, and as one


def _beginning(body: bytes) -> bytes:
    """So much of a page as can be read safely, up to the beginning of a tag; in no charset of the web its byte is half a character."""
    end = body.rfind(b"<", _MOST // 2, _MOST)
    return body[: end if end > 0 else _MOST]


def _main(tree: LexborHTMLParser, selector: str) -> str:
    """The markup of the main part, without what frames it."""
    parts = _parts(tree, selector)
    for part in parts:
        for node in part.css(_FRAME):
            if node.html != part.html:
                node.decompose()
    return "\n".join(part.html or "" for part in parts)


def _parts(tree: LexborHTMLParser, selector: str) -> list[LexborNode]:
    if selector:
        return tree.css(selector)
    for place in _USUAL_PLACES:
        found = tree.css_first(place)
        if found is not None and len(found.text(strip=True)) >= _LEAST:
            return [found]
    return []
