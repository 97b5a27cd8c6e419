"""Which work runs when; the only file that knows APScheduler.

The clock only wakes the work up: what is due, and since when, stands in the database. So a late, doubled or missed tick
loses nothing, and each job runs at most once at a time in a process. When the clock is set back, the next ticks are too:
APScheduler alone would sleep until the clock has caught up.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from schedules.ending import ended

log = structlog.get_logger()

Work = Callable[[], Awaitable[object]]

# How often the clock is looked at, in seconds of a clock that nobody sets.
WATCH = 2.0


class Timetable:
    """Runs each work every so many seconds, from the first moment on, until stopped. `clock` gives the time."""

    def __init__(self, works: Mapping[str, tuple[Work, float]], clock: Callable[[], datetime], *, watch: float = WATCH) -> None:
        # No misfire limit: a job that could not start in time starts late instead of never; many late ones count as one.
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)
        self._scheduler.add_listener(_report, EVENT_JOB_ERROR)
        self._running: set[asyncio.Task[object]] = set()
        self._works = works
        self._clock = clock
        self._watch = watch
        self._watching: asyncio.Task[None] | None = None
        # By a clock that nobody sets.
        self._begun: dict[str, float] = {}

    def start(self) -> None:
        """From now on the works run, each at once for the first time; needs a running event loop."""
        now = self._clock()
        self._begun = dict.fromkeys(self._works, asyncio.get_running_loop().time())
        for name, (work, seconds) in self._works.items():
            trigger = IntervalTrigger(seconds=seconds, timezone=UTC)
            self._scheduler.add_job(self._run, trigger, (name, work), id=name, next_run_time=now)
        self._scheduler.start()
        self._watching = asyncio.create_task(self._look_at_the_clock())

    async def finish(self, grace: float) -> None:
        """No work starts any more; what runs has `grace` seconds to end by itself and is then cancelled."""
        if self._watching is not None:
            self._watching.cancel()
            self._scheduler.shutdown(wait=False)
        await ended(self._running, grace)

    async def _look_at_the_clock(self) -> None:
        while True:
            await asyncio.sleep(self._watch)
            now = self._clock()
            for name, (_, seconds) in self._works.items():
                job = self._scheduler.get_job(name)
                if job is not None and job.next_run_time > now + timedelta(seconds=seconds + self._watch):
                    log.warning("clock_went_back", work=name, ahead=str(job.next_run_time - now))
                    job.modify(next_run_time=now)

    def lag(self) -> dict[str, float]:
        """By how many seconds each work is late: it should have begun since then and has not. Empty before the start."""
        now = asyncio.get_running_loop().time()
        return {name: max(now - begun - self._works[name][1], 0.0) for name, begun in self._begun.items()}

    async def _run(self, name: str, work: Work) -> None:
        self._begun[name] = asyncio.get_running_loop().time()
        # APScheduler cancels what runs when it shuts down; the shield leaves the end to `finish`.
        task = asyncio.ensure_future(work())
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await asyncio.shield(task)


def _report(event: JobExecutionEvent) -> None:
    if isinstance(event.exception, asyncio.CancelledError):
        return  # told to stop, see above
    log.error("work_failed", work=event.job_id, reason=f"{type(event.exception).__name__}: {event.exception}")
