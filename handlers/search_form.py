"""The form of a search: words, and the filters of the query language as choices; what it asks for is an ordinary query."""

from collections.abc import Iterable

from bot import wordlist
from bot.cards.alert import flag
from bot.cards.form import Choice, Filled, Form, Option, Text
from bot.messages import mark, say
from bot.watch.fields import DOC_TYPES, STATUSES
from handlers import search
from handlers.command import Answer
from handlers.grammar import Request, query_and_page
from handlers.reply import Context, Reply, refused

ANY = "any"
_SINCE = (
    ("7d", mark("the last 7 days")),
    ("30d", mark("the last 30 days")),
    ("90d", mark("the last 90 days")),
    ("365d", mark("the last year")),
)
LANGUAGES = {
    "ko": mark("Korean"), "en": mark("English"), "ja": mark("Japanese"), "zh": mark("Chinese"), "de": mark("German"),
    "fr": mark("French"), "es": mark("Spanish"), "pt": mark("Portuguese"),
}  # fmt: skip
FILTERS = ("country", "agency", "type", "status", "lang", "age")


async def form(_: Request, argument: str, context: Context) -> Form:
    """The form of a search, begun with the query that was searched for."""
    return _form("search", say("Search"), _begun(argument), context)


async def filled(request: Request, given: Filled, context: Context) -> Reply:
    """What the form asks for is searched; a form that asks for nothing says so beside its field."""
    return await _asked(search.search, request, given, _form("search", say("Search"), given, context), context)


async def share_form(_: Request, argument: str, context: Context) -> Form:
    """The same form for what is to be shown to everybody."""
    return _form("share", say("Share"), _begun(argument), context)


async def shared(request: Request, given: Filled, context: Context) -> Reply:
    """What the form asks for is shown to everybody."""
    return await _asked(search.share, request, given, _form("share", say("Share"), given, context), context)


def _begun(argument: str) -> Filled:
    text = query_and_page(argument)[0]
    return Filled(values={"query": (text,)} if text else {})


async def _asked(answer: Answer, request: Request, given: Filled, form: Form, context: Context) -> Reply:
    words = " ".join(one for one in (given.one("query"), *_said(given)) if one)
    if not words:
        wrong = {"query": say("What shall I search for?")}
        return refused(form, wrong)
    return await answer(request, words, context)


def _said(given: Filled) -> list[str]:
    """The filters that were chosen, as one types them."""
    chosen = [(name, given.one(name)) for name in FILTERS]
    return [f"age:<{value}" if name == "age" else f'{name}:"{value}"' for name, value in chosen if value not in ("", ANY)]


def _form(action: str, title: str, given: Filled, context: Context) -> Form:
    sources = context.catalogue.sources.values()
    countries = sorted({one.jurisdiction for one in sources if len(one.jurisdiction) == 2})
    agencies = sorted({one.authority.short for one in sources}, key=str.casefold)
    choices = (
        ("country", say("Country"), ((code, f"{flag(code)} {code}") for code in countries)),
        ("agency", say("Agency"), ((one, one) for one in agencies)),
        ("type", say("Document type"), ((code, wordlist.kind(code)) for code in DOC_TYPES)),
        ("status", say("Status"), ((code, wordlist.stage(code)) for code in STATUSES)),
        ("lang", say("Language"), ((code, say(name)) for code, name in LANGUAGES.items())),
        ("age", say("Since"), ((span, say(name)) for span, name in _SINCE)),
    )
    words = Text(
        name="query",
        label=say("What shall it find?"),
        value=given.one("query"),
        example='"decentralized trials"',
        hint=say("May be left empty where a filter is chosen."),
        optional=True,
    )
    return Form(
        action=action,
        title=title,
        parts=(words, *(_choice(name, label, options, given) for name, label, options in choices)),
        submit=title,
        typed=f"{action} <query> country:KR agency:MFDS type:recall status:draft lang:ko age:<30d",
    )


def _choice(name: str, label: str, options: Iterable[tuple[str, str]], given: Filled) -> Choice:
    every = Option(value=ANY, label=say("Any"))
    known = tuple(Option(value=value, label=shown) for value, shown in options)
    return Choice(name=name, label=label, options=(every, *known), value=given.one(name) or ANY, optional=True)
