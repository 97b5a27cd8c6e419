"""Which links of a web page are its list of publications: a CSS selector, for pages that no catalogue describes."""

import re
from collections import defaultdict

from selectolax.lexbor import LexborHTMLParser, LexborNode

_FRAME = ("nav", "header", "footer", "aside", "form")
_FRAME_WORDS = re.compile(r"\b(nav|menu|breadcrumb|footer|header|sidebar|pagination|paging|social|share|language|skip)", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_][\w-]{0,40}")
# Names that say which row it is, or how it looks today, would leave the other rows out.
_PASSING = re.compile(r"\d|odd|even|first|last|active|current|hover|open|new$", re.IGNORECASE)
_LEAST_ROWS = 5
_LEAST_TITLE = 12
_DEEPEST = 5
_MOST_LINKS = 3_000


def guess(tree: LexborHTMLParser) -> str:
    """The selector of the rows, each the link of one publication; "" if the page has no list that looks like one."""
    found: dict[str, list[int]] = defaultdict(list)
    for link in tree.css("a[href]")[:_MOST_LINKS]:
        title = " ".join(link.text(deep=True, separator=" ").split())
        if len(title) >= _LEAST_TITLE and not _is_frame(link):
            found[_path(link)].append(min(len(title), 80))
    lists = {path: sum(titles) for path, titles in found.items() if len(titles) >= _LEAST_ROWS and tree.css(path)}
    return max(lists, key=lambda path: lists[path], default="")


def _is_frame(link: LexborNode) -> bool:
    node: LexborNode | None = link
    while node is not None and node.tag != "body":
        named = f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''} {node.attributes.get('role') or ''}"
        if node.tag in _FRAME or _FRAME_WORDS.search(named):
            return True
        node = node.parent
    return False


def _path(link: LexborNode) -> str:
    """The way to a link by what all rows have in common: tags, and the classes that are no row's own."""
    steps: list[str] = []
    node: LexborNode | None = link
    while node is not None and node.tag not in ("body", "html") and len(steps) < _DEEPEST:
        steps.append(_step(node))
        node = node.parent
    return " > ".join(reversed(steps))


def _step(node: LexborNode) -> str:
    classes = (node.attributes.get("class") or "").split()
    lasting = [name for name in classes if _NAME.fullmatch(name) and not _PASSING.search(name)]
    return f"{node.tag}{''.join('.' + name for name in lasting[:2])}"
