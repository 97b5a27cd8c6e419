"""Help: what each command of the table is for and how it is used; pure."""

from collections.abc import Sequence
from difflib import get_close_matches

from bot.cards.card import Card, Line, Section, Span, line, notice, phrase
from bot.errors import UserMistake
from bot.messages import mark, say
from handlers.command import Command

_WHO = {
    "manager": mark("For anyone in this place or, if some are named, its managers and admins: see `admin roles`."),
    "admin": mark("For admins; to look, for anyone: see `admin roles`."),
}


def short(text: str, limit: int = 40) -> str:
    """What a person typed, cut where it is longer than an answer should repeat."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def overview(table: Sequence[Command], prefix: str) -> Card:
    """What I do, a line for each command, and how to begin."""
    intro = phrase("I watch regulators and the trade press, and post what matches your watchlists.")
    rows = tuple(line(Span(text=prefix + command.usage, code=True), f" – {say(command.help)}") for command in table)
    add, subscribe = _code(prefix, 'watch add "decentralized trials" as DCT'), _code(prefix, "subscribe DCT")
    start = phrase("To begin: {first}, then {second}", first=add, second=subscribe)
    return Card(sections=(Section(lines=(intro,)), Section(lines=rows), Section(lines=(start,))))


def _code(prefix: str, words: str) -> Span:
    return Span(text=prefix + words, code=True)


def on(table: Sequence[Command], name: str, prefix: str) -> Card:
    """How a command, or each of a group, is used. UserMistake names the nearest there is."""
    wanted = " ".join(name.casefold().split())
    found = [command for command in table if command.name == wanted or command.name.split()[0] == wanted]
    if not found:
        names = [command.name for command in table]
        known = [*names, *(one.split()[0] for one in names if " " in one)]
        near = get_close_matches(wanted, known, n=1)
        hint = say("Did you mean: {words}", words=f"help {near[0]}") if near else say("There are: {names}.", names=", ".join(names))
        raise UserMistake(say("There is no command `{name}`.", name=short(wanted)), hint=hint)
    return notice(*(one for command in found for one in _lines_on(command, prefix)))


def _lines_on(command: Command, prefix: str) -> tuple[Line, ...]:
    examples = tuple(phrase("For example: {command}", command=_code(prefix, example)) for example in command.examples)
    who = [line(say(_WHO[command.who]))] if command.who in _WHO else []
    return (line(Span(text=prefix + command.usage, code=True), f" – {say(command.help)}"), *who, *examples)
