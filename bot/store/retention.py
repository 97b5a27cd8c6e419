"""How long a workspace wishes the messages it was sent to be kept, and their removal; the record and decisions are kept for good."""

from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, Integer, Table, Text, and_, delete, exists, literal, select

from bot.store.database import Tx, insert
from bot.store.tables import Instant, decisions, metadata, outbox, places

# A workspace without a row keeps everything.
retention = Table("retention", metadata, Column("workspace", Text, primary_key=True), Column("days", Integer, nullable=False))

LEAST = 180
"""Days: reports, suggestions and stories look back at most half of it."""
_DONE = ("sent", "bundled", "dropped")


async def days(tx: Tx, workspace: str) -> int | None:
    """How many days the workspace keeps what it was sent; None for good."""
    return await tx.scalar(select(retention.c.days).where(retention.c.workspace == workspace))


async def keep(tx: Tx, workspace: str, wished: int | None) -> None:
    """From now on the workspace keeps what it was sent so many days; None for good."""
    if wished is None:
        await tx.execute(delete(retention).where(retention.c.workspace == workspace))
        return
    new = insert(tx, retention).values(workspace=workspace, days=wished)
    await tx.execute(new.on_conflict_do_update(index_elements=["workspace"], set_={"days": wished}))


async def forget(tx: Tx, now: datetime) -> int:
    """What workspaces wish to keep no longer is gone, a digest after all that stood in it; how many messages that were.

    A message whose item the workspace has decided about stays, for whoever wants to know why; so does whatever is still on its way.
    """
    wishes = (await tx.execute(select(retention.c.workspace, retention.c.days))).all()
    return sum([await _forget(tx, workspace, now - timedelta(days=kept)) for workspace, kept in wishes])


async def _forget(tx: Tx, workspace: str, before: datetime) -> int:
    theirs = outbox.c.place.in_(select(places.c.id).where(places.c.workspace == workspace))
    decided = exists().where(decisions.c.workspace == workspace, decisions.c.item == outbox.c.item)
    old = and_(theirs, outbox.c.state.in_(_DONE), outbox.c.created < literal(before, Instant()))
    alone = await tx.execute(delete(outbox).where(old, outbox.c.item.is_not(None), ~decided))
    whole = await tx.execute(delete(outbox).where(old, outbox.c.item.is_(None), ~_is_needed()))
    return alone.rowcount + whole.rowcount


def _is_needed() -> ColumnElement[bool]:
    """Whether something that stood in it is still there."""
    inside = outbox.alias("inside")
    return exists().where(inside.c.digest == outbox.c.id)
