"""Places that take messages again: the bot was invited back, the channel unarchived, or the installation renewed."""

from datetime import datetime

import structlog

from bot.cards.card import Card, notice
from bot.cards.stopped import WHOLE_WORKSPACE
from bot.model import Place, Platform
from bot.store import outbox, places
from handlers.reply import Context

log = structlog.get_logger()


async def back(place: Place, context: Context, now: datetime) -> Card | None:
    """What to say in a place that takes messages again, if it was suspended: how much was missed, which then comes by itself."""
    async with context.store.write() as tx:
        if not await places.resume(tx, place.id):
            return None
        missed = await outbox.owed_now(tx, place.id, now)
        count = len(await places.at_place(tx, place.id))
    log.info("place_resumed", place=place.id, missed=missed)
    watched = f"{count} {'watchlist' if count == 1 else 'watchlists'}"
    return notice(f"I am back: alerts for {watched} come here again.", _told(missed), tone="success")


def _told(missed: int) -> str:
    if missed == 0:
        return "Nothing was found meanwhile."
    return (
        "One alert was found meanwhile and follows."
        if missed == 1
        else f"{missed:,} alerts were found meanwhile and follow as one message."
    )


async def renewed(platform: Platform, workspace: str, context: Context) -> int:
    """The platform accepts our installation again: what was suspended for that is no longer; how many places."""
    async with context.store.write() as tx:
        resumed = await places.resume_all(tx, platform, workspace, WHOLE_WORKSPACE)
    if resumed:
        log.info("workspace_resumed", platform=platform, workspace=workspace, places=resumed)
    return resumed
