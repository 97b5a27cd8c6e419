"""A card as an Adaptive Card 1.5 for Teams, under 24 KB (learn.microsoft.com/microsoftteams/platform, cards reference).

All text goes into TextRuns, where Teams interprets no markup; links are actions of their own and lead only to http(s). What does not
fit is left out and said so. Buttons carry what they run in their data, since Teams routes by it. `text` is the whole card for
notifications and screen readers.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from bot.cards import links, plain
from bot.cards.card import Button, Card, Line, Section, Span, as_text
from bot.messages import mark, say

Element = dict[str, Any]

MOST_BYTES = 24 * 1024
"""Of a card as JSON in UTF-16, which is how Teams counts; its own limit was 28 KB for years and is undocumented for some clients."""
MOST_URL = 3000
MOST_VALUE = 2000
MOST_IN_A_LINE = 3000
MOST_TEXT = 4000
MOST_LABEL = 75
MOST_ALT = 1500
BUTTONS_IN_A_ROW = 6  # Teams shows no more than six actions of a set
LEFT_OUT = mark("… More did not fit in one message.")
_SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"


def left_out() -> Line:
    """That there was more than fits."""
    return (Span(text=say(LEFT_OUT), italic=True),)


def adaptive(card: Card, most: int = MOST_BYTES, encoding: str = "utf-16-le") -> Element:
    """The card as the content of an Adaptive Card attachment, of at most so many bytes as JSON in that encoding.

    When it is longer, its last line says that something was left out.
    """
    body = [element for number, one in enumerate(card.sections) for element in section_of(one, apart=number > 0)]
    made = in_card(text(card), body)
    if size_of(made, encoding) <= most:
        return made
    return in_card(text(card), within(body, most - size_of(in_card(text(card), [line_of(left_out())]), encoding), encoding))


def text(card: Card) -> str:
    """Every line of the card as plain text of at most 4,000 characters."""
    return plain.clip("\n".join(map(plain.words, as_text(card).splitlines())), MOST_TEXT)


def in_card(said: str, body: list[Element], actions: Sequence[Element] = ()) -> Element:
    """The elements as a whole card; `said` is what clients show that cannot show it."""
    made: Element = {
        "$schema": _SCHEMA,
        "type": "AdaptiveCard",
        "version": "1.5",
        "msteams": {"width": "Full"},
        "fallbackText": plain.clip(said, 500),
        "body": body,
    }
    return made | ({"actions": list(actions)} if actions else {})


def size_of(value: Element, encoding: str = "utf-16-le") -> int:
    """The bytes of the element as JSON."""
    return len(json.dumps(value, ensure_ascii=False).encode(encoding, "replace"))


def within(body: list[Element], room: int, encoding: str = "utf-16-le") -> list[Element]:
    """The elements from the first that fit, and the sentence that says what is missing."""
    kept: list[Element] = []
    for element in body:
        room -= size_of(element, encoding) + 4
        if room < 0:
            break
        kept.append(element)
    return [*kept, line_of(left_out())]


def section_of(section: Section, *, apart: bool = False) -> Iterator[Element]:
    """The lines and buttons of a section, under a rule if it stands `apart`."""
    lines = [line_of(one) for one in section.lines if any(span.text for span in one)]
    for number, element in enumerate(lines):
        yield element | ({"separator": True, "spacing": "Medium"} if apart and number == 0 else {})
    if section.picture is not None:
        alt = plain.clip(plain.words(section.picture.alt), MOST_ALT)
        yield {"type": "Image", "url": section.picture.url, "altText": alt, "size": "Stretch"}
    made = [element for element in map(_button, section.buttons) if element is not None]
    for start in range(0, len(made), BUTTONS_IN_A_ROW):
        yield {"type": "ActionSet", "actions": made[start : start + BUTTONS_IN_A_ROW]}


def line_of(one: Line) -> Element:
    """A line as a block of runs, cut with `…` where it is too long."""
    runs: list[Element] = []
    room = MOST_IN_A_LINE
    for span in links.honest(one, MOST_URL):
        runs.append(_run(span.model_copy(update={"text": plain.clip(span.text, room)})))
        room -= len(span.text)
        if room <= 0:
            break
    return {"type": "RichTextBlock", "spacing": "Small", "inlines": runs or [_run(Span(text=" "))]}


def _run(span: Span) -> Element:
    look: Element = {
        "weight": "Bolder" if span.bold or span.match else "",
        "italic": span.italic,
        "highlight": span.match,
        "fontType": "Monospace" if span.code else "",
        "selectAction": span.url and {"type": "Action.OpenUrl", "url": span.url},
    }
    return {"type": "TextRun", "text": span.text} | {name: value for name, value in look.items() if value}


def _button(button: Button) -> Element | None:
    """The button, or None when its address or value cannot be carried: a button must not do something else than it says."""
    title = plain.clip(plain.words(button.label), MOST_LABEL) or "…"
    if button.url is not None:
        url = plain.address(button.url)
        return None if url is None or len(url) > MOST_URL else {"type": "Action.OpenUrl", "title": title, "url": url}
    if len(button.value) > MOST_VALUE:
        return None
    data = {"action": button.action, "value": button.value, "confirm": plain.words(button.confirm)}
    given = {k: v for k, v in data.items() if v}
    if button.form:
        return {"type": "Action.Submit", "title": title, "data": given | {"msteams": {"type": "task/fetch"}}}
    return {"type": "Action.Execute", "title": title, "verb": button.action, "data": given}
