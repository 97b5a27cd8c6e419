"""Deadlines as an iCalendar feed (RFC 5545): one event for each, which moves when its deadline does; pure.

An event keeps its UID for as long as its item is kept, so a calendar that subscribed shows a moved deadline in its new place. It
is told from the versions of the item alone: SEQUENCE counts how often it changed, and what is taken back stays as CANCELLED. Days
are days of the authority; a time is in the authority's time zone, whose rules the feed brings along.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import dropwhile, pairwise
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from bot import wordlist
from bot.cards import due, plain
from bot.model import WITHDRAWN, Deadline, Item

if TYPE_CHECKING:
    from icalendar import Calendar, Event

_LASTS = timedelta(minutes=30)
_REFRESH = timedelta(hours=1)


class Kept(NamedTuple):
    """A version of an item, and when it was found."""

    item: Item
    found: datetime


class History(NamedTuple):
    """All versions of an item, the first one first, and the time zone of its authority."""

    versions: Sequence[Kept]
    zone: ZoneInfo


class _Slot(NamedTuple):
    """One deadline of an item through its versions: as it is, or was last, how often it changed, and when it did last."""

    name: str
    deadline: Deadline
    sequence: int
    changed: datetime
    cancelled: bool


def feed(name: str, histories: Iterable[History]) -> bytes:
    """The calendar of that name with the deadlines of these items; the same items make the same bytes."""
    from icalendar import Calendar  # noqa: PLC0415 - slow to load

    made = Calendar()
    made.add("prodid", "-//Regwatch//Deadlines//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", name)
    made.add("refresh-interval", _REFRESH, parameters={"value": "DURATION"})
    for history in histories:
        for slot in _slots(history.versions):
            made.add_component(_event(slot, history.versions[-1].item, history.zone))
    return _with_zones(made)


def _with_zones(made: "Calendar") -> bytes:
    made.add_missing_timezones()
    return bytes(made.to_ical())


def _slots(versions: Sequence[Kept]) -> Iterator[_Slot]:
    """The deadlines an item has or had: of each kind the first one, the second one …"""
    names = dict.fromkeys(name for version in versions for name in _named(version.item))
    for name in names:
        every = [(_named(version.item).get(name), version.found) for version in versions]
        told = list(dropwhile(lambda one: one[0] is None, every))
        last = next(one for one, _ in reversed(told) if one is not None)
        moments = [found for (before, _), (now, found) in pairwise(told) if _when(before) != _when(now)]
        withdrawn = [version.found for version in versions if version.item.status == WITHDRAWN][:1]
        moments += withdrawn if told[-1][0] is not None else []
        yield _Slot(name, last, len(moments), max([told[0][1], *moments]), cancelled=told[-1][0] is None or bool(withdrawn))


def _named(item: Item) -> dict[str, Deadline]:
    """The deadlines of an item by their kind and number, which a change leaves as they are."""
    counts: dict[str, int] = {}
    found = {}
    for one in item.deadlines:
        counts[one.kind] = counts.get(one.kind, 0) + 1
        found[f"{one.kind} {counts[one.kind]}"] = one
    return found


def _when(one: Deadline | None) -> tuple[date, time | None] | None:
    return (one.day, one.time) if one else None


def _event(slot: _Slot, item: Item, zone: ZoneInfo) -> "Event":
    from icalendar import Event  # noqa: PLC0415 - slow to load

    event = Event()
    event.add("uid", f"{hashlib.sha256(f'{item.id} {slot.name}'.encode()).hexdigest()[:32]}@regwatch")
    event.add("sequence", slot.sequence)
    event.add("dtstamp", slot.changed)
    event.add("last-modified", slot.changed)
    event.add("status", "CANCELLED" if slot.cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    one = slot.deadline
    if one.time is None:
        event.add("dtstart", one.day)
        event.add("dtend", one.day + timedelta(days=1))
    else:
        moment = datetime.combine(one.day, one.time, zone)
        event.add("dtstart", moment)
        event.add("dtend", moment + _LASTS)
    title = plain.words(" ".join(item.title.split()))[:300]
    event.add("summary", f"{wordlist.deadline(one.kind)}: {title}")
    address = plain.address(item.url)
    said = [due.words(one), f"“{' '.join(one.text.split())[:300]}”" if one.text else "", f"{item.agency}: {title}", address or ""]
    event.add("description", "\n".join(filter(None, said)))
    if address:
        event.add("url", address)
    return event
