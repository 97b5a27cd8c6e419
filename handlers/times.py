"""How moments and spans of time are said to people."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from handlers.grammar import Request


def moment(when: datetime, request: Request) -> str:
    """A moment in the place's own time zone, which is named: `2 Jul 2026 09:30 KST`."""
    return f"{when.astimezone(zone(request)):%-d %b %Y %H:%M %Z}"


def zone(request: Request) -> ZoneInfo:
    """The time zone of the place; UTC if nobody knows the one it names."""
    try:
        return ZoneInfo(request.place.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def ago(when: datetime, now: datetime) -> str:
    """How long ago it was: `just now`, `40 min ago`."""
    passed = now - when
    return "just now" if passed < timedelta(minutes=1) else f"{span(passed)} ago"


def ahead(when: datetime, now: datetime) -> str:
    """How soon it is to be: `at the next look`, `in 3 h`."""
    return "at the next look" if when <= now else f"in {span(when - now)}"


def span(length: timedelta) -> str:
    """A length of time in its largest whole unit: `40 min`, `3 h`, `2 days`."""
    minutes = max(1, round(length.total_seconds() / 60))
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{round(minutes / 60)} h"
    return f"{round(minutes / 60 / 24)} days"
