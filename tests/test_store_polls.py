"""That we looked is kept in bounded form: a row for each source and day, and each gap."""

from datetime import UTC, date, datetime, timedelta

from bot.model import Gap, Look
from bot.store import polls
from bot.store.database import Store
from bot.store.polls import Counted


async def note(store: Store, *looks: Look) -> None:
    async with store.write() as tx:
        await polls.note(tx, looks)


async def test_polls_of_a_day_are_counted_in_one_row(store: Store, now: datetime) -> None:
    day = now.date()
    await note(store, Look(source="a", day=day, good=True), Look(source="b", day=day, good=False))
    await note(store, Look(source="a", day=day, good=False))
    await note(store, Look(source="a", day=day + timedelta(days=1), good=True))
    async with store.read() as tx:
        assert await polls.counts(tx, ["a", "b", "c"], day) == {"a": Counted(3, 2), "b": Counted(1, 0)}
        assert await polls.counts(tx, ["a", "b"], day + timedelta(days=1)) == {"a": Counted(1, 1)}
        assert await polls.counts(tx, [], day) == {}


async def test_polls_that_are_noted_together_are_counted_each(store: Store, now: datetime) -> None:
    day = now.date()
    good, bad = (Look(source="a", day=day, good=good) for good in (True, False))
    await note(store, good, bad, good, Look(source="b", day=day, good=True), Look(source="b", day=day + timedelta(days=1), good=False))
    async with store.read() as tx:
        assert await polls.counts(tx, ["a", "b"], day) == {"a": Counted(3, 2), "b": Counted(2, 1)}


async def test_gaps_are_kept_once_and_told_in_order(store: Store, now: datetime) -> None:
    early, late = (Gap(source="a", begun=now + timedelta(hours=at), ended=now + timedelta(hours=at + 1)) for at in (0, 5))
    for gap in (late, early, early):
        await note(store, Look(source="a", day=now.date(), good=True, gap=gap))
    async with store.read() as tx:
        assert await polls.gaps_since(tx, ["a"], now) == [early, late]
        assert await polls.gaps_since(tx, ["a"], now + timedelta(hours=2)) == [late]
        assert await polls.gaps_since(tx, ["b"], now) == []


async def test_what_is_older_than_what_is_kept_is_forgotten(store: Store, now: datetime) -> None:
    old = now - polls.KEPT - timedelta(days=2)
    for at in (old, now):
        gap = Gap(source="a", begun=at - timedelta(hours=1), ended=at)
        await note(store, Look(source="a", day=at.astimezone(UTC).date(), good=True, gap=gap))
    async with store.write() as tx:
        await polls.forget(tx, now)
        assert await polls.counts(tx, ["a"], date(2000, 1, 1)) == {"a": Counted(1, 1)}
        assert [one.ended for one in await polls.gaps_since(tx, ["a"], old - timedelta(days=9))] == [now]
