"""Subscriptions of a place: begin, end, list."""

import hashlib
from collections.abc import Sequence

from bot.cards.card import Button, Card, Line, Section, Span, Tone, line, notice
from bot.errors import UserMistake
from bot.model import Subscription, Watchlist
from bot.store import places, watchlists
from bot.store.database import Tx
from handlers.grammar import Request, name_and_frequency
from handlers.reply import Context, Reply
from handlers.watchlists import here, named, news


async def subscribe(request: Request, argument: str, context: Context) -> Reply:
    """The place receives the watchlist's alerts from now on; a suspended place is woken. The answer lists all it receives."""
    if not argument:
        return await _which(request, context, "subscribe")
    async with context.store.write() as tx:
        watchlist, note = await _wanted(tx, request, argument)
        await places.ensure(tx, request.place)
        new = await places.subscribe(tx, _subscription(request, watchlist))
        resumed = await places.resume(tx, request.place.id)
        state = await _state(tx, request)
    if not new and not resumed:
        return Reply(card=_with_state(line(*note, f"{here(request).capitalize()} receives ", _bold(watchlist), " already."), state, "info"))
    done = line(*note, f"{here(request).capitalize()} now receives ", _bold(watchlist), ", each item as soon as it is found.")
    told = news(request, line(" subscribed this channel to ", _bold(watchlist), "."))
    return Reply(card=_with_state(done, state, "success"), announce=told)


async def _wanted(tx: Tx, request: Request, argument: str) -> tuple[Watchlist, tuple[str, ...]]:
    """The watchlist to subscribe to; UserMistake for a frequency that does not exist yet. A name that ends in "daily" comes first."""
    exact = await watchlists.get_by_name(tx, request.place.workspace, " ".join(argument.split()))
    if exact is not None:
        return exact, ()
    name, frequency = name_and_frequency(argument)
    watchlist, note = await named(tx, request, name, "subscribe")
    if frequency != "now":
        raise UserMistake(
            f"There are no {frequency} deliveries yet: alerts come as soon as something is found.",
            hint=f"For that, write: {request.prefix}subscribe {watchlist.name}",
        )
    return watchlist, note


def _subscription(request: Request, watchlist: Watchlist) -> Subscription:
    seed = f"{request.place.id}\n{watchlist.id}\n{request.now.isoformat()}"
    return Subscription(
        id="s" + hashlib.sha256(seed.encode()).hexdigest()[:16],
        watchlist=watchlist.id,
        place=request.place.id,
        created_by=request.actor,
        created=request.now,
    )


async def unsubscribe(request: Request, argument: str, context: Context) -> Reply:
    """The place no longer receives the watchlist; the watchlist itself stays. The answer lists what the place still receives."""
    if not argument:
        return await _which(request, context, "unsubscribe")
    async with context.store.write() as tx:
        watchlist, _ = await named(tx, request, argument, "unsubscribe", guess=False)
        held = await places.unsubscribe(tx, request.place.id, watchlist.id)
        state = await _state(tx, request)
    if not held:
        return Reply(card=_with_state(line(f"{here(request).capitalize()} does not receive ", _bold(watchlist), "."), state, "info"))
    done = line(f"{here(request).capitalize()} no longer receives ", _bold(watchlist), ".")
    told = news(request, line(" unsubscribed this channel from ", _bold(watchlist), "."))
    return Reply(card=_with_state(done, state, "success"), announce=told)


async def subscriptions(request: Request, _: str, context: Context) -> Reply:
    """Everything the place receives."""
    async with context.store.read() as tx:
        state = await _state(tx, request)
    return Reply(card=notice(*state))


async def _which(request: Request, context: Context, command: str) -> Reply:
    """Asks for the missing name with the names there are, as buttons for the first five."""
    async with context.store.read() as tx:
        held = {one.watchlist for one in await places.at_place(tx, request.place.id)}
        known = await watchlists.in_workspace(tx, request.place.workspace)
    fit = [one for one in known if (one.id in held) == (command == "unsubscribe")]
    if not fit:
        return Reply(card=notice(_none_fit(request, command)))
    example = Span(text=f"{request.prefix}{command} {fit[0].name}", code=True)
    buttons = tuple(Button(label=one.name, action=command, value=f'"{one.name}"') for one in fit[:5])
    return Reply(card=notice("Which watchlist?", line("For example: ", example), buttons=buttons))


def _none_fit(request: Request, command: str) -> Line:
    if command == "unsubscribe":
        return line(f"{here(request).capitalize()} receives nothing, so there is nothing to end.")
    example = Span(text=f'{request.prefix}watch add "decentralized trials" as DCT', code=True)
    return line("There is no watchlist to subscribe to. Add one: ", example)


async def _state(tx: Tx, request: Request) -> tuple[Line, ...]:
    """The complete list of what the place receives, as lines."""
    held = await places.at_place(tx, request.place.id)
    known = {one.id: one for one in await watchlists.in_workspace(tx, request.place.workspace)}
    by_name = sorted((one for one in held if one.watchlist in known), key=lambda one: known[one.watchlist].name.casefold())
    return _listed([_row(one, known[one.watchlist]) for one in by_name], request)


def _row(subscription: Subscription, watchlist: Watchlist) -> Line:
    paused = " – paused" if watchlist.paused else ""
    asleep = f" – asleep: {subscription.suspended}" if subscription.suspended else ""
    return line(_bold(watchlist), f" – {subscription.frequency} – ", Span(text=watchlist.query, code=True), paused, asleep)


def _listed(rows: Sequence[Line], request: Request) -> tuple[Line, ...]:
    if not rows:
        example = Span(text=f"{request.prefix}subscribe", code=True)
        return (line(f"{here(request).capitalize()} receives nothing. To choose a watchlist: ", example),)
    return (line(f"{here(request).capitalize()} receives:"), *rows)


def _bold(watchlist: Watchlist) -> Span:
    return Span(text=watchlist.name, bold=True)


def _with_state(done: Line, state: tuple[Line, ...], tone: Tone) -> Card:
    return Card(sections=(Section(lines=(done,)), Section(lines=state)), tone=tone)
