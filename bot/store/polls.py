"""That we looked: polls counted by source and day, and the gaps between good ones; kept for KEPT."""

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, func, literal, select, true

from bot.model import Gap, Look
from bot.store.database import Tx, insert, one_of, rows_of
from bot.store.tables import gaps, poll_days

KEPT = timedelta(days=400)


class Counted(NamedTuple):
    """Polls of one source in a span of days, and how many of them were answered well."""

    polls: int
    good: int


async def note(tx: Tx, looks: Collection[Look]) -> None:
    """Each of these polls is counted, and the gaps they ended are kept."""
    alike: dict[tuple[date, int, int], list[str]] = defaultdict(list)
    for (source, day, good), times in Counter((one.source, one.day, int(one.good)) for one in looks).items():
        alike[day, times, times * good].append(source)
    for (day, times, good), sources in alike.items():
        listed = rows_of(tx, sources)
        # It says WHERE because SQLite would take ON CONFLICT for the condition of a join.
        rows = select(listed.c.value, literal(day), literal(times), literal(good)).where(true())
        new = insert(tx, poll_days).from_select(["source", "day", "polls", "good"], rows)
        more = {name: poll_days.c[name] + new.excluded[name] for name in ("polls", "good")}
        await tx.execute(new.on_conflict_do_update(index_elements=["source", "day"], set_=more))
    ended = [one.gap.model_dump() for one in looks if one.gap is not None]
    if ended:
        await tx.execute(insert(tx, gaps).on_conflict_do_nothing(), ended)


async def counts(tx: Tx, sources: Collection[str], since: date) -> dict[str, Counted]:
    """How often each of these sources was polled from this day (UTC) on; one that was not is left out."""
    columns = (poll_days.c.source, func.sum(poll_days.c.polls), func.sum(poll_days.c.good))
    wanted = select(*columns).where(one_of(tx, poll_days.c.source, sources), poll_days.c.day >= since).group_by(poll_days.c.source)
    return {source: Counted(int(polls), int(good)) for source, polls, good in await tx.execute(wanted)}


async def gaps_since(tx: Tx, sources: Collection[str], since: datetime) -> list[Gap]:
    """The gaps of these sources that ended after this moment, in the order they began."""
    wanted = select(gaps).where(one_of(tx, gaps.c.source, sources), gaps.c.ended > since).order_by(gaps.c.begun, gaps.c.source)
    return [Gap.model_validate(dict(row)) for row in (await tx.execute(wanted)).mappings()]


async def forget(tx: Tx, now: datetime) -> None:
    """What is older than KEPT is gone."""
    await tx.execute(delete(poll_days).where(poll_days.c.day < (now - KEPT).astimezone(UTC).date()))
    await tx.execute(delete(gaps).where(gaps.c.ended < now - KEPT))
