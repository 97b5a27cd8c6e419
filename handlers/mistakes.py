"""How a mistake is shown: the words as typed, a caret under the offending place, and what would work."""

from bot.cards.card import Button, Card, Line, Span, line, notice
from bot.cards.pointer import caret
from bot.errors import StoreTrouble, UserMistake


def mistake(error: UserMistake, *, prefix: str = "", buttons: tuple[Button, ...] = ()) -> Card:
    """The card for something a person typed; `prefix` ("/reg ") makes the pointer to help typeable."""
    lines: list[str | Line] = [error.sentence]
    if error.text and error.position is not None:
        lines += caret(error.text, error.position)
    if error.hint:
        lines.append(error.hint)
    lines.append(line("More: ", Span(text=f"{prefix}help", code=True)))
    return notice(*lines, tone="warning", buttons=buttons)


def not_carried_out(_: StoreTrouble) -> Card:
    """The card for a database that cannot be used: what happened and what to do, nothing of the inside."""
    return notice(
        "Your request was not carried out: the database cannot be used at the moment.",
        "Nothing was changed. Please try again in a minute; if it stays like this, tell the person who runs Regwatch.",
        tone="error",
    )
