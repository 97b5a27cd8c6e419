"""`regwatch run` in a hurry: the same wiring with short leases, for tests that kill it and cannot wait minutes."""

import asyncio
from datetime import timedelta

from bot.__main__ import _end_well_from_the_start

if __name__ == "__main__":
    _end_well_from_the_start()  # as `regwatch run` does: a test may tell it to stop while it still reads its modules

from bot import app, settings
from bot.deliver import digest
from schedules.patience import Patience

HURRIED = Patience(
    # Longer than honest work on a busy machine: a lease that runs out under its holder is another fault than those meant here.
    lease=timedelta(seconds=8),
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
