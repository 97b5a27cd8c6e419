"""Draining the outbox and finding lost work: in order, at the place's pace, nothing lost, nothing twice without a mark."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from bot.cards.card import Card
from bot.deliver import outbox as life
from bot.deliver.outbox import Found, Gone, Later, Outcome, Refused, Sent, Unclear
from bot.errors import StoreTrouble
from bot.model import Delivery, Notice, Place
from bot.sources.catalogue import Catalogue
from bot.store import items, outbox, places, waiting, watchlists
from bot.store.database import Store, Tx
from schedules.deliver import Delivering
from schedules.patience import Patience
from schedules.upkeep import Upkeep
from tests.builders import delivery, item, place, subscription, watchlist
from tests.fakes import Clock, FakeSender
from tests.index_pieces import pieces_of_index

LEASE = Patience().lease


class Flaky(Store):
    """A store whose next so many transactions fail, as they do while a database is locked or starts again."""

    def __init__(self, behind: Store) -> None:
        self.behind, self.reads_fail, self.writes_fail = behind, 0, 0

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        if self.reads_fail:
            self.reads_fail -= 1
            raise StoreTrouble("The database is locked by another process.")
        async with self.behind.read() as tx:
            yield tx

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        if self.writes_fail:
            self.writes_fail -= 1
            raise StoreTrouble("The database is locked by another process.")
        async with self.behind.write() as tx:
            yield tx


class Hanging(FakeSender):
    """Never answers in the channel C1, neither to a post nor to a search."""

    async def send(self, place: Place, card: Card, delivery_id: str, thread: str = "") -> Outcome:
        if place.channel == "C1":
            await asyncio.Event().wait()
        return await super().send(place, card, delivery_id, thread)

    async def find(self, place: Place, delivery_id: str, since: datetime, thread: str = "") -> Found:
        if place.channel == "C1":
            await asyncio.Event().wait()
        return await super().find(place, delivery_id, since, thread)


class Desk:
    """A store with a Slack place and messages owed to it, and the work that sends them."""

    def __init__(self, store: Store, now: datetime) -> None:
        self.store, self.clock, self.sender = store, Clock(now), FakeSender()
        self.place: Place = place("C1", platform="slack", workspace="T1")
        self.watchlist = watchlist("recall", workspace="T1", name="Recalls")
        self.work = Delivering(store, {"slack": self.sender}, Catalogue({}, {}), self.clock, lambda: 0.5, self.clock.sleep)
        self.upkeep = Upkeep(store, {"slack": self.sender}, self.clock, lambda: 0.5)

    async def owe(self, *titles: str) -> None:
        async with self.store.write() as tx:
            await places.ensure(tx, self.place)
            if await watchlists.get_by_name(tx, "T1", "Recalls") is None:
                await watchlists.add(tx, self.watchlist)
            for title in titles:
                kept = item(title)
                await items.add(tx, kept, "print", link="", why="test")
                await outbox.owe(tx, [delivery(kept, self.place, watchlists=(self.watchlist.id,))])

    async def rows(self) -> list[Delivery]:
        async with self.store.read() as tx:
            found = [one for kept in await items.latest(tx, 100) for one in await outbox.of_item(tx, kept.id, workspace="T1")]
        return sorted(found, key=lambda one: int(one.id.rpartition("-")[2]))

    async def states(self) -> list[str]:
        return [one.state for one in await self.rows()]

    def titles(self) -> list[str]:
        return [next(line for line in text.splitlines() if "recall" in line) for _, text in self.sender.cards]


@pytest.fixture
def desk(store: Store, now: datetime) -> Desk:
    return Desk(store, now)


async def test_everything_owed_is_sent_in_order_and_named_after_its_watchlist(desk: Desk) -> None:
    await desk.owe("recall 1", "recall 2", "recall 3")
    assert await desk.work.drain() == 3
    assert [text.splitlines()[1] for _, text in desk.sender.cards] == ["recall 1", "recall 2", "recall 3"]
    assert all("Recalls" in text for _, text in desk.sender.cards)
    assert await desk.states() == ["sent"] * 3


async def test_a_channel_of_slack_gets_at_most_one_message_a_second(desk: Desk) -> None:
    await desk.owe("recall 1", "recall 2", "recall 3")
    await desk.work.drain()
    assert sum(desk.clock.slept) >= 2


async def test_a_burst_to_many_channels_costs_a_few_transactions_and_reaches_each_one_once(desk: Desk) -> None:
    class Counting(Flaky):
        written = 0

        @asynccontextmanager
        async def write(self) -> AsyncIterator[Tx]:
            Counting.written += 1
            async with self.behind.write() as tx:
                yield tx

    channels, kept = [place(f"C{number}", platform="slack", workspace="T1") for number in range(100)], item("recall 1")
    await desk.owe()
    async with desk.store.write() as tx:
        await items.add(tx, kept, "print", link="", why="test")
        for channel in channels:
            await places.ensure(tx, channel)
        await outbox.owe(tx, [delivery(kept, channel, watchlists=(desk.watchlist.id,)) for channel in channels])
    work = Delivering(Counting(desk.store), {"slack": desk.sender}, Catalogue({}, {}), desk.clock, lambda: 0.5, desk.clock.sleep)
    assert await work.drain() == 100
    assert sorted(channel for channel, _ in desk.sender.cards) == sorted(one.channel for one in channels)
    assert len({text for _, text in desk.sender.cards}) == 1
    assert Counting.written <= 30


async def test_what_was_sent_is_not_sent_again(desk: Desk) -> None:
    await desk.owe("recall 1")
    await desk.work.drain()
    assert await desk.work.drain() == 0
    assert len(desk.sender.ids) == 1


async def test_a_message_to_come_later_bars_the_ones_behind_it_until_its_time(desk: Desk) -> None:
    await desk.owe("recall 1", "recall 2")
    desk.sender.script = [Later(seconds=30, reason="Slack asked us to wait")]
    assert await desk.work.drain() == 0
    assert await desk.states() == ["later", "pending"]
    desk.clock.forward(seconds=20)
    assert await desk.work.drain() == 0
    desk.clock.forward(seconds=10)
    assert await desk.work.drain() == 2
    assert [text.splitlines()[1] for _, text in desk.sender.cards] == ["recall 1", "recall 1", "recall 2"]


async def test_a_gone_place_is_suspended_and_what_it_missed_comes_as_one_message_when_it_is_back(desk: Desk) -> None:
    await desk.owe("recall 1", "recall 2")
    desk.sender.script = [Gone(code="not_in_channel")]
    await desk.work.drain()
    await desk.owe("recall 3")
    assert await desk.states() == ["gone", "held", "held"]
    async with desk.store.write() as tx:
        await places.resume(tx, desk.place.id)
    await desk.work.drain()
    desk.clock.forward(minutes=1)
    assert await desk.work.drain() == 1
    assert await desk.states() == ["bundled", "bundled", "bundled"]
    assert all(f"recall {number}" in desk.sender.cards[-1][1] for number in (1, 2, 3))


async def test_a_single_alert_that_was_missed_comes_by_itself(desk: Desk) -> None:
    await desk.owe("recall 1")
    desk.sender.script = [Gone(code="is_archived")]
    await desk.work.drain()
    async with desk.store.write() as tx:
        await places.resume(tx, desk.place.id)
    assert await desk.work.drain() == 1
    assert "recall 1" in desk.sender.cards[-1][1]


async def subscribed(desk: Desk, *people: str) -> None:
    """Each of these has subscribed the place to a watchlist."""
    async with desk.store.write() as tx:
        for number, person in enumerate(people):
            wanted = watchlist("recall", workspace="T1", name=f"Recalls {number}")
            await watchlists.add(tx, wanted)
            await places.subscribe(tx, subscription(wanted, desk.place, created_by=person))


async def test_who_subscribed_a_gone_place_is_told_once_why_and_what_to_do(desk: Desk) -> None:
    await desk.owe("recall 1", "recall 2")
    await subscribed(desk, "slack:T1:U1", "slack:T1:U1", "slack:T1:U2", "console:local:ana")
    desk.sender.script = [Gone(code="not_in_channel")]
    for _ in range(3):
        await desk.work.drain()
    told = desk.sender.cards[1:]
    assert sorted(channel for channel, _ in told) == ["U1", "U2"]
    assert all("have stopped: I am not a member of it any more (not_in_channel)." in text for _, text in told)
    assert all("Invite me back with /invite @Regwatch." in text and "Recalls 0" in text for _, text in told)


async def test_a_place_that_goes_again_after_it_was_back_is_told_of_again(desk: Desk) -> None:
    await desk.owe("recall 1")
    await subscribed(desk, "slack:T1:U1")
    for _ in range(2):
        desk.sender.script = [Gone(code="is_archived")]
        await desk.work.drain()
        await desk.work.drain()
        async with desk.store.write() as tx:
            await places.resume(tx, desk.place.id)
        desk.clock.forward(hours=1)
    assert [channel for channel, _ in desk.sender.cards].count("U1") == 2


async def test_nobody_is_told_by_a_token_that_slack_does_not_accept(desk: Desk) -> None:
    await desk.owe("recall 1")
    await subscribed(desk, "slack:T1:U1")
    desk.sender.script = [Gone(code="token_revoked")]
    await desk.work.drain()
    assert await desk.work.drain() == 0
    assert len(desk.sender.cards) == 1


async def test_a_possible_repeat_that_was_held_with_its_place_still_says_so(desk: Desk) -> None:
    await desk.owe("recall 1")
    desk.sender.script = [Unclear(reason="no answer"), Later(seconds=5, reason="wait")]
    desk.sender.found = Unclear(reason="cannot look")
    await desk.work.drain()
    desk.clock.forward(minutes=1)
    await desk.upkeep.recover()
    await desk.work.drain()
    async with desk.store.write() as tx:
        await places.suspend(tx, desk.place.id, "is_archived", desk.clock())
        await places.resume(tx, desk.place.id)
    desk.clock.forward(minutes=1)
    await desk.work.drain()
    assert "You may have this already" in desk.sender.cards[-1][1]


async def test_a_refused_message_is_held_and_the_next_ones_go(desk: Desk) -> None:
    await desk.owe("recall 1", "recall 2")
    desk.sender.script = [Refused(code="invalid_blocks")]
    await desk.work.drain()
    assert await desk.states() == ["held", "sent"]


@pytest.mark.parametrize("outcome", [Unclear(reason="no answer"), RuntimeError("a bug")])
async def test_an_unclear_message_that_is_found_was_sent(desk: Desk, outcome: Outcome | Exception) -> None:
    await desk.owe("recall 1")
    desk.sender.script = [outcome]
    await desk.work.drain()
    assert await desk.states() == ["unclear"]
    desk.sender.found = Sent(reference="1.2")
    desk.clock.forward(minutes=1)
    assert await desk.upkeep.recover() == 1
    assert await desk.states() == ["sent"]
    assert await desk.work.drain() == 0
    assert len(desk.sender.ids) == 1


async def test_an_unclear_message_that_is_not_there_is_sent_without_a_mark(desk: Desk) -> None:
    await desk.owe("recall 1")
    desk.sender.script = [Unclear(reason="no answer")]
    await desk.work.drain()
    desk.clock.forward(minutes=1)
    await desk.upkeep.recover()
    assert await desk.work.drain() == 1
    assert "already" not in desk.sender.cards[-1][1]


@pytest.mark.parametrize(("unclear", "sent", "state"), [(1, 2, "sent"), (3, 4, "sent"), (9, 4, "held")])
async def test_when_nobody_can_look_it_is_sent_again_for_each_unclear_answer_and_says_so(
    desk: Desk, unclear: int, sent: int, state: str
) -> None:
    await desk.owe("recall 1")
    desk.sender.script = [Unclear(reason="no answer") for _ in range(unclear)]
    desk.sender.found = Unclear(reason="cannot look")
    for _ in range(10):
        await desk.work.drain()
        desk.clock.forward(minutes=20)
        await desk.upkeep.recover()
    assert ["You may have this already" in text for _, text in desk.sender.cards] == [False] + [True] * (sent - 1)
    assert await desk.states() == [state]


async def test_a_notice_is_sent_among_the_alerts_in_its_turn_and_says_when_it_may_be_a_repeat(desk: Desk) -> None:
    await desk.owe("recall 1")
    said = life.telling(desk.place.id, "down", Notice(lines=("A source cannot be read.", "Next try in 1 h.")), desk.clock())
    async with desk.store.write() as tx:
        await outbox.owe(tx, [said])
    await desk.owe("recall 2")
    desk.sender.script = [Sent(reference="r1"), Unclear(reason="no answer"), Sent(reference="r3")]
    desk.sender.found = Unclear(reason="cannot look")
    for _ in range(3):
        await desk.work.drain()
        desk.clock.forward(minutes=20)
        await desk.upkeep.recover()
    texts = [text for _, text in desk.sender.cards]
    assert texts[1] == "A source cannot be read.\nNext try in 1 h."
    assert texts[2].startswith(texts[1])
    assert "You may have this already" in texts[2]
    assert "recall 2" in texts[3]


async def test_a_message_whose_sender_died_is_looked_for_when_its_lease_has_run_out(desk: Desk) -> None:
    await desk.owe("recall 1")
    async with desk.store.write() as tx:
        await outbox.claim(tx, desk.clock(), LEASE)
    assert await desk.work.drain() == 0
    desk.clock.forward(seconds=LEASE.total_seconds() + 1)
    await desk.upkeep.recover()
    assert await desk.work.drain() == 1
    assert desk.clock() - desk.clock.time < timedelta(minutes=5)


async def test_the_lease_begins_when_the_place_is_ours_and_not_when_we_began_to_wait_for_it(desk: Desk) -> None:
    await desk.owe("recall 1")
    desk.work.senders = {"slack": (sender := Hanging())}
    async with desk.store.write() as tx:
        await waiting.lock(tx, [desk.place.id])
        (task,) = await desk.work.begin()
        await asyncio.sleep(0.1)
        desk.clock.forward(minutes=5)
    while await desk.states() != ["sending"]:
        assert not task.done()
    (row,) = await desk.rows()
    assert row.lease_until == desk.clock() + LEASE
    assert sender.ids == []
    await desk.work.finish(0)


@pytest.mark.parametrize("seconds", [LEASE.total_seconds() + 1, -3600])
async def test_a_process_that_was_frozen_before_it_posted_leaves_the_message_to_others(desk: Desk, seconds: float) -> None:
    """Frozen for longer than its lease, or while the clock was set back, so that its lease only seems long."""
    await desk.owe("recall 1")
    quick = Delivering(desk.store, {"slack": desk.sender}, Catalogue({}, {}), desk.clock, lambda: 0.5, desk.clock.sleep)

    class Frozen(Flaky):
        @asynccontextmanager
        async def read(self) -> AsyncIterator[Tx]:
            async with self.behind.read() as tx:
                yield tx
            desk.clock.forward(seconds=seconds)
            desk.work.store = self.behind
            await desk.upkeep.recover()
            await quick.drain()

    places_due = await desk.work.begin()
    desk.work.store = Frozen(desk.store)
    await asyncio.gather(*places_due)
    for _ in range(3):
        desk.clock.forward(seconds=LEASE.total_seconds() + 1)
        await desk.upkeep.recover()
        await quick.drain()
    assert len(desk.sender.ids) == 1
    assert await desk.states() == ["sent"]


async def test_what_a_process_learns_after_it_lost_its_message_changes_nothing(desk: Desk) -> None:
    """It was frozen while it waited for the answer, and others have found since that the message did not arrive."""
    await desk.owe("recall 1")
    quick = Delivering(desk.store, {"slack": desk.sender}, Catalogue({}, {}), desk.clock, lambda: 0.5, desk.clock.sleep)

    class Frozen(FakeSender):
        async def send(self, *given: object) -> Outcome:
            desk.work.stopping = True
            desk.clock.forward(seconds=LEASE.total_seconds() + 1)
            await desk.upkeep.recover()
            return Refused(code="invalid_blocks")

    desk.work.senders = {"slack": Frozen()}
    await desk.work.drain()
    assert await desk.states() == ["pending"]
    assert await quick.drain() == 1


async def test_a_place_that_hangs_makes_no_other_place_wait(desk: Desk) -> None:
    await desk.owe("recall 1")
    other, kept, hanging = place("C2", platform="slack", workspace="T1"), item("recall 2"), asyncio.Event()
    async with desk.store.write() as tx:
        await places.ensure(tx, other)

    class Hanging(FakeSender):
        async def send(self, place: Place, card: Card, delivery_id: str, thread: str = "") -> Outcome:
            if place.channel == "C1":
                await hanging.wait()
            return await FakeSender.send(self, place, card, delivery_id)

    desk.work.senders = {"slack": (sender := Hanging())}
    first = await desk.work.begin()
    async with desk.store.write() as tx:
        await items.add(tx, kept, "print", link="", why="test")
        await outbox.owe(tx, [delivery(kept, other)])
    assert await desk.work.drain() == 1
    assert [channel for channel, _ in sender.cards] == ["C2"]
    hanging.set()
    await asyncio.gather(*first)
    assert [channel for channel, _ in sender.cards] == ["C2", "C1"]


async def test_once_told_to_stop_no_further_message_is_begun(desk: Desk) -> None:
    await desk.owe("recall 1", "recall 2")

    class Stopping(FakeSender):
        async def send(self, *args: object) -> Outcome:
            desk.work.stopping = True
            return Sent(reference="1")

    desk.work.senders = {"slack": Stopping()}
    assert await desk.work.drain() == 1
    assert await desk.states() == ["sent", "pending"]


async def test_a_place_of_a_platform_we_cannot_send_to_waits(desk: Desk) -> None:
    await desk.owe("recall 1")
    desk.work.senders = {}
    assert await desk.work.drain() == 0
    assert await desk.states() == ["pending"]


async def test_a_change_shows_the_title_before(desk: Desk) -> None:
    kept = item("recall of lot 1")
    await desk.owe()
    async with desk.store.write() as tx:
        await items.add(tx, kept, "one", link="", why="test")
        changed = kept.model_copy(update={"title": "recall of lots 1 and 2", "version": 2})
        await items.add_version(tx, changed, "two", link="", why="title changed")
        await outbox.owe(tx, [delivery(kept, desk.place, version=2, kind="changed", watchlists=(desk.watchlist.id,))])
    await desk.work.drain()
    text = desk.sender.cards[0][1]
    assert "recall of lot 1" in text
    assert "recall of lots 1 and 2" in text


async def test_an_outcome_is_kept_however_long_the_database_takes_no_changes(desk: Desk) -> None:
    """What the platform answered is known to nobody else: were it dropped, the message would be sent or marked a second time."""
    await desk.owe("recall 1", "recall 2")
    desk.work.store = flaky = Flaky(desk.store)

    class Locking(FakeSender):
        async def send(self, place: Place, card: Card, delivery_id: str, thread: str = "") -> Outcome:
            flaky.writes_fail = 3
            return await super().send(place, card, delivery_id, thread)

    desk.work.senders = {"slack": (sender := Locking())}
    assert await desk.work.drain() == 2
    assert await desk.states() == ["sent", "sent"]
    assert len(sender.ids) == 2


async def test_a_message_whose_card_cannot_be_read_was_certainly_not_sent(desk: Desk) -> None:
    await desk.owe("recall 1")
    desk.work.store = flaky = Flaky(desk.store)
    places_due = await desk.work.begin()
    flaky.reads_fail = 1
    await asyncio.gather(*places_due)
    assert await desk.states() == ["later"]
    desk.clock.forward(seconds=10)
    assert await desk.work.drain() == 1
    assert "already" not in desk.sender.cards[0][1]


async def test_a_message_we_cannot_draw_is_held_and_bars_nobody(desk: Desk) -> None:
    await desk.owe("recall 1")
    async with desk.store.write() as tx:
        (kept,) = await items.latest(tx, 1)
        await outbox.owe(tx, [delivery(kept, desk.place, version=9, watchlists=(desk.watchlist.id,))])
    await desk.owe("recall 2")
    assert await desk.work.drain() == 2
    assert await desk.states() == ["sent", "held", "sent"]


async def test_told_to_stop_while_it_waits_for_its_turn_a_place_begins_no_message(desk: Desk) -> None:
    await desk.owe("recall 1", "recall 2")

    async def stops(seconds: float) -> None:
        desk.work.stopping = True

    desk.work.sleep = stops
    assert await desk.work.drain() == 1
    assert await desk.states() == ["sent", "pending"]


async def test_at_the_end_a_platform_that_hangs_is_not_waited_for_longer_than_the_grace(desk: Desk) -> None:
    await desk.owe("recall 1")
    desk.work.senders = {"slack": Hanging()}
    (task,) = await desk.work.begin()
    while await desk.states() != ["sending"]:
        pass
    begun = time.monotonic()
    await desk.work.finish(0.05)
    assert time.monotonic() - begun < 10
    assert task.cancelled()
    assert await desk.states() == ["sending"]


async def test_a_place_that_cannot_be_searched_makes_no_other_one_wait(desk: Desk) -> None:
    await desk.owe("recall 1")
    other, kept = place("C2", platform="slack", workspace="T1"), item("recall 2")
    async with desk.store.write() as tx:
        await places.ensure(tx, other)
        await items.add(tx, kept, "print", link="", why="test")
        await outbox.owe(tx, [delivery(kept, other)])
    desk.sender.script = [Unclear(reason="no answer"), Unclear(reason="no answer")]
    await desk.work.drain()
    desk.clock.forward(minutes=1)
    desk.upkeep.senders = {"slack": Hanging()}
    searches = await desk.upkeep.begin()
    await asyncio.wait(searches, return_when=asyncio.FIRST_COMPLETED)
    assert await desk.states() == ["unclear", "pending"]
    await desk.upkeep.finish(0)


async def test_a_search_that_fails_by_our_fault_ends_no_other_one_and_is_made_again(desk: Desk) -> None:
    class Faulty(FakeSender):
        async def find(self, place: Place, delivery_id: str, since: datetime, thread: str = "") -> Found:
            raise RuntimeError

    await desk.owe("recall 1")
    desk.sender.script = [Unclear(reason="no answer")]
    await desk.work.drain()
    desk.clock.forward(minutes=1)
    desk.upkeep.senders = {"slack": Faulty()}
    assert await desk.upkeep.recover() == 0
    desk.clock.forward(minutes=4)
    desk.upkeep.senders = {"slack": desk.sender}
    assert await desk.upkeep.recover() == 1
    assert await desk.states() == ["pending"]


async def test_messages_nobody_can_look_for_do_not_take_the_turn_of_others(desk: Desk) -> None:
    elsewhere = place("general", platform="teams", workspace="T1")
    await desk.owe("recall 1")
    async with desk.store.write() as tx:
        await places.ensure(tx, elsewhere)
        for number in range(25):
            kept = item(f"recall of {number}", id=f"teams-{number}")
            await items.add(tx, kept, "print", link="", why="test")
            owed = delivery(kept, elsewhere, id=f"a-{number}")
            await outbox.owe(tx, [owed])
            await outbox.record(tx, delivery(kept, elsewhere, id=f"a-{number}", state="unclear"), owed)
    await desk.owe("recall 2")
    desk.sender.script = [Sent(reference="1"), Unclear(reason="no answer")]
    await desk.work.drain()
    desk.clock.forward(minutes=1)
    assert await desk.upkeep.recover() == 1


@pytest.mark.parametrize("state", ["pending", "later"])
async def test_when_the_clock_goes_back_nothing_waits_until_it_has_caught_up(desk: Desk, state: str) -> None:
    await desk.owe()
    kept, before = item("recall 1"), desk.clock()
    desk.clock.forward(hours=-5)
    async with desk.store.write() as tx:
        await items.add(tx, kept, "print", link="", why="test")
        await outbox.owe(tx, [delivery(kept, desk.place, state=state, created=before, attempted=before, not_before=before)])
    assert await desk.work.drain() == 1


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_looking_after_the_store_brings_the_pieces_of_its_index_together(desk: Desk) -> None:
    for number in range(12):
        await desk.owe(f"recall {number}")
    before = await pieces_of_index(desk.store)
    await desk.upkeep.merge()
    assert (before > 2, await pieces_of_index(desk.store)) == (True, 2), "one for each of the two tables"
