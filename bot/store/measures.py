"""How polling and delivering stand, in a few numbers over all workspaces: for those who operate the bot."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import case, func, select

from bot.store.database import Tx, one_of
from bot.store.tables import outbox, places, sources

SOURCE_STATES = ("ok", "failing", "blocked", "unread")
# What is settled only grows, so it is not counted; an index knows all of these.
OUTBOX_STATES = ("waiting", "pending", "sending", "later", "unclear", "held")
_OWED = ("waiting", "pending", "later", "sending", "unclear")


class Polls(NamedTuple):
    """Sources by state, the oldest last good poll in each state, and when the first of them was, or is, to be polled."""

    counts: dict[str, int]
    oldest: dict[str, datetime]
    next_poll: datetime | None


class Owed(NamedTuple):
    """Deliveries by state, and since when the oldest that is due and could be sent has been due."""

    counts: dict[str, int]
    due_since: datetime | None


async def polls(tx: Tx, ids: Collection[str]) -> Polls:
    """How these sources fare."""
    state = case(
        (sources.c.last_polled.is_(None), "unread"),
        (sources.c.trouble == "", "ok"),
        (sources.c.fault == "blocked", "blocked"),
        else_="failing",
    )
    wanted = select(state, func.count(), func.min(sources.c.last_success), func.min(sources.c.next_poll))
    rows = (await tx.execute(wanted.where(one_of(tx, sources.c.source, ids)).group_by(state))).all()
    counts = dict.fromkeys(SOURCE_STATES, 0) | {name: number for name, number, _, _ in rows}
    return Polls(counts, {name: oldest for name, _, oldest, _ in rows if oldest}, min((row[3] for row in rows), default=None))


async def owed(tx: Tx, now: datetime) -> Owed:
    """How the outbox stands; what is owed to a suspended place is counted and not due."""
    each = select(outbox.c.state, func.count()).where(outbox.c.state.in_(OUTBOX_STATES)).group_by(outbox.c.state)
    counts = dict.fromkeys(OUTBOX_STATES, 0) | dict((await tx.execute(each)).all())
    due = select(func.min(outbox.c.not_before)).join(places).where(outbox.c.state.in_(_OWED), outbox.c.not_before <= now)
    return Owed(counts, await tx.scalar(due.where(places.c.suspended == "")))
