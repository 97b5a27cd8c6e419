"""Sources and events: polled by one at a time, saved whole; an event is acted on once."""

import asyncio
from datetime import datetime, timedelta

from bot.model import SourceState
from bot.store import events, sources
from bot.store.database import Store

LEASE = timedelta(minutes=2)


async def ensure(store: Store, now: datetime, *ids: str) -> None:
    async with store.write() as tx:
        await sources.ensure(tx, ids, now)


async def due(store: Store, now: datetime, **more: list[str]) -> list[str]:
    async with store.write() as tx:
        return [one.source for one in await sources.due(tx, now, LEASE, 10, **more)]


async def test_a_source_is_due_from_the_start_and_its_state_is_never_made_twice(store: Store, now: datetime) -> None:
    await ensure(store, now, "a", "b")
    await ensure(store, now + timedelta(hours=1), "a", "b", "c")
    async with store.read() as tx:
        assert {one.source: one.next_poll - now for one in await sources.all(tx)} == {
            "a": timedelta(),
            "b": timedelta(),
            "c": timedelta(hours=1),
        }


async def test_a_due_source_is_handed_out_once_until_its_lease_runs_out(store: Store, now: datetime) -> None:
    await ensure(store, now, "a", "b")
    assert await due(store, now - timedelta(seconds=1)) == []
    assert await due(store, now) == ["a", "b"]
    assert await due(store, now + LEASE - timedelta(seconds=1)) == []
    assert await due(store, now + LEASE) == ["a", "b"]


async def test_a_source_that_is_held_stays_its_holder_s_and_one_whose_lease_ran_out_does_not(store: Store, now: datetime) -> None:
    await ensure(store, now, "a", "b")
    assert await due(store, now, among=["a"]) == ["a"]
    later, end = now + LEASE / 2, now + LEASE
    assert await due(store, later, among=["b"]) == ["b"]
    async with store.write() as tx:
        await sources.hold(tx, ["b"], later + LEASE / 4, LEASE)
        await sources.hold(tx, ["a"], end, LEASE)
    assert await due(store, end) == ["a"]
    assert await due(store, later + LEASE) == []
    assert await due(store, later + LEASE / 4 + LEASE) == ["b"]


async def test_two_replicas_never_get_the_same_source(database: str, store: Store, now: datetime) -> None:
    await ensure(store, now, *(f"source-{number}" for number in range(40)))
    stores = [await Store.open(database) for _ in range(3)]
    taken = await asyncio.gather(*(due(one, now) for one in stores))
    for one in stores:
        await one.close()
    flat = [source for part in taken for source in part]
    assert len(flat) == len(set(flat))
    assert len(flat) >= 10


async def test_only_the_sources_asked_for_are_handed_out(store: Store, now: datetime) -> None:
    await ensure(store, now, "a", "removed from the catalogue")
    assert await due(store, now, among=["a", "unheard of"]) == ["a"]
    assert await due(store, now, among=[]) == []


async def test_a_saved_source_comes_back_whole_and_free_and_due_when_it_says(store: Store, now: datetime) -> None:
    await ensure(store, now, "a")
    assert await due(store, now) == ["a"]
    state = SourceState(
        source="a",
        next_poll=now + timedelta(minutes=15),
        etag='W/"1"',
        last_modified="Thu, 02 Jul 2026 09:30:00 GMT",
        body_hash="abc",
        failures=2,
        last_polled=now,
        last_success=now - timedelta(days=1),
        last_rows=30,
        trouble="It answered 503.",
        fault="http_error",
        trouble_since=now,
        polls=7,
        expected=now + timedelta(minutes=16),
        news=(now.date() - timedelta(days=3), now.date()),
    )
    async with store.write() as tx:
        await sources.save(tx, state)
        assert await sources.all(tx) == [state]
    assert await due(store, now + timedelta(minutes=14)) == []
    assert await due(store, now + timedelta(minutes=15)) == ["a"]


async def test_what_fares_as_before_moves_on_beside_what_fares_otherwise(store: Store, now: datetime) -> None:
    await ensure(store, now, "a", "b", "c", "d")
    before = [SourceState(source=one, next_poll=now, etag=f"tag-{one}", last_rows=3, polls=7, news=(now.date(),)) for one in "abcd"]
    times = {"last_polled": now, "last_success": now, "polls": 8}
    due_at = [now + timedelta(minutes=minutes) for minutes in (15, 15, 20, 15)]
    after = [one.model_copy(update=times | {"next_poll": due, "expected": due}) for one, due in zip(before, due_at, strict=True)]
    after[3] = after[3].model_copy(update={"etag": "another", "trouble": "It answered 503.", "last_success": None})
    async with store.write() as tx:
        await sources.save(tx, *before)
        assert len(await sources.due(tx, now, LEASE, 10)) == 4
        await sources.fare_on(tx, zip(before, after, strict=True))
        assert await sources.all(tx) == after
    assert await due(store, now + timedelta(minutes=14)) == []
    assert await due(store, now + timedelta(minutes=15)) == ["a", "b", "d"]
    assert await due(store, now + timedelta(minutes=20)) == ["a", "b", "d", "c"]  # the leases of the first three have run out


async def test_a_clock_that_went_back_does_not_silence_a_source(store: Store, now: datetime) -> None:
    await ensure(store, now, "a")
    assert await due(store, now) == ["a"]
    before = now - timedelta(hours=3)
    async with store.write() as tx:
        await sources.save(tx, SourceState(source="a", next_poll=now + timedelta(minutes=15), last_polled=now))
    assert await due(store, before) == ["a"]


async def test_poll_now_makes_sources_due(store: Store, now: datetime) -> None:
    await ensure(store, now + timedelta(hours=1), "a", "b")
    async with store.write() as tx:
        assert await sources.poll_now(tx, ["b", "unheard of"], now) == 1
    assert await due(store, now) == ["b"]
    async with store.write() as tx:
        assert await sources.poll_now(tx, None, now) == 2
    assert await due(store, now) == ["a"]


async def test_an_event_is_new_to_exactly_one_of_many(database: str, now: datetime) -> None:
    stores = [await Store.open(database) for _ in range(4)]

    async def act(mine: Store) -> bool:
        async with mine.write() as tx:
            return await events.first_time(tx, "Ev1", now)

    answers = await asyncio.gather(*(act(mine) for mine in stores * 3))
    for mine in stores:
        await mine.close()
    assert sorted(answers) == [False] * 11 + [True]


async def test_old_events_are_forgotten(store: Store, now: datetime) -> None:
    async with store.write() as tx:
        await events.first_time(tx, "old", now - timedelta(days=2))
        await events.first_time(tx, "new", now)
        assert await events.forget_before(tx, now - timedelta(days=1)) == 1
        assert await events.first_time(tx, "old", now) is True
        assert await events.first_time(tx, "new", now) is False


async def test_what_happens_once_is_never_forgotten(store: Store, now: datetime) -> None:
    async with store.write() as tx:
        assert await events.first_ever(tx, "welcome:a", now - timedelta(days=400)) is True
        assert await events.forget_before(tx, now) == 0
        assert await events.first_ever(tx, "welcome:a", now) is False
