"""Watchlists as they are: list, show, pause, resume, remove; and how one is found by its name."""

from collections.abc import Sequence
from difflib import get_close_matches

from bot.cards.card import Button, Card, Line, Section, Span, line, notice, phrase
from bot.errors import UserMistake
from bot.messages import count, say
from bot.model import Subscription, Watchlist
from bot.store import places, watchlists
from bot.store.database import Tx
from bot.wordlist import day
from handlers import confirming, meaning, preview, recording, workspace_queries
from handlers.grammar import Request, name_and_yes, query_and_page, tokens
from handlers.grammar import name as read_name
from handlers.reply import Context, Reply

PAGE = 40


def bold(watchlist: Watchlist) -> Span:
    """The name of a watchlist as cards show it."""
    return Span(text=watchlist.name, bold=True)


def delivered(watchlist: Watchlist, where: str) -> Line:
    """Where the alerts of a watchlist go."""
    paused = say(", but paused: it matches nothing for now") if watchlist.paused else ""
    return phrase("Delivered to: {where}{paused}.", where=where, paused=paused)


async def show_all(request: Request, argument: str, context: Context) -> Reply:
    """The watchlists of the workspace, by name, with their queries, forty a page."""
    _, page = query_and_page(argument)
    async with context.store.read() as tx:
        found = await watchlists.in_workspace(tx, request.place.workspace)
    return Reply(card=Card(sections=(_page_of(found, request, page),)))


def _page_of(found: Sequence[Watchlist], request: Request, page: int = 1) -> Section:
    """A page of the list, with the buttons that turn it."""
    last = max(1, -(-len(found) // PAGE))
    page = min(page, last)
    turning = [(say("Previous"), page - 1)] * (page > 1) + [(say("Next"), page + 1)] * (page < last)
    pages = tuple(Button(label=label, action="watch list", value=f"page {number}") for label, number in turning)
    return Section(lines=_listed(found, request, page, last), buttons=pages)


def _listed(found: Sequence[Watchlist], request: Request, page: int, last: int) -> tuple[Line, ...]:
    if not found:
        example = Span(text=f'{request.prefix}watch add "decentralized trials" as DCT', code=True)
        return (phrase("There are no watchlists yet. Add the first: {command}", command=example),)
    ordered = sorted(found, key=lambda one: one.name.casefold())
    rows = tuple(line(bold(one), " – ", Span(text=one.query, code=True), say(" – paused") if one.paused else "") for one in ordered)
    head = count("One watchlist:", "{n} watchlists:", len(found))
    of = say(" – page {number} of {last}", number=page, last=last) if last > 1 else ""
    return (line(head, of), *rows[(page - 1) * PAGE : page * PAGE])


async def show(request: Request, argument: str, context: Context) -> Reply:
    """One watchlist whole: its query, in words too, what it would have found lately and where it goes."""
    if not argument:
        return asked(say("Which watchlist?"), "watch show DCT", request)
    async with context.store.read() as tx:
        watchlist, note = await named(tx, request, argument, "watch show")
        taken = await places.of_watchlists(tx, [watchlist.id])
        seen = await preview.of(tx, await workspace_queries.saved(tx, watchlist), request)
    title = line(*note, *phrase("Watchlist {name}, since {day}.", name=bold(watchlist), day=day(watchlist.created)))
    told = preview.advice(seen)
    lines = (title, *meaning.definition(seen.query), *preview.lines(seen, context), *([line(told)] if told else []))
    first = Section(lines=(*lines, delivered(watchlist, where(taken, request))))
    return Reply(card=Card(sections=(first, *preview.newest(seen, request, context))))


async def pause(request: Request, argument: str, context: Context) -> Reply:
    """The watchlist matches nothing until it is resumed; its subscriptions stay."""
    return await _pause(request, argument, context, paused=True)


async def resume(request: Request, argument: str, context: Context) -> Reply:
    """The watchlist matches again what comes from now on."""
    return await _pause(request, argument, context, paused=False)


async def _pause(request: Request, argument: str, context: Context, *, paused: bool) -> Reply:
    command = "watch pause" if paused else "watch resume"
    if not argument:
        return asked(say("Which watchlist?"), f"{command} DCT", request)
    async with context.store.write() as tx:
        old, _ = await named(tx, request, argument, command, guess=False)
        if old.paused != paused:
            await watchlists.pause(tx, old.workspace, old.id, paused=paused)
            await recording.watchlist(tx, request, "paused" if paused else "resumed", old, old.model_copy(update={"paused": paused}))
        taken = await places.of_watchlists(tx, [old.id])
        query = await workspace_queries.saved(tx, old)
    now = old.model_copy(update={"paused": paused})
    first = _paused_now(bold(now), changed=old.paused != paused, paused=paused)
    lines = (first, *meaning.definition(query), delivered(now, where(taken, request)), _what_now(now, request))
    done = phrase(" paused the watchlist {name}.", name=bold(now)) if paused else phrase(" resumed the watchlist {name}.", name=bold(now))
    return Reply(card=notice(*lines, tone="success"), announce=news(request, done) if old.paused != paused else None)


def _paused_now(name: Span, *, changed: bool, paused: bool) -> Line:
    if not changed:
        return phrase("Watchlist {name} is paused already.", name=name) if paused else phrase("Watchlist {name} is not paused.", name=name)
    return phrase("Watchlist {name} is paused.", name=name) if paused else phrase("Watchlist {name} is resumed.", name=name)


def _what_now(watchlist: Watchlist, request: Request) -> Line:
    if watchlist.paused:
        return phrase("To go on: {command}", command=Span(text=f"{request.prefix}watch resume {watchlist.name}", code=True))
    return phrase("What came while it was paused is not alerted; it can be searched for.")


def where(taken: Sequence[Subscription], request: Request) -> str:
    """Where a watchlist is delivered. Only this place is named: the name of another channel may be private."""
    others = sum(one.place != request.place.id for one in taken)
    at_others = count("{n} other place", "{n} other places", others)
    if len(taken) == others:
        return at_others if others else say("nowhere yet")
    return say("{place} and {others}", place=here(request), others=at_others) if others else here(request)


async def remove(request: Request, argument: str, context: Context) -> Reply:
    """The watchlist is gone, with its subscriptions; one that is delivered somewhere goes only after a `yes`."""
    if not argument:
        return asked(say("Which watchlist shall go?"), "watch remove DCT", request)
    async with context.store.write() as tx:
        watchlist, certain = await _to_remove(tx, request, argument)
        taken = await places.of_watchlists(tx, [watchlist.id])
        if taken and not certain:
            return Reply(card=_are_you_sure(watchlist, where(taken, request), request))
        await watchlists.remove(tx, request.place.workspace, watchlist.id)
        await recording.watchlist(tx, request, "removed", watchlist, None)
        left = await watchlists.in_workspace(tx, request.place.workspace)
    done = phrase("Watchlist {name} is removed. It found: {query}", name=bold(watchlist), query=Span(text=watchlist.query, code=True))
    card = Card(sections=(Section(lines=(done,)), _page_of(left, request)), tone="success")
    return Reply(card=card, announce=news(request, phrase(" removed the watchlist {name}.", name=bold(watchlist))))


async def _to_remove(tx: Tx, request: Request, argument: str) -> tuple[Watchlist, bool]:
    """A watchlist may be called "say yes": the whole argument is tried as a name first."""
    exact = None if tokens(argument)[0].quoted else await watchlists.get_by_name(tx, request.place.workspace, read_name(argument))
    if exact is not None:
        return exact, False
    name, certain = name_and_yes(argument)
    watchlist, _ = await named(tx, request, name, "watch remove", guess=False)
    return watchlist, certain


def _are_you_sure(watchlist: Watchlist, where: str, request: Request) -> Card:
    return notice(
        phrase("Watchlist {name} is delivered to {where}. Removing it ends those alerts.", name=bold(watchlist), where=where),
        confirming.how(request, f"watch remove {watchlist.name} yes"),
        tone="warning",
        buttons=(Button(label=say("Remove it"), action="watch remove", value=f'"{watchlist.name}" yes', style="danger"),),
    )


async def named(tx: Tx, request: Request, argument: str, command: str, *, guess: bool = True) -> tuple[Watchlist, tuple[str, ...]]:
    """The watchlist of that name, and a note if it is only the nearest.

    A near name is taken only if it is the single one and `guess` allows; else UserMistake suggests the nearest.
    """
    name = read_name(argument)
    exact = await watchlists.get_by_name(tx, request.place.workspace, name)
    if exact is not None:
        return exact, ()
    near = _nearest(name, await watchlists.in_workspace(tx, request.place.workspace))
    if guess and len(near) == 1:
        return near[0], (say("There is no “{name}”; this is the nearest. ", name=name),)
    raise UserMistake(say("There is no watchlist “{name}” in this workspace.", name=name), hint=_suggestion(near, command, request))


def _nearest(name: str, known: Sequence[Watchlist]) -> list[Watchlist]:
    by_name = {one.name.casefold(): one for one in known}
    wanted = name.casefold()
    starting = [one for key, one in by_name.items() if len(wanted) > 1 and key.startswith(wanted)]
    return starting or [by_name[key] for key in get_close_matches(wanted, by_name, n=3, cutoff=0.6)]


def _suggestion(near: Sequence[Watchlist], command: str, request: Request) -> str:
    if not near:
        return say("See them all: {command}", command=f"{request.prefix}watch list")
    return say("Did you mean: {words}", words=say(", or ").join(f"{request.prefix}{command} {one.name}" for one in near[:3]))


def here(request: Request) -> str:
    """What to call the place of the request."""
    return say("this chat") if request.personal else say("this channel")


def news(request: Request, what: Line) -> Card | None:
    """What everybody in the channel is told; nothing in a personal chat, where the answer says it."""
    if request.personal:
        return None
    return notice(line("@" + (request.actor_name or say("someone")), *what))


def asked(question: str, example: str, request: Request) -> Reply:
    """The question for what is missing, with an example."""
    return Reply(card=notice(question, phrase("For example: {command}", command=Span(text=request.prefix + example, code=True))))
