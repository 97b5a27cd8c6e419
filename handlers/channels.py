"""Subscriptions of a place: begin, end, list."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from bot.cards.card import Button, Card, Line, Section, Span, Tone, line, notice, phrase
from bot.errors import UserMistake
from bot.messages import say
from bot.model import Place, Subscription, Watchlist
from bot.store import outbox, places, waiting, watchlists
from bot.store.database import Tx
from handlers import mute_follow, permission, recording, subscription_words
from handlers.grammar import Request
from handlers.grammar import name as read_name
from handlers.reply import Context, Reply
from handlers.subscription_words import SubscriptionWish
from handlers.watchlists import here, named, news


async def subscribe(request: Request, argument: str, context: Context) -> Reply:
    """The place receives the watchlist in this manner from now on; a suspended place is woken. The answer lists all it receives.

    Another channel is named by `#channel`, if the bot knows it, and is told.
    """
    if not argument:
        return await _which(request, context, "subscribe")
    async with context.store.write() as tx:
        watchlist, wish, note = await _wanted(tx, request, argument)
        await places.ensure(tx, request.place)
        place = await _place(tx, request, argument, wish)
        done = await begin(tx, request, place, watchlist, wish)
        rows = await state(tx, request, place)
    if not done.changed:
        return Reply(card=_with_state(line(*note, *done.already), rows, "info"))
    announce = news(request, done.news) if place.id == request.place.id else None
    return Reply(card=_with_state(line(*note, *done.now), rows, "success"), announce=announce)


async def begin(tx: Tx, request: Request, place: Place, watchlist: Watchlist, wish: SubscriptionWish) -> "Done":
    """The place, which is kept, receives the watchlist in this manner; another place than the request's is told.

    UserMistake if the person may not change what it receives.
    """
    await permission.require_manager(tx, request, place)
    before = await held(tx, place, watchlist)
    after = wish.of(before or _subscription(request, place, watchlist))
    changed = before is not None and after != before
    if before is None:
        await places.subscribe(tx, after)
    elif changed:
        await places.change(tx, after)
        await waiting.reconsider(tx, place.id, request.now)
    resumed = await places.resume(tx, place.id)
    if resumed:
        await recording.note(tx, request, "place resumed", place.id, place.name)
    if before is None or changed:
        await recording.subscription(tx, request, place, watchlist, before, after)
    done = _done(request, place, before, after, watchlist)
    if place.id != request.place.id and (before is None or changed):
        await outbox.say(tx, place.id, f"{request.actor} {request.now.isoformat()}", (_spoken(request, done.news),), request.now)
    return replace(done, changed=before is None or changed or resumed)


@dataclass(frozen=True)
class Done:
    """What is said of a subscription: that it now holds, that it held already, and what everybody is told; and whether it is new."""

    now: Line
    already: Line
    news: Line
    changed: bool = True


def _done(request: Request, place: Place, before: Subscription | None, after: Subscription, watchlist: Watchlist) -> Done:
    where = here(request) if place.id == request.place.id else place.name or say("that channel")
    how = subscription_words.told(after, ZoneInfo(place.timezone), request.now)
    at_once = after.frequency == "now" and not after.urgent
    said = say("each item as soon as it is found") if at_once else how
    ending = "." if at_once and before is None else f", {how}."
    name = _bold(watchlist)
    changed = phrase(" changed how this channel receives {name}{how}", name=name, how=ending)
    return Done(
        now=phrase("{place} now receives {name}, {how}.", place=where.capitalize(), name=name, how=said),
        already=phrase("{place} receives {name} already.", place=where.capitalize(), name=name),
        news=phrase(" subscribed this channel to {name}{how}", name=name, how=ending) if before is None else changed,
    )


def _spoken(request: Request, what: Line) -> str:
    return f"@{request.actor_name or say('someone')}" + "".join(span.text for span in what)


async def _wanted(tx: Tx, request: Request, argument: str) -> tuple[Watchlist, SubscriptionWish, tuple[str, ...]]:
    """The watchlist to subscribe to and how. A name that ends in "daily" comes first; a misspelt frequency is pointed at."""
    exact = await watchlists.get_by_name(tx, request.place.workspace, " ".join(argument.split()))
    if exact is not None:
        return exact, SubscriptionWish(name=exact.name), ()
    wish = subscription_words.read(argument)
    known = await watchlists.get_by_name(tx, request.place.workspace, read_name(wish.name))
    if known is None and (mistake := subscription_words.suspect(argument, wish.name)) is not None:
        raise mistake
    watchlist, note = await named(tx, request, wish.name, "subscribe")
    return watchlist, wish, note


async def _place(tx: Tx, request: Request, argument: str, wish: SubscriptionWish) -> Place:
    """The place as it is kept: this one, or the channel that was named."""
    if not wish.channel or wish.channel == request.place.name:
        return await places.get(tx, request.place.id) or request.place
    found = await places.by_name(tx, request.place, wish.channel)
    if found is None:
        raise UserMistake(
            say("I do not know {channel} yet.", channel=wish.channel),
            hint=say("Invite me there and write in it: {command}", command=f"{request.prefix}subscribe {wish.name}"),
            text=argument,
            position=argument.rindex(wish.channel),
        )
    return found


async def held(tx: Tx, place: Place, watchlist: Watchlist) -> Subscription | None:
    """How the place receives the watchlist; None if it does not."""
    return next((one for one in await places.at_place(tx, place.id) if one.watchlist == watchlist.id), None)


def _subscription(request: Request, place: Place, watchlist: Watchlist) -> Subscription:
    seed = f"{place.id}\n{watchlist.id}\n{request.now.isoformat()}"
    return Subscription(
        id="s" + hashlib.sha256(seed.encode()).hexdigest()[:16],
        watchlist=watchlist.id,
        place=place.id,
        created_by=request.actor,
        created=request.now,
    )


async def unsubscribe(request: Request, argument: str, context: Context) -> Reply:
    """The place no longer receives the watchlist; the watchlist itself stays. The answer lists what the place still receives."""
    if not argument:
        return await _which(request, context, "unsubscribe")
    async with context.store.write() as tx:
        watchlist, _ = await named(tx, request, argument, "unsubscribe", guess=False)
        had = await held(tx, request.place, watchlist)
        if had is not None:
            await places.unsubscribe(tx, request.place.id, watchlist.id)
            await recording.subscription(tx, request, request.place, watchlist, had, None)
        rows = await state(tx, request)
    if had is None:
        return Reply(
            card=_with_state(
                phrase("{place} does not receive {name}.", place=here(request).capitalize(), name=_bold(watchlist)), rows, "info"
            )
        )
    done = phrase("{place} no longer receives {name}.", place=here(request).capitalize(), name=_bold(watchlist))
    told = news(request, phrase(" unsubscribed this channel from {name}.", name=_bold(watchlist)))
    return Reply(card=_with_state(done, rows, "success"), announce=told)


async def subscriptions(request: Request, _: str, context: Context) -> Reply:
    """Everything the place receives."""
    async with context.store.read() as tx:
        rows = (*await state(tx, request), *await mute_follow.lines(tx, request))
    return Reply(card=notice(*rows))


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
    return Reply(card=notice(say("Which watchlist?"), phrase("For example: {command}", command=example), buttons=buttons))


def _none_fit(request: Request, command: str) -> Line:
    if command == "unsubscribe":
        return phrase("{place} receives nothing, so there is nothing to end.", place=here(request).capitalize())
    example = Span(text=f'{request.prefix}watch add "decentralized trials" as DCT', code=True)
    return phrase("There is no watchlist to subscribe to. Add one: {command}", command=example)


async def state(tx: Tx, request: Request, place: Place | None = None) -> tuple[Line, ...]:
    """The complete list of what the place receives, as lines."""
    place = place or await places.get(tx, request.place.id) or request.place
    held = await places.at_place(tx, place.id)
    known = {one.id: one for one in await watchlists.in_workspace(tx, request.place.workspace)}
    by_name = sorted((one for one in held if one.watchlist in known), key=lambda one: known[one.watchlist].name.casefold())
    rows = [_row(one, known[one.watchlist], subscription_words.told(one, ZoneInfo(place.timezone), request.now)) for one in by_name]
    return _listed(rows, here(request) if place.id == request.place.id else place.name or say("that channel"), request, place)


def _row(subscription: Subscription, watchlist: Watchlist, how: str) -> Line:
    paused = say(" – paused") if watchlist.paused else ""
    asleep = say(" – asleep: {code}", code=subscription.suspended) if subscription.suspended else ""
    return line(_bold(watchlist), f" – {how} – ", Span(text=watchlist.query, code=True), paused, asleep)


def _listed(rows: Sequence[Line], where: str, request: Request, place: Place) -> tuple[Line, ...]:
    if not rows:
        example = Span(text=f"{request.prefix}subscribe", code=True)
        return (phrase("{place} receives nothing. To choose a watchlist: {command}", place=where.capitalize(), command=example),)
    quiet = f"{place.quiet_from:%H:%M}–{place.quiet_to:%H:%M}" if place.quiet_from and place.quiet_to else ""
    return (
        phrase("{place} receives:", place=where.capitalize()),
        *rows,
        *([phrase("Quiet hours: {hours}, {zone}.", hours=quiet, zone=place.timezone)] if quiet else []),
    )


def _bold(watchlist: Watchlist) -> Span:
    return Span(text=watchlist.name, bold=True)


def _with_state(done: Line, state: tuple[Line, ...], tone: Tone) -> Card:
    return Card(sections=(Section(lines=(done,)), Section(lines=state)), tone=tone)
