"""How to say yes to what is only shown so far: by the button, in words, or with an option where the command came from a shell."""

from bot.cards.card import Line, Span, phrase
from handlers.grammar import Request


def how(request: Request, typed: str) -> Line:
    """What to do for it to be done; `typed` are the words that do it, with their `yes`. A terminal has no buttons."""
    command = Span(text=request.prefix + typed, code=True)
    if request.option:
        return phrase("To go on, give the same command with {option}", option=Span(text=request.option, code=True))
    if request.place.platform == "console":
        return phrase("To go on, write {command}", command=command)
    return phrase("To go on, press the button or write {command}", command=command)
