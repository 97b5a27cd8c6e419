"""How fast: the wait after failures, and when the next message to a place may go. Pure; chance is an argument."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.model import Place, Platform

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=15)
# With the waits above, about a day of trying.
GIVE_UP_AFTER = 100
# More processes than that do not wait for one place at a time.
MANY_GAPS = 10


class Rate(NamedTuple):
    """What a platform takes: in a place one message each `gap`; in a workspace one each `every`, after a first rush of `rush`."""

    gap: timedelta
    every: timedelta
    rush: timedelta


# Slack: chat.postMessage takes one message per second per channel, and "several hundred" per minute in a workspace
# (docs.slack.dev/apis/web-api/rate-limits); where that is fewer than ours, it says how long to wait.
# Teams: a conversation takes 7 messages in a second, 60 in 30 s, 1,800 in an hour, of which the last binds; a tenant 30 in a second
# (learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit, values subject to change).
# A workflow of Teams takes four in a second.
RATES: dict[Platform, Rate] = {
    "slack": Rate(timedelta(seconds=1), timedelta(seconds=0.1), timedelta(seconds=60)),
    "teams": Rate(timedelta(seconds=2), timedelta(seconds=1 / 30), timedelta(seconds=1)),
    "workflow": Rate(timedelta(seconds=2), timedelta(seconds=0.25), timedelta(seconds=1)),
}


def wait(failures: int, jitter: float) -> timedelta | None:
    """How long to wait after so many attempts failed in a row; None when it is time to give up.

    Doubles from 5 s to 15 min. `jitter` in [0, 1) spreads each wait over its upper half; for one jitter, more failures
    never wait less.
    """
    if failures >= GIVE_UP_AFTER:
        return None
    doublings = min(max(failures - 1, 0), 20)
    whole = min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
    return whole * (0.5 + jitter / 2)


def workspace(place: Place) -> str:
    """What the messages of the whole workspace are counted under."""
    return f"{place.platform}:{place.workspace}"


def asked(place: Place) -> str:
    """Under what stands how long the platform asked us to wait: it blocks the whole workspace meanwhile."""
    return f"{place.platform}:{place.workspace} asked us to wait"


def heard(place: Place) -> str:
    """Under what stands from when on the place is free after the last answer, beside what is booked there for others."""
    return f"{place.id} answered"


def counted(place: Place) -> tuple[str, ...]:
    """Everything that decides when the next message to this place may go; nothing on a platform without limits."""
    return (place.id, heard(place), workspace(place), asked(place)) if place.platform in RATES else ()


def turn(place: Place, free: Mapping[str, datetime], now: datetime) -> datetime:
    """When the next message to the place may go, given from when on each of `counted` is free; `now` at the earliest.

    What is free only after many gaps was said before the clock went back: the place waits some gaps and not until it catches up.
    """
    rate = RATES.get(place.platform)
    if rate is None:
        return now
    here = min(free.get(place.id, now), now + MANY_GAPS * rate.gap)
    return max(booked_turn(place, free, now), here, free.get(workspace(place), now) - rate.rush)


def booked_turn(place: Place, free: Mapping[str, datetime], now: datetime) -> datetime:
    """When the message may go whose turn was booked: what was heard since then, for another message, holds for this one too."""
    rate = RATES.get(place.platform)
    if rate is None:
        return now
    return max(now, min(free.get(heard(place), now), now + MANY_GAPS * rate.gap), free.get(asked(place), now))


def booked(place: Place, free: Mapping[str, datetime], now: datetime) -> dict[str, datetime]:
    """From when on each is free once a message to the place is on its way."""
    rate = RATES.get(place.platform)
    if rate is None:
        return {}
    return {place.id: now + rate.gap, workspace(place): max(now, free.get(workspace(place), now)) + rate.every}


def answered(place: Place, wait: timedelta, now: datetime) -> dict[str, datetime]:
    """From when on each is free once the platform has answered, asking us to wait so long (zero: not at all).

    Slack counts from when a message arrived, so a place is free one gap after the answer and not after the call.
    """
    rate = RATES.get(place.platform)
    if rate is None:
        return {}
    return {heard(place): now + rate.gap} | ({asked(place): now + wait} if wait > timedelta() else {})
