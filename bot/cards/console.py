"""A card as plain text for a terminal, wrapped to its width; words that matched stand in «…», or are coloured.

What strangers wrote cannot steer the terminal: every control character is gone before our own colours are added.
"""

import unicodedata
from collections.abc import Iterable, Iterator

from bot.cards import plain
from bot.cards.card import Button, Card, Line, Section, Span

_RESET = "\x1b[0m"
_TONES = {"info": "", "success": "\x1b[32m", "warning": "\x1b[33m", "error": "\x1b[31m"}

# A word with its look: what is printed before it, and the visible text.
Piece = tuple[str, str]


def render(card: Card, width: int = 100, color: bool = False) -> str:
    """The card as lines of at most `width` columns (addresses and code are never broken), sections apart by an empty line."""
    return "\n\n".join("\n".join(_section(section, width, _TONES[card.tone] if color else "", color)) for section in card.sections)


def _section(section: Section, width: int, tone: str, color: bool) -> Iterator[str]:
    shown: set[str] = set()
    for one in section.lines:
        shown |= {url for span in one if (url := plain.address(span.url))}
        yield from _line(one, width, tone, color)
    for button in section.buttons:
        yield from _button(button, shown)


def _button(button: Button, shown: set[str]) -> Iterator[str]:
    """What the button does, as something to open or type; nothing when its address stands above already."""
    label = plain.words(button.label)
    url = plain.address(button.url)
    if url is not None and url not in shown:
        yield f"  {label}: {url}"
    elif button.action and not button.form:
        yield f"  {label}: {plain.words(f'{button.action} {button.value}').strip()}"


def _line(one: Line, width: int, tone: str, color: bool) -> Iterator[str]:
    if one and all(span.code for span in one):
        yield plain.words("".join(span.text for span in one))
        return
    pieces = [piece for span in _with_addresses(one) for piece in _pieces(span, tone, color)]
    yield from ("".join(_painted(row)) for row in _rows(pieces, max(width, 20)))


def _with_addresses(one: Line) -> Iterator[Span]:
    """The spans, and after the last one of each link its address in angle brackets."""
    for i, span in enumerate(one):
        yield span
        url = plain.address(span.url)
        followed_by = one[i + 1].url if i + 1 < len(one) else None
        if url is not None and followed_by != span.url:
            yield Span(text=f" <{url}>")


def _pieces(span: Span, tone: str, color: bool) -> list[Piece]:
    shown = plain.words(span.text)
    if span.match and not color:
        shown = f"«{shown}»"
    look = tone
    if color:
        look += "\x1b[1m" * (span.bold or span.match) + "\x1b[3m" * span.italic + "\x1b[33m" * span.match
    return [(look, word) for word in _parts(shown)]


def _parts(text: str) -> list[str]:
    """The text as words and the single spaces between them."""
    parts: list[str] = []
    for word in text.split(" "):
        parts += [word, " "]
    return [part for part in parts[:-1] if part]


def _rows(pieces: Iterable[Piece], width: int) -> Iterator[list[Piece]]:
    """The pieces in rows of at most `width` columns, divided at spaces where possible."""
    row: list[Piece] = []
    used = 0
    for look, word in _breakable(pieces, width):
        size = _columns(word)
        if used + size > width and row:
            yield row[:-1] if row[-1][1] == " " else row
            row, used = [], 0
            if word == " ":
                continue
        row.append((look, word))
        used += size
    yield row


def _breakable(pieces: Iterable[Piece], width: int) -> Iterator[Piece]:
    """The pieces, with words that are wider than a whole row cut into characters; addresses stay whole, to be clicked."""
    for look, word in pieces:
        if _columns(word) > width and "://" not in word:
            yield from ((look, character) for character in word)
        else:
            yield look, word


def _columns(text: str) -> int:
    """How many columns of a terminal the text takes: two for wide characters, none for combining ones."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _painted(row: list[Piece]) -> Iterator[str]:
    now = ""
    for look, word in row:
        if look != now:
            yield (_RESET if now else "") + look
            now = look
        yield word
    if now:
        yield _RESET
