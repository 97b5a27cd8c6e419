"""Requests that are being carried out after the platform was told that they have come: kept until they end, and none falls silently."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import structlog

log = structlog.get_logger()

T = TypeVar("T")
Work = Coroutine[Any, Any, None]


class AfterAck:
    """The requests under way of one platform, called `name` in the log."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._work: set[asyncio.Task[Any]] = set()

    def begin(self, work: Work, fallen: Callable[[], Work] | None = None) -> "asyncio.Task[None]":
        """The work goes on by itself; after a bug of ours in it, which the log then names, comes what `fallen` gives."""
        task = self.keep(work)
        task.add_done_callback(lambda done: self._ended(done, fallen))
        return task

    def keep(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """The work goes on, and its end is awaited when we stop; whoever asks for its result hears of a bug in it."""
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        return task

    def has_fallen(self, task: "asyncio.Task[Any]") -> bool:
        """Whether what has ended did so by a bug of ours, which the log then names."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            # its text could hold what people wrote
            log.error("A request failed by our fault", platform=self._name, error=type(error).__name__, where=_where(error))
        return error is not None

    async def stop(self, patience: float) -> None:
        """What was under way had `patience` seconds to end, then it was cancelled."""
        late: set[asyncio.Task[Any]] = set()
        if self._work:
            _, late = await asyncio.wait(self._work, timeout=patience)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _ended(self, task: "asyncio.Task[None]", fallen: Callable[[], Work] | None) -> None:
        if self.has_fallen(task) and fallen is not None:
            self.begin(fallen())


def _where(error: BaseException) -> str:
    """File and line in our code where the error rose."""
    trace, found = error.__traceback__, ""
    while trace is not None:
        found = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found
