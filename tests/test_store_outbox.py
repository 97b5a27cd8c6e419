"""The outbox: owed once, claimed by one, in the order of the place, recovered when a sender vanishes."""

import asyncio
from datetime import datetime, timedelta

import pytest

from bot.deliver import outbox as life
from bot.model import Delivery, Item, Notice, Window
from bot.store import items, outbox, places
from bot.store.database import Store
from tests.builders import delivery, item, place

LEASE = timedelta(seconds=90)
GENERAL = place("general")
OTHER = place("other")


@pytest.fixture
async def one(store: Store) -> Item:
    """An item that two places may be told about."""
    kept = item()
    async with store.write() as tx:
        await items.add(tx, kept, "print", link="", why="new")
        await places.ensure(tx, GENERAL)
        await places.ensure(tx, OTHER)
    return kept


async def owe(store: Store, *deliveries: Delivery) -> int:
    async with store.write() as tx:
        return await outbox.owe(tx, deliveries)


async def claim(store: Store, now: datetime, where: str | None = None) -> Delivery | None:
    async with store.write() as tx:
        return next(iter(await outbox.claim(tx, now, LEASE, among=None if where is None else [where], limit=1)), None)


async def record(store: Store, ended: Delivery, **changes: object) -> bool:
    async with store.write() as tx:
        return await outbox.record(tx, ended.model_copy(update=changes), ended)


async def counts(store: Store) -> dict[str, int]:
    async with store.read() as tx:
        return await outbox.counts(tx)


async def test_the_same_message_is_owed_once_whatever_its_id(store: Store, one: Item) -> None:
    assert await owe(store, delivery(one, GENERAL), delivery(one, GENERAL), delivery(one, OTHER)) == 2
    assert await owe(store, delivery(one, GENERAL), delivery(one, GENERAL, kind="changed", version=2)) == 1
    assert await counts(store) == {"pending": 3}


async def test_a_thousand_messages_are_owed_at_once(store: Store, one: Item) -> None:
    many = [delivery(one, GENERAL, version=number) for number in range(1, 1001)]
    assert await owe(store, *many) == 1000
    assert await owe(store, *many) == 0


async def test_a_delivery_comes_back_as_it_was_owed(store: Store, one: Item, now: datetime) -> None:
    owed = delivery(one, GENERAL, watchlists=("a", "b"), not_before=now + timedelta(microseconds=1))
    await owe(store, owed)
    async with store.read() as tx:
        assert await outbox.of_item(tx, one.id, workspace="W1") == [owed]


async def test_a_notice_is_owed_once_for_its_topic_beside_any_item(store: Store, one: Item, now: datetime) -> None:
    """Two notices have no item, version and kind that could tell them apart: their topic does."""
    said = [life.telling(GENERAL.id, topic, Notice(lines=(topic, "한국어")), now) for topic in ("down", "up", "down")]
    assert await owe(store, delivery(one, GENERAL), *said) == 3
    first, second = await claim(store, now), await claim(store, now)
    assert first is not None
    assert second is None
    await record(store, first, state="sent")
    second = await claim(store, now)
    assert second is not None
    assert (second.notice, second.item, second.kind) == (Notice(lines=("down", "한국어")), "", "notice")


async def test_a_claim_writes_sending_before_anybody_sends(store: Store, one: Item, now: datetime) -> None:
    owed = delivery(one, GENERAL)
    await owe(store, owed)
    claimed = await claim(store, now)
    sending = {"state": "sending", "attempts": 1, "attempted": now, "lease_until": now + LEASE}
    assert claimed == owed.model_copy(update=sending)
    async with store.read() as tx:
        assert await outbox.of_item(tx, one.id, workspace="W1") == [claimed]
    assert await claim(store, now) is None


async def test_a_message_is_not_claimed_before_its_time(store: Store, one: Item, now: datetime) -> None:
    await owe(store, delivery(one, GENERAL, not_before=now + timedelta(seconds=1)))
    assert await claim(store, now) is None
    assert await claim(store, now + timedelta(seconds=1)) is not None


@pytest.mark.parametrize("state", ["later", "sending", "unclear"])
async def test_an_unsettled_message_bars_the_later_ones_of_its_place_only(store: Store, one: Item, now: datetime, state: str) -> None:
    await owe(store, delivery(one, GENERAL), delivery(one, GENERAL, version=2), delivery(one, OTHER))
    first = await claim(store, now, GENERAL.id)
    assert first is not None
    await record(store, first, state=state, not_before=now + timedelta(minutes=1))
    assert await claim(store, now, GENERAL.id) is None
    elsewhere = await claim(store, now)
    assert elsewhere is not None
    assert elsewhere.place == OTHER.id


@pytest.mark.parametrize("state", ["sent", "gone", "held"])
async def test_once_a_message_is_settled_the_next_one_follows_in_order(store: Store, one: Item, now: datetime, state: str) -> None:
    await owe(store, *(delivery(one, GENERAL, version=version) for version in (1, 2, 3)))
    order = []
    while claimed := await claim(store, now):
        order.append(claimed.version)
        await record(store, claimed, state=state)
    assert order == [1, 2, 3]


async def test_claimers_at_once_never_get_the_same_message(database: str, store: Store, one: Item, now: datetime) -> None:
    channels = [place() for _ in range(12)]
    async with store.write() as tx:
        for channel in channels:
            await places.ensure(tx, channel)
    await owe(store, *(delivery(one, channel) for channel in channels))
    stores = [await Store.open(database) for _ in range(3)]

    async def drain(mine: Store) -> list[str]:
        claimed = []
        while one := await claim(mine, now):
            claimed.append(one.id)
            await asyncio.sleep(0)
        return claimed

    taken = await asyncio.gather(*(drain(mine) for mine in stores))
    for mine in stores:
        await mine.close()
    flat = [one for part in taken for one in part]
    # On PostgreSQL a claimer may find every row locked by the others and leave early; what is left is claimed at the next look.
    flat += await drain(store)
    assert sorted(flat) == sorted(set(flat))
    assert len(flat) == 12


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.postgresql
async def test_a_message_another_replica_is_claiming_is_passed_over_without_waiting(
    store: Store, database: str, one: Item, now: datetime
) -> None:
    await owe(store, delivery(one, GENERAL), delivery(one, GENERAL, version=2), delivery(one, OTHER))
    second = await Store.open(database)
    async with store.write() as ours, second.write() as theirs:
        (mine,) = await outbox.claim(ours, now, LEASE, limit=1)
        (yours,) = await outbox.claim(theirs, now, LEASE)
        nothing = await outbox.claim(theirs, now, LEASE)
    await second.close()
    assert (mine.place, yours.place, nothing) == (GENERAL.id, OTHER.id, [])


async def test_a_claim_takes_one_message_of_each_place(store: Store, one: Item, now: datetime) -> None:
    await owe(store, delivery(one, GENERAL), delivery(one, GENERAL, version=2), delivery(one, OTHER))
    async with store.write() as tx:
        assert await outbox.due(tx, now, [GENERAL.id, OTHER.id]) == {GENERAL.id, OTHER.id}
        claimed = await outbox.claim(tx, now, LEASE, among=[GENERAL.id, OTHER.id])
        assert [(one.place, one.version) for one in claimed] == [(GENERAL.id, 1), (OTHER.id, 1)]
        assert await outbox.due(tx, now, [GENERAL.id, OTHER.id]) == set()


async def test_many_outcomes_are_written_together_each_only_as_it_may(store: Store, one: Item, now: datetime) -> None:
    channels = [place() for _ in range(6)]
    async with store.write() as tx:
        for channel in channels:
            await places.ensure(tx, channel)
        await outbox.owe(tx, [delivery(one, channel) for channel in channels])
        claimed = await outbox.claim(tx, now, LEASE)
        states = ("sent", "sent", "held", "held", "gone", "gone")
        ended = [each.model_copy(update={"state": state}) for each, state in zip(claimed, states, strict=True)]
        late = [each.model_copy(update={"attempted": now - timedelta(minutes=1)}) for each in claimed]
        await outbox.record_all(tx, list(zip(ended, [*claimed[:4], *late[4:]], strict=True)))
        assert await outbox.counts(tx) == {"sent": 2, "held": 2, "sending": 2}


async def test_a_message_whose_lease_ran_out_is_stuck(store: Store, one: Item, now: datetime) -> None:
    await owe(store, delivery(one, GENERAL))
    claimed = await claim(store, now)
    async with store.write() as tx:
        assert await outbox.stuck(tx, now + LEASE - timedelta(seconds=1)) == []
        assert await outbox.stuck(tx, now + LEASE) == [claimed]


async def test_a_clock_that_went_back_does_not_hide_a_stuck_message(store: Store, one: Item, now: datetime) -> None:
    await owe(store, delivery(one, GENERAL))
    claimed = await claim(store, now)
    async with store.write() as tx:
        assert await outbox.stuck(tx, now - timedelta(hours=1)) == [claimed]


async def test_an_unclear_message_is_looked_for_by_one_at_a_time(store: Store, one: Item, now: datetime) -> None:
    await owe(store, delivery(one, GENERAL))
    claimed = await claim(store, now)
    assert claimed is not None
    await record(store, claimed, state="unclear", lease_until=None, not_before=now + timedelta(seconds=10))
    later = now + timedelta(seconds=10)
    async with store.write() as tx:
        assert await outbox.claim_unclear(tx, now, LEASE) == []
        looked_for = await outbox.claim_unclear(tx, later, LEASE)
        assert [(one.id, one.state, one.attempts) for one in looked_for] == [(claimed.id, "unclear", 1)]
        assert await outbox.claim_unclear(tx, later, LEASE) == []
        assert len(await outbox.claim_unclear(tx, later + LEASE, LEASE)) == 1
    assert await record(store, looked_for[0], state="sent", reference="found", sent=later)


async def test_a_settled_message_stays_as_it_is(store: Store, one: Item, now: datetime) -> None:
    await owe(store, delivery(one, GENERAL))
    claimed = await claim(store, now)
    assert claimed is not None
    assert await record(store, claimed, state="sent", reference="1.1", sent=now)
    assert not await record(store, claimed, state="later")
    assert not await record(store, claimed, state="sent", reference="2.2", sent=now)
    async with store.read() as tx:
        assert [one.reference for one in await outbox.of_item(tx, one.id, workspace="W1")] == ["1.1"]


async def test_what_was_decided_on_a_message_that_has_changed_since_changes_nothing(store: Store, one: Item, now: datetime) -> None:
    await owe(store, delivery(one, GENERAL))
    frozen = await claim(store, now)
    assert frozen is not None
    assert await record(store, frozen, state="unclear", lease_until=None)
    assert not await record(store, frozen, state="gone")
    async with store.write() as tx:
        (searched,) = await outbox.claim_unclear(tx, now, LEASE)
        (again,) = await outbox.claim_unclear(tx, now + LEASE, LEASE)
    assert not await record(store, searched, state="pending", lease_until=None)
    assert await record(store, again, state="pending", lease_until=None)


async def test_who_lost_the_lease_can_only_say_that_it_was_sent(store: Store, one: Item, now: datetime) -> None:
    await owe(store, delivery(one, GENERAL))
    slow = await claim(store, now)
    assert slow is not None
    await record(store, slow, state="pending")
    quick = await claim(store, now + LEASE)
    assert quick is not None
    assert not await record(store, slow, state="later")
    assert await record(store, slow, state="sent", sent=now)
    assert not await record(store, quick, state="later")


async def test_what_a_suspended_place_is_owed_is_held_and_released_when_it_resumes(store: Store, one: Item, now: datetime) -> None:
    await owe(store, delivery(one, GENERAL), delivery(one, OTHER))
    async with store.write() as tx:
        await places.suspend(tx, GENERAL.id, "is_archived", now)
    await owe(store, delivery(one, GENERAL, version=2))
    assert await counts(store) == {"held": 2, "pending": 1}
    assert await claim(store, now, GENERAL.id) is None
    async with store.write() as tx:
        assert await places.resume(tx, GENERAL.id)
    first = await claim(store, now, GENERAL.id)
    assert first is not None
    assert (first.version, first.reason) == (1, outbox.MISSED)
    assert await counts(store) == {"pending": 2, "sending": 1}


async def test_an_attempt_that_found_the_place_gone_does_not_count_when_it_is_back(store: Store, one: Item, now: datetime) -> None:
    await owe(store, delivery(one, GENERAL, state="gone", attempts=7, reason="not_in_channel"))
    async with store.write() as tx:
        await places.suspend(tx, GENERAL.id, "not_in_channel", now)
        await places.resume(tx, GENERAL.id)
    again = await claim(store, now, GENERAL.id)
    assert again is not None
    assert (again.attempts, again.reason) == (1, outbox.MISSED)


async def test_renewing_an_installation_resumes_only_what_was_suspended_for_it(store: Store, now: datetime) -> None:
    lost, closed, others = (place(f"C{n}", platform="slack", workspace=w) for n, w in ((1, "T1"), (2, "T1"), (3, "T2")))
    async with store.write() as tx:
        for one, code in ((lost, "token_revoked"), (closed, "is_archived"), (others, "token_revoked")):
            await places.ensure(tx, one)
            assert await places.suspend(tx, one.id, code, now)
            assert not await places.suspend(tx, one.id, "another", now)
        assert await places.resume_all(tx, "slack", "T1", {"token_revoked", "invalid_auth"}) == 1
        assert not await places.resume(tx, lost.id)
        assert await places.resume(tx, closed.id)


async def test_resuming_a_place_releases_nothing_that_is_held_for_another_reason(store: Store, one: Item, now: datetime) -> None:
    await owe(store, delivery(one, GENERAL, state="held", reason="given up after 9 attempts"))
    async with store.write() as tx:
        await places.suspend(tx, GENERAL.id, "is_archived", now)
        await places.resume(tx, GENERAL.id)
    assert await counts(store) == {"held": 1}


async def test_the_places_where_something_can_be_sent_come_longest_waiting_first(store: Store, one: Item, now: datetime) -> None:
    later = now + timedelta(hours=1)
    await owe(store, delivery(one, OTHER), delivery(one, GENERAL), delivery(one, GENERAL, version=2))
    async with store.read() as tx:
        assert await outbox.waiting_places(tx, now, ["console"]) == [OTHER, GENERAL]
        assert await outbox.waiting_places(tx, now, ["slack"]) == []
    claimed = await claim(store, now, OTHER.id)
    assert claimed is not None
    async with store.write() as tx:
        assert await outbox.waiting_places(tx, later, ["console"]) == [GENERAL]
        await places.suspend(tx, GENERAL.id, "is_archived", now)
        assert await outbox.waiting_places(tx, later, ["console"]) == []


async def test_a_workspace_sees_only_its_own_deliveries(store: Store, one: Item) -> None:
    foreign = place("general", workspace="W2")
    async with store.write() as tx:
        await places.ensure(tx, foreign)
    await owe(store, delivery(one, GENERAL), delivery(one, foreign))
    async with store.read() as tx:
        assert [one.place for one in await outbox.of_item(tx, one.id, workspace="W2")] == [foreign.id]


async def test_a_digest_comes_back_with_its_window(store: Store, one: Item, now: datetime) -> None:
    window = Window(start=now - timedelta(days=1), end=now, due=now)
    owed = delivery("", GENERAL, kind="digest", version=0, window=window)
    assert await owe(store, owed, owed) == 1
    claimed = await claim(store, now)
    assert claimed is not None
    assert (claimed.kind, claimed.item, claimed.window) == ("digest", "", window)


@pytest.mark.parametrize("state", ["waiting", "bundled", "dropped"])
async def test_what_waits_or_will_not_be_sent_by_itself_bars_nothing(store: Store, one: Item, now: datetime, state: str) -> None:
    await owe(store, delivery(one, GENERAL, state=state), delivery(one, GENERAL, version=2))
    claimed = await claim(store, now)
    assert claimed is not None
    assert claimed.version == 2
