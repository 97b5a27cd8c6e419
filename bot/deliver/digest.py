"""When what was found for a place goes out, and what goes out together: the windows of digests, quiet hours, bursts. Pure.

Windows partition time: each ends where the next one begins, at a moment of the place's own clock. A time of day that a change of
the clock leaves out is taken as if the clock had not been changed; one that comes twice counts the first time. So no day has
two ends, and each moment lies in exactly one window.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo

from bot.deliver.outbox import key
from bot.messages import keep
from bot.model import Crowd, Delivery, Frequency, Place, Subscription, Weekday, Window

WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
URGENT_TYPES = frozenset({"recall", "safety_alert"})

# So many alerts may reach a place one by one within this time; what is more goes out as one message.
MOST_ALONE = 20
BURST = timedelta(minutes=5)
# A burst takes a while to come in, one source after another; for so long it is gathered.
GATHER = timedelta(seconds=20)

_QUIET = keep("until the quiet hours end")
_FOR_DIGEST: dict[Frequency, str] = {
    "hourly": keep("for the hourly digest"),
    "daily": keep("for the daily digest"),
    "weekly": keep("for the weekly digest"),
}

# Farther than the longest window on either side: a week, and a day for zones that once left a day out.
_REACH = 9


Overflow = Literal["none", "ordinary", "all"]
"""What goes out as one message: nothing, what is not urgent, or all."""


class Plan(NamedTuple):
    """When a find goes out: at once (`pending`), or not before `due`, as `reason` says."""

    state: Literal["pending", "waiting", "dropped"]
    due: datetime
    reason: str = ""


class Closing(NamedTuple):
    """What becomes of the finds of a place whose time has come: some by themselves, some together in `digest`, some later or never."""

    alone: tuple[Delivery, ...]
    together: tuple[Delivery, ...]
    later: tuple[tuple[Delivery, Plan], ...]
    digest: Delivery | None


def window(subscription: Subscription, zone: ZoneInfo, at: datetime) -> Window:
    """The window of this subscription's digest in which the moment lies; `now` has none."""
    ends = _ends(subscription.frequency, _days(subscription), subscription.at, zone, at.astimezone(zone).date())
    after = bisect_right(ends, at)
    return Window(start=ends[after - 1], end=ends[after], due=ends[after])


@lru_cache(maxsize=4096)
def _ends(frequency: Frequency, days: tuple[Weekday, ...], at: time, zone: ZoneInfo, today: date) -> list[datetime]:
    """Where windows end, for more than a week before and after the day, in UTC and in order."""
    near = [today + timedelta(days=offset) for offset in range(-_REACH, _REACH + 1)]
    chosen = [day for day in near if WEEKDAYS[day.weekday()] in days]
    if frequency == "hourly":
        return sorted({hour for day in chosen for hour in _hours(day, zone)})
    return sorted({datetime.combine(day, at, zone).astimezone(UTC) for day in chosen})


def _days(subscription: Subscription) -> tuple[Weekday, ...]:
    return subscription.days or (("mon",) if subscription.frequency == "weekly" else WEEKDAYS)


def _hours(day: date, zone: ZoneInfo) -> Iterator[datetime]:
    """Each full hour that the clock shows on that day, twice where it is set back and never where it is set forward."""
    for hour in range(24):
        for fold in (0, 1):
            shown = datetime(day.year, day.month, day.day, hour, fold=fold, tzinfo=zone)
            moment = shown.astimezone(UTC)
            if moment.astimezone(zone).replace(tzinfo=None, fold=0) == shown.replace(tzinfo=None, fold=0):
                yield moment


def quiet_until(place: Place, now: datetime) -> datetime | None:
    """The end of the quiet hours of the place, if it has them now."""
    if place.quiet_from is None or place.quiet_to is None:
        return None
    zone = ZoneInfo(place.timezone)
    overnight = timedelta(days=1 if place.quiet_to <= place.quiet_from else 0)
    for offset in (-2, -1, 0, 1):
        day = now.astimezone(zone).date() + timedelta(days=offset)
        start = datetime.combine(day, place.quiet_from, zone).astimezone(UTC)
        end = datetime.combine(day + overnight, place.quiet_to, zone).astimezone(UTC)
        if start <= now < end:
            return end
    return None


def is_urgent(doc_type: str, subscriptions: Sequence[Subscription]) -> bool:
    """Whether an item of this type passes digests and quiet hours for these subscriptions: a recall or safety alert, if one wishes so."""
    return doc_type in URGENT_TYPES and any(one.urgent for one in subscriptions)


def plan(place: Place, subscriptions: Sequence[Subscription], found: datetime, now: datetime, *, urgent: bool = False) -> Plan:
    """When what was `found` for these subscriptions of the place goes out: with the soonest of them, and not in quiet hours."""
    if urgent:
        return Plan("pending", now)
    if not subscriptions:
        return Plan("dropped", now, keep("the place has unsubscribed"))
    soonest, frequency = min((_due(one, place, found), one.frequency) for one in subscriptions)
    due = max(soonest, now)
    quiet = quiet_until(place, due)
    if quiet is not None:
        return Plan("waiting", quiet, _QUIET)
    if due > now:
        return Plan("waiting", due, _FOR_DIGEST[frequency])
    return Plan("pending", now)


def was_held_back(one: Delivery) -> bool:
    """Whether the message goes out later than it was found because its place wishes so."""
    return one.reason in (_QUIET, *_FOR_DIGEST.values())


def planned(
    owed: Iterable[Delivery],
    doc_types: Mapping[str, str],
    subscriptions: Iterable[Subscription],
    places: Mapping[str, Place],
    now: datetime,
) -> list[Delivery]:
    """The deliveries of a poll, each with when it goes out; `doc_types` are those of their items."""
    at_place: dict[str, list[Subscription]] = {}
    for one in subscriptions:
        at_place.setdefault(one.place, []).append(one)
    return [_timed(one, places[one.place], at_place.get(one.place, ()), doc_types[one.item], now) for one in owed]


def _timed(one: Delivery, place: Place, subscriptions: Iterable[Subscription], doc_type: str, now: datetime) -> Delivery:
    mine = [sub for sub in subscriptions if sub.watchlist in one.watchlists]
    urgent = is_urgent(doc_type, mine)
    when = _at_once(place, now) if is_for_followers(one) else plan(place, mine, now, now, urgent=urgent)
    return one.model_copy(update={"state": when.state, "not_before": when.due, "reason": when.reason, "urgent": urgent})


def is_for_followers(one: Delivery) -> bool:
    """Whether the place gets it because it follows the item, and no watchlist of it matched."""
    return bool(one.item) and one.kind == "changed" and not one.watchlists


def _at_once(place: Place, now: datetime) -> Plan:
    quiet = quiet_until(place, now)
    return Plan("pending", now) if quiet is None else Plan("waiting", quiet, _QUIET)


def _due(subscription: Subscription, place: Place, found: datetime) -> datetime:
    return found if subscription.frequency == "now" else window(subscription, ZoneInfo(place.timezone), found).due


def close(
    place: Place, due: Sequence[Delivery], subscriptions: Sequence[Subscription], now: datetime, *, most_alone: int = MOST_ALONE
) -> Closing:
    """What becomes of the deliveries of a place that waited until now.

    What the place wishes to hear at once goes by itself, unless it is a burst; the rest is one digest, whose id tells its window.
    Wishes may have changed since it began to wait: what is to wait longer does, and what nobody wants any more is dropped.
    """
    mine = {one.id: [sub for sub in subscriptions if sub.watchlist in one.watchlists] for one in due}
    plans = [(one, _plan_again(place, one, mine[one.id], now)) for one in due]
    ready = [one for one, planned in plans if planned.state == "pending"]
    alone = [one for one in ready if not one.item or is_for_followers(one) or any(sub.frequency == "now" for sub in mine[one.id])]
    if len(alone) > most_alone:
        alone = [one for one in alone if not one.item]
    by_itself = {one.id for one in alone}
    together = tuple(one for one in ready if one.id not in by_itself)
    later = tuple((one, planned) for one, planned in plans if planned.state != "pending")
    digest = _digest(place, _span(place, together, mine, now), now) if together else None
    return Closing(tuple(alone), together, later, digest)


def _plan_again(place: Place, one: Delivery, subscriptions: Sequence[Subscription], now: datetime) -> Plan:
    if is_for_followers(one):
        return _at_once(place, now)
    if one.item:
        return plan(place, subscriptions, one.created, now, urgent=one.urgent)
    quiet = quiet_until(place, now)
    return Plan("pending", now) if quiet is None else Plan("waiting", quiet, _QUIET)


def _span(place: Place, together: Sequence[Delivery], mine: Mapping[str, Sequence[Subscription]], now: datetime) -> Window:
    """From the start of the first window that these finds lie in to the end that is just past; without windows, from the first find."""
    zone = ZoneInfo(place.timezone)
    waited = [(one, sub) for one in together for sub in mine[one.id] if sub.frequency != "now"]
    ends = {sub.id: window(sub, zone, now).start for _, sub in waited}
    start = min([window(sub, zone, one.created).start for one, sub in waited] + [one.created for one in together])
    return Window(start=start, end=max(ends.values(), default=now), due=now)


def _digest(place: Place, span: Window, now: datetime) -> Delivery:
    name = key(place.id, f"until {span.end.isoformat()}", 0, "digest")
    return Delivery(id=name, place=place.id, kind="digest", window=span, created=now, not_before=now)


def overflow(crowd: Crowd, sent_alone: int, last: Delivery | None, now: datetime, most_alone: int = MOST_ALONE) -> Overflow:
    """Which of the alerts owed to a place are too many to come one by one, after so many lately; urgent ones only if they alone are.

    For a while after a burst everything that is not urgent still belongs to it. What a place missed while it took no messages is one
    message too, unless it is a single alert.
    """
    if crowd.urgent + sent_alone > most_alone:
        return "all"
    in_burst = last is not None and now - BURST < last.not_before <= now + BURST
    too_many = in_burst or crowd.missed > 1 or crowd.owed + sent_alone > most_alone
    return "ordinary" if too_many and crowd.owed > crowd.urgent else "none"


def is_gathered(last: Delivery | None, now: datetime) -> bool:
    """Whether this burst has not begun to be sent, so that more can join it."""
    return last is not None and last.state == "pending" and last.attempts == 0 and last.not_before > now


def burst(place: Place, last: Delivery | None, now: datetime) -> Delivery:
    """The one message for what is too much to come one by one. It is gathered for a while, and comes well after the `last` one."""
    due = now + GATHER if last is None else max(now + GATHER, min(last.not_before, now) + BURST)
    name = key(place.id, f"burst of {now.isoformat()}", 0, "burst")
    return Delivery(id=name, place=place.id, kind="burst", window=Window(start=now, end=due, due=due), created=now, not_before=due)
