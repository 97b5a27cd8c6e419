"""A translation as a line below the original, always with who made it; pure."""

from bot.cards import plain
from bot.cards.card import Line, Span, phrase
from bot.model import Translation

MOST_TITLE = 600
MOST_SUMMARY = 400


def title(made: Translation | None) -> tuple[Line, ...]:
    """The title as a service translated it."""
    return _said(made.service, made.title, MOST_TITLE) if made else ()


def summary(made: Translation | None) -> tuple[Line, ...]:
    """The summary as a service translated it."""
    return _said(made.service, made.summary, MOST_SUMMARY) if made else ()


def _said(service: str, text: str, most: int) -> tuple[Line, ...]:
    shown = plain.clip(" ".join(plain.words(text).split()), most)
    return (phrase("Machine translation ({service}): {text}", service=service, text=Span(text=shown, italic=True)),) if shown else ()
