"""Which work runs when; the only file that knows APScheduler.

The clock only wakes the work up: what is due, and since when, stands in the database. So a late, doubled or missed tick
loses nothing, and each job runs at most once at a time in a process.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import structlog
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

log = structlog.get_logger()

Work = Callable[[], Awaitable[object]]


class Timetable:
    """Runs each work every so many seconds, from the first moment on, until stopped."""

    def __init__(self, works: Mapping[str, tuple[Work, float]]) -> None:
        # No misfire limit: a job that could not start in time starts late instead of never; many late ones count as one.
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)
        self._scheduler.add_listener(_report, EVENT_JOB_ERROR)
        self._running: set[asyncio.Task[object]] = set()
        self._works = works

    def start(self, now: datetime) -> None:
        """From `now` on the works run, each at once for the first time; needs a running event loop."""
        for name, (work, seconds) in self._works.items():
            self._scheduler.add_job(self._run, IntervalTrigger(seconds=seconds, timezone=UTC), (work,), id=name, next_run_time=now)
        self._scheduler.start()

    async def stop(self, grace: float) -> None:
        """No work starts any more; what runs has `grace` seconds to end by itself and is then cancelled."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        if not self._running:
            return
        _, late = await asyncio.wait(self._running, timeout=grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _run(self, work: Work) -> None:
        # APScheduler cancels what runs when it shuts down; the shield leaves the end to `stop`.
        task = asyncio.ensure_future(work())
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await asyncio.shield(task)


def _report(event: JobExecutionEvent) -> None:
    log.error("work_failed", work=event.job_id, reason=f"{type(event.exception).__name__}: {event.exception}")
