"""Addresses that people want read: asked for in chat, looked at by the schedules, answered where they were asked."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, or_, select, update

from bot.model import Discovery
from bot.store.database import Tx
from bot.store.tables import discoveries

KEPT = timedelta(hours=1)
"""So long an answer stands for the question whether to add what was found."""
_DISCOVERY = select(*(discoveries.c[name] for name in Discovery.model_fields))


async def ask(tx: Tx, discovery: Discovery) -> None:
    """The address is to be looked at; what was asked longer than KEPT ago is forgotten."""
    await tx.execute(delete(discoveries).where(discoveries.c.asked < discovery.asked - KEPT))
    await tx.execute(discoveries.insert().values(discovery.model_dump(mode="python")))


async def get(tx: Tx, discovery_id: str) -> Discovery | None:
    """What is known of it now."""
    return next(iter(await _all(tx, _DISCOVERY.where(discoveries.c.id == discovery_id))), None)


async def latest(tx: Tx, workspace: str, url: str, now: datetime) -> Discovery | None:
    """The last answer for this address in this workspace, if it found something within KEPT."""
    mine = (discoveries.c.workspace == workspace, discoveries.c.url == url, discoveries.c.done, discoveries.c.refusal == "")
    wanted = _DISCOVERY.where(*mine, discoveries.c.asked >= now - KEPT).order_by(discoveries.c.number.desc()).limit(1)
    return next(iter(await _all(tx, wanted)), None)


async def claim(tx: Tx, now: datetime, lease: timedelta, limit: int) -> list[Discovery]:
    """Addresses to look at now; nobody else gets them until they are answered or the lease runs out."""
    free = or_(discoveries.c.lease_until.is_(None), discoveries.c.lease_until <= now)
    wanted = _DISCOVERY.where(~discoveries.c.done, free).order_by(discoveries.c.number).limit(limit)
    claimed = await _all(tx, wanted.with_for_update(skip_locked=True))
    await tx.execute(update(discoveries).where(discoveries.c.id.in_([one.id for one in claimed])).values(lease_until=now + lease))
    return claimed


async def are_open(tx: Tx) -> bool:
    """Whether any address waits to be looked at."""
    return await tx.scalar(select(discoveries.c.number).where(~discoveries.c.done).limit(1)) is not None


async def answer(tx: Tx, discovery: Discovery) -> Discovery:
    """The answer is kept. What comes back says whether somebody still waits for it: the two cannot miss each other."""
    values = discovery.model_dump(mode="json", include={"found"}) | {"done": True, "refusal": discovery.refusal, "hint": discovery.hint}
    await tx.execute(update(discoveries).where(discoveries.c.id == discovery.id).values(values))
    return await get(tx, discovery.id) or discovery


async def give_up(tx: Tx, discovery_id: str) -> Discovery | None:
    """What is known of it now; if that is no answer yet, it is told in the place when it comes."""
    waiting = (discoveries.c.id == discovery_id, ~discoveries.c.done)
    await tx.execute(update(discoveries).where(*waiting).values(late=True))
    return await get(tx, discovery_id)


async def _all(tx: Tx, wanted: Select[Any]) -> list[Discovery]:
    return [Discovery.model_validate(dict(row)) for row in (await tx.execute(wanted)).mappings()]
