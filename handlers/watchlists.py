"""Watchlists as they are: list, show, pause, resume, remove; and how one is found by its name."""

from collections.abc import Sequence
from difflib import get_close_matches

from bot.cards.card import Button, Card, Line, Section, Span, line, notice
from bot.errors import UserMistake
from bot.model import Subscription, Watchlist
from bot.store import places, watchlists
from bot.store.database import Tx
from handlers import meaning, preview, reading
from handlers.grammar import Request, name_and_yes, tokens
from handlers.grammar import name as read_name
from handlers.reply import Context, Reply


def bold(watchlist: Watchlist) -> Span:
    """The name of a watchlist as cards show it."""
    return Span(text=watchlist.name, bold=True)


def delivered(watchlist: Watchlist, where: str) -> Line:
    """Where the alerts of a watchlist go."""
    return line(f"Delivered to: {where}{', but paused: it matches nothing for now' if watchlist.paused else ''}.")


async def show_all(request: Request, _: str, context: Context) -> Reply:
    """Every watchlist of the workspace, by name, with its query."""
    async with context.store.read() as tx:
        found = await watchlists.in_workspace(tx, request.place.workspace)
    return Reply(card=notice(*_listed(found, request)))


def _listed(found: Sequence[Watchlist], request: Request) -> tuple[Line, ...]:
    if not found:
        example = Span(text=f'{request.prefix}watch add "decentralized trials" as DCT', code=True)
        return (line("There are no watchlists yet. Add the first: ", example),)
    ordered = sorted(found, key=lambda one: one.name.casefold())
    rows = tuple(line(bold(one), " – ", Span(text=one.query, code=True), " – paused" if one.paused else "") for one in ordered)
    return (line("One watchlist:" if len(found) == 1 else f"{len(found)} watchlists:"), *rows)


async def show(request: Request, argument: str, context: Context) -> Reply:
    """One watchlist whole: its query, in words too, what it would have found lately and where it goes."""
    if not argument:
        return asked("Which watchlist?", "watch show DCT", request)
    async with context.store.read() as tx:
        watchlist, note = await named(tx, request, argument, "watch show")
        taken = await places.of_watchlists(tx, [watchlist.id])
        seen = await preview.of(tx, await reading.saved(tx, watchlist), request)
    title = line(*note, "Watchlist ", bold(watchlist), f", since {watchlist.created:%-d %b %Y}.")
    told = preview.advice(seen)
    lines = (title, *meaning.definition(seen.query), *preview.lines(seen, context), *([line(told)] if told else []))
    first = Section(lines=(*lines, delivered(watchlist, where(taken, request))))
    return Reply(card=Card(sections=(first, *preview.newest(seen))))


async def pause(request: Request, argument: str, context: Context) -> Reply:
    """The watchlist matches nothing until it is resumed; its subscriptions stay."""
    return await _pause(request, argument, context, paused=True)


async def resume(request: Request, argument: str, context: Context) -> Reply:
    """The watchlist matches again what comes from now on."""
    return await _pause(request, argument, context, paused=False)


async def _pause(request: Request, argument: str, context: Context, *, paused: bool) -> Reply:
    command, done = ("watch pause", "paused") if paused else ("watch resume", "resumed")
    if not argument:
        return asked("Which watchlist?", f"{command} DCT", request)
    async with context.store.write() as tx:
        old, _ = await named(tx, request, argument, command, guess=False)
        if old.paused != paused:
            await watchlists.pause(tx, old.workspace, old.id, paused=paused)
        taken = await places.of_watchlists(tx, [old.id])
        query = await reading.saved(tx, old)
    now = old.model_copy(update={"paused": paused})
    first = line(
        "Watchlist ", bold(now), f" is {done}." if old.paused != paused else " is paused already." if paused else " is not paused."
    )
    lines = (first, *meaning.definition(query), delivered(now, where(taken, request)), _what_now(now, request))
    told = news(request, line(f" {done} the watchlist ", bold(now), ".")) if old.paused != paused else None
    return Reply(card=notice(*lines, tone="success"), announce=told)


def _what_now(watchlist: Watchlist, request: Request) -> Line:
    if watchlist.paused:
        return line("To go on: ", Span(text=f"{request.prefix}watch resume {watchlist.name}", code=True))
    return line("What came while it was paused is not alerted; it can be searched for.")


def where(taken: Sequence[Subscription], request: Request) -> str:
    """Where a watchlist is delivered. Only this place is named: the name of another channel may be private."""
    others = sum(one.place != request.place.id for one in taken)
    at_others = f"{others} other place{'s' if others != 1 else ''}"
    if len(taken) == others:
        return at_others if others else "nowhere yet"
    return f"{here(request)} and {at_others}" if others else here(request)


async def remove(request: Request, argument: str, context: Context) -> Reply:
    """The watchlist is gone, with its subscriptions; one that is delivered somewhere goes only after a `yes`."""
    if not argument:
        return asked("Which watchlist shall go?", "watch remove DCT", request)
    async with context.store.write() as tx:
        watchlist, certain = await _to_remove(tx, request, argument)
        taken = await places.of_watchlists(tx, [watchlist.id])
        if taken and not certain:
            return Reply(card=_are_you_sure(watchlist, where(taken, request), request))
        await watchlists.remove(tx, request.place.workspace, watchlist.id)
        left = await watchlists.in_workspace(tx, request.place.workspace)
    done = line("Watchlist ", bold(watchlist), " is removed. It found: ", Span(text=watchlist.query, code=True))
    card = Card(sections=(Section(lines=(done,)), Section(lines=_listed(left, request))), tone="success")
    return Reply(card=card, announce=news(request, line(" removed the watchlist ", bold(watchlist), ".")))


async def _to_remove(tx: Tx, request: Request, argument: str) -> tuple[Watchlist, bool]:
    """A watchlist may be called "say yes": the whole argument is tried as a name first."""
    exact = None if tokens(argument)[0].quoted else await watchlists.get_by_name(tx, request.place.workspace, read_name(argument))
    if exact is not None:
        return exact, False
    name, certain = name_and_yes(argument)
    watchlist, _ = await named(tx, request, name, "watch remove", guess=False)
    return watchlist, certain


def _are_you_sure(watchlist: Watchlist, where: str, request: Request) -> Card:
    typed = Span(text=f"{request.prefix}watch remove {watchlist.name} yes", code=True)
    return notice(
        line("Watchlist ", bold(watchlist), f" is delivered to {where}. Removing it ends those alerts."),
        line("To remove it, press the button or write ", typed),
        tone="warning",
        buttons=(Button(label="Remove it", action="watch remove", value=f'"{watchlist.name}" yes', style="danger"),),
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
        return near[0], (f"There is no “{name}”; this is the nearest. ",)
    raise UserMistake(f"There is no watchlist “{name}” in this workspace.", hint=_suggestion(near, command, request))


def _nearest(name: str, known: Sequence[Watchlist]) -> list[Watchlist]:
    by_name = {one.name.casefold(): one for one in known}
    wanted = name.casefold()
    starting = [one for key, one in by_name.items() if len(wanted) > 1 and key.startswith(wanted)]
    return starting or [by_name[key] for key in get_close_matches(wanted, by_name, n=3, cutoff=0.6)]


def _suggestion(near: Sequence[Watchlist], command: str, request: Request) -> str:
    if not near:
        return f"See them all: {request.prefix}watch list"
    return "Did you mean: " + ", or ".join(f"{request.prefix}{command} {one.name}" for one in near[:3])


def here(request: Request) -> str:
    """What to call the place of the request."""
    return "this chat" if request.personal else "this channel"


def news(request: Request, what: Line) -> Card | None:
    """What everybody in the channel is told; nothing in a personal chat, where the answer says it."""
    if request.personal:
        return None
    return notice(line("@" + (request.actor_name or "someone"), *what))


def asked(question: str, example: str, request: Request) -> Reply:
    """The question for what is missing, with an example."""
    return Reply(card=notice(question, line("For example: ", Span(text=request.prefix + example, code=True))))
