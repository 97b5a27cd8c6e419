"""`regwatch run` in a hurry: the same wiring with short leases, for tests that kill it and cannot wait minutes.

HURRIED_LEASE is the lease of a message, in seconds.
"""

import asyncio
import os
from datetime import timedelta

from bot.__main__ import _end_well_from_the_start

if __name__ == "__main__":
    _end_well_from_the_start()  # as `regwatch run` does: a test may tell it to stop while it still reads its modules

from bot import app, settings
from bot.deliver import digest
from schedules.patience import Patience

# By default longer than honest work on a busy machine: a lease that runs out under its holder is a fault that not every test means.
LEASE = timedelta(seconds=float(os.environ.get("HURRIED_LEASE", "8")))

HURRIED = Patience(
    lease=LEASE,
    post=LEASE / 2,
    settle=timedelta(seconds=1),
    poll=timedelta(seconds=2),
    search=timedelta(seconds=3),
    upkeep=timedelta(seconds=0.5),
    # What is killed and found again are single messages; a hundred of them in a minute are no burst here.
    most_alone=1_000_000,
)

if __name__ == "__main__":
    # What a place missed is one message, soon.
    digest.GATHER, digest.BURST = timedelta(seconds=1), timedelta(seconds=3)
    asyncio.run(app.run(settings.load(), None, lambda sentence: None, HURRIED))
