"""What is new: the newest items of a country, a region, an agency or a source, or of all."""

from difflib import get_close_matches

from bot import wordlist
from bot.cards.card import Button, Card, Section, notice, phrase
from bot.errors import UserMistake
from bot.messages import say
from bot.model import Source
from bot.store import added_sources
from bot.watch import fields
from handlers import search
from handlers.grammar import Request, query_and_page
from handlers.helping import short
from handlers.reply import Context, Reply

_OF_ALL = "tier:official OR tier:trade"


async def latest(request: Request, argument: str, context: Context) -> Reply:
    """One page of the newest items; UserMistake with the nearest names if `argument` names nothing that publishes."""
    of, number = query_and_page(" ".join(argument.split()))
    async with context.store.read() as tx:
        added = await added_sources.in_workspace(tx, request.place.workspace)
    query, name = _meant(of, [*context.catalogue.sources.values(), *added])
    page = await search.page_of(request, query, number, context)
    if not page.found:
        return Reply(card=_nothing(page, name, of, request))
    last = f"{page.last:,}{'+' if page.is_capped else ''}"
    which = say(", page {number} of {last}", number=f"{number:,}", last=last) if page.last > 1 else ""
    turning = [Button(label=label, action="latest", value=f"{of} page {to}".strip()) for label, to in search.turning(page)]
    if query != _OF_ALL:
        turning.append(Button(label=say("Save as watchlist"), action="watch add", value=query, form=True))
    head = Section(lines=(phrase("The newest from {name}{which}:", name=name, which=which),))
    return Reply(card=Card(sections=(head, *search.shown(page, request, context), Section(lines=(), buttons=tuple(turning)))))


def _meant(of: str, known: list[Source]) -> tuple[str, str]:
    """The query that finds what is meant, and how it is called."""
    if not of:
        return _OF_ALL, say("all sources")
    if ":" in of:
        return of, of
    if country := fields.country_named(of):
        return f"country:{country}", wordlist.country(country)
    if region := fields.canonical("region", of, {}):
        return f"region:{region}", wordlist.region(region)
    named = _publishers(known)
    found = named.get(of.casefold())
    if found is None:
        raise _unknown(of, named)
    return found


def _publishers(known: list[Source]) -> dict[str, tuple[str, str]]:
    """Who publishes, by every name it goes by, casefolded: the query that finds its items, and how it is called."""
    named: dict[str, tuple[str, str]] = {}
    for source in known:
        own = (f"source:{source.id}", source.name)
        named |= {source.id.casefold(): own, source.name.casefold(): own}
    for source in known:
        agency = source.authority
        all_of_it = (f'agency:"{agency.short}"', agency.short)
        named |= {one.casefold(): all_of_it for one in (agency.short, agency.name, agency.id)}
    return named


def _unknown(of: str, named: dict[str, tuple[str, str]]) -> UserMistake:
    names = [*named, *fields.REGIONS, *(name.casefold() for code in fields.CLOSED["country"] for name in fields.names_of_country(code))]
    near = get_close_matches(of.casefold()[:60], names, n=1, cutoff=0.7)
    hint = (
        say("Did you mean: {words}", words=f"latest {near[0]}")
        if near
        else say("To search for the words: {command}", command=f"search {short(of)}")
    )
    return UserMistake(say("I know no country, region, agency or source “{name}”.", name=short(of)), hint=hint)


def _nothing(page: search.Page, name: str, of: str, request: Request) -> Card:
    if page.total:
        last = f"{request.prefix}latest {of} page {page.last}".replace("  ", " ")
        return notice(say("There is no page {number}. The last: {command}", number=f"{page.number:,}", command=last))
    return notice(
        say("Nothing has been collected from {name} yet.", name=name),
        say("Whether it is read, and how it fares: {command}", command=f"{request.prefix}sources {of}".rstrip()),
    )
