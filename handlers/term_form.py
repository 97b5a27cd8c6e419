"""The form of a term of one's own: which words, which concept they say, in which language."""

from bot.cards.form import Choice, Filled, Form, Option, Text
from bot.errors import UserMistake
from bot.messages import say
from bot.watch.glossary import Glossary
from bot.watch.vocabulary import vocabulary
from handlers import concepts, terms, workspace_queries
from handlers.grammar import Request
from handlers.mistakes import beside_field
from handlers.reply import Context, Reply, refused
from handlers.search_form import LANGUAGES

_EVERY = "every"


async def form(request: Request, argument: str, context: Context) -> Form:
    """The form, with every concept that the workspace knows; begun with the words that were typed."""
    async with context.store.read() as tx:
        own = await workspace_queries.own(tx, request)
    return _form(Filled(values={"terms": (argument,)}), own)


async def filled(request: Request, given: Filled, context: Context) -> Reply:
    """The terms say the concept from now on; what cannot be a term is said beside its field."""
    async with context.store.read() as tx:
        own = await workspace_queries.own(tx, request)
    wrong = {} if given.one("terms") else {"terms": say("Which words? Write at least one.")}
    wrong |= {} if given.one("concept") else {"concept": say("Which concept?")}
    if not wrong:
        language = given.one("language").removeprefix(_EVERY)
        name = concepts.known_as(given.one("concept"), own).name
        try:
            return await terms.add_terms(request, f'{given.one("terms")} to "{name}"{f" in {language}" if language else ""}', context)
        except UserMistake as mistake:
            wrong = {"terms": beside_field(mistake)}
    return refused(_form(given, own), wrong)


def _form(given: Filled, own: Glossary) -> Form:
    known = dict.fromkeys((*vocabulary().concepts, *(term.concept for term in own.terms)))
    named = sorted((concepts.known_as(one, own) for one in known), key=lambda one: one.name.casefold())
    every = Option(value=_EVERY, label=say("Every language"))
    languages = (every, *(Option(value=code, label=say(name)) for code, name in LANGUAGES.items()))
    return Form(
        action="term add",
        title=say("Terms of your own"),
        parts=(
            Text(
                name="terms",
                label=say("Words that say it"),
                value=given.one("terms"),
                example='virtual visit, "visits at home"',
                hint=say("Several, with commas between them."),
            ),
            Choice(
                name="concept",
                label=say("Concept"),
                options=tuple(Option(value=one.id, label=one.name) for one in named),
                value=given.one("concept"),
            ),
            Choice(
                name="language", label=say("In which language"), options=languages, value=given.one("language") or _EVERY, optional=True
            ),
        ),
        submit=say("Add"),
        typed="term add <term>, <term> to <concept> in <language>",
    )
