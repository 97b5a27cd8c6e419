"""What a place hears less or more of than its watchlists say: a source is muted here, an item followed, and both undone again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.cards import alert, plain
from bot.cards.card import Button, Card, Line, Section, Span, notice, phrase
from bot.errors import UserMistake
from bot.messages import mark, say
from bot.model import Heed, Source
from bot.store import added_sources, heeds, places
from bot.store.database import Tx
from handlers import recording
from handlers.command import Command, alone
from handlers.grammar import Request
from handlers.items import item_named, known, source_name
from handlers.reply import Context, Reply
from handlers.times import moment
from handlers.watchlists import asked, here, news

MOST_NAME = 200


@dataclass(frozen=True)
class _Way:
    """One of the four commands: a heed of a `kind` is begun here, or ended.

    Its texts: what it asks for without an argument, how the record calls it, what holds after it (`stands` where nothing changed and that
    reads otherwise), and what everybody is told after the name of who did it.
    """

    name: str
    kind: Literal["mute", "follow"]
    begins: bool
    asks: str
    recorded: str
    done: str
    told: str
    stands: str = ""

    async def answer(self, request: Request, argument: str, context: Context) -> Reply:
        """The heed is begun or ended, and the complete state told; without an argument it is asked for."""
        if not argument:
            return await _asked(self, request, context)
        async with context.store.write() as tx:
            heed = await _meant(tx, self, request, argument, context)
            if self.begins:
                await places.ensure(tx, request.place)
            changed = await (heeds.choose if self.begins else heeds.end)(tx, heed)
            if changed:
                side = "after" if self.begins else "before"
                what = {side: {"place": heed.place, heed.kind: heed.about}}
                await recording.note(tx, request, self.recorded, heed.about, heed.name, **what)
            state = await lines(tx, request)
        done = phrase(self.done if changed or not self.stands else self.stands, place=here(request).capitalize(), name=_bold(heed))
        return _reply(request, changed, done, phrase(self.told, name=_bold(heed)), state)


MUTE = _Way(
    name="mute",
    kind="mute",
    begins=True,
    asks=mark("Which source shall be muted here? Give its name, or an item of it."),
    recorded="source muted",
    done=mark("{place} gets no alerts of {name} from now on."),
    told=mark(" muted the source {name} in this channel."),
)
UNMUTE = _Way(
    name="unmute",
    kind="mute",
    begins=False,
    asks=mark("Which source shall be heard here again?"),
    recorded="source unmuted",
    done=mark("{place} gets alerts of {name} again."),
    told=mark(" lets alerts of {name} come to this channel again."),
    stands=mark("{place} has not muted {name}: its alerts come."),
)
FOLLOW = _Way(
    name="follow",
    kind="follow",
    begins=True,
    asks=mark("Which item shall be followed here? Give its link or its id."),
    recorded="item followed",
    done=mark("{place} gets every change of {name} from now on."),
    told=mark(" follows {name} in this channel: every change of it comes here."),
)
UNFOLLOW = _Way(
    name="unfollow",
    kind="follow",
    begins=False,
    asks=mark("Which item shall be followed here no more?"),
    recorded="item unfollowed",
    done=mark("{place} does not follow {name}."),
    told=mark(" no longer follows {name} in this channel."),
)


async def _meant(tx: Tx, way: _Way, request: Request, argument: str, context: Context) -> Heed:
    """The heed that the words name: a source, or an item; UserMistake if they name none."""
    if way.kind == "mute":
        about, name = await _source(tx, request, argument, context)
    else:
        item = await item_named(tx, argument, request)
        about, name = item.id, item.title
    named = plain.clip(" ".join(plain.words(name).split()), MOST_NAME)
    who = request.actor_name
    return Heed(place=request.place.id, kind=way.kind, about=about, name=named or about, by=request.actor, by_name=who, since=request.now)


def _reply(request: Request, changed: bool, done: Line, told: Line, state: Sequence[Line]) -> Reply:
    first = done if changed else (*phrase("Nothing changed. "), *done)
    sections = (Section(lines=(first,)), *([Section(lines=tuple(state))] if state else []))
    card = Card(sections=sections, tone="success" if changed else "info")
    return Reply(card=card, announce=news(request, told) if changed else None)


async def _source(tx: Tx, request: Request, argument: str, context: Context) -> tuple[str, str]:
    """The id and name of the source that is named, or of that of the item; UserMistake if it is neither."""
    wanted = " ".join(argument.strip("<>\"'“” ").casefold().split())
    every = [*context.catalogue.sources.values(), *await added_sources.in_workspace(tx, request.place.workspace)]
    if (found := _named(every, wanted)) is not None:
        return found.id, found.name
    muted = next((one for one in await heeds.at_place(tx, request.place.id) if wanted in (one.about, one.name.casefold())), None)
    if muted is not None and muted.kind == "mute":
        return muted.about, muted.name
    item = await known(tx, argument, request)
    if item is None:
        raise UserMistake(
            say("I know no source and no item “{name}”.", name=plain.clip(argument, 100)),
            hint=say("What is read: {command}", command=f"{request.prefix}sources"),
        )
    return item.source, next((one.name for one in every if one.id == item.source), source_name(item, context))


def _named(every: Sequence[Source], wanted: str) -> Source | None:
    return next((one for one in every if wanted in (one.id.casefold(), " ".join(one.name.casefold().split()))), None)


async def _asked(way: _Way, request: Request, context: Context) -> Reply:
    """The question, and what the place mutes and follows: with buttons for what may be undone."""
    async with context.store.read() as tx:
        chosen = await heeds.at_place(tx, request.place.id)
        state = await lines(tx, request)
    undone = [one for one in chosen if one.kind == way.kind and not way.begins]
    if not undone:
        reply = asked(say(way.asks), f"{way.name} 3f9a2c41", request)
        return reply.model_copy(update={"card": reply.card.model_copy(update={"sections": (*reply.card.sections, *_listed(state))})})
    buttons = tuple(Button(label=plain.clip(one.name, 60), action=way.name, value=one.about) for one in undone[:5])
    return Reply(card=notice(say(way.asks), *state, buttons=buttons))


def _listed(state: Sequence[Line]) -> tuple[Section, ...]:
    return (Section(lines=tuple(state)),) if state else ()


async def lines(tx: Tx, request: Request, place_id: str = "") -> tuple[Line, ...]:
    """What a place mutes and follows, each with who chose it, since when, and how it is undone."""
    return tuple(_line(one, request) for one in await heeds.at_place(tx, place_id or request.place.id))


def _line(one: Heed, request: Request) -> Line:
    who, since = f"@{one.by_name or say('someone')}", moment(one.since, request)
    about = one.about if one.kind == "mute" else alert.short(one.about)
    undo = Span(text=f"{request.prefix}{'unmute' if one.kind == 'mute' else 'unfollow'} {about}", code=True)
    if one.kind == "mute":
        return phrase("Muted: {name}, by {who} since {since}. To undo: {command}", name=_bold(one), who=who, since=since, command=undo)
    return phrase("Followed: {name}, by {who} since {since}. To undo: {command}", name=_bold(one), who=who, since=since, command=undo)


def _bold(one: Heed) -> Span:
    return Span(text=one.name, bold=True)


COMMANDS = (
    Command(
        "mute",
        "mute <source, or link or id of an item>",
        "get no more alerts of a source here",
        ("mute 3f9a2c41",),
        MUTE.answer,
        who="manager",
        looks=alone,
    ),
    Command(
        "unmute",
        "unmute <source>",
        "get the alerts of a source here again",
        ("unmute 3f9a2c41",),
        UNMUTE.answer,
        who="manager",
        looks=alone,
    ),
    Command(
        "follow",
        "follow <link or id>",
        "get every change of an item here, whatever the watchlists say",
        ("follow 3f9a2c41",),
        FOLLOW.answer,
        who="manager",
        looks=alone,
    ),
    Command(
        "unfollow",
        "unfollow <link or id>",
        "stop following an item here",
        ("unfollow 3f9a2c41",),
        UNFOLLOW.answer,
        who="manager",
        looks=alone,
    ),
)
"""The rows of these commands in the table of all."""
