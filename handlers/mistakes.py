"""How a mistake is shown: the words as typed, a caret under the offending place, and what would work."""

import unicodedata

from bot.cards.card import Button, Card, Line, Span, line, notice
from bot.errors import StoreTrouble, UserMistake

WINDOW = 30  # characters shown before and after the caret
# Slack and terminals both keep a no-break space at the start of a code span; an ideographic space is as wide as a wide character.
NARROW, WIDE = "\u00a0", "\u3000"


def mistake(error: UserMistake, *, prefix: str = "", buttons: tuple[Button, ...] = ()) -> Card:
    """The card for something a person typed; `prefix` ("/reg ") makes the pointer to help typeable."""
    lines: list[str | Line] = [error.sentence]
    if error.text and error.position is not None:
        lines += caret(error.text, error.position)
    if error.hint:
        lines.append(error.hint)
    lines.append(line("More: ", Span(text=f"{prefix}help", code=True)))
    return notice(*lines, tone="warning", buttons=buttons)


def caret(text: str, position: int) -> tuple[Line, Line]:
    """Two code lines: at most 60 characters of `text` around `position`, and `^` under the character there."""
    flat = "".join(" " if character.isspace() or not character.isprintable() else character for character in text)
    position = min(max(position, 0), len(flat))
    start = max(0, position - WINDOW)
    end = min(len(flat), position + WINDOW)
    shown = ("…" if start else "") + flat[start:end] + ("…" if end < len(flat) else "")
    before = ("…" if start else "") + flat[start:position]
    pad = "".join(WIDE if unicodedata.east_asian_width(character) in "WF" else NARROW for character in before)
    return line(Span(text=shown, code=True)), line(Span(text=pad + "^", code=True))


def not_carried_out(_: StoreTrouble) -> Card:
    """The card for a database that cannot be used: what happened and what to do, nothing of the inside."""
    return notice(
        "Your request was not carried out: the database cannot be used at the moment.",
        "Nothing was changed. Please try again in a minute; if it stays like this, tell the person who runs Regwatch.",
        tone="error",
    )
