"""Restores: a copy of the database was put in the place of a later one, so what was sent since the copy is not known here.

What was owed when the copy was made may have been sent since; so may what is found again. Both are `unclear` at first: the place is
searched for them, as for any message whose fate nobody knows.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Column, Table, func, insert, select, update

from bot.messages import keep
from bot.model import Delivery
from bot.store.database import Tx
from bot.store.tables import Instant, metadata, outbox, sources

restores = Table("restores", metadata, Column("restored", Instant, primary_key=True), Column("copied", Instant, nullable=False))

AGAIN = keep("found again after a restore")
# For so long after a restore, notices that are owed may be those of before: reminders, and what is said once.
RECENT = timedelta(hours=1)


class Restore(NamedTuple):
    """The copy is as of about `copied` and has been in place since `restored`."""

    copied: datetime
    restored: datetime


async def last(tx: Tx) -> Restore | None:
    """The newest restore, if there ever was one."""
    row = (await tx.execute(select(restores.c.copied, restores.c.restored).order_by(restores.c.restored.desc()).limit(1))).first()
    return Restore(*row) if row else None


async def recent(tx: Tx, created: datetime) -> Restore | None:
    """The newest restore, if a message of that time may be owed because of it."""
    found = await last(tx)
    return found if found and created < found.restored + RECENT else None


async def reconcile(tx: Tx, now: datetime) -> int:
    """This database is a copy that was just put in place: nothing it owes is sent before it is looked for; how many messages that are.

    Bringing an alert up to date can be done twice, and what waits for its window is looked for when that closes.
    """
    acted = await tx.execute(select(func.max(sources.c.last_polled)))
    sent = await tx.execute(select(func.max(outbox.c.attempted)))
    copied = max([one for one in (acted.scalar(), sent.scalar()) if one is not None], default=now)
    await tx.execute(insert(restores).values(copied=min(copied, now), restored=now))
    owed = update(outbox).where(outbox.c.state.in_(("pending", "later", "sending")), outbox.c.kind != "refresh")
    doubted = {"state": "unclear", "attempted": func.coalesce(outbox.c.attempted, outbox.c.created), "lease_until": None}
    await tx.execute(update(sources).values(lease_until=None))
    return (await tx.execute(owed.values(doubted | {"not_before": now, "reason": AGAIN}))).rowcount


def is_doubtful(restore: Restore | None, waiting: Delivery) -> bool:
    """Whether what has waited until now may have gone out before the restore."""
    if restore is None:
        return False
    return waiting.not_before <= restore.restored or (waiting.attempted is not None and waiting.attempted <= restore.restored)


def repeated(restore: Restore | None, delivery: Delivery) -> Delivery:
    """What is owed by itself, such as a reminder, or for a window that was over before the restore, may have been sent."""
    is_old = restore is not None and delivery.window is not None and delivery.window.end <= restore.restored
    return doubted(restore, delivery) if delivery.kind == "notice" or is_old else delivery


def doubted(restore: Restore | None, delivery: Delivery) -> Delivery:
    """The delivery if the run before the restore may have sent it: unclear, to be looked for from the time of the copy on.

    A change goes out marked as a possible repeat: a later change may have the number of one that was sent, and must not be missed.
    """
    if restore is None or delivery.kind == "refresh":
        return delivery
    if delivery.state == "waiting":
        # An attempt before the restore: by that it is known when its time comes.
        return delivery.model_copy(update={"attempted": restore.copied})
    if delivery.state != "pending":
        return delivery
    if delivery.kind == "changed":
        return delivery.model_copy(update={"reason": keep("possible repeat 1: {kept}", kept=AGAIN)})
    return delivery.model_copy(update={"state": "unclear", "attempted": restore.copied, "reason": AGAIN})
