"""How long the unattended work waits before it believes that something was lost.

The values bound the time of a recovery: a message whose sender died is decided within `lease` + `upkeep` + one search.
They are no settings: shorter ones would take work away from those who still do it. Only tests hurry.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from bot.deliver.digest import MOST_ALONE
from bot.deliver.outbox import SETTLE


@dataclass(frozen=True)
class Patience:
    """Each value is longer than the longest that honest work may take, so that a lease only runs out when its holder is gone."""

    # A message is being sent; the sender itself gives its platform 30 seconds, and twice that if a thread is gone.
    lease: timedelta = timedelta(seconds=90)
    # With less than this left of its lease, a message is not posted any more: the call must be over when the lease is.
    post: timedelta = timedelta(seconds=60)
    # A platform may still be working on a message whose answer was lost.
    settle: timedelta = SETTLE
    # A source is being polled by a bot that says at each tick that it still is: only a bot that is gone says so no more.
    poll: timedelta = timedelta(seconds=30)
    # A source is being polled once, by somebody's command, which says nothing in between; a fetch gives up after 30 seconds.
    poll_once: timedelta = timedelta(minutes=2)
    # One batch of messages is being looked for.
    search: timedelta = timedelta(minutes=3)
    # So many alerts come to a place one by one within minutes; more come as one message.
    most_alone: int = MOST_ALONE
    # How often lost work is looked for.
    upkeep: timedelta = timedelta(seconds=15)

    def ticking(self, seconds: float) -> "Patience":
        """The patience where the scheduler looks that often: whoever misses two ticks is not gone."""
        return replace(self, poll=max(self.poll, 3 * timedelta(seconds=seconds)))
