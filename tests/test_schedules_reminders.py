"""Reminders come at the place's own hour, once for each day ahead, and are made good after a rest; never for what was long over."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.deliver import reminding
from bot.model import Deadline, Notice, Place, Reminders
from bot.store import deadlines, hits, items, outbox, places, watchlists
from bot.store.database import Store
from schedules.reminders import Reminding
from tests.builders import hit, item, place, subscription, watchlist
from tests.statements import asked

SEOUL = ZoneInfo("Asia/Seoul")
START = datetime(2026, 6, 1, tzinfo=UTC)
DAY = date(2026, 7, 15)


def wishes(**more: object) -> Reminders:
    return Reminders.model_validate({"place": "p", "since": START} | more)


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SEOUL)


def test_the_moment_is_the_places_own() -> None:
    def due(now: datetime) -> int | None:
        return reminding.due(wishes(), "Asia/Seoul", DAY, START, now)

    assert [due(at(7, 8, 8, 59)), due(at(7, 8, 9)), due(at(7, 14, 9)), due(at(7, 15, 23)), due(at(7, 16, 0))] == [30, 7, 1, 1, None]


def test_nobody_is_reminded_of_moments_before_they_wished_or_knew() -> None:
    assert reminding.due(wishes(since=at(7, 8, 10)), "Asia/Seoul", DAY, START, at(7, 9, 9)) is None
    assert reminding.due(wishes(), "Asia/Seoul", DAY, at(7, 8, 10), at(7, 13, 9)) is None
    assert reminding.due(wishes(), "Asia/Seoul", DAY, at(7, 8, 10), at(7, 14, 9)) == 1


def test_an_hour_that_does_not_exist_that_day_reminds_all_the_same() -> None:
    night = wishes(at=time(2, 30), days=(1,), since=datetime(2026, 1, 1, tzinfo=UTC))
    day, early = date(2026, 3, 30), START.replace(month=1)  # in Berlin the clock goes from 2 to 3 on the 29th
    moments = (datetime(2026, 3, 29, 0, 0, tzinfo=UTC), datetime(2026, 3, 29, 2, 0, tzinfo=UTC))
    found = [reminding.due(night, "Europe/Berlin", day, early, one) for one in moments]
    assert found == [None, 1]


@given(st.dates(date(2026, 6, 5), date(2026, 12, 31)), st.integers(0, 200), st.sets(st.integers(0, 60), min_size=1, max_size=5))
def test_looking_every_hour_reminds_of_each_wished_day_once_and_in_order(day: date, offset: int, days: set[int]) -> None:
    wished = wishes(days=tuple(days))
    moments = [START + timedelta(hours=one, minutes=offset % 60) for one in range(0, 24 * 220, 3)]
    found = [one for now in moments if (one := reminding.due(wished, "Asia/Seoul", day, START, now)) is not None]
    expected = [one for one in sorted(days, reverse=True) if datetime.combine(day - timedelta(days=one), wished.at, SEOUL) > START]
    assert list(dict.fromkeys(found)) == expected


def test_the_notice_names_the_soonest_and_counts_the_rest() -> None:
    coming = [reminding.Coming(DAY + timedelta(days=one), f"words {one:02}", f"https://example.org/{one}", START) for one in range(20)]
    said = reminding.said(coming, DAY)
    assert said.lines[:3] == ("20 deadlines are coming", "Today: words 00", "Tomorrow: words 01")
    assert said.lines[-1] == "And 5 more: deadlines 30d"
    assert said.links[1] == "https://example.org/0"


async def _received(store: Store, where: Place, day: date = DAY, **more: object) -> str:
    mine, one = watchlist("recall"), item("A recall", deadlines=(Deadline(kind="comments_due", day=day),), detected=START, **more)
    async with store.write() as tx:
        await places.ensure(tx, where)
        await places.wish(tx, where)
        await watchlists.add(tx, mine)
        await places.subscribe(tx, subscription(mine, where))
        await items.add(tx, one, one.id, link="", why="")
        await hits.add(tx, [hit(mine, one)], START)
        await deadlines.remind(tx, Reminders(place=where.id, since=START))
    return one.id


async def _told(store: Store, now: datetime) -> list[Notice]:
    found = []
    async with store.write() as tx:
        while claimed := await outbox.claim(tx, now, timedelta(minutes=1), limit=1):
            (one,) = claimed
            assert one.notice is not None
            found.append(one.notice)
            await outbox.record(tx, one.model_copy(update={"state": "sent"}), one)
    return found


async def test_a_place_is_reminded_once_however_often_and_by_how_many_it_is_looked_at(store: Store) -> None:
    await _received(store, place("general", timezone="Asia/Seoul"), url="https://example.org/recall")
    told: list[Notice] = []
    for now in (at(6, 15, 8), at(6, 15, 9), at(6, 15, 10), at(7, 8, 9), at(7, 12, 9), at(7, 14, 9), at(7, 16, 9)):
        for _ in range(2):
            await Reminding(store, lambda now=now: now).remind()  # type: ignore[misc]
        told += await _told(store, now)
    assert [one.lines[1].partition(":")[0] for one in told] == ["In 30 days", "In 7 days", "Tomorrow"]
    assert told[0].lines == ("A deadline is coming", "In 30 days: Comments close 15 Jul 2026 – 🇰🇷 MFDS: A recall")
    assert told[0].links == ("", "https://example.org/recall")


async def test_a_place_is_looked_at_when_its_moment_came_or_its_wishes_changed_and_else_once_an_hour(store: Store) -> None:
    where = place("general", timezone="Asia/Seoul")
    await _received(store, where)
    clock = [at(7, 8, 8, 59)]
    reminding = Reminding(store, lambda: clock[0])
    looks: list[datetime] = []
    for minute in range(180):
        clock[0] = at(7, 8, 8, 59) + timedelta(minutes=minute)
        if minute == 90:
            async with store.write() as tx:
                await deadlines.remind(tx, Reminders(place=where.id, days=(8, 7), since=START))
        with asked(store) as heard:
            await reminding.remind()
        looks += [clock[0] for one in heard if "FROM deadlines" in one]
    assert [f"{one:%H:%M}" for one in looks] == ["08:59", "09:00", "10:00", "10:29", "11:29"]
    assert len(await _told(store, clock[0])) == 2  # the thirtieth day before was slept through


async def test_what_was_slept_through_comes_late_and_once(store: Store) -> None:
    await _received(store, place("general", timezone="Asia/Seoul"))
    await Reminding(store, lambda: at(7, 10, 7)).remind()
    assert [one.lines[1][:9] for one in await _told(store, at(7, 10, 7))] == ["In 5 days"]


async def test_a_moved_deadline_is_reminded_of_again_and_its_old_day_no_more(store: Store) -> None:
    kept = await _received(store, place("general", timezone="Asia/Seoul"))
    await Reminding(store, lambda: at(7, 8, 9)).remind()
    async with store.write() as tx:
        now = await items.get(tx, kept)
        assert now is not None
        moved = now.model_copy(update={"deadlines": (Deadline(kind="comments_due", day=date(2026, 7, 29)),), "version": 2})
        await items.add_version(tx, moved, "other", link="", why="")
    await Reminding(store, lambda: at(7, 14, 9)).remind()
    await Reminding(store, lambda: at(7, 22, 9)).remind()
    assert [one.lines[1][:38] for one in await _told(store, at(7, 22, 9))] == [
        "In 7 days: Comments close 15 Jul 2026 ",
        "In 15 days: Comments close 29 Jul 2026",
        "In 7 days: Comments close 29 Jul 2026 ",
    ]


async def test_a_withdrawn_item_reminds_nobody(store: Store) -> None:
    await _received(store, place("general", timezone="Asia/Seoul"), status="withdrawn")
    await Reminding(store, lambda: at(7, 8, 9)).remind()
    assert await _told(store, at(7, 8, 9)) == []
