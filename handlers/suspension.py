"""Places that take messages again, or none any more: invited back, unarchived, installed again; or uninstalled, its tokens revoked."""

from datetime import datetime

import structlog

from bot.cards.card import Card, notice
from bot.cards.stopped import WHOLE_WORKSPACE
from bot.messages import count, say, speaking_to
from bot.model import Place, Platform
from bot.store import outbox, places, record
from bot.store.database import Tx
from bot.store.record import Fact
from handlers.reply import Context

log = structlog.get_logger()


async def gone(tx: Tx, place: Place, code: str, now: datetime) -> None:
    """Nothing is sent to the place until it is back: the platform told so, in its word."""
    if await places.suspend(tx, place.id, code, now):
        await record.by_itself(tx, place, "place suspended", now, about=place.id, name=place.name, code=code)


async def back(place: Place, context: Context, now: datetime) -> Card | None:
    """What to say in a place that takes messages again, if it was suspended: how much was missed, which then comes by itself."""
    async with context.store.write() as tx:
        if not await places.resume(tx, place.id):
            return None
        await record.by_itself(tx, place, "place resumed", now, about=place.id, name=place.name)
        missed = await outbox.owed_now(tx, place.id, now)
        held = len(await places.at_place(tx, place.id))
        kept = await places.get(tx, place.id) or place
    log.info("place_resumed", place=place.id, missed=missed)
    with speaking_to(kept.language, kept.locale):
        again = count("I am back: alerts for {n} watchlist come here again.", "I am back: alerts for {n} watchlists come here again.", held)
        return notice(again, _told(missed), tone="success")


def _told(missed: int) -> str:
    if missed == 0:
        return say("Nothing was found meanwhile.")
    return count("{n} alert was found meanwhile and follows.", "{n} alerts were found meanwhile and follow as one message.", missed)


async def renewed(platform: Platform, workspace: str, context: Context, now: datetime) -> int:
    """The platform accepts our installation again: what was suspended for that is no longer; how many places."""
    async with context.store.write() as tx:
        resumed = await places.resume_all(tx, platform, workspace, WHOLE_WORKSPACE)
        await _noted(tx, workspace, "workspace resumed", now, places=resumed)
    if resumed:
        log.info("workspace_resumed", platform=platform, workspace=workspace, places=resumed)
    return resumed


async def ended(platform: Platform, workspace: str, code: str, context: Context, now: datetime) -> int:
    """The platform does not accept our installation any more, in its word: nothing is sent until it is renewed; how many places."""
    async with context.store.write() as tx:
        suspended = await places.suspend_all(tx, platform, workspace, code, now)
        await _noted(tx, workspace, "workspace suspended", now, places=suspended, code=code)
    log.info("workspace_suspended", platform=platform, workspace=workspace, places=suspended, code=code)
    return suspended


async def _noted(tx: Tx, workspace: str, what: str, now: datetime, **after: int | str) -> None:
    """It stands in the record, if it was so for any place."""
    if after["places"]:
        await record.note(tx, workspace, Fact(what=what, at=now, by="", by_name=record.ITSELF, about=workspace, after=after))
