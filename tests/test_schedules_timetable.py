"""The timetable: works run at once and again and again, fail alone, survive a clock that is set back, and end in time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
import time_machine
from structlog.testing import capture_logs

from bot.errors import StoreTrouble
from schedules.timetable import Timetable, Work


class Counting:
    """A work that counts its beginnings."""

    def __init__(self) -> None:
        self.begun = 0

    async def __call__(self) -> None:
        self.begun += 1


def clock() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def running(**works: Work) -> AsyncIterator[Timetable]:
    timetable = Timetable({name: (work, 0.02) for name, work in works.items()}, clock, watch=0.02)
    timetable.start()
    yield timetable
    await timetable.finish(0.05)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - any fact, not an event
            await asyncio.sleep(0.005)


async def test_a_work_that_fails_is_tried_again_and_harms_no_other() -> None:
    class Failing(Counting):
        async def __call__(self) -> None:
            await super().__call__()
            raise StoreTrouble("The database is locked by another process.")

    failing, well = Failing(), Counting()
    async with running(failing=failing, well=well):
        await until(lambda: failing.begun >= 3 and well.begun >= 3)


@pytest.mark.parametrize("travel", ["2026-07-02 08:00", "2026-07-02 12:00"])
async def test_a_clock_that_is_set_back_or_forward_stops_nothing(travel: str) -> None:
    with time_machine.travel("2026-07-02 10:00", tick=True) as traveller:
        work = Counting()
        async with running(work=work):
            await until(lambda: work.begun >= 2)
            traveller.move_to(travel)
            before = work.begun
            await until(lambda: work.begun >= before + 3)


async def test_a_work_that_hangs_is_cancelled_at_the_end_and_none_begins_any_more() -> None:
    class Hanging(Counting):
        async def __call__(self) -> None:
            await super().__call__()
            await asyncio.Event().wait()

    hanging, quick = Hanging(), Counting()
    with capture_logs() as told:
        async with running(hanging=hanging, quick=quick):
            await until(lambda: quick.begun >= 2)
        begun = quick.begun
        await asyncio.sleep(0.1)
    assert (hanging.begun, quick.begun) == (1, begun)
    assert [one for one in told if one["event"] == "work_failed"] == [], "to be told to stop is no failure"


async def test_a_timetable_that_was_never_started_ends_at_once() -> None:
    await Timetable({}, clock).finish(1)


async def test_a_work_that_hangs_is_late_and_one_that_runs_is_not() -> None:
    class Hanging(Counting):
        async def __call__(self) -> None:
            await asyncio.Event().wait()

    async with running(hanging=Hanging(), quick=Counting()) as timetable:
        await until(lambda: timetable.lag()["hanging"] > 0.2)
        assert timetable.lag()["quick"] < 0.2
