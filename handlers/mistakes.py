"""How a mistake is shown: the words as typed, a caret under the offending place, and what would work."""

from bot.cards.card import Card, Line, Span, notice, phrase
from bot.cards.pointer import caret, place
from bot.errors import StoreTrouble, UserMistake
from bot.messages import say


def mistake(error: UserMistake, *, prefix: str = "") -> Card:
    """The card for something a person typed; `prefix` ("/reg ") makes the pointer to help typeable."""
    lines: list[str | Line] = [error.sentence]
    if error.text and error.position is not None:
        lines += caret(error.text, error.position)
    if error.hint:
        lines.append(error.hint)
    lines.append(phrase("More: {command}", command=Span(text=f"{prefix}help", code=True)))
    return notice(*lines, tone="warning")


def beside_field(error: UserMistake) -> str:
    """The mistake in one line, to stand beside the field it was made in: what is wrong, where, and what would work."""
    where = say(" It is {place}.", place=place(error.text, error.position)) if error.text and error.position is not None else ""
    return f"{error.sentence}{where} {error.hint}".strip()


def not_carried_out(_: StoreTrouble) -> Card:
    """The card for a database that cannot be used: what happened and what to do, nothing of the inside."""
    return notice(
        say("Your request was not carried out: the database cannot be used at the moment."),
        say("Nothing was changed. Please try again in a minute; if it stays like this, tell the person who runs Regwatch."),
        tone="error",
    )


def not_installed() -> Card:
    """The card where the platform has taken our installation away."""
    return notice(
        say("Regwatch is not installed in this workspace any more, so nothing was done."),
        say("Whoever may install apps here can install it again; what was set up before then goes on by itself."),
        tone="warning",
    )


def our_fault() -> Card:
    """The card after a bug of ours, which says nothing of the inside either."""
    return notice(
        say("Something went wrong on our side, and it is not your fault."),
        say("See with `watch list` and `subscriptions` what holds; then please tell the person who runs Regwatch, whose log says more."),
        tone="error",
    )
