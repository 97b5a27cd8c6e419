"""The platform-neutral message: lines of spans, sections, buttons. Renderers turn it into Block Kit, Adaptive Cards or text.

Text in a span is text: no markup in it is ever interpreted, whoever wrote it. Structure (bold, links) is in the span's fields.
"""

from collections.abc import Sequence
from string import Formatter
from typing import Literal

from bot import messages
from bot.model import Word

Tone = Literal["info", "success", "warning", "error"]


class Span(Word):
    """A run of text with one look. `url` must be http(s); `match` marks words that made a watchlist match."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    match: bool = False
    url: str | None = None


Line = tuple[Span, ...]


class Button(Word):
    """Something to press. `action` names the command it runs, `value` its argument; a button with `url` only opens it.

    With `form` it opens the form of that command, begun with `value`, where the platform has forms; elsewhere it just runs it.
    """

    label: str
    action: str = ""
    value: str = ""
    url: str | None = None
    style: Literal["", "primary", "danger"] = ""
    confirm: str = ""
    form: bool = False


class Picture(Word):
    """A picture at an https address, and what it shows in words; whatever matters in it stands in lines too."""

    url: str
    alt: str


class Section(Word):
    """Lines that belong together, a picture below them if there is one, and the buttons under them."""

    lines: tuple[Line, ...]
    picture: Picture | None = None
    buttons: tuple[Button, ...] = ()


class Card(Word):
    """A message made of sections. `tone` says how it should be taken; an alert is `info`."""

    sections: tuple[Section, ...]
    tone: Tone = "info"

    def without_pictures(self) -> "Card":
        """The card for where its pictures cannot be shown; whatever matters in them stands in its lines."""
        return self.model_copy(update={"sections": tuple(one.model_copy(update={"picture": None}) for one in self.sections)})


def line(*parts: str | Span) -> Line:
    """A line from spans and plain strings."""
    return tuple(part if isinstance(part, Span) else Span(text=part) for part in parts)


def phrase(text: str, /, **parts: str | int | Span | Sequence[Span]) -> Line:
    """The text of the catalogue as a line, with strings, numbers and spans in its places: the order of words is the language's own."""
    return filled(messages.say(text), **parts)


def filled(template: str, /, **parts: str | int | Span | Sequence[Span]) -> Line:
    """The text as a line, with strings, numbers and spans in its places."""
    spans: list[Span] = []
    for literal, name, _, _ in Formatter().parse(template):
        spans += [Span(text=literal)] * bool(literal)
        part = parts[name] if name else ()
        spans += line(f"{part:,}" if isinstance(part, int) else part) if isinstance(part, str | int | Span) else part
    return tuple(spans)


def notice(*lines: str | Line, tone: Tone = "info", buttons: tuple[Button, ...] = ()) -> Card:
    """A one-section card, for short answers; strings become plain lines."""
    return Card(sections=(Section(lines=tuple(line(x) if isinstance(x, str) else x for x in lines), buttons=buttons),), tone=tone)


def as_text(card: Card) -> str:
    """The whole card as plain text, a line each: what a screen reader, a notification and a log get."""
    return "\n".join("".join(span.text for span in one) for section in card.sections for one in section.lines)
