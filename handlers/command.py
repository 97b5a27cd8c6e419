"""One row of the table of commands: what a command is made of, who may say it, and when its form asks for what is missing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.cards.card import Button, Card, Section
from bot.cards.form import Filled, Form
from bot.messages import say
from handlers.grammar import Request
from handlers.permission import Who
from handlers.reply import Context, Reply

Answer = Callable[[Request, str, Context], Awaitable[Reply]]
Ask = Callable[[Request, str, Context], Awaitable[Form | None]]
Fill = Callable[[Request, Filled, Context], Awaitable[Reply]]


def is_missing(argument: str) -> bool:
    """Whether nothing was said at all, so that everything has to be asked for."""
    return not argument


def perhaps(_: str) -> bool:
    """Something may be missing; only the command itself can tell."""
    return True


def never(_argument: str) -> bool:
    """No words of the command only look."""
    return False


def alone(argument: str) -> bool:
    """The command alone only looks."""
    return not argument.strip()


def unless_regular(argument: str) -> bool:
    """All but `weekly …` and `monthly …` only looks."""
    return not argument.casefold().startswith(("weekly", "monthly"))


@dataclass(frozen=True)
class Command:
    """One row of the table. `name` is one or two words, `help` one line, `answer` gets the words after the name.

    `form`, if any, asks for what is missing where the argument may lack something (`asks`), or None when nothing is; `fill` gets what
    comes back from it.
    Where the command alone has an answer too, `offers` is the label of the button under it that opens the form.
    `who` may say it; with words for which `looks` holds, which change nothing, anyone may.
    """

    name: str
    usage: str
    help: str
    examples: tuple[str, ...]
    answer: Answer
    form: Ask | None = None
    fill: Fill | None = None
    asks: Callable[[str], bool] = is_missing
    who: Who = "member"
    looks: Callable[[str], bool] = never
    offers: str = ""

    def demands(self, argument: str) -> Who:
        """Who may say this: anyone, where the words only look."""
        return "anyone" if self.looks(argument) else self.who


def with_form_button(card: Card, command: Command, argument: str, label: str = "") -> Card:
    """The card with a button, beside its last ones, that opens the command's form, begun with the argument."""
    button = Button(label=say(label) if label else say("Fill in a form"), action=command.name, value=argument, form=True)
    *before, last = card.sections
    if not last.buttons:
        return card.model_copy(update={"sections": (*card.sections, Section(lines=(), buttons=(button,)))})
    return card.model_copy(update={"sections": (*before, last.model_copy(update={"buttons": (*last.buttons, button)}))})
