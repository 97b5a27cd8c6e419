"""Deadlines in words: what is due when, how far ahead, by which words we know, and what a change moved; pure."""

from collections.abc import Iterable
from datetime import date, timedelta

from bot import wordlist
from bot.cards import plain
from bot.cards.card import Line, Span, line, phrase
from bot.messages import count, mark, say
from bot.model import Deadline, Item
from bot.wordlist import day

_MOST_QUOTED = 200

_MARKS = {"inferred": mark(", the year is told from its publication"), "computed": mark(", computed")}
# A day so long past, or one of more than so many, is for those who look at the item.
_LATELY = timedelta(days=60)
MOST_DAYS = 4


def every_date(item: Item, today: date) -> tuple[Line, ...]:
    """Every date of an item, each with the words that say so."""
    return tuple(_dated(one, today) for one in item.deadlines)


def _dated(one: Deadline, today: date) -> Line:
    told = f"{words(one)}{distance((one.day - today).days)}"
    return (
        line(told, " – “", plain.clip(plain.squeezed(one.text), _MOST_QUOTED), "”")
        if one.text
        else line(told, say(" – as its source names it"))
    )


def still_due(deadlines: Iterable[Deadline], today: date) -> list[Line]:
    """The dates that matter from today on, the first few, in one line; no line if there are none."""
    mattering = [one for one in deadlines if one.day >= today - _LATELY][:MOST_DAYS]
    told = [f"{words(one)}{distance((one.day - today).days)}" for one in mattering]
    return [line(" · ".join(told))] if told else []


def words(one: Deadline) -> str:
    """A deadline in words: `Comments close 14 Jan 2027, 17:00`."""
    clock = f", {one.time:%H:%M}" if one.time else ""
    marked = say(_MARKS[one.certainty]) if one.certainty in _MARKS else ""
    partly = say(", in part") if one.partial else ""
    return f"{say('{what} {day}', what=wordlist.deadline(one.kind), day=day(one.day))}{clock}{marked}{partly}"


def moved(before: Item, now: Item) -> list[Line]:
    """The deadlines that a change has moved, set or taken away."""
    was, is_now = ({one.kind: one for one in reversed(each.deadlines)} for each in (before, now))
    told = [
        f"{say('{what} {day}', what=wordlist.deadline(kind), day=day(was[kind].day))} → {day(is_now[kind].day)}"
        for kind in was
        if kind in is_now and was[kind].day != is_now[kind].day
    ]
    told += [say("no longer: {deadline}", deadline=words(was[kind])) for kind in was if kind not in is_now]
    told += [say("new: {deadline}", deadline=words(is_now[kind])) for kind in is_now if kind not in was]
    return [phrase("Deadline changed: {deadlines}", deadlines=Span(text=" · ".join(told), bold=True))] if told else []


def distance(days: int) -> str:
    """How far ahead a day is, after it: ` (in 21 days)`; nothing for one that is past."""
    if days < 0:
        return ""
    return say(" (today)") if days == 0 else count(" (in {n} day)", " (in {n} days)", days)
