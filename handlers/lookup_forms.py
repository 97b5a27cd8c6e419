"""The forms of commands that only look: which days, weeks, versions, whose; what is filled in becomes the words one would type."""

from collections.abc import Iterable
from datetime import timedelta

from bot.cards.alert import flag, headline
from bot.cards.form import Choice, Day, Filled, Form, Option, Text
from bot.errors import UserMistake
from bot.messages import mark, say
from bot.store import items
from bot.store.database import Tx
from bot.times import zone
from bot.watch import fields, trends
from handlers import deadlines, exporting, latest
from handlers import items as asked_items
from handlers import trends as asked_trends
from handlers.command import Answer
from handlers.grammar import Request, first_word, query_and_page
from handlers.mistakes import beside_field
from handlers.reply import Context, Reply, refused

_AHEAD = (
    ("7d", mark("the next 7 days")),
    ("30d", mark("the next 30 days")),
    ("90d", mark("the next 90 days")),
    ("365d", mark("the next year")),
)
_WEEKS = (
    ("4", mark("4 weeks")),
    ("13", mark("13 weeks")),
    ("26", mark("26 weeks")),
    ("52", mark("52 weeks")),
)
_BY = {"country": mark("Country"), "agency": mark("Agency"), "type": mark("Document type")}
_FILES = (("xlsx", "XLSX"), ("csv", "CSV"))
_QUERY = '"decentralized trials" country:KR'
_ALL = "all"


async def _looked(request: Request, words: str, context: Context, answer: Answer, form: Form, field: str) -> Reply:
    """What the words are answered with; a mistake in them stands beside the field, in the form as it was filled in."""
    try:
        return await answer(request, words, context)
    except UserMistake as mistake:
        wrong = beside_field(mistake)
        return refused(form, {field: wrong})


async def export_form(request: Request, _argument: str, _context: Context) -> Form:
    """The form of an export: from which day to which, as which file; begun with the quarter until today."""
    today = request.now.astimezone(zone(request.place.timezone)).date()
    first = today - timedelta(days=90)
    return _export(Filled(values={"first": (first.isoformat(),), "last": (today.isoformat(),), "file": ("xlsx",)}))


async def exported(request: Request, given: Filled, context: Context) -> Reply:
    """The export that the form asks for."""
    form = _export(given)
    wrong = {one: say("Choose a day.") for one in ("first", "last") if not given.one(one)}
    if wrong:
        return refused(form, wrong)
    words = f"{given.one('first')} {given.one('last')} {given.one('file')}"
    return await _looked(request, words, context, exporting.export, form, "last")


def _export(given: Filled) -> Form:
    return Form(
        action="export",
        title=say("Export the record"),
        parts=(
            Day(name="first", label=say("From"), value=given.one("first"), hint=say("What was captured, alerted, decided and changed.")),
            Day(name="last", label=say("To"), value=given.one("last"), hint=say("This day is part of it.")),
            Choice(name="file", label=say("As a file"), options=_named(_FILES), value=given.one("file") or "xlsx"),
        ),
        submit=say("Export"),
        typed="export 2026-01-01 2026-03-31 xlsx",
    )


async def deadlines_form(_: Request, argument: str, _context: Context) -> Form:
    """The form of the deadlines ahead: how far, and of what; begun with the words that were typed."""
    word, rest = first_word(query_and_page(argument)[0])
    ahead = word if word in [span for span, _ in _AHEAD] else "30d"
    query = rest if ahead == word else query_and_page(argument)[0]
    return _deadlines(Filled(values={"ahead": (ahead,), "query": (query,)}))


async def deadlines_filled(request: Request, given: Filled, context: Context) -> Reply:
    """The deadlines that the form asks for."""
    words = f"{given.one('ahead')} {given.one('query')}"
    return await _looked(request, words, context, deadlines.ahead, _deadlines(given), "query")


def _deadlines(given: Filled) -> Form:
    hint = say("Left empty, it is what this place receives; a query looks at all that was collected.")
    return Form(
        action="deadlines",
        title=say("Deadlines ahead"),
        parts=(
            Choice(name="ahead", label=say("How far ahead"), options=_named(_AHEAD), value=given.one("ahead") or "30d"),
            Text(name="query", label=say("Of what?"), value=given.one("query"), example=_QUERY, hint=hint, optional=True),
        ),
        submit=say("Show"),
        typed="deadlines 90d country:KR",
    )


async def trends_form(_: Request, argument: str, _context: Context) -> Form:
    """The form of a trend: of what, counted by what, over how many weeks; begun with the words that were typed."""
    words, by, weeks = asked_trends.apart(argument)
    return _trends(Filled(values={"query": (words,), "by": (by,), "weeks": (str(weeks),)}))


async def trends_filled(request: Request, given: Filled, context: Context) -> Reply:
    """The trend that the form asks for."""
    form = _trends(given)
    if not given.one("query"):
        wrong = {"query": say("What shall it find? Write at least one word.")}
        return refused(form, wrong)
    words = f"{given.one('query')} by {given.one('by') or trends.BY[0]} {given.one('weeks') or trends.WEEKS} weeks"
    return await _looked(request, words, context, asked_trends.show, form, "query")


def _trends(given: Filled) -> Form:
    hint = say("A query, or the name of a watchlist.")
    weeks = given.one("weeks") or str(trends.WEEKS)
    spans = (*_WEEKS, *([] if weeks in [one for one, _ in _WEEKS] else [(weeks, weeks)]))
    return Form(
        action="trends",
        title=say("Trends"),
        parts=(
            Text(name="query", label=say("Of what?"), value=given.one("query"), example=_QUERY, hint=hint),
            Choice(name="by", label=say("Counted by"), options=_named(_BY.items()), value=given.one("by") or trends.BY[0]),
            Choice(name="weeks", label=say("Over"), options=_named(spans), value=weeks),
        ),
        submit=say("Show"),
        typed="trends <query or watchlist> by country 26 weeks",
    )


async def diff_form(request: Request, argument: str, context: Context) -> Form | None:
    """The form of a comparison, begun with the last two versions of the item; None without one that has two."""
    name, _ = first_word(argument)
    if not name:
        return None
    async with context.store.read() as tx:
        return await _diff(tx, request, name, Filled())


async def diff_filled(request: Request, given: Filled, context: Context) -> Reply:
    """The comparison that the form asks for."""
    async with context.store.read() as tx:
        form = await _diff(tx, request, given.state, given)
    words = f"{given.state} {given.one('old')} {given.one('new')}"
    return (
        await _looked(request, words, context, asked_items.diff, form, "new") if form else await asked_items.diff(request, words, context)
    )


async def _diff(tx: Tx, request: Request, name: str, given: Filled) -> Form | None:
    found = await asked_items.item_named(tx, name, request)
    numbers = [str(one.item.version) for one in await items.history(tx, found.id)]
    if len(numbers) < 2:
        return None
    options = tuple(Option(value=one, label=say("Version {number}", number=one)) for one in numbers)
    title = headline(found)
    old, new = given.one("old") or numbers[-2], given.one("new") or numbers[-1]
    return Form(
        action="diff",
        title=say("Compare versions"),
        parts=(
            Choice(name="old", label=say("From"), options=options, value=old, hint=title),
            Choice(name="new", label=say("To"), options=options, value=new),
        ),
        submit=say("Compare"),
        state=found.id,
        typed="diff <id> 1 3",
    )


async def latest_form(_: Request, argument: str, context: Context) -> Form:
    """The form of what is new: of which country, region or agency; begun with what was asked for."""
    return _latest(query_and_page(argument)[0], context)


async def latest_filled(request: Request, given: Filled, context: Context) -> Reply:
    """What is new of what was chosen."""
    of = "" if given.one("of") == _ALL else given.one("of")
    return await _looked(request, of, context, latest.latest, _latest(of, context), "of")


def _latest(of: str, context: Context) -> Form:
    sources = context.catalogue.sources.values()
    countries = sorted({one.jurisdiction for one in sources if len(one.jurisdiction) == 2})
    agencies = sorted({one.authority.short for one in sources}, key=str.casefold)
    options = (
        Option(value=_ALL, label=say("All sources")),
        *(Option(value=code.casefold(), label=f"{flag(code)} {code}") for code in countries),
        *(Option(value=one, label=one.replace("_", " ").title()) for one in fields.REGIONS),
        *(Option(value=one.casefold(), label=one) for one in agencies),
    )
    return Form(
        action="latest",
        title=say("What is new"),
        parts=(Choice(name="of", label=say("Of what?"), options=options, value=of.casefold() or _ALL),),
        submit=say("Show"),
        typed="latest [country|region|agency|source]",
    )


def _named(known: Iterable[tuple[str, str]]) -> tuple[Option, ...]:
    return tuple(Option(value=value, label=say(label)) for value, label in known)
