"""An SQLite file that could not be written goes on by itself once it may be, though SQLite would stay with what it found.

SQLite opens a file that may not be written for reading alone, and stays with that while any connection of the process is open. The
`-shm` beside it, made meanwhile, keeps the rights that the file had then (measured with SQLite 3.40; https://sqlite.org/wal.html#read_only_databases).
"""

import asyncio
import os
from collections.abc import Iterable
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.store.trouble import CONNECT_ERRORS


def share(file: Path) -> None:
    """What SQLite keeps beside a file that may be written may be written too, as far as it is ours."""
    if not os.access(file, os.W_OK, effective_ids=True):
        return
    for beside in (file.with_name(f"{file.name}-shm"), file.with_name(f"{file.name}-wal")):
        with suppress(OSError):
            if not os.access(beside, os.W_OK, effective_ids=True):
                beside.chmod(file.stat().st_mode & 0o777)


async def close_all(engines: Iterable[tuple[AsyncEngine, int]], patience: float) -> None:
    """Every connection of the engines, each given with how many it may have; who uses one is waited for, at most `patience` seconds."""
    with suppress(*CONNECT_ERRORS):
        async with asyncio.timeout(patience), AsyncExitStack() as stack:
            held = [await stack.enter_async_context(engine.connect()) for engine, size in engines for _ in range(size)]
            for one in held:
                await one.invalidate()
