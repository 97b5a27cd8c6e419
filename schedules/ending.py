"""How work under way comes to its end when the bot is told to stop."""

import asyncio
from collections.abc import Iterable


async def ended(tasks: Iterable[asyncio.Task[object]], grace: float) -> None:
    """All of these tasks are over: within `grace` seconds by themselves, else cancelled. Their errors are not raised here."""
    under_way = list(tasks)
    if not under_way:
        return
    _, late = await asyncio.wait(under_way, timeout=grace)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
