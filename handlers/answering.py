"""From the words of a request to the command they mean, and to its answer; mistakes become cards, and so does trouble with the database."""

from difflib import get_close_matches

from bot import messages
from bot.cards.card import notice
from bot.cards.form import as_lines
from bot.errors import StoreTrouble, UserMistake
from bot.messages import say
from bot.store import places
from bot.watch.query import CHAT_LIMIT
from handlers import helping
from handlers.aliases import OTHER_WORDS
from handlers.command import Command, with_form_button
from handlers.commands import TABLE
from handlers.grammar import Request, clean, first_word
from handlers.mistakes import mistake, not_carried_out
from handlers.permission import Who, require
from handlers.reply import Context, Reply

WORDS_LIMIT = 4_000
_BY_NAME = {command.name: command for command in TABLE}
_GROUPS = tuple(dict.fromkeys(name.split()[0] for name in _BY_NAME if " " in name))


async def run(request: Request, context: Context) -> Reply:
    """The answer to `request`, in the language of its place. Mistakes and database trouble become cards; only bugs are raised."""
    language = await _language(request, context)
    with messages.speaking(language):
        reply = await _run(request, context)
    return reply if reply.language else reply.model_copy(update={"language": language})


async def _language(request: Request, context: Context) -> str:
    """What is spoken in the place: what was chosen, else what its platform told first, else what it tells of the person."""
    try:
        async with context.store.read() as tx:
            kept = await places.get(tx, request.place.id) or request.place
    except StoreTrouble:
        kept = request.place
    return messages.preferred(kept.language, kept.locale, request.place.locale)


async def _run(request: Request, context: Context) -> Reply:
    try:
        command, argument = find(clean(request.words), context.query_limit)
        await require(_demanded(command, request, argument), request, context)
        return await _answered(command, request, argument, context)
    except UserMistake as error:
        return Reply(card=mistake(error, prefix=request.prefix))
    except StoreTrouble as error:
        return Reply(card=not_carried_out(error))


async def _answered(command: Command, request: Request, argument: str, context: Context) -> Reply:
    if request.filled is not None and command.fill is not None:
        return await command.fill(request, request.filled, context)
    if command.form is not None and (request.by_form or command.asks(argument)):
        form = await command.form(request, argument, context)
        if form is not None:
            # Asked for by its button, the form may begin with a whole command, which is not to be carried out yet.
            card = notice(*as_lines(form)) if request.by_form else (await command.answer(request, argument, context)).card
            return Reply(card=with_form_button(card, command, argument), form=form)
    reply = await command.answer(request, argument, context)
    return reply.model_copy(update={"card": with_form_button(reply.card, command, argument, command.offers)}) if command.offers else reply


def may_open_form(request: Request, context: Context) -> bool:
    """Whether the answer to the request may be a form; told without asking the store, so that a form can be begun at once."""
    try:
        command, argument = find(clean(request.words), context.query_limit)
    except UserMistake:
        return False
    return command.form is not None and (request.by_form or command.asks(argument))


def demand(request: Request) -> Who:
    """Who may ask for this; anyone, where it is no command."""
    try:
        command, argument = find(clean(request.words))
    except UserMistake:
        return "anyone"
    return _demanded(command, request, argument)


def _demanded(command: Command, request: Request, argument: str) -> Who:
    # A form says nothing in its words of what it will change.
    return command.who if request.by_form or request.filled is not None else command.demands(argument)


def find(words: str, query_limit: int = CHAT_LIMIT) -> tuple[Command, str]:
    """The command that `words` begin with, and the words after it; no words ask for help. UserMistake names the nearest command."""
    if len(words) > WORDS_LIMIT:
        raise UserMistake(
            say("That is {n} characters long; I read at most {most}.", n=f"{len(words):,}", most=f"{WORDS_LIMIT:,}"),
            hint=say("A query has at most {most}.", most=f"{query_limit:,}"),
        )
    first, rest = first_word(words)
    if not first or first in ("?", "？"):
        return _BY_NAME["help"], rest
    if first in _GROUPS:
        return _in_group(first, rest, words)
    if first in _BY_NAME:
        return _BY_NAME[first], rest
    raise _unknown(first, rest, words)


def _in_group(group: str, rest: str, words: str) -> tuple[Command, str]:
    second, argument = first_word(rest)
    if f"{group} {second}" in _BY_NAME:
        return _BY_NAME[f"{group} {second}"], argument
    if not second:
        return (_BY_NAME[group], "") if group in _BY_NAME else (_BY_NAME["help"], group)
    seconds = [name.split()[1] for name in _BY_NAME if name.startswith(f"{group} ")]
    other = OTHER_WORDS.get(second, "").rpartition(" ")[2]
    # A group that is a command itself takes other words than these; only a slip is worth asking about.
    near = get_close_matches(second, seconds, n=1, cutoff=0.7 if group in _BY_NAME else 0.6)
    meant = (other if other in seconds else "") or next(iter(near), "")
    if group in _BY_NAME and not meant:
        return _BY_NAME[group], rest
    raise UserMistake(
        say(
            "There is no `{command}`. There are {commands}.",
            command=f"{group} {helping.short(second)}",
            commands=", ".join(f"`{group} {one}`" for one in seconds),
        ),
        hint=say("Did you mean: {words}", words=helping.short(f"{group} {meant} {argument}".rstrip(), 300)) if meant else "",
        text=words,
        position=len(words) - len(rest),
    )


def _unknown(first: str, rest: str, words: str) -> UserMistake:
    known = [*dict.fromkeys(name.split()[0] for name in _BY_NAME)]
    meant = OTHER_WORDS.get(first) or next(iter(get_close_matches(first, known, n=1)), "")
    hint = (
        say("Did you mean: {words}", words=helping.short(f"{meant} {rest}".rstrip(), 300))
        if meant
        else say("To search for it, write: {command}", command=helping.short(f"search {words}", 300))
    )
    return UserMistake(say("I do not know the command `{name}`.", name=helping.short(first)), hint=hint, text=words, position=0)
