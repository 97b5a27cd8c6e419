"""Sources that a workspace adds for itself: an address is looked at and shown, added after a yes, and removed again.

Nothing is fetched here: the address is asked for in the store, the schedules look at it, and the answer is awaited there.
"""

import asyncio
import hashlib

from bot.cards.alert import day
from bot.cards.card import Button, Card, Line, Section, Span, line, notice
from bot.errors import UserMistake
from bot.model import Discovery, Entry, Found, Source
from bot.sources import addresses
from bot.store import added_sources, discoveries, places
from bot.store.database import Tx
from bot.times import span
from handlers.grammar import Request, name_and_yes, query_and_name
from handlers.reply import Context, Reply
from handlers.watchlists import asked, news

MOST = 200
"""So many sources a workspace may add."""
STEP = 0.25  # seconds between two looks for the answer
_KINDS = {"feed": "a feed", "json_api": "an API", "listing": "a page that lists publications", "page": "a page to watch for changes"}


async def add(request: Request, argument: str, context: Context) -> Reply:
    """What is at the address, or, after a `yes`, the source is added. If nobody has looked by then, the answer comes later."""
    if not argument:
        return asked("Which address?", "source add https://example.org/news", request)
    words, certain = name_and_yes(argument)
    typed, name = query_and_name(words)
    if not typed or " " in typed:
        raise UserMistake("One address is needed.", hint=f'For example: {request.prefix}source add https://example.org/news as "News"')
    url = addresses.typed(typed)
    async with context.store.write() as tx:
        mine = await added_sources.in_workspace(tx, request.place.workspace)
        already = next((one for one in mine if one.url == url), None)
        known = await discoveries.latest(tx, request.place.workspace, url, request.now)
    if already is not None:
        return Reply(card=_with_state(line("This workspace has it already: ", _bold(already), "."), mine))
    found = known or await _looked_at(request, url, name, context)
    if not found.done:
        return Reply(card=_later(found))
    if found.found is None:
        return Reply(card=notice(line(f"{found.url} cannot be added: {found.refusal}"), line(found.hint), tone="warning"))
    chosen = found.found.model_copy(update={"source": _named(found.found.source, name)})
    return await _added(request, chosen.source, context) if certain else Reply(card=_shown(chosen, url, request))


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
        line(f"{waiting.url} is being looked at; that takes longer than usual. The answer will come here."),
        line("If none comes, nothing polls: the person who runs Regwatch can see whether its schedules are running."),
    )


def _shown(found: Found, url: str, request: Request) -> Card:
    source = found.source
    entries = "entry" if found.total == 1 else "entries"
    where = f", found at {source.url}" if source.url != url else ""
    words = f'{url} as "{source.name}" yes'
    lines = (
        line("This is ", _KINDS.get(source.kind, source.kind), ": ", Span(text=source.name, bold=True, url=source.url), f"{where}."),
        line(f"{source.authority.short}, {source.jurisdiction}; read every {span(source.interval)}. {found.total} {entries}, the first:"),
        *(_entry(one) for one in found.entries),
        line("Only this workspace sees what it brings. To add it, press the button or write ", _code(request, f"source add {words}")),
    )
    return notice(*lines, buttons=(Button(label="Add it", action="source add", value=words, style="primary"),))


def _entry(entry: Entry) -> Line:
    when = f" – {day(entry.published)}" if entry.published else ""
    return line("• ", Span(text=entry.title or "(no title)", url=entry.url), when)


async def _added(request: Request, source: Source, context: Context) -> Reply:
    workspace = request.place.workspace
    async with context.store.write() as tx:
        if len(await added_sources.in_workspace(tx, workspace)) >= MOST:
            raise UserMistake(
                f"A workspace may add {MOST} sources, and this one has.", hint=f"Remove one: {request.prefix}source remove <name>"
            )
        new = await added_sources.add(tx, workspace, source, by=request.actor, now=request.now)
        mine = await added_sources.in_workspace(tx, workspace)
    if not new:
        return Reply(card=_with_state(line("This workspace has it already: ", _bold(source), "."), mine))
    done = line(_bold(source), " is added. Its first poll keeps what is there and alerts nobody; what appears afterwards is matched.")
    return Reply(card=_with_state(done, mine, success=True), announce=news(request, line(" added the source ", _bold(source), ".")))


async def remove(request: Request, argument: str, context: Context) -> Reply:
    """After a `yes` the source is polled no more; what it brought stays searchable for this workspace."""
    if not argument:
        return asked("Which source that was added here shall go?", "source remove Example News", request)
    async with context.store.write() as tx:
        source, certain = await _to_remove(tx, request, argument)
        if not certain:
            return Reply(card=_are_you_sure(source, request))
        await added_sources.remove(tx, request.place.workspace, source.id)
        left = await added_sources.in_workspace(tx, request.place.workspace)
    done = line(_bold(source), " is removed. What it brought stays, and can be searched for.")
    return Reply(card=_with_state(done, left, success=True), announce=news(request, line(" removed the source ", _bold(source), ".")))


async def _to_remove(tx: Tx, request: Request, argument: str) -> tuple[Source, bool]:
    """The source by its name, id or address; one may be called "say yes"."""
    mine = await added_sources.in_workspace(tx, request.place.workspace)
    for wanted, certain in ((argument, False), name_and_yes(argument)):
        key = " ".join(wanted.strip('"“” ').casefold().split())
        found = next((one for one in mine if key in (" ".join(one.name.casefold().split()), one.id, one.url.casefold())), None)
        if found is not None:
            return found, certain
    there = f"There are: {', '.join(one.name for one in mine[:10])}." if mine else "It has added none."
    raise UserMistake(
        f"This workspace has added no source “{name_and_yes(argument)[0][:80]}”.", hint=f"{there} Those of the catalogue stay."
    )


def _are_you_sure(source: Source, request: Request) -> Card:
    return notice(
        line("The source ", _bold(source), " will be read no more. What it brought stays."),
        line("To remove it, press the button or write ", _code(request, f'source remove "{source.name}" yes')),
        tone="warning",
        buttons=(Button(label="Remove it", action="source remove", value=f'"{source.name}" yes', style="danger"),),
    )


def _with_state(done: Line, mine: list[Source], *, success: bool = False) -> Card:
    """What was done, and every source this workspace has added."""
    if not mine:
        return Card(sections=(Section(lines=(done, line("This workspace has added no sources."))),), tone="success" if success else "info")
    rows = tuple(line("• ", Span(text=one.name, url=one.url), f" – {one.kind}, every {span(one.interval)}") for one in mine)
    state = Section(lines=(line("Added by this workspace, and seen by it alone:"), *rows))
    return Card(sections=(Section(lines=(done,)), state), tone="success" if success else "info")


def _named(source: Source, name: str) -> Source:
    return source.model_copy(update={"name": name}) if name else source


def _bold(source: Source) -> Span:
    return Span(text=source.name, bold=True)


def _code(request: Request, words: str) -> Span:
    return Span(text=request.prefix + words, code=True)
