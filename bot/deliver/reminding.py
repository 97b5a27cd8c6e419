"""Of which deadlines a place is to be reminded now, and in what words. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from bot.messages import count, say
from bot.model import Notice, Reminders
from bot.times import zone

# So many are told by name; the rest are counted.
MOST_TOLD = 15


class Coming(NamedTuple):
    """A deadline that is coming: the words that say what and when, where its item is to be read, and since when it is known here."""

    day: date
    words: str
    link: str
    found: datetime


def due(wishes: Reminders, zone_name: str, day: date, found: datetime, now: datetime) -> int | None:
    """How many days ahead the place is to be reminded of a day just now; None if it is not.

    The moment is the place's own time of day, so many days before. Of moments that have passed the last one counts, so one that was
    slept through is made good; moments before the place wished to be reminded, or before it knew of the day, do not.
    """
    here = zone(zone_name)
    if day < now.astimezone(here).date():
        return None
    for ahead in sorted(set(wishes.days)):
        moment = datetime.combine(day - timedelta(days=ahead), wishes.at, here)
        if moment <= now:
            return ahead if moment > max(wishes.since, found) else None
    return None


def moment(wishes: Reminders, zone_name: str, now: datetime) -> datetime:
    """The last moment, up to now, at which the place may have had to be reminded of something: its time of day, today or yesterday."""
    here = zone(zone_name)
    today = datetime.combine(now.astimezone(here).date(), wishes.at, here)
    return today if today <= now else today - timedelta(days=1)


def said(coming: Sequence[Coming], today: date) -> Notice:
    """The reminder of these deadlines, the soonest first."""
    told = sorted(coming, key=lambda one: (one.day, one.words))
    head = count("A deadline is coming", "{n} deadlines are coming", len(told))
    rows = [f"{distance(one.day, today)}: {one.words}" for one in told[:MOST_TOLD]]
    rest = [say("And {n} more: {command}", n=len(told) - MOST_TOLD, command="deadlines 30d")] if len(told) > MOST_TOLD else []
    return Notice(lines=(head, *rows, *rest), links=("", *_links(told[:MOST_TOLD])))


def _links(told: Iterable[Coming]) -> list[str]:
    return [one.link for one in told]


def distance(day: date, today: date) -> str:
    """How far ahead a day is: `Today`, `In 7 days`."""
    days = (day - today).days
    if days == 0:
        return say("Today")
    return say("Tomorrow") if days == 1 else count("In {n} day", "In {n} days", days)
