"""The notice: what a place is told that is no alert, such as that a source fails; pure."""

from bot.cards.alert import POSSIBLE_REPEAT
from bot.cards.card import Card, Span, line, notice
from bot.model import Notice


def told(said: Notice, *, repeat: bool) -> Card:
    """The notice as a card: its first line stands out. One that may have arrived before says so."""
    first, *others = said.lines
    return notice(line(Span(text=first, bold=True)), *others, *([POSSIBLE_REPEAT] if repeat else []))
