"""What waits for its time: digests close once, bursts become one message, quiet hours hold, and nothing is left behind."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from bot.cards.card import as_text
from bot.deliver import digest
from bot.deliver.outbox import Later, Outcome
from bot.model import Bundled, Delivery, Place, Subscription
from bot.sources.catalogue import Catalogue
from bot.store import items, outbox, places, stories, tables, waiting, watchlists
from bot.store.database import Store
from bot.store.items import Kept
from bot.store.stories import Membership
from schedules.deliver import Delivering
from schedules.digest import Closing
from tests.builders import delivery, item, place, subscription, watchlist
from tests.fakes import Clock, FakeSender

SEOUL = "Asia/Seoul"
MORNING = time(9)


class Desk:
    """A channel in Seoul with two watchlists, and the work that sends what it is owed."""

    def __init__(self, store: Store, now: datetime) -> None:
        self.store, self.clock, self.sender = store, Clock(now), FakeSender()
        self.place: Place = place("C1", platform="slack", workspace="T1", timezone=SEOUL)
        self.trials = watchlist("trial", workspace="T1", name="Trials")
        self.recalls = watchlist("recall", workspace="T1", name="Recalls")
        self.closing = Closing(store, self.clock)
        self.work = self.replica()

    def replica(self) -> Delivering:
        return Delivering(self.store, {"slack": self.sender}, Catalogue({}, {}), self.clock, lambda: 0.5, self.clock.sleep)

    async def subscribe(self, **more: object) -> None:
        """Both watchlists come here in this manner."""
        async with self.store.write() as tx:
            await places.ensure(tx, self.place)
            for one in (self.trials, self.recalls):
                await watchlists.add(tx, one)
                await places.subscribe(tx, subscription(one, self.place, **more))

    async def find(self, *titles: str, country: str = "KR", doc_type: str = "", both: bool = False) -> None:
        """Items of these titles are found now, for Trials or for both watchlists."""
        names = (self.trials.id, self.recalls.id) if both else (self.trials.id,)
        async with self.store.write() as tx:
            theirs = [one for one in await places.at_place(tx, self.place.id) if one.watchlist in names]
            here = await places.by_id(tx, [self.place.id])
            found = [item(title, country=country, doc_type=doc_type) for title in titles]
            await items.add_all(tx, [Kept(one, "print", "", "test") for one in found])
            await outbox.owe(tx, [self._owed(one.id, theirs, here[self.place.id], doc_type) for one in found])

    def _owed(self, item_id: str, theirs: list[Subscription], here: Place, doc_type: str) -> Delivery:
        now = self.clock()
        urgent = digest.is_urgent(doc_type, theirs)
        planned = digest.plan(here, theirs, now, now, urgent=urgent)
        given = {"state": planned.state, "not_before": planned.due, "reason": planned.reason, "urgent": urgent, "created": now}
        return delivery(item_id, self.place, watchlists=tuple(one.watchlist for one in theirs), **given)

    async def look(self) -> int:
        """Windows are closed and what is owed is sent; how many messages arrived."""
        await self.closing.close()
        return await self.work.drain()

    async def counts(self) -> dict[str, int]:
        async with self.store.read() as tx:
            return await outbox.counts(tx)

    async def told(self) -> list[Bundled]:
        """What the newest digest tells."""
        async with self.store.read() as tx:
            newest = await waiting.find_digest(tx, self.place.id, "")
            assert newest is not None
            return await waiting.contents(tx, newest.id)

    async def wishes(self, **more: object) -> None:
        async with self.store.write() as tx:
            await places.wish(tx, self.place.model_copy(update=more))


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store, datetime(2026, 7, 1, 3, tzinfo=UTC))


async def test_what_is_found_during_the_day_comes_in_one_message_the_next_morning(desk: Desk) -> None:
    await desk.subscribe(frequency="daily", at=MORNING)
    await desk.find("trial 1", "trial 2")
    desk.clock.forward(hours=8)
    await desk.find("trial 3", country="JP", both=True)
    assert await desk.look() == 0
    desk.clock.time = datetime(2026, 7, 2, 0, 0, tzinfo=UTC)
    assert await desk.look() == 1
    assert await desk.look() == 0
    (_, text), *others = desk.sender.cards
    assert others == []
    assert "Digest: 3 items · 1 Jul 2026 09:00 – 2 Jul 2026 09:00 KST" in text
    assert text.count("trial 3") == 1
    assert "Recalls and Trials – 1" in text
    assert await desk.counts() == {"bundled": 3, "sent": 1}


async def test_other_reports_of_an_event_are_named_once_in_the_digest_that_tells_of_it(desk: Desk) -> None:
    """A report that joined while the first one waited is named beside it; one that is owed by itself stands there, marked."""
    await desk.subscribe(frequency="daily", at=MORNING)
    await desk.find("trial 1", "trial 2", "trial 3")
    async with desk.store.write() as tx:
        first, second, third = await items.latest(tx, 3)
        joined = item("trial 1 elsewhere", agency="PMDA", source="pmda")
        await items.add(tx, joined, "print", link="", why="test")
        story = [Membership(one.id, first.id, "the same number", desk.clock()) for one in (first, second, joined)]
        await stories.join(tx, story, [])
        marked = update(tables.outbox).where(tables.outbox.c.item == second.id)
        await tx.execute(marked.values(kind="also"))
    desk.clock.time = datetime(2026, 7, 2, 0, 0, tzinfo=UTC)
    assert await desk.look() == 1
    (_, text), *_ = desk.sender.cards
    assert f"{first.title} · 2 Jul 2026 · also reported by PMDA" in text
    assert text.count("also reported by") == 1
    assert f"Further report: {second.title}" in text
    assert f"• MFDS: {third.title}" in text


async def test_an_empty_digest_is_never_sent(desk: Desk) -> None:
    await desk.subscribe(frequency="hourly")
    for _ in range(30):
        desk.clock.forward(hours=1)
        assert await desk.look() == 0


@pytest.mark.parametrize("begun", [datetime(2026, 3, 6, 17, tzinfo=UTC), datetime(2026, 10, 30, 17, tzinfo=UTC)])
@pytest.mark.parametrize("at", [time(1, 30), time(2, 30), time(9)])
async def test_over_a_change_of_the_clock_each_day_with_finds_has_one_digest_and_an_empty_day_none(
    desk: Desk, begun: datetime, at: time
) -> None:
    """Daily at a time that the change leaves out, shows twice or leaves alone; the bot looks every half hour, and its clock is set back."""
    desk.clock.time, zone = begun, ZoneInfo("America/New_York")
    await desk.subscribe(frequency="daily", at=at)
    await desk.wishes(timezone="America/New_York")
    arrived: list[datetime] = []
    for hours in range(6 * 24):
        if hours % 24 == 0 and hours != 3 * 24:
            await desk.find(f"trial {hours // 24}")
        for _ in range(2):
            if await desk.look():
                arrived.append(desk.clock().astimezone(zone))
                desk.clock.forward(minutes=-45)
                assert await desk.look() == 0
                desk.clock.forward(minutes=45)
            desk.clock.forward(minutes=30)
    days = [moment.date() - begun.astimezone(zone).date() for moment in arrived]
    assert [day.days for day in days] == [1, 2, 3, 5, 6]
    assert len(desk.sender.cards) == 5
    assert all(f"trial {number}" in text for number, (_, text) in zip((0, 1, 2, 4, 5), desk.sender.cards, strict=True))


async def test_windows_that_never_ran_come_as_one_message_when_the_bot_is_back(desk: Desk) -> None:
    await desk.subscribe(frequency="daily", at=MORNING)
    for number in range(5):
        await desk.find(f"trial {number}")
        desk.clock.forward(days=1)
    assert await desk.look() == 1
    assert "Digest: 5 items · 1 Jul 2026 09:00 – 6 Jul 2026 09:00 KST" in desk.sender.cards[0][1]


async def test_what_was_found_too_late_for_its_window_comes_in_the_next_one(desk: Desk) -> None:
    await desk.subscribe(frequency="daily", at=MORNING)
    await desk.find("trial 1")
    desk.clock.time = datetime(2026, 7, 2, 0, 0, tzinfo=UTC) - timedelta(seconds=1)
    poll = desk.clock.time
    desk.clock.forward(seconds=2)
    assert await desk.look() == 1
    later, desk.clock.time = desk.clock.time, poll
    await desk.find("trial 2")
    desk.clock.time = later
    assert await desk.look() == 0
    desk.clock.forward(days=1)
    assert await desk.look() == 1
    assert [one.item.title for one in await desk.told()] == ["trial 2"]


async def test_a_clock_that_goes_back_over_the_end_of_a_window_sends_no_second_digest(desk: Desk) -> None:
    await desk.subscribe(frequency="daily", at=MORNING)
    await desk.find("trial 1")
    desk.clock.time = datetime(2026, 7, 2, 0, 1, tzinfo=UTC)
    assert await desk.look() == 1
    desk.clock.forward(minutes=-30)
    await desk.find("trial 2")
    desk.clock.forward(minutes=31)
    assert await desk.look() == 0
    assert await desk.counts() == {"bundled": 1, "sent": 1, "waiting": 1}


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.postgresql
async def test_replicas_that_close_the_same_window_make_one_digest(desk: Desk, database: str) -> None:
    await desk.subscribe(frequency="daily", at=MORNING)
    await desk.find(*(f"trial {number}" for number in range(30)))
    desk.clock.forward(days=1)
    others = [await Store.open(database) for _ in range(3)]
    made = await asyncio.gather(*(Closing(one, desk.clock).close() for one in (desk.store, *others)))
    for one in others:
        await one.close()
    assert sum(made) == 1
    assert await desk.counts() == {"bundled": 30, "pending": 1}


async def test_a_bot_that_dies_between_closing_and_sending_sends_the_digest_when_it_is_back(desk: Desk) -> None:
    await desk.subscribe(frequency="daily", at=MORNING)
    await desk.find("trial 1")
    desk.clock.forward(days=1)
    await desk.closing.close()
    assert await desk.closing.close() == 0
    assert await desk.replica().drain() == 1
    assert await desk.replica().drain() == 0


async def test_what_is_urgent_comes_at_once_where_that_is_wished(desk: Desk) -> None:
    await desk.subscribe(frequency="weekly", urgent=True)
    await desk.find("a guideline", doc_type="guideline")
    await desk.find("a recall", doc_type="recall")
    assert await desk.look() == 1
    assert "a recall" in desk.sender.cards[0][1]


async def test_quiet_hours_hold_what_is_found_and_let_urgent_messages_pass(desk: Desk) -> None:
    await desk.subscribe(urgent=True)
    await desk.wishes(quiet_from=time(22), quiet_to=time(8))
    desk.clock.time = datetime(2026, 7, 1, 14, 0, tzinfo=UTC)
    await desk.find("trial 1")
    await desk.find("a recall", doc_type="safety_alert")
    assert await desk.look() == 1
    assert "a recall" in desk.sender.cards[0][1]
    desk.clock.time = datetime(2026, 7, 1, 23, 0, tzinfo=UTC)
    assert await desk.look() == 1
    assert "trial 1" in desk.sender.cards[1][1]


async def test_what_could_not_be_sent_before_the_quiet_hours_is_held_until_they_end(desk: Desk) -> None:
    await desk.subscribe()
    await desk.wishes(quiet_from=time(22), quiet_to=time(8))
    desk.clock.time = datetime(2026, 7, 1, 12, 59, tzinfo=UTC)
    await desk.find("trial 1", "trial 2")
    desk.sender.script = [Later(seconds=120, reason="Slack asked us to wait")]
    assert await desk.look() == 0
    desk.clock.time = datetime(2026, 7, 1, 13, 5, tzinfo=UTC)
    assert await desk.look() == 0
    assert await desk.counts() == {"waiting": 2}
    desk.clock.time = datetime(2026, 7, 1, 23, 0, tzinfo=UTC)
    assert await desk.look() == 2


async def test_many_held_by_quiet_hours_come_as_one_message_in_the_morning(desk: Desk) -> None:
    await desk.subscribe()
    await desk.wishes(quiet_from=time(22), quiet_to=time(8))
    desk.clock.time = datetime(2026, 7, 1, 14, 0, tzinfo=UTC)
    await desk.find(*(f"trial {number}" for number in range(50)))
    desk.clock.time = datetime(2026, 7, 1, 23, 0, tzinfo=UTC)
    assert await desk.look() == 1
    assert "Digest: 50 items" in desk.sender.cards[0][1]


@pytest.mark.parametrize(("many", "alone"), [(20, 20), (21, 0), (5_000, 0)])
async def test_more_than_twenty_at_once_are_one_message_that_lists_them_all(desk: Desk, many: int, alone: int) -> None:
    await desk.subscribe()
    await desk.find(*(f"trial {number}" for number in range(many)))
    assert await desk.look() == alone
    desk.clock.forward(minutes=1)
    assert await desk.look() == (0 if alone else 1)
    if not alone:
        assert f"Many at once: {many:,} items" in desk.sender.cards[-1][1]
        assert {one.item.title for one in await desk.told()} == {f"trial {number}" for number in range(many)}


async def test_a_flood_that_comes_source_by_source_is_a_few_messages_and_none_is_lost(desk: Desk) -> None:
    await desk.subscribe()
    for source in range(10):
        await desk.find(*(f"trial {source}.{number}" for number in range(40 if source else 15)))
        await desk.look()
        desk.clock.forward(seconds=2)
    for _ in range(20):
        desk.clock.forward(minutes=1)
        await desk.look()
    assert len(desk.sender.cards) <= 20
    counts = await desk.counts()
    assert counts == {"sent": len(desk.sender.cards), "bundled": 15 + 9 * 40 - 15}


async def test_after_a_burst_single_messages_come_again(desk: Desk) -> None:
    await desk.subscribe()
    await desk.find(*(f"trial {number}" for number in range(30)))
    await desk.look()
    desk.clock.forward(minutes=1)
    await desk.look()
    desk.clock.forward(minutes=6)
    await desk.find("a single one")
    assert await desk.look() == 1
    assert "a single one" in desk.sender.cards[-1][1]
    assert "Many at once" not in desk.sender.cards[-1][1]


async def test_an_urgent_message_does_not_wait_for_the_burst_around_it(desk: Desk) -> None:
    await desk.subscribe(urgent=True)
    await desk.find(*(f"trial {number}" for number in range(30)))
    await desk.look()
    await desk.find("a recall", doc_type="recall")
    assert await desk.look() == 1
    assert "a recall" in desk.sender.cards[0][1]


async def test_what_waits_for_a_place_that_has_unsubscribed_is_dropped_and_says_why(desk: Desk) -> None:
    await desk.subscribe(frequency="daily")
    await desk.find("trial 1")
    await desk.find("trial 2", both=True)
    async with desk.store.write() as tx:
        await places.unsubscribe(tx, desk.place.id, desk.trials.id)
    desk.clock.forward(days=1)
    assert await desk.look() == 1
    assert [one.item.title for one in await desk.told()] == ["trial 2"]
    assert await desk.counts() == {"dropped": 1, "bundled": 1, "sent": 1}


async def test_a_suspended_place_gets_its_digest_when_it_resumes(desk: Desk) -> None:
    await desk.subscribe(frequency="daily")
    await desk.find("trial 1")
    async with desk.store.write() as tx:
        await places.suspend(tx, desk.place.id, "is_archived", desk.clock())
    await desk.find("trial 2")
    desk.clock.forward(days=3)
    assert await desk.look() == 0
    async with desk.store.write() as tx:
        await places.resume(tx, desk.place.id)
    assert await desk.look() == 1
    assert len(await desk.told()) == 2


async def test_a_place_that_now_wants_alerts_at_once_gets_what_waited(desk: Desk) -> None:
    await desk.subscribe(frequency="weekly")
    await desk.find("trial 1", "trial 2")
    async with desk.store.write() as tx:
        for one in await places.at_place(tx, desk.place.id):
            await places.change(tx, one.model_copy(update={"frequency": "now"}))
        await waiting.reconsider(tx, desk.place.id, desk.clock())
    assert await desk.look() == 2


@pytest.mark.parametrize("outcome", [Later(seconds=30, reason="Slack asked us to wait")])
async def test_a_wait_that_slack_asks_for_is_kept_by_another_process_and_after_a_restart(desk: Desk, outcome: Outcome) -> None:
    other = place("C2", platform="slack", workspace="T1")
    await desk.subscribe()
    await desk.find("trial 1")
    async with desk.store.write() as tx:
        await places.ensure(tx, other)
    desk.sender.script = [outcome]
    await desk.look()
    began = desk.clock.time
    async with desk.store.write() as tx:
        await outbox.owe(tx, [delivery((await items.latest(tx, 1))[0].id, other, created=began, not_before=began)])
    assert await desk.replica().drain() == 1
    assert desk.clock.time - began >= timedelta(seconds=29)


async def test_two_processes_together_send_a_channel_one_message_a_second(desk: Desk) -> None:
    await desk.subscribe()
    await desk.find(*(f"trial {number}" for number in range(6)))
    sent: list[datetime] = []

    class Timed(FakeSender):
        async def send(self, *given: object) -> Outcome:
            sent.append(desk.clock())
            return await super().send(*given)  # type: ignore[arg-type]

    desk.sender = Timed()
    replicas = [desk.replica(), desk.replica()]
    for _ in range(12):
        await asyncio.gather(*(one.drain() for one in replicas))
    assert len(sent) == 6
    assert all(after - before >= timedelta(seconds=1) for before, after in pairwise(sent))


async def test_a_look_ahead_shows_what_would_be_sent_and_changes_nothing(desk: Desk) -> None:
    await desk.subscribe(frequency="daily", at=MORNING)
    await desk.find("trial 1")
    async with desk.store.write() as tx:
        await places.change(tx, (await places.at_place(tx, desk.place.id))[0].model_copy(update={"frequency": "now"}))
    await desk.find("trial 2")
    shown = [(place.channel, one.state, "trial" in as_text(card)) for place, one, card in await desk.work.preview()]
    assert shown == [("C1", "waiting", True), ("C1", "pending", True)]
    assert await desk.counts() == {"waiting": 1, "pending": 1}
    assert desk.sender.cards == []
