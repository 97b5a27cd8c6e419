"""The people in charge are told once when a source fails for three polls and once when it is back; and once when everything fails."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.model import Gap, Look, SourceState
from bot.sources.catalogue import Catalogue
from bot.store import operations, outbox, places, polls, sources, watchlists
from bot.store.database import Store
from schedules.operations import Operations, is_due
from tests.builders import place, subscription, watchlist
from tests.fakes import Clock
from tests.statements import asked
from tests.test_schedules_poll import source

OPS = place("ops", timezone="Asia/Seoul")
SOURCES = {
    one.id: one.model_copy(update={"name": f"Source {one.id[1:]}"})
    for one in [source(f"s{number}", jurisdiction="KR" if number < 8 else "JP") for number in range(12)]
}


class Office:
    """A workspace with a watchlist and an operations place, and sources that fare as a test says."""

    def __init__(self, store: Store, now: datetime) -> None:
        self.store, self.clock = store, Clock(now)
        self.work = Operations(store, Catalogue(SOURCES, {}), self.clock)
        self.states = {one: SourceState(source=one, next_poll=now, last_polled=now, last_success=now, polls=1) for one in SOURCES}

    async def open(self, query: str = "recall", workspace: str = "W1") -> None:
        async with self.store.write() as tx:
            here = OPS if workspace == "W1" else place("ops", workspace=workspace)
            await places.ensure(tx, here)
            await operations.choose(tx, workspace, here.id)
            await watchlists.add(tx, watchlist(query, workspace=workspace))
            await sources.ensure(tx, list(SOURCES), self.clock())

    async def fare(self, **failures: int) -> list[str]:
        """So many failures in a row of these sources, the others are well; what is told then, as whole texts."""
        self.clock.forward(minutes=15)
        now = self.clock()
        for name, failed in failures.items():
            trouble = {"trouble": "It answered 503." if failed else "", "failures": failed}
            trouble |= {
                "trouble_since": (self.states[name].trouble_since or now) if failed else None,
                "next_poll": now + timedelta(hours=1),
            }
            self.states[name] = self.states[name].model_copy(update=trouble)
        async with self.store.write() as tx:
            await sources.save(tx, *self.states.values())
        return await self.told()

    async def told(self) -> list[str]:
        await self.work.tell()
        await self.work.tell()
        texts = []
        async with self.store.write() as tx:
            while found := await outbox.claim(tx, self.clock(), timedelta(minutes=1), limit=1):
                (one,) = found
                assert one.notice is not None
                texts.append("\n".join(one.notice.lines))
                await outbox.record(tx, one.model_copy(update={"state": "sent"}), one)
        return texts


@pytest.fixture
def office(store: Store, now: datetime) -> Office:
    return Office(store, now)


async def test_a_source_that_fails_is_told_at_the_third_poll_once_and_its_return_once(office: Office) -> None:
    await office.open()
    assert await office.fare(s1=1) == []
    assert await office.fare(s1=2) == []
    (down,) = await office.fare(s1=3)
    assert down.startswith("A source cannot be read: Source 1 (KR), since 2 Jul 2026 18:45 KST: It answered 503. Next try in 1 h.")
    for failures in range(4, 9):
        assert await office.fare(s1=failures) == []
    assert await office.fare(s1=0) == ["A source can be read again: Source 1 (KR), after 2 h."]
    assert await office.fare() == []
    assert len(await office.fare(s1=3)) == 1  # another time


async def test_two_failures_and_a_good_poll_are_nothing_to_tell(office: Office) -> None:
    await office.open()
    for failures in (1, 2, 0, 1, 2, 0):
        assert await office.fare(s1=failures) == []


async def test_sources_that_fail_side_by_side_are_one_message(office: Office) -> None:
    await office.open()
    (down,) = await office.fare(s1=3, s2=3, s3=4)
    assert down.splitlines()[0] == "3 sources cannot be read:"
    assert down.count("•") == 3
    (back,) = await office.fare(s1=0, s2=0)
    assert back.splitlines()[0] == "2 sources can be read again:"


async def test_when_our_own_network_is_down_one_message_says_so_and_one_its_end(office: Office, now: datetime) -> None:
    await office.open()
    assert await office.fare(**dict.fromkeys([f"s{n}" for n in range(10)], 2)) == []
    (down,) = await office.fare(s0=3, s1=3)
    assert down.splitlines()[0] == "Most sources cannot be read since 2 Jul 2026 18:45 KST: 10 of those you depend on."
    assert "network" in down
    assert await office.fare(**dict.fromkeys([f"s{n}" for n in range(12)], 4)) == []  # two more, counted in
    assert await office.fare(s0=0) == []  # not over yet
    (back,) = await office.fare(**dict.fromkeys([f"s{n}" for n in range(9)], 0))
    assert back.splitlines() == [
        "Sources can be read again: 9 of 12 that failed together.",
        "3 others do not answer yet and are tried again now.",
    ]
    async with office.store.read() as tx:
        again = [one.source for one in await sources.all(tx) if one.next_poll <= office.clock()]
    assert set(again) >= {"s9", "s10", "s11"}
    assert await office.fare(s9=5) == []
    (rest,) = await office.fare(s9=0, s10=0, s11=0)
    assert rest.splitlines()[0] == "3 sources can be read again:"


async def test_only_sources_that_a_watchlist_depends_on_are_told(office: Office) -> None:
    await office.open("recall country:JP")
    assert await office.fare(s1=5) == []
    (down,) = await office.fare(s9=3)
    assert "Source 9 (JP)" in down


async def test_nobody_is_told_who_did_not_ask_and_each_workspace_is_told_for_itself(office: Office) -> None:
    assert await office.told() == []
    await office.open()
    await office.open("recall country:JP", workspace="W2")
    assert len(await office.fare(s9=3, s1=3)) == 2
    async with office.store.write() as tx:
        await operations.choose(tx, "W1", None)
    (only,) = await office.fare(s9=0, s1=0)
    assert only == "A source can be read again: Source 9 (JP), after 15 min."


async def test_who_begins_to_ask_while_a_source_fails_is_told_of_it(office: Office) -> None:
    async with office.store.write() as tx:
        await sources.ensure(tx, list(SOURCES), office.clock())
    assert await office.fare(s1=6) == []
    await office.open()
    assert len(await office.told()) == 1


async def test_a_source_that_leaves_the_catalogue_ends_its_alarm_without_a_word(office: Office) -> None:
    await office.open()
    await office.fare(s1=3)
    office.work = Operations(office.store, Catalogue({one: each for one, each in SOURCES.items() if one != "s1"}, {}), office.clock)
    assert await office.told() == []
    async with office.store.read() as tx:
        assert await operations.sounded(tx) == {}


async def test_what_a_workspace_depends_on_follows_its_watchlists_and_is_read_once(office: Office) -> None:
    def read(heard: list[str]) -> int:
        return sum("ORDER BY watchlists.name_key" in one for one in heard)

    await office.open("recall country:JP")
    with asked(office.store) as heard:
        for failures in (3, 4, 5):
            assert await office.fare(s1=failures) == []
    assert read(heard) == 1
    async with office.store.write() as tx:
        (mine,) = await watchlists.in_workspace(tx, "W1")
        await watchlists.edit(tx, "W1", mine.id, "recall country:KR")
    assert len(await office.fare(s1=6)) == 1
    async with office.store.write() as tx:
        await watchlists.pause(tx, "W1", mine.id, paused=True)
    with asked(office.store) as heard:
        assert await office.fare(s2=3) == []
    assert read(heard) == 1


async def test_two_processes_tell_it_once(office: Office, database: str) -> None:
    await office.open()
    office.states["s1"] = office.states["s1"].model_copy(update={"failures": 3, "trouble": "It answered 503."})
    async with office.store.write() as tx:
        await sources.save(tx, *office.states.values())
    other = await Store.open(database)
    await Operations(other, Catalogue(SOURCES, {}), office.clock).tell()
    await other.close()
    assert len(await office.told()) == 1


@pytest.mark.parametrize(
    ("when", "due"),
    [
        (datetime(2026, 7, 5, 23, 0, tzinfo=UTC), False),  # Monday, 8 in Seoul
        (datetime(2026, 7, 6, 0, 5, tzinfo=UTC), True),
        (datetime(2026, 7, 9, 0, 5, tzinfo=UTC), True),  # the bot was away on Monday
    ],
)
def test_the_weekly_proof_is_due_on_monday_morning_of_the_place(when: datetime, due: bool) -> None:
    assert is_due(when, OPS, "2026-W27") == due
    assert not is_due(when, OPS, "2026-W28")


@pytest.mark.parametrize(("day", "hour", "due"), [(1, 8, False), (1, 9, True), (3, 0, True)])
def test_the_monthly_proof_is_due_on_the_first_of_the_month(day: int, hour: int, due: bool) -> None:
    assert is_due(datetime(2026, 8, day, hour, tzinfo=UTC), place("general"), "2026-07") is due
    assert not is_due(datetime(2026, 8, day, hour, tzinfo=UTC), place("general"), "2026-08")


async def test_a_place_that_asked_for_it_gets_its_proof_once_a_week(office: Office) -> None:
    kept = watchlist("recall country:JP", name="Recalls")
    async with office.store.write() as tx:
        await places.ensure(tx, OPS)
        await watchlists.add(tx, kept)
        await places.subscribe(tx, subscription(kept, OPS))
        await operations.prove(tx, OPS.id, "2026-W27")
        await sources.ensure(tx, list(SOURCES), office.clock())
        gap = Gap(source="s9", begun=datetime(2026, 7, 4, 1, 0, tzinfo=UTC), ended=datetime(2026, 7, 4, 5, 0, tzinfo=UTC))
        await polls.note(
            tx, [Look(source="s9", day=date(2026, 7, 4), good=True, gap=gap), Look(source="s8", day=date(2026, 7, 4), good=False)]
        )
        await polls.note(tx, [Look(source="s1", day=date(2026, 7, 4), good=True)])  # of another country
    assert await office.told() == []
    office.clock.time = datetime(2026, 7, 6, 1, 0, tzinfo=UTC)
    (proof,) = await office.told()
    first, figures, *_ = proof.splitlines()
    assert (first, figures) == ("What was looked at this week", "Looked: 4 sources, 2 polls, 1 answered well, 1 gap.")
    assert proof.splitlines()[6:7] == [
        "Recalls: nothing new, and we did look. 4 sources, 2 polls since 29 Jun 2026 09:00 KST, 1 answered well.",
    ]
    assert "• 4 Jul 2026 10:00 KST to 14:00 (4 h): Source 9" in proof
    office.clock.forward(days=2)
    assert await office.told() == []
