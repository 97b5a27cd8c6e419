"""How fast: the wait after failures, and the gap between two messages to one place. Pure; chance is an argument."""

from datetime import datetime, timedelta

from bot.model import Platform

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=15)
# With the waits above, about a day of trying.
GIVE_UP_AFTER = 100

# Slack: chat.postMessage takes one message per second per channel (docs.slack.dev/apis/web-api/rate-limits).
GAPS: dict[Platform, timedelta] = {"slack": timedelta(seconds=1)}


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


def next_allowed(platform: Platform, last: datetime | None, now: datetime) -> datetime:
    """When the next message to a place may go, given when the last one went; never before `now`.

    A `last` in the future (the clock went back) counts as now, so a place waits one gap and not until the clock catches up.
    """
    if last is None:
        return now
    return max(now, min(last, now) + GAPS.get(platform, timedelta()))
