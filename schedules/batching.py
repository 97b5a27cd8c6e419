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


class Batching(Generic[Work, Result]):
    """Calls `write` with works of at most `room` together, or one; it gives a result for each, or raises and has then done nothing."""

    def __init__(self, write: Callable[[Sequence[Work]], Awaitable[Sequence[Result]]], size: Callable[[Work], float], room: float) -> None:
        self._write = write
        self._size = size
        self._room = room
        self._waiting: list[_Waiting[Work, Result]] = []
        self._turn = asyncio.Lock()

    async def __call__(self, work: Work) -> Result:
        """The result of this work, which is written when this returns. Its error is its own: works that fail together are tried alone."""
        mine: _Waiting[Work, Result] = _Waiting(work)
        self._waiting.append(mine)
        try:
            async with self._turn:
                if not mine.result:
                    await self._write_with(mine)
        finally:
            if mine in self._waiting:
                self._waiting.remove(mine)
        return mine.result[0]

    async def _write_with(self, mine: _Waiting[Work, Result]) -> None:
        """Whoever has the turn writes for all who wait; if that is given up half way, the others still wait and write themselves."""
        company = [mine] if mine.alone else self._company()
        (found,) = await asyncio.gather(self._write([one.work for one in company]), return_exceptions=True)
        if not isinstance(found, BaseException):
            for one, result in zip(company, found, strict=True):
                one.result.append(result)
                self._waiting.remove(one)
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
