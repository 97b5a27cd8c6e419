"""A card as Slack Block Kit, inside every limit on the final JSON (docs.slack.dev/reference/block-kit).

All text goes into rich_text and plain_text, where Slack interprets nothing; links are elements of their own and lead only
to http(s). What does not fit ends in `…`. The top-level text holds the whole card for screen readers and notifications.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from bot.cards import links, plain
from bot.cards.card import Button, Card, Line, Picture, Section, Span
from bot.messages import mark, say

Block = dict[str, Any]

MOST_BLOCKS = 50
MOST_IN_A_BLOCK = 3000
LEFT_OUT = mark("… More did not fit in one message.")
# Slack answers msg_blocks_too_long somewhere above this; the number is not documented.
MOST_IN_ALL = 12_000
# chat.postMessage: best at most 4,000, measured after escaping.
MOST_TEXT = 4000
MOST_URL = 3000
MOST_VALUE = 2000
MOST_ALT = 2000
BUTTONS_IN_A_ROW = 25
BY_FORM = "form "

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MENTION = re.compile(r"@(?=here|channel|everyone)", re.IGNORECASE)


def blocks(card: Card) -> list[Block]:
    """The card as at most 50 blocks that Slack accepts; when it is longer, the last block says that something was left out."""
    return within([block for section in _numbered(card) for block in _section(*section)], MOST_BLOCKS)


def text(card: Card) -> str:
    """The card for the top-level `text`: every line of it, escaped so that nothing in it is a mention, link or command.

    At most 4,000 characters. An at sign before `here`, `channel` and `everyone` becomes a full-width one: Slack may turn
    the plain one into a mention of everybody.
    """
    lines = (plain.words("".join(span.text for span in one)) for section in card.sections for one in section.lines)
    whole = _MENTION.sub("＠", "\n".join(lines))
    return _escaped(whole, MOST_TEXT)


def command_of(action_id: str) -> str:
    """The `action` of the button that was pressed, from the action_id Slack sends; `open` for a button that only opens an address."""
    return action_id.rpartition(":")[0].removeprefix(BY_FORM)


def asks_for_form(action_id: str) -> bool:
    """Whether the button that was pressed opens the form of its command."""
    return action_id.startswith(BY_FORM)


def _escaped(whole: str, most: int) -> str:
    """The text with entities for Slack's three live characters, cut before the one that would not fit."""
    kept: list[str] = []
    room = most - 1
    for character in whole:
        piece = _ENTITIES.get(character, character)
        room -= len(piece)
        if room < 0:
            return "".join(kept).rstrip() + "…"
        kept.append(piece)
    return "".join(kept)


def _numbered(card: Card) -> Iterator[tuple[Section, int]]:
    """Sections with the number of their first button, which keeps action ids unique in the message."""
    first = 0
    for section in card.sections:
        yield section, first
        first += len(section.buttons)


def section(one: Section, first: int) -> list[Block]:
    """The blocks of one section; its buttons are numbered from `first` on."""
    return list(_section(one, first))


def _section(section: Section, first: int) -> Iterator[Block]:
    yield from (block for block in _paragraphs(section.lines) if block["elements"])
    if section.picture is not None:
        yield _image(section.picture)
    made = [_button(button, first + i) for i, button in enumerate(section.buttons)]
    elements = [element for element in made if element is not None]
    for start in range(0, len(elements), BUTTONS_IN_A_ROW):
        yield {"type": "actions", "elements": elements[start : start + BUTTONS_IN_A_ROW]}


def within(made: list[Block], most: int) -> list[Block]:
    """The blocks if they fit; else those from the first that do, and a last one that says what is missing."""
    if len(made) <= most and sum(map(_length, made)) <= MOST_IN_ALL:
        return made
    kept: list[Block] = []
    used = 100
    for block in made[: most - 1]:
        used += _length(block)
        if used > MOST_IN_ALL:
            break
        kept.append(block)
    return [*kept, _rich([{"type": "rich_text_section", "elements": [_text(Span(text=say(LEFT_OUT), italic=True))]}])]


def _length(block: Block) -> int:
    inner = block.get("elements", ())
    return sum(len(one.get("text", "")) for part in inner for one in part.get("elements", ()))


def _paragraphs(lines: Iterable[Line]) -> Iterator[Block]:
    """Rich text blocks of at most 3,000 characters; lines are never divided, one that is too long alone is cut with `…`."""
    parts: list[Block] = []
    used = 0
    for one in lines:
        spans = _fitted(one)
        size = sum(len(span.text) for span in spans) + 1
        if parts and used + size > MOST_IN_A_BLOCK:
            yield _rich(parts)
            parts, used = [], 0
        used += size
        _append(parts, spans)
    yield _rich(parts)


def _fitted(one: Line) -> list[Span]:
    """The spans of a line made harmless, with nothing empty and no more than fits in a block; disguised links laid open."""
    spans: list[Span] = []
    room = MOST_IN_A_BLOCK - 2
    for clean in links.honest(one, MOST_URL):
        spans.append(clean.model_copy(update={"text": plain.clip(clean.text, room + 1)}))
        room -= len(clean.text)
        if room < 0:
            break
    return spans


def _append(parts: list[Block], spans: list[Span]) -> None:
    """Adds a line to the last part if it is of the same kind, else as a new part."""
    kind = "rich_text_preformatted" if spans and all(span.code for span in spans) else "rich_text_section"
    if not parts or parts[-1]["type"] != kind:
        parts.append({"type": kind, "elements": []})
    elif parts[-1]["elements"]:
        parts[-1]["elements"].append({"type": "text", "text": "\n"})
    preformatted = kind == "rich_text_preformatted"
    parts[-1]["elements"] += [_text(Span(text=span.text)) if preformatted else _text(span) for span in spans]


def _rich(parts: list[Block]) -> Block:
    return {"type": "rich_text", "elements": [part for part in parts if part["elements"]]}


def _text(span: Span) -> Block:
    look = {"bold": span.bold or span.match, "italic": span.italic, "code": span.code}
    style = {name: True for name, on in look.items() if on}
    element: Block = {"type": "link", "url": span.url} if span.url else {"type": "text"}
    return element | {"text": span.text} | ({"style": style} if style else {})


def _image(picture: Picture) -> Block:
    return {"type": "image", "image_url": picture.url, "alt_text": plain.clip(plain.words(picture.alt), MOST_ALT)}


def _button(button: Button, number: int) -> Block | None:
    """The button, or None when its address or value is one Slack would refuse: a button must not do something else than it says."""
    url = plain.address(button.url)
    if len(button.value) > MOST_VALUE or (button.url is not None and (url is None or len(url) > MOST_URL)):
        return None
    made: Block = {
        "type": "button",
        "text": plain_text(button.label, 75),
        "action_id": f"{BY_FORM if button.form else ''}{button.action or 'open'}:{number}",
    }
    optional: Block = {"value": button.value, "url": url, "style": button.style, "confirm": button.confirm and _confirm(button)}
    return made | {name: value for name, value in optional.items() if value}


def _confirm(button: Button) -> Block:
    return {
        "title": plain_text(say("Are you sure?"), 100),
        "text": plain_text(button.confirm, 300),
        "confirm": plain_text(button.label, 30),
        "deny": plain_text(say("Cancel"), 30),
    }


def plain_text(words: str, most: int) -> Block:
    """The words as a text object of at most `most` characters, in which nothing is interpreted; never empty."""
    return {"type": "plain_text", "text": plain.clip(plain.words(words), most) or "…", "emoji": False}
