"""Writes that are made together: what gathers while one transaction is under way goes into the next one, as one.

A write costs about the same for one source as for fifty, so a poll of many sources that found nothing new costs a few writes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")


class _Waiting(Generic[Work, Result]):
    def __init__(self, work: Work) -> None:
        self.work = work
        self.result: list[Result] = []
        self.alone = False
        self._called: asyncio.Future[None] | None = None

    async def be_called(self) -> None:
        """Ends when the work is written, or when it is its turn to write."""
        self._called = asyncio.get_running_loop().create_future()
        await self._called

    def call(self) -> None:
        if self._called and not self._called.done():
            self._called.set_result(None)


class Batching(Generic[Work, Result]):
    """Calls `write` with works of at most `room` together, or one; it gives a result for each, or raises and has then done nothing."""

    def __init__(self, write: Callable[[Sequence[Work]], Awaitable[Sequence[Result]]], size: Callable[[Work], float], room: float) -> None:
        self._write = write
        self._size = size
        self._room = room
        self._waiting: list[_Waiting[Work, Result]] = []
        self._is_writing = False

    async def __call__(self, work: Work) -> Result:
        """The result of this work, which is written when this returns. Its error is its own: works that fail together are tried alone."""
        mine: _Waiting[Work, Result] = _Waiting(work)
        self._waiting.append(mine)
        try:
            while not mine.result:
                if self._is_writing or self._waiting[0] is not mine:
                    await mine.be_called()
                else:
                    await self._take_turn(mine)
        finally:
            if not mine.result:
                self._waiting.remove(mine)
            if self._waiting and not self._is_writing:
                self._waiting[0].call()
        return mine.result[0]

    async def _take_turn(self, mine: _Waiting[Work, Result]) -> None:
        self._is_writing = True
        try:
            await self._write_with(mine)
        finally:
            self._is_writing = False

    async def _write_with(self, mine: _Waiting[Work, Result]) -> None:
        """Whoever has the turn writes for all who wait; if that is given up half way, the others still wait and write themselves."""
        company = [mine] if mine.alone else self._company()
        (found,) = await asyncio.gather(self._write([one.work for one in company]), return_exceptions=True)
        if not isinstance(found, BaseException):
            for one, result in zip(company, found, strict=True):
                one.result.append(result)
                self._waiting.remove(one)
                one.call()
        elif len(company) == 1:
            raise found
        else:
            for one in company:
                one.alone = True
            await self._write_with(mine)

    def _company(self) -> list[_Waiting[Work, Result]]:
        """The ones who have waited longest, as many as there is room for."""
        company: list[_Waiting[Work, Result]] = []
        left = self._room
        for one in self._waiting:
            left -= self._size(one.work)
            if one.alone or (company and left < 0):
                break
            company.append(one)
        return company
