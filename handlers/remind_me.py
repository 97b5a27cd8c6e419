"""A person is reminded of an item: a direct message to them on the day they name, once; asked for, listed and taken back."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from bot.cards import alert, plain
from bot.cards.card import Line, Span, notice, phrase
from bot.cards.form import Day, Filled, Form, Text
from bot.errors import UserMistake
from bot.messages import mark, say
from bot.model import Delivery, Item, Notice, Place
from bot.store import places, promised
from bot.store.database import Tx
from bot.times import zone
from bot.wordlist import day
from handlers import day_words
from handlers.command import Command
from handlers.grammar import Request, first_word
from handlers.items import item_named
from handlers.reply import Context, Reply, refused
from handlers.watchlists import asked

AT = time(9)
MOST_DAYS = 730


async def remind_me(request: Request, argument: str, context: Context) -> Reply:
    """Who asks gets a direct message about the item on that day at 9:00; without an item, what they are to be reminded of."""
    name, words = first_word(argument)
    async with context.store.write() as tx:
        own = await _own(tx, request)
        if not name:
            return Reply(card=notice(*await _state(tx, request, own)))
        item = await item_named(tx, name, request)
        if words.casefold() in ("off", "no", "none"):
            return await _taken_back(tx, request, own, item)
        if not words:
            return asked(say("When shall I remind you?"), f"remind me {alert.short(item.id)} in 7d", request)
        return await _promised(tx, request, own, item, _when(words, argument, own, request))


async def form(request: Request, argument: str, context: Context) -> Form | None:
    """The form that asks for the day and, where none is named, for the item; None where both are."""
    name, words = first_word(argument)
    if words:
        return None
    async with context.store.write() as tx:
        own = await _own(tx, request)
        item = await item_named(tx, name, request) if name else None
        return _form(item, _soon(request, own))


def lacks_day(argument: str) -> bool:
    """Whether an item is named and no day."""
    name, words = first_word(argument)
    return bool(name) and not words


def _soon(request: Request, own: Place) -> date:
    return request.now.astimezone(zone(own.timezone)).date() + timedelta(days=7)


def _form(item: Item | None, day_: date, named: str = "") -> Form:
    title = alert.headline(item) if item else ""
    which = Text(name="item", label=say("Item"), value=named, hint=say("Its link or its id."), example="3f9a2c41", most=1_000)
    when = Day(name="day", label=say("Remind me on"), value=day_.isoformat(), hint=title)
    typed = f"remind me {alert.short(item.id) if item else '<link or id>'} in 7d"
    parts = (when,) if item else (which, when)
    return Form(
        action="remind me", title=say("Remind me"), parts=parts, submit=say("Remind me"), state=item.id if item else "", typed=typed
    )


async def filled(request: Request, given: Filled, context: Context) -> Reply:
    """The day that was chosen is kept; one that is past is asked for again beside its field."""
    async with context.store.write() as tx:
        own, item, field = await _own(tx, request), None, "item"
        try:
            item = await item_named(tx, given.state or given.one("item"), request)
            field = "day"
            when = _when(given.one("day"), given.one("day"), own, request)
        except UserMistake as mistake:
            again = _form(item if given.state else None, _soon(request, own), given.one("item"))
            return refused(again, {field: mistake.sentence})
        return await _promised(tx, request, own, item, when)


async def _promised(tx: Tx, request: Request, own: Place, item: Item, when: datetime) -> Reply:
    await places.ensure(tx, own)
    short, asked_on = alert.short(item.id), day(request.now.astimezone(zone(own.timezone)))
    lines = (say("Reminder, as you asked on {day}:", day=asked_on), plain.clip(" ".join(plain.words(item.title).split()), 300))
    said = Notice(lines=lines, links=("", plain.address(item.url) or ""), buttons=((say("Details"), "item", short),))
    new = await promised.promise(tx, own.id, _topic(item, when, own), said, when, request.now)
    done = phrase(
        "I remind you of {title} on {day} at 09:00, by direct message.", title=_title(item), day=day(when.astimezone(zone(own.timezone)))
    )
    first = done if new else (*phrase("That is so already. "), *done)
    return Reply(card=notice(first, *await _state(tx, request, own), tone="success" if new else "info"))


async def _taken_back(tx: Tx, request: Request, own: Place, item: Item) -> Reply:
    mine = [one for one in await promised.at_place(tx, own.id, request.now) if _about(one) == alert.short(item.id)]
    for one in mine:
        await promised.take_back(tx, own.id, one.id, request.now)
    gone = phrase("I do not remind you of {title} any more.", title=_title(item))
    never = phrase("You are not to be reminded of {title}.", title=_title(item))
    return Reply(card=notice(gone if mine else never, *await _state(tx, request, own), tone="success" if mine else "info"))


async def _state(tx: Tx, request: Request, own: Place) -> Sequence[Line]:
    """What the person is to be reminded of, and how each is taken back."""
    mine = [one for one in await promised.at_place(tx, own.id, request.now) if _about(one)]
    if not mine:
        example = Span(text=f"{request.prefix}remind me 3f9a2c41 in 7d", code=True)
        return (phrase("You are to be reminded of nothing. For example: {command}", command=example),)
    return [_line(one, own, request) for one in mine]


def _line(one: Delivery, own: Place, request: Request) -> Line:
    undo = Span(text=f"{request.prefix}remind me {_about(one)} off", code=True)
    title = Span(text=one.notice.lines[-1] if one.notice else "", bold=True)
    return phrase("{day}: {title}. To undo: {command}", day=day(one.not_before.astimezone(zone(own.timezone))), title=title, command=undo)


def _about(one: Delivery) -> str:
    """The item that a promised message is about, as people type it."""
    return next((value for _, action, value in one.notice.buttons if action == "item"), "") if one.notice else ""


def _topic(item: Item, when: datetime, own: Place) -> str:
    return f"remind {item.id} {when.astimezone(zone(own.timezone)).date().isoformat()}"


def _title(item: Item) -> Span:
    return Span(text=plain.clip(" ".join(plain.words(item.title).split()), 200), bold=True)


def _when(words: str, argument: str, own: Place, request: Request) -> datetime:
    """9:00 of the person's zone on the day that is named. UserMistake for a past day, one too far ahead, or none."""
    here = zone(own.timezone)
    wanted = day_words.day(words, request.now.astimezone(here).date())
    if wanted is None:
        hint = say("Write it like in 7d, or on 2027-01-14.")
        raise UserMistake(
            say("“{words}” is no day.", words=plain.clip(words, 40)), hint=hint, text=argument, position=argument.rindex(words)
        )
    when = datetime.combine(wanted, AT, here)
    if when <= request.now or wanted > request.now.date() + timedelta(days=MOST_DAYS):
        raise UserMistake(say("The day has to be ahead, and within two years."), hint=say("Write it like in 7d, or on 2027-01-14."))
    return when


async def _own(tx: Tx, request: Request) -> Place:
    """Where the person alone is told: on Slack a chat with them has their own id, elsewhere it is the chat they write in."""
    here = await places.get(tx, request.place.id) or request.place
    user = request.actor.rpartition(":")[2]
    if here.platform == "slack" and user:
        mine = f"slack:{here.workspace}:{user}"
        kept = await places.get(tx, mine)
        own = Place(
            id=mine,
            platform="slack",
            workspace=here.workspace,
            channel=user,
            timezone=here.timezone,
            language=here.language,
            locale=request.place.locale,
        )
        return kept or own
    if here.platform == "teams" and not request.personal:
        hint = say("Write it to me in our own chat, without a prefix.")
        raise UserMistake(say("In Teams I remind people in their own chat with me only."), hint=hint)
    return here


COMMANDS = (
    Command(
        "remind me",
        "remind me [<link or id> [in 7d|on 2027-01-14|off]]",
        "get a direct message about an item on a day, once; alone, what you are to be reminded of",
        ("remind me", "remind me 3f9a2c41 in 7d", "remind me 3f9a2c41 off"),
        remind_me,
        form,
        filled,
        lacks_day,
        offers=mark("Remind me"),
    ),
)
"""The row of this command in the table of all."""
