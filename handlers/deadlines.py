"""Deadlines ahead: what a place has to do by when, and how it is reminded."""

import re
from datetime import date, timedelta
from typing import NamedTuple

from bot.cards import alert, due
from bot.cards.card import Button, Card, Line, Section, Span, line, notice, phrase
from bot.errors import UserMistake
from bot.messages import chosen, count, say
from bot.model import WITHDRAWN, Deadline, Item, Place, Reminders
from bot.store import deadlines, items, places
from bot.store.database import Tx
from bot.times import time_of_day, zone
from bot.watch import query as language
from handlers import recording, workspace_queries
from handlers.grammar import Request, first_word, query_and_page
from handlers.reply import Context, Reply
from handlers.watchlists import here, news

PAGE = 8
_USUAL = 30
_LONGEST = 730
_SPAN = re.compile(r"(-?\d{1,6})(?:\s?(d|days?|w|weeks?|m|months?|일|주|개월|달))?(?=\s|$)", re.IGNORECASE)
_IN_DAYS = {"d": 1, "w": 7, "m": 30, "일": 1, "주": 7, "개": 30, "달": 30}
_MOST_AHEAD = 365


class _Row(NamedTuple):
    item: Item
    deadline: Deadline


async def ahead(request: Request, argument: str, context: Context) -> Reply:
    """The deadlines ahead of what this place receives, or of what a query finds in all that was collected, the soonest first."""
    days, rest = _span(argument)
    text, number = query_and_page(rest)
    async with context.store.read() as tx:
        place = await places.get(tx, request.place.id) or request.place
        today = request.now.astimezone(zone(place.timezone)).date()
        last = today + timedelta(days=days)
        query = await workspace_queries.typed(tx, request, text, context) if text else None
        rows = await _rows(tx, request, query, today, last)
    if not rows:
        return Reply(card=_none(request, text, days))
    pages = -(-len(rows) // PAGE)
    if number > pages:
        raise UserMistake(
            count("There is only {n} page.", "There are only {n} pages.", pages),
            hint=say("Write: {command}", command=f"{request.prefix}deadlines {days}d {text} page {pages}"),
        )
    shown = rows[(number - 1) * PAGE : number * PAGE]
    head = line(
        _headed(request, text, days, len(rows)), say(" – page {number} of {last}", number=number, last=pages) if pages > 1 else "", "."
    )
    told = tuple(Section(lines=_told(one, today)) for one in shown)
    words = f"{days}d {text}".strip()
    turning = [(say("Previous"), number - 1)] if number > 1 else []
    turning += [(say("Next"), number + 1)] if number < pages else []
    buttons = tuple(Button(label=label, action="deadlines", value=f"{words} page {other}") for label, other in turning)
    return Reply(card=Card(sections=(Section(lines=(head,)), *told, *([Section(lines=(), buttons=buttons)] if buttons else []))))


def _headed(request: Request, text: str, days: int, number: int) -> str:
    if text:
        return count(
            "{n} deadline in the next {days} days for {query}",
            "{n} deadlines in the next {days} days for {query}",
            number,
            days=days,
            query=text,
        )
    return count(
        "{n} deadline in the next {days} days of what {place} receives",
        "{n} deadlines in the next {days} days of what {place} receives",
        number,
        days=days,
        place=here(request),
    )


def _span(argument: str) -> tuple[int, str]:
    """How many days ahead, and the words after that; thirty unless it is said."""
    found = _SPAN.match(argument)
    if not found:
        return _USUAL, argument
    days = int(found[1]) * _IN_DAYS[(found[2] or "d")[0].lower()]
    if not 1 <= days <= _LONGEST:
        raise UserMistake(
            say("I look 1 to {longest} days ahead.", longest=_LONGEST),
            hint=say("Write: {command}", command="deadlines 30d"),
            text=argument,
            position=0,
        )
    return days, argument[found.end() :].strip()


async def _rows(tx: Tx, request: Request, query: language.Query | None, first: date, last: date) -> list[_Row]:
    if query is None:
        found = {one.day.item for one in await deadlines.at_place(tx, request.place.id, first, last)}
    else:
        found = {one.item for one in await deadlines.between(tx, first, last)}
    seen = [one for one in await items.several(tx, found, workspace=request.place.workspace) if one.status != WITHDRAWN]
    wanted = [one for one in seen if query is None or language.holds(query, one, now=request.now) is not None]
    rows = [_Row(one, each) for one in wanted for each in one.deadlines if first <= each.day <= last]
    return sorted(rows, key=lambda row: (row.deadline.day, row.item.id, row.deadline.kind))


def _told(row: _Row, today: date) -> tuple[Line, ...]:
    title = " ".join(row.item.title.split())[:300]
    when = f"{due.words(row.deadline)}{due.distance((row.deadline.day - today).days)}"
    what = f"{alert.flag(row.item.country)} {row.item.agency} · {when}"
    return line(Span(text=what, bold=True)), line(Span(text=title, url=row.item.url), " – ", Span(text=alert.short(row.item.id), code=True))


def _none(request: Request, text: str, days: int) -> Card:
    if text:
        return notice(say("Nothing collected so far that matches {query} has a deadline in the next {days} days.", query=text, days=days))
    return notice(
        say("Nothing that {place} receives has a deadline in the next {days} days.", place=here(request), days=days),
        phrase(
            "To look at all that was collected: {command}", command=Span(text=f"{request.prefix}deadlines {days}d country:KR", code=True)
        ),
    )


async def remind(request: Request, argument: str, context: Context) -> Reply:
    """How this place is reminded of deadlines, after the change that was asked for, if any."""
    word, rest = first_word(argument)
    async with context.store.write() as tx:
        await places.ensure(tx, request.place)
        place = await places.get(tx, request.place.id) or request.place
        before = next(iter(await deadlines.wishes(tx, request.place.id)), None)
        if word in ("off", "none", "no"):
            await deadlines.stop_reminding(tx, request.place.id)
            after = None
        elif word:
            after = _wished(before or Reminders(place=request.place.id, since=request.now), rest if word == "on" else argument, argument)
            await deadlines.remind(tx, after)
        else:
            after = before
        if after != before:
            old, new = (one.model_dump(mode="json", include={"days", "at"}) if one else None for one in (before, after))
            await recording.note(tx, request, "reminders changed", place.id, place.name, before=old, after=new)
    lines = _reminded(after, place, request)
    if not word:
        return Reply(card=notice(*lines))
    if after == before:
        return Reply(card=notice(say("That is so already:"), *lines))
    done = (
        phrase(" has {place} reminded of deadlines: {how}.", place=here(request), how=_manner(after))
        if after
        else phrase(" ended the reminders of deadlines here.")
    )
    return Reply(card=notice(*lines, tone="success"), announce=news(request, done))


def _wished(now: Reminders, words: str, typed: str) -> Reminders:
    """The reminders as the words ask for them: `30,7,1 at 09:00`."""
    days, at = now.days, now.at
    rest = words.replace(",", " ").casefold().split()
    if "at" in rest:
        said = rest[rest.index("at") + 1 : rest.index("at") + 2]
        clock = time_of_day(said[0]) if said else None
        if clock is None:
            raise UserMistake(
                say("At which time?"),
                hint=say("Write: {command}", command="remind 30,7,1 at 09:00"),
                text=typed,
                position=max(0, typed.find("at")),
            )
        at, rest = clock, rest[: rest.index("at")]
    if rest:
        numbers = [one.rstrip("d") for one in rest if one not in ("day", "days", "before", "and")]
        if not all(one.isdecimal() and 0 <= int(one) <= _MOST_AHEAD for one in numbers) or not 1 <= len(set(numbers)) <= 10:
            raise UserMistake(
                say("How many days before?"),
                hint=say("Write: {command}, or {off}", command="remind 30,7,1 at 09:00", off="remind off"),
                text=typed,
                position=0,
            )
        days = tuple(sorted({int(one) for one in numbers}, reverse=True))
    return now.model_copy(update={"days": days, "at": at})


def _manner(wishes: Reminders) -> str:
    days, at = ", ".join(map(str, wishes.days)), f"{wishes.at:%H:%M}"
    # It is the last one that is read before the word: "7, 1 days".
    return chosen("{days} day before, at {at}", "{days} days before, at {at}", sum(wishes.days)).format(days=days, at=at)


def _reminded(wishes: Reminders | None, place: Place, request: Request) -> tuple[Line, ...]:
    if wishes is None:
        on = Span(text=f"{request.prefix}remind 30,7,1 at 09:00", code=True)
        return (phrase("{place} is not reminded of deadlines. To be reminded: {on}", place=here(request).capitalize(), on=on),)
    off = Span(text=f"{request.prefix}remind off", code=True)
    told = phrase(
        "{place} is reminded of the deadlines of what it receives: {how} {zone}.",
        place=here(request).capitalize(),
        how=_manner(wishes),
        zone=place.timezone,
    )
    return told, phrase("To end that: {command}", command=off)
