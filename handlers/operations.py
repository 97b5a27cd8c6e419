"""For the people in charge: where they are told how sources fare, and the proof that we looked."""

from bot.cards.card import Card, Line, Section, Span, line, notice
from bot.errors import UserMistake
from bot.model import Place
from bot.sources import proof as records_told
from bot.store import added_sources, operations, places, proving, watchlists
from bot.store.database import Tx
from bot.times import week
from handlers import reading
from handlers.grammar import Request
from handlers.reply import Context, Reply
from handlers.watchlists import here, news


async def admin_operations(request: Request, argument: str, context: Context) -> Reply:
    """Where this workspace is told that sources fail and are back: here, nowhere, or, without a word, as it is."""
    word = argument.strip().casefold()
    if word not in ("", "here", "off"):
        raise UserMistake(
            f"I do not know “{argument[:40]}”.", hint=f"Write: {request.prefix}admin operations here, or off, where it is to be"
        )
    workspace = request.place.workspace
    async with context.store.write() as tx:
        if word == "here":
            await places.ensure(tx, request.place)
        if word:
            await operations.choose(tx, workspace, request.place.id if word == "here" else None)
        chosen = next((one for one in await operations.chosen(tx) if one.workspace == workspace), None)
    state = _chosen(chosen, request)
    if not word:
        return Reply(card=notice(*state))
    told = news(
        request, line(" chose this channel to be told when sources fail." if word == "here" else " ended the notices of failing sources.")
    )
    return Reply(card=notice(*state, tone="success"), announce=told)


def _chosen(chosen: Place | None, request: Request) -> tuple[Line, ...]:
    if chosen is None:
        code = Span(text=f"{request.prefix}admin operations here", code=True)
        return (line("Nobody is told when sources fail. To be told in this place, write: ", code),)
    where = here(request) if chosen.id == request.place.id else "another place"
    off = Span(text=f"{request.prefix}admin operations off", code=True)
    return (
        line(f"In {where} it is told once when a source that your watchlists depend on fails for three polls, and once when it is back."),
        line(
            "To end that: ",
            off,
            ". To move it, write ",
            Span(text=f"{request.prefix}admin operations here", code=True),
            " in another place.",
        ),
    )


async def proof(request: Request, argument: str, context: Context) -> Reply:
    """For each watchlist this place receives: sources, polls, last success, gaps and hits; `weekly on` has it told each Monday."""
    words = argument.casefold().split()
    if words[:1] == ["weekly"]:
        return await _weekly(request, words[1:], context)
    span = words[0] if words else "week"
    if len(words) > 1 or span not in records_told.SPANS:
        raise UserMistake(f"I do not know “{argument[:40]}”.", hint="Write: proof week, proof month, proof weekly on, or proof weekly off")
    async with context.store.read() as tx:
        told = await _proofs(tx, request, span, context)
        weekly = any(one.id == request.place.id for one, _ in await operations.proven(tx))
    if not told:
        example = Span(text=f"{request.prefix}subscribe", code=True)
        return Reply(
            card=notice(line(f"{here(request).capitalize()} receives no watchlist, so there is nothing to prove. Choose one: ", example))
        )
    sections = [Section(lines=tuple(line(row) for row in rows)) for rows in told]
    return Reply(card=Card(sections=(*sections, Section(lines=_weekly_state(request, weekly=weekly)))))


async def _proofs(tx: Tx, request: Request, span: str, context: Context) -> list[tuple[str, ...]]:
    taken = [one.watchlist for one in await places.at_place(tx, request.place.id)]
    named = await watchlists.by_id(tx, request.place.workspace, taken)
    readable = [*context.catalogue.enabled(), *await added_sources.in_workspace(tx, request.place.workspace)]
    since = records_told.start(request.now, span)
    records = await proving.records(tx, [one.id for one in readable], taken, since)
    zone_name = request.place.timezone
    return [
        records_told.lines(one, await reading.saved(tx, one), readable, records, since=since, now=request.now, zone=zone_name)
        for one in sorted(named.values(), key=lambda one: one.name.casefold())
    ]


async def _weekly(request: Request, words: list[str], context: Context) -> Reply:
    if words not in (["on"], ["off"]):
        raise UserMistake("Shall it be told each week?", hint="Write: proof weekly on, or proof weekly off")
    on = words == ["on"]
    async with context.store.write() as tx:
        await places.ensure(tx, request.place)
        if on:
            await operations.prove(tx, request.place.id, week(request.now, request.place.timezone))
        else:
            await operations.stop_proving(tx, request.place.id)
    done = news(request, line(f" switched the weekly proof {words[0]}."))
    return Reply(card=notice(*_weekly_state(request, weekly=on), tone="success"), announce=done)


def _weekly_state(request: Request, *, weekly: bool) -> tuple[Line, ...]:
    other = Span(text=f"{request.prefix}proof weekly {'off' if weekly else 'on'}", code=True)
    if weekly:
        return (line(f"{here(request).capitalize()} is told this each Monday from 09:00 {request.place.timezone}. To end that: ", other),)
    return (line("To be told this here each Monday: ", other),)
