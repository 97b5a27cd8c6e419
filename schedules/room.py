"""The room that work takes among what may go on side by side."""

import asyncio
from typing import Self


class Room:
    """A room of `rooms`, taken for a block; who needs it no longer leaves it earlier. Without `rooms` there is one for everybody."""

    def __init__(self, rooms: asyncio.Semaphore | None = None) -> None:
        self._rooms = rooms
        self._is_taken = False

    async def __aenter__(self) -> Self:
        if self._rooms:
            await self._rooms.acquire()
            self._is_taken = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.leave()

    def leave(self) -> None:
        """The room is free for the next one; left twice it stays so."""
        if self._rooms and self._is_taken:
            self._rooms.release()
        self._is_taken = False
