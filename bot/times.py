"""How moments and spans of time are said to people. Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


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


def moment(when: datetime, zone_name: str) -> str:
    """A moment in a time zone, which is named: `2 Jul 2026 09:30 KST`."""
    return f"{when.astimezone(zone(zone_name)):%-d %b %Y %H:%M %Z}"


def between(begun: datetime, ended: datetime, zone_name: str) -> str:
    """A stretch of time: `2 Jul 2026 09:30 KST to 11:30 (2 h)`, with the second day where it is another."""
    last = ended.astimezone(zone(zone_name))
    same_day = begun.astimezone(zone(zone_name)).date() == last.date()
    return f"{moment(begun, zone_name)} to {f'{last:%H:%M}' if same_day else f'{last:%-d %b %H:%M}'} ({span(ended - begun)})"


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
