"""The calendar of a place: its address is made, made anew, or taken away."""

import secrets
from datetime import datetime

from bot.cards.card import Line, Span, line, notice, phrase
from bot.errors import UserMistake
from bot.messages import say
from bot.store import calendars, places
from handlers import recording
from handlers.grammar import Request
from handlers.reply import Context, Reply
from handlers.times import moment
from handlers.watchlists import here, news


async def calendar(request: Request, argument: str, context: Context) -> Reply:
    """The address of this place's calendar is made, made anew, or taken away; without a word, whether there is one."""
    word = argument.strip().casefold()
    if word not in ("", "new", "on", "off"):
        raise UserMistake(
            say("I do not know “{word}”.", word=argument[:40]),
            hint=say("Write: {command}, or {off}", command="calendar new", off="calendar off"),
            text=argument,
            position=0,
        )
    secret = secrets.token_urlsafe(32)
    async with context.store.write() as tx:
        before = await calendars.opened(tx, request.place.id)
        if word in ("new", "on"):
            await places.ensure(tx, request.place)
            await calendars.open_at(tx, request.place.id, secret, request.actor, request.now)
            await recording.note(tx, request, "calendar made", request.place.id, request.place.name)
        elif word == "off" and await calendars.close(tx, request.place.id):
            await recording.note(tx, request, "calendar ended", request.place.id, request.place.name)
    if word in ("new", "on"):
        address = f"{context.web_url}/calendar/{secret}.ics"
        told = news(request, phrase(" made a calendar of the deadlines of this channel."))
        return Reply(card=notice(*_made(address, request, again=before is not None), tone="success"), announce=told)
    if word == "off" and before:
        told = news(request, phrase(" ended the calendar of deadlines of this channel."))
        return Reply(card=notice(_none(request), say("Its address shows nothing any more."), tone="success"), announce=told)
    return Reply(card=notice(*_there(before, request)) if before else notice(_none(request)))


def _code(word: str, request: Request) -> Span:
    return Span(text=f"{request.prefix}calendar {word}", code=True)


def _none(request: Request) -> Line:
    return phrase(
        "{place} has no calendar. To get an address for one: {command}", place=here(request).capitalize(), command=_code("new", request)
    )


def _there(since: datetime, request: Request) -> tuple[Line, ...]:
    made = phrase(
        "{place} has a calendar, made {when}. Its address was shown then and is not kept.",
        place=here(request).capitalize(),
        when=moment(since, request),
    )
    other = phrase("For another address, after which the old one shows nothing: {command}", command=_code("new", request))
    return made, other, phrase("To end it: {command}", command=_code("off", request))


def _made(address: str, request: Request, *, again: bool) -> tuple[Line, ...]:
    lines = (
        phrase("The deadlines of what {place} receives, for any calendar that subscribes to an address:", place=here(request)),
        line(Span(text=address, code=True)),
        phrase("Whoever has the address can read it. It is shown only now. For another one: {command}", command=_code("new", request)),
        phrase("To end it: {command}", command=_code("off", request)),
    )
    return (*lines, phrase("The address it had before shows nothing any more.")) if again else lines
