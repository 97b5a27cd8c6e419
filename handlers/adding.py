"""Sources that a workspace adds for itself: an address is looked at and shown, added after a yes, and removed again.

Nothing is fetched here: the address is asked for in the store, the schedules look at it, and the answer is awaited there.
"""

import asyncio
import hashlib

from bot.cards.card import Button, Card, Line, Section, Span, line, notice, phrase
from bot.cards.form import Filled, Form, Text
from bot.errors import UserMistake
from bot.messages import again, count, mark, say
from bot.model import Discovery, Entry, Found, Source
from bot.sources import addresses
from bot.store import added_sources, discoveries, places
from bot.store.database import Tx
from bot.times import span
from bot.wordlist import day
from handlers import confirming, recording
from handlers.grammar import Request, name_and_yes, query_and_name
from handlers.reply import Context, Reply, refused
from handlers.watchlists import asked, news

MOST = 200
"""So many sources a workspace may add."""
STEP = 0.25  # seconds between two looks for the answer
_KINDS = {
    "feed": mark("a feed"),
    "json_api": mark("an API"),
    "xml_api": mark("an API"),
    "listing": mark("a page that lists publications"),
    "page": mark("a page to watch for changes"),
}


_IN_A_ROW = {"feed": mark("feed"), "json_api": mark("API"), "xml_api": mark("API"), "listing": mark("listing"), "page": mark("page")}


async def add(request: Request, argument: str, context: Context) -> Reply:
    """What is at the address, or, after a `yes`, the source is added. If nobody has looked by then, the answer comes later."""
    if not argument:
        return asked(say("Which address?"), "source add https://example.org/news", request)
    words, certain = name_and_yes(argument)
    typed, name = query_and_name(words)
    if not typed or " " in typed:
        raise UserMistake(
            say("One address is needed."),
            hint=say("For example: {command}", command=f'{request.prefix}source add https://example.org/news as "News"'),
        )
    url = addresses.typed(typed)
    async with context.store.write() as tx:
        mine = await added_sources.in_workspace(tx, request.place.workspace)
        already = next((one for one in mine if one.url == url), None)
        known = await discoveries.latest(tx, request.place.workspace, url, request.now)
    if already is not None:
        return Reply(card=_with_state(phrase("This workspace has it already: {source}.", source=_bold(already)), mine))
    found = known or await _looked_at(request, url, name, context)
    if not found.done:
        return Reply(card=_later(found))
    if found.found is None:
        return Reply(card=notice(*_refused(found), tone="warning"))
    chosen = found.found.model_copy(update={"source": _named(found.found.source, name)})
    return await _added(request, chosen.source, context) if certain else Reply(card=_shown(chosen, url, request))


def _refused(found: Discovery) -> tuple[str, ...]:
    return say("{url} cannot be added: {reason}", url=found.url, reason=again(found.refusal)), again(found.hint)


async def form(_request: Request, _: str, _context: Context) -> Form | None:
    """The form that asks for the address and, if one wishes, a name."""
    return _form("", "")


def _form(address: str, name: str) -> Form:
    where = Text(
        name="address", label=say("Address"), value=address, example="https://example.org/news", hint=say("A feed, a list or a page.")
    )
    called = Text(
        name="name", label=say("Name"), value=name, hint=say("Left empty, it is what the page calls itself."), most=80, optional=True
    )
    return Form(
        action="source add", title=say("Add a source"), parts=(where, called), submit=say("Look at it"), typed="source add <address>"
    )


async def filled(request: Request, given: Filled, context: Context) -> Reply:
    """What is at the address, as if it had been typed; an address that cannot be one is asked for again beside its field."""
    address, name = given.one("address").strip(), " ".join(given.one("name").replace('"', " ").split())
    try:
        return await add(request, f'{address} as "{name}"' if name else address, context)
    except UserMistake as mistake:
        return refused(_form(address, name), {"address": mistake.sentence})


async def _looked_at(request: Request, url: str, name: str, context: Context) -> Discovery:
    """The answer of the schedules, awaited for a while; afterwards it is told in this place when it comes."""
    seed = f"{request.place.id}\n{request.actor}\n{url}\n{request.now.isoformat()}"
    wanted = Discovery(
        id=hashlib.sha256(seed.encode()).hexdigest()[:16],
        workspace=request.place.workspace,
        place=request.place.id,
        url=url,
        name=name,
        prefix=request.prefix,
        asked=request.now,
    )
    async with context.store.write() as tx:
        await places.ensure(tx, request.place)
        await discoveries.ask(tx, wanted)
    for _ in range(int(context.wait_seconds / STEP)):
        await asyncio.sleep(STEP)
        async with context.store.read() as tx:
            known = await discoveries.get(tx, wanted.id)
        if known is not None and known.done:
            return known
    async with context.store.write() as tx:
        return await discoveries.give_up(tx, wanted.id) or wanted


def _later(waiting: Discovery) -> Card:
    return notice(
        phrase("{url} is being looked at; that takes longer than usual. The answer will come here.", url=waiting.url),
        phrase("If none comes, nothing polls: the person who runs Regwatch can see whether its schedules are running."),
    )


def _shown(found: Found, url: str, request: Request) -> Card:
    source = found.source
    where = say(", found at {url}", url=source.url) if source.url != url else ""
    words = f'{url} as "{source.name}" yes'
    lines = (
        phrase(
            "This is {what}: {source}{where}.",
            what=say(_KINDS.get(source.kind, source.kind)),
            source=Span(text=source.name, bold=True, url=source.url),
            where=where,
        ),
        phrase(
            "{agency}, {country}; read every {interval}. {entries}, the first:",
            agency=source.authority.short,
            country=source.jurisdiction,
            interval=span(source.interval),
            entries=count("{n} entry", "{n} entries", found.total),
        ),
        *(_entry(one) for one in found.entries),
        line(say("Only this workspace sees what it brings.")),
        confirming.how(request, f"source add {words}"),
    )
    return notice(*lines, buttons=(Button(label=say("Add it"), action="source add", value=words, style="primary"),))


def _entry(entry: Entry) -> Line:
    when = f" – {day(entry.published)}" if entry.published else ""
    return line("• ", Span(text=entry.title or say("(no title)"), url=entry.url), when)


async def _added(request: Request, source: Source, context: Context) -> Reply:
    workspace = request.place.workspace
    async with context.store.write() as tx:
        if len(await added_sources.in_workspace(tx, workspace)) >= MOST:
            raise UserMistake(
                say("A workspace may add {n} sources, and this one has.", n=MOST),
                hint=say("Remove one: {command}", command=f"{request.prefix}source remove <name>"),
            )
        new = await added_sources.add(tx, workspace, source, by=request.actor, now=request.now)
        if new:
            await recording.source(tx, request, "added", None, source)
        mine = await added_sources.in_workspace(tx, workspace)
    if not new:
        return Reply(card=_with_state(phrase("This workspace has it already: {source}.", source=_bold(source)), mine))
    done = phrase(
        "{source} is added. Its first poll keeps what is there and alerts nobody; what appears afterwards is matched.",
        source=_bold(source),
    )
    return Reply(
        card=_with_state(done, mine, success=True), announce=news(request, phrase(" added the source {source}.", source=_bold(source)))
    )


async def remove(request: Request, argument: str, context: Context) -> Reply:
    """After a `yes` the source is polled no more; what it brought stays searchable for this workspace."""
    if not argument:
        return asked(say("Which source that was added here shall go?"), "source remove Example News", request)
    async with context.store.write() as tx:
        source, certain = await _to_remove(tx, request, argument)
        if not certain:
            return Reply(card=_are_you_sure(source, request))
        await added_sources.remove(tx, request.place.workspace, source.id)
        await recording.source(tx, request, "removed", source, None)
        left = await added_sources.in_workspace(tx, request.place.workspace)
    done = phrase("{source} is removed. What it brought stays, and can be searched for.", source=_bold(source))
    return Reply(
        card=_with_state(done, left, success=True), announce=news(request, phrase(" removed the source {source}.", source=_bold(source)))
    )


async def _to_remove(tx: Tx, request: Request, argument: str) -> tuple[Source, bool]:
    """The source by its name, id or address; one may be called "say yes"."""
    mine = await added_sources.in_workspace(tx, request.place.workspace)
    for wanted, certain in ((argument, False), name_and_yes(argument)):
        key = " ".join(wanted.strip('"“” ').casefold().split())
        found = next((one for one in mine if key in (" ".join(one.name.casefold().split()), one.id, one.url.casefold())), None)
        if found is not None:
            return found, certain
    names = ", ".join(one.name for one in mine[:10])
    there = say("There are: {names}.", names=names) if mine else say("It has added none.")
    raise UserMistake(
        say("This workspace has added no source “{name}”.", name=name_and_yes(argument)[0][:80]),
        hint=f"{there} {say('Those of the catalogue stay.')}",
    )


def _are_you_sure(source: Source, request: Request) -> Card:
    return notice(
        phrase("The source {source} will be read no more. What it brought stays.", source=_bold(source)),
        confirming.how(request, f'source remove "{source.name}" yes'),
        tone="warning",
        buttons=(Button(label=say("Remove it"), action="source remove", value=f'"{source.name}" yes', style="danger"),),
    )


def _with_state(done: Line, mine: list[Source], *, success: bool = False) -> Card:
    """What was done, and every source this workspace has added."""
    if not mine:
        return Card(
            sections=(Section(lines=(done, phrase("This workspace has added no sources."))),), tone="success" if success else "info"
        )
    rows = tuple(_listed(one) for one in mine)
    state = Section(lines=(phrase("Added by this workspace, and seen by it alone:"), *rows))
    return Card(sections=(Section(lines=(done,)), state), tone="success" if success else "info")


def _listed(one: Source) -> Line:
    how = say(" – {kind}, every {interval}", kind=say(_IN_A_ROW.get(one.kind, one.kind)), interval=span(one.interval))
    return line("• ", Span(text=one.name, url=one.url), how)


def _named(source: Source, name: str) -> Source:
    return source.model_copy(update={"name": name}) if name else source


def _bold(source: Source) -> Span:
    return Span(text=source.name, bold=True)
