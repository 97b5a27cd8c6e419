"""How each source fares, and which are due: a source is polled by one process at a time, under a lease."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, bindparam, delete, or_, select, update

from bot.model import SourceState
from bot.store.database import Tx, as_list, insert, one_of, one_of_named
from bot.store.tables import Instant, sources
from bot.times import SKEW

_STATE = select(*(sources.c[name] for name in SourceState.model_fields))
_SAVE = (
    update(sources)
    .where(sources.c.source == bindparam("to_source"))
    .values({name: bindparam(f"to_{name}") for name in SourceState.model_fields if name != "source"} | {"lease_until": None})
)
_DUE, _NOW = bindparam("to_due", type_=Instant), bindparam("to_now", type_=Instant)
_AGAIN = {
    "next_poll": _DUE,
    "expected": _DUE,
    "last_polled": _NOW,
    "last_success": _NOW,
    "polls": sources.c.polls + 1,
    "lease_until": None,
}


async def ensure(tx: Tx, ids: Collection[str], now: datetime) -> None:
    """Each of these sources has a state; one that had none is due now."""
    known = set(await tx.scalars(select(sources.c.source).where(one_of(tx, sources.c.source, ids))))
    fresh = [_row(SourceState(source=one, next_poll=now)) for one in ids if one not in known]
    if fresh:
        await tx.execute(insert(tx, sources).on_conflict_do_nothing(), fresh)


async def due(tx: Tx, now: datetime, lease: timedelta, limit: int, *, among: Collection[str] | None = None) -> list[SourceState]:
    """The sources to poll now, the most overdue first; nobody else gets them until they are saved or the lease runs out."""
    is_due = or_(sources.c.next_poll <= now, sources.c.last_polled > now + SKEW)
    is_free = or_(sources.c.lease_until.is_(None), sources.c.lease_until <= now, sources.c.lease_until > now + lease + SKEW)
    wanted = _STATE.where(and_(is_due, is_free)).order_by(sources.c.next_poll, sources.c.source).limit(limit)
    if among is not None:
        wanted = wanted.where(one_of(tx, sources.c.source, among))
    claimed = await _states(tx, wanted.with_for_update(skip_locked=True))
    mine = one_of(tx, sources.c.source, [one.source for one in claimed])
    await tx.execute(update(sources).where(mine).values(lease_until=now + lease))
    return claimed


async def hold(tx: Tx, ids: Collection[str], now: datetime, lease: timedelta) -> None:
    """The leases of these sources that have not run out begin anew: whoever polls them is still at it."""
    held = and_(one_of(tx, sources.c.source, ids), sources.c.lease_until > now)
    await tx.execute(update(sources).where(held).values(lease_until=now + lease))


async def still(tx: Tx, states: Collection[SourceState]) -> set[str]:
    """The sources that nobody has polled since these states were claimed; until the transaction ends nobody else can."""
    mine = one_of(tx, sources.c.source, [one.source for one in states])
    rows = await tx.execute(select(sources.c.source, sources.c.polls).where(mine).order_by(sources.c.source).with_for_update())
    polls = {row.source: row.polls for row in rows}
    return {one.source for one in states if polls.get(one.source) == one.polls}


async def save(tx: Tx, *states: SourceState) -> None:
    """The sources fare as given, and their leases are over."""
    if states:
        await tx.execute(_SAVE, [{f"to_{name}": value for name, value in _row(one).items()} for one in states])


async def fare_on(tx: Tx, changes: Iterable[tuple[SourceState, SourceState]]) -> None:
    """The sources fare as the second of each two states says, after the first, and their leases are over.

    Of those that were asked once more and fare as before only the times are written, all that are due together at once.
    """
    other: list[SourceState] = []
    same: dict[tuple[datetime, datetime], list[str]] = defaultdict(list)
    for before, after in changes:
        if after.last_polled and after == _asked_again(before, after.next_poll, after.last_polled):
            same[after.next_poll, after.last_polled].append(after.source)
        else:
            other.append(after)
    await save(tx, *other)
    if same:
        again = update(sources).where(one_of_named(tx, sources.c.source, "those")).values(_AGAIN)
        await tx.execute(again, [{"to_due": due, "to_now": now, "those": as_list(tx, those)} for (due, now), those in same.items()])


def _asked_again(state: SourceState, due: datetime, now: datetime) -> SourceState:
    times = {"next_poll": due, "expected": due, "last_polled": now, "last_success": now, "polls": state.polls + 1}
    return SourceState.trusted(state.__dict__ | times)


async def all(tx: Tx) -> list[SourceState]:  # noqa: A001  read as sources.all
    """How every source fares that was ever in the catalogue, by id."""
    return await _states(tx, _STATE.order_by(sources.c.source))


async def poll_now(tx: Tx, ids: Collection[str] | None, now: datetime) -> int:
    """These sources, or all, are due now; how many there are. The scheduler sees it, perhaps in another process."""
    mine = update(sources) if ids is None else update(sources).where(one_of(tx, sources.c.source, ids))
    return (await tx.execute(mine.values(next_poll=now))).rowcount


def _row(state: SourceState) -> dict[str, object]:
    row = {name: getattr(state, name) for name in SourceState.model_fields}
    return row | {"news": [day.isoformat() for day in state.news]}


async def forget(tx: Tx, source_id: str) -> None:
    """Nothing is known any more of how the source fared: its next poll is a first one."""
    await tx.execute(delete(sources).where(sources.c.source == source_id))


async def _states(tx: Tx, wanted: Select[Any]) -> list[SourceState]:
    return [_state(row) for row in await tx.execute(wanted)]


def _state(row: Iterable[Any]) -> SourceState:
    state = dict(zip(SourceState.model_fields, row, strict=True))
    return SourceState.trusted(state | {"news": tuple(map(date.fromisoformat, state["news"]))})
