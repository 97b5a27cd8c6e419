"""The notice: what a place is told that is no alert, such as that a source fails; pure."""

from bot.cards import plain
from bot.cards.alert import possible_repeat
from bot.cards.card import Button, Card, Span, line, notice
from bot.model import Notice


def told(said: Notice, *, repeat: bool) -> Card:
    """The notice as a card: its first line stands out. One that may have arrived before says so."""
    first, *others = said.lines
    leading = dict(enumerate(said.links))
    rows = [line(Span(text=one, url=plain.address(leading.get(number) or None))) for number, one in enumerate(others, start=1)]
    buttons = tuple(Button(label=label, action=action, value=value) for label, action, value in said.buttons)
    return notice(line(Span(text=first, bold=True)), *rows, *([possible_repeat()] if repeat else []), buttons=buttons)
