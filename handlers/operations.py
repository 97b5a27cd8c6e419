"""For the people in charge: where they are told how sources fare, and the proof that we looked."""

from bot.cards.card import Card, Line, Section, Span, line, notice, phrase
from bot.errors import UserMistake
from bot.messages import say
from bot.model import Place
from bot.sources import proof as records_told
from bot.store import added_sources, operations, places, proving, watchlists
from bot.store.database import Tx
from bot.times import month, week
from handlers import recording, workspace_queries
from handlers.grammar import Request
from handlers.reply import Context, Reply
from handlers.watchlists import here, news


async def admin_operations(request: Request, argument: str, context: Context) -> Reply:
    """Where this workspace is told that sources fail and are back: here, in a channel, nowhere, or, without a word, as it is."""
    async with context.store.write() as tx:
        if not argument.strip():
            return Reply(card=notice(*_chosen(await chosen_in(tx, request.place.workspace), request)))
        return await choose(tx, request, await _told_in(tx, request, argument.strip()))


async def choose(tx: Tx, request: Request, place: Place | None) -> Reply:
    """From now on it is told there that sources fail and are back; with None nowhere. Everybody here is told so."""
    workspace = request.place.workspace
    before = await chosen_in(tx, workspace)
    await operations.choose(tx, workspace, place.id if place else None)
    old, new = ({"place": one.id} if one else None for one in (before, place))
    if new != old:
        await recording.note(tx, request, "operations place chosen", workspace, before=old, after=new)
    state = _chosen(await chosen_in(tx, workspace), request)
    done = phrase(" chose where it is told when sources fail.") if place else phrase(" ended the notices of failing sources.")
    told = news(request, done)
    return Reply(card=notice(*state, tone="success"), announce=told)


async def chosen_in(tx: Tx, workspace: str) -> Place | None:
    """Where this workspace is told; None for nowhere."""
    return next((one for one in await operations.chosen(tx) if one.workspace == workspace), None)


async def _told_in(tx: Tx, request: Request, said: str) -> Place | None:
    """The place that is meant, None for nowhere."""
    if said.casefold() == "off":
        return None
    if said.casefold() == "here":
        await places.ensure(tx, request.place)
        return request.place
    if not said.startswith("#"):
        hint = say("Write: {command}, or off, where it is to be", command=f"{request.prefix}admin operations here")
        raise UserMistake(say("I do not know “{word}”.", word=said[:40]), hint=hint)
    found = await places.by_name(tx, request.place, said)
    if found is None:
        hint = say("Invite me there and write in it: {command}", command=f"{request.prefix}admin operations here")
        raise UserMistake(say("I do not know {channel} yet.", channel=said[:80]), hint=hint)
    return found


def _chosen(chosen: Place | None, request: Request) -> tuple[Line, ...]:
    by_word = Span(text=f"{request.prefix}admin operations here", code=True)
    if chosen is None:
        return (phrase("Nobody is told when sources fail. To be told in this place, write: {command}", command=by_word),)
    where = here(request) if chosen.id == request.place.id else say("another place")
    off = Span(text=f"{request.prefix}admin operations off", code=True)
    return (
        phrase(
            "In {where} it is told once when a source that your watchlists depend on fails for three polls, and once when it is back.",
            where=where,
        ),
        phrase("To end that: {off}. To move it, write {here} in another place.", off=off, here=by_word),
    )


async def proof(request: Request, argument: str, context: Context) -> Reply:
    """For each watchlist this place receives: sources, polls, last success, gaps and hits; `weekly on` or `monthly on` has it told."""
    words = argument.casefold().split()
    if words and words[0] in ("weekly", "monthly"):
        return await _regular(request, words[0], words[1:], context)
    span = words[0] if words else "week"
    if len(words) > 1 or span not in records_told.SPANS:
        ways = ", ".join(f"{request.prefix}proof {one}" for one in ("week", "month", "weekly on", "weekly off"))
        raise UserMistake(say("I do not know “{word}”.", word=argument[:40]), hint=say("Write one of: {commands}", commands=ways))
    async with context.store.read() as tx:
        told = await _proofs(tx, request, span, context)
        last = next((last for one, last in await operations.proven(tx) if one.id == request.place.id), "")
    if not told:
        example = Span(text=f"{request.prefix}subscribe", code=True)
        return Reply(
            card=notice(
                phrase(
                    "{place} receives no watchlist, so there is nothing to prove. Choose one: {command}",
                    place=here(request).capitalize(),
                    command=example,
                )
            )
        )
    sections = [Section(lines=tuple(line(row) for row in rows)) for rows in told]
    return Reply(card=Card(sections=(*sections, Section(lines=_regular_state(request, last)))))


async def _proofs(tx: Tx, request: Request, span: str, context: Context) -> list[tuple[str, ...]]:
    taken = [one.watchlist for one in await places.at_place(tx, request.place.id)]
    named = await watchlists.by_id(tx, request.place.workspace, taken)
    readable = [*context.catalogue.enabled(), *await added_sources.in_workspace(tx, request.place.workspace)]
    since = records_told.start(request.now, span)
    records = await proving.records(tx, [one.id for one in readable], taken, since)
    zone_name = request.place.timezone
    return [
        records_told.lines(one, await workspace_queries.saved(tx, one), readable, records, since=since, now=request.now, zone=zone_name)
        for one in sorted(named.values(), key=lambda one: one.name.casefold())
    ]


async def _regular(request: Request, often: str, words: list[str], context: Context) -> Reply:
    if words not in (["on"], ["off"]):
        ways = f"{request.prefix}proof {often} on, {request.prefix}proof {often} off"
        raise UserMistake(say("Shall it be told regularly?"), hint=say("Write one of: {commands}", commands=ways))
    on = words == ["on"]
    period = (week if often == "weekly" else month)(request.now, request.place.timezone)
    async with context.store.write() as tx:
        await places.ensure(tx, request.place)
        if on:
            await operations.prove(tx, request.place.id, period)
        else:
            await operations.stop_proving(tx, request.place.id)
        await recording.note(tx, request, f"{often} proof {words[0]}", request.place.id, request.place.name)
    done = news(request, _switched(often, on=on))
    return Reply(card=notice(*_regular_state(request, period if on else ""), tone="success"), announce=done)


def _switched(often: str, *, on: bool) -> Line:
    if often == "weekly":
        return phrase(" switched the weekly proof on.") if on else phrase(" switched the weekly proof off.")
    return phrase(" switched the monthly proof on.") if on else phrase(" switched the monthly proof off.")


def _regular_state(request: Request, last: str) -> tuple[Line, ...]:
    """When the place is told regularly; `last` is the week or month of which it was told last, "" if it is not told."""
    weekly, monthly, off = (Span(text=f"{request.prefix}proof {one}", code=True) for one in ("weekly on", "monthly on", "weekly off"))
    if not last:
        return (phrase("To be told this here each Monday: {weekly}; each month: {monthly}", weekly=weekly, monthly=monthly),)
    place, zone = here(request).capitalize(), request.place.timezone
    if "W" in last:
        return (phrase("{place} is told this each Monday from 09:00 {zone}. To end that: {command}", place=place, zone=zone, command=off),)
    off = Span(text=f"{request.prefix}proof monthly off", code=True)
    return (
        phrase(
            "{place} is told this on the first of each month from 09:00 {zone}. To end that: {command}", place=place, zone=zone, command=off
        ),
    )
