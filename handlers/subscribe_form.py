"""The form to subscribe a place to a watchlist: which one, where, how often, on which days, at what time."""

from datetime import time

from bot import wordlist
from bot.cards.card import notice
from bot.cards.form import Choice, Filled, Form, Option, PlacePicker, Ticks, Time
from bot.messages import say
from bot.model import Watchlist
from bot.store import watchlists
from bot.times import time_of_day
from handlers import channels, subscription_words, watchlist_builder
from handlers.grammar import Request
from handlers.reply import Context, Reply, refused
from handlers.subscription_words import SubscriptionWish
from handlers.watchlists import news

_OFTEN = tuple(one for one in watchlist_builder.OFTEN if one[0] != watchlist_builder.NOWHERE)


async def form(request: Request, _: str, context: Context) -> Form | None:
    """The form with the watchlists there are; None if there are none."""
    async with context.store.read() as tx:
        known = await watchlists.in_workspace(tx, request.place.workspace)
    return _form(request, known, Filled(values={"often": ("now",), "at": ("09:00",)})) if known else None


async def filled(request: Request, given: Filled, context: Context) -> Reply:
    """The place receives the watchlist as the form says; what does not go together stands beside its field."""
    async with context.store.write() as tx:
        known = await watchlists.in_workspace(tx, request.place.workspace)
        chosen = next((one for one in known if one.id == given.one("watchlist")), None)
        wrong = _wrong(given, chosen)
        if wrong or chosen is None:
            return refused(_form(request, known, given), wrong)
        place = await watchlist_builder.picked(tx, request, given.one("place"))
        done = await channels.begin(tx, request, place, chosen, _wish(given, chosen))
        state = await channels.state(tx, request, place)
    announce = news(request, done.news) if done.changed and place.id == request.place.id else None
    return Reply(card=notice(done.now if done.changed else done.already, *state, tone="success"), announce=announce)


def _wrong(given: Filled, chosen: Watchlist | None) -> dict[str, str]:
    wrong = {} if chosen else {"watchlist": say("Which watchlist?")}
    often, days = given.one("often"), given.many("days")
    if often in ("daily", "weekly") and time_of_day(given.one("at")) is None:
        wrong["at"] = say("At what time shall the digest come? Write it like 09:00.")
    if days and often == "now":
        wrong["days"] = say("What comes at once comes on every day; choose daily, or no days.")
    if often == "weekly" and len(days) > 1:
        wrong["days"] = say("A weekly digest has one day; choose one, or daily.")
    return wrong


def _wish(given: Filled, chosen: Watchlist) -> SubscriptionWish:
    often = next((one for one in subscription_words.FREQUENCIES if one == given.one("often")), "now")
    days = tuple(one for one in subscription_words.DAYS if one in given.many("days"))
    urgent = bool(given.many("urgent"))
    return SubscriptionWish(name=chosen.name, frequency=often, days=days, at=time_of_day(given.one("at")) or time(9), urgent=urgent)


def _form(request: Request, known: list[Watchlist], given: Filled) -> Form:
    options = tuple(Option(value=one.id, label=one.name) for one in known)
    where = given.one("place") or ("" if request.personal else request.place.channel)
    urgent = (Option(value="yes", label=say("Recalls and safety alerts at once")),)
    days = tuple(Option(value=one, label=wordlist.weekday(one).capitalize()) for one in subscription_words.DAYS)
    return Form(
        action="subscribe",
        title=say("Subscribe"),
        parts=(
            Choice(name="watchlist", label=say("Watchlist"), options=options, value=given.one("watchlist")),
            PlacePicker(
                name="place",
                label=say("Deliver to"),
                value=where,
                hint=say("Left empty, it is {place}.", place=say("this chat")),
                optional=True,
            ),
            Choice(name="often", label=say("How often"), options=watchlist_builder.often(_OFTEN), value=given.one("often")),
            Ticks(
                name="days",
                label=say("On which days"),
                options=days,
                values=given.many("days"),
                hint=say("None: every day."),
                optional=True,
            ),
            Time(name="at", label=say("At what time"), value=given.one("at"), hint=say("In the time zone of the place."), optional=True),
            Ticks(name="urgent", label=say("Urgent"), options=urgent, values=given.many("urgent"), optional=True),
        ),
        submit=say("Subscribe"),
        typed="subscribe <watchlist> [now|hourly|daily|weekly] [on mon,thu] [at 09:00]",
    )
