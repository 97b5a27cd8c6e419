"""How moments, spans and times of day are said by people and to them, in the language that is spoken; how far clocks may differ. Pure."""

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.messages import count, say
from bot.wordlist import day

# Clocks of two processes differ by less. What is said to be further in the future was written before the clock went back.
SKEW = timedelta(minutes=5)
_TIME_OF_DAY = re.compile(r"(\d{1,2})(?:[:.h](\d{2})?)?\s?([ap]m)?", re.IGNORECASE)


def zone(name: str) -> ZoneInfo:
    """The time zone of this name; UTC if nobody knows it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def week(when: datetime, zone_name: str) -> str:
    """The week it is there, such as `2026-W30`."""
    year, number, _ = when.astimezone(zone(zone_name)).isocalendar()
    return f"{year}-W{number:02}"


def month(when: datetime, zone_name: str) -> str:
    """The month it is there, such as `2026-07`."""
    return f"{when.astimezone(zone(zone_name)):%Y-%m}"


def moment(when: datetime, zone_name: str) -> str:
    """A moment in a time zone, which is named: `2 Jul 2026 09:30 KST`."""
    there = when.astimezone(zone(zone_name))
    return f"{day(there)} {there:%H:%M %Z}"


def between(begun: datetime, ended: datetime, zone_name: str) -> str:
    """A stretch of time: `2 Jul 2026 09:30 KST to 11:30 (2 h)`, with the second day in full where it is another."""
    last = ended.astimezone(zone(zone_name))
    same_day = begun.astimezone(zone(zone_name)).date() == last.date()
    end = f"{last:%H:%M}" if same_day else f"{day(last)} {last:%H:%M}"
    return say("{begun} to {ended} ({length})", begun=moment(begun, zone_name), ended=end, length=span(ended - begun))


def ago(when: datetime, now: datetime) -> str:
    """How long ago it was: `just now`, `40 min ago`."""
    passed = now - when
    return say("just now") if passed < timedelta(minutes=1) else say("{length} ago", length=span(passed))


def ahead(when: datetime, now: datetime) -> str:
    """How soon it is to be: `at the next look`, `in 3 h`."""
    return say("at the next look") if when <= now else say("in {length}", length=span(when - now))


def span(length: timedelta) -> str:
    """A length of time in its largest whole unit: `40 min`, `3 h`, `2 days`."""
    minutes = max(1, round(length.total_seconds() / 60))
    if minutes < 60:
        return say("{n} min", n=minutes)
    if minutes < 48 * 60:
        return say("{n} h", n=round(minutes / 60))
    return count("{n} day", "{n} days", round(minutes / 60 / 24))


def time_of_day(said: str) -> time | None:
    """The time of day: 9, 9:30, 09.30, 9am, 21h; None if it is none."""
    match = _TIME_OF_DAY.fullmatch(said.strip())
    if match is None:
        return None
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "").casefold()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None
