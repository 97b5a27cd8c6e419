"""What is polled is enriched before it is matched, and what was kept before anybody read its words is read afterwards."""

from datetime import UTC, date, datetime

from bot.cards.alert import Before, alert
from bot.cards.card import Card
from bot.items import enrich
from bot.model import Deadline
from bot.store import deadlines, items, search
from bot.store.database import Store
from bot.watch.query import parse
from schedules.enriching import Enriching
from tests.builders import item
from tests.fakes import FakeDoor, rss
from tests.test_schedules_poll import Catalogue, owed, polling, rounds, source, subscribed

SENTENCE = "Draft guidance on dose finding; comments close on 5 January 2027"


def words(card: Card) -> list[str]:
    return ["".join(span.text for span in one) for section in card.sections for one in section.lines]


async def found(store: Store, query: str, now: datetime) -> list[str]:
    async with store.read() as tx:
        return [one.title for one in await search.find(tx, parse(query), workspace=None, limit=10, now=now)]


async def test_what_a_poll_brings_is_matched_by_what_its_words_say(store: Store, now: datetime) -> None:
    await subscribed(store, "type:guideline status:draft")
    await rounds(polling(store, FakeDoor(a=[rss("Old"), rss("Old", SENTENCE, "Guidance on dose finding")])), now, 2)
    assert await owed(store, now) == [f"new: {SENTENCE}"]
    assert await found(store, "status:draft deadline:<400d", now) == [SENTENCE]
    async with store.read() as tx:
        (day,) = await deadlines.between(tx, date(2027, 1, 1), date(2027, 1, 31))
        kept = await items.get(tx, day.item, 1)
    assert kept is not None
    assert (day.kind, day.day, kept.deadlines[0].text) == ("comments_due", date(2027, 1, 5), "comments close on 5 January 2027")


async def test_a_poll_that_shows_the_same_again_changes_nothing(store: Store, now: datetime) -> None:
    door = FakeDoor(a=[rss(SENTENCE), rss(SENTENCE, "More")])
    (poll,) = await rounds(polling(store, door, source("a", doc_type="notice")), now, 2)
    assert ([one.title for one in poll.new], poll.changed) == (["More"], ())


async def test_a_moved_deadline_is_a_change_and_its_day_is_the_new_one(store: Store, now: datetime) -> None:
    door = FakeDoor(a=[rss("1=Comments close on 5 January 2027"), rss("1=Comments close on 19 January 2027")])
    (poll,) = await rounds(polling(store, door), now, 2)
    assert len(poll.changed) == 1
    async with store.read() as tx:
        assert [one.day for one in await deadlines.between(tx, date(2027, 1, 1), date(2027, 1, 31))] == [date(2027, 1, 19)]


async def test_what_was_kept_unread_is_read_once_and_then_found(store: Store, now: datetime) -> None:
    unread = [item(SENTENCE, source="a", doc_type="notice"), item("A recall of eye drops", source="gone", doc_type="press_release")]
    async with store.write() as tx:
        for one in unread:
            await items.add(tx, one, one.id, link="", why="")
    reading = Enriching(store, Catalogue({"a": source("a", doc_type="notice")}, {}))
    assert [await reading.begin(), await reading.begin()] == [2, 0]
    assert await found(store, "type:guideline status:draft", now) == [SENTENCE]
    assert await found(store, "type:recall", now) == ["A recall of eye drops"]
    assert await found(store, "type:notice OR type:press_release", now) == []
    async with store.read() as tx:
        current, version = await items.get(tx, unread[0].id), await items.get(tx, unread[0].id, 1)
    assert current is not None
    assert current == version
    assert [one.day for one in current.deadlines] == [date(2027, 1, 5)]


async def test_reading_again_begins_from_what_the_source_gave() -> None:
    given = item(SENTENCE, doc_type="notice", deadlines=(Deadline(kind="effective", day=date(2027, 3, 1)),))
    assert enrich.unread(enrich.enrich(given), "notice") == given


def test_a_moved_deadline_is_said_in_the_change() -> None:
    before, after = (enrich.enrich(item(f"Comments close on {day} January 2027", doc_type="notice")) for day in (5, 19))
    after = after.model_copy(update={"id": before.id, "version": 2})
    told = words(alert(after, [], now=datetime(2026, 12, 1, tzinfo=UTC), kind="changed", before=Before(before)))
    assert "Deadline changed" in told[0]
    assert "Deadline changed: Comments close 5 Jan 2027 → 19 Jan 2027" in told
    assert told[-1] == "Comments close 19 Jan 2027 (in 49 days)"


def test_a_deadline_taken_away_and_one_set_are_said() -> None:
    before = item("A notice", deadlines=(Deadline(kind="comments_due", day=date(2027, 1, 5)),))
    after = item("A notice", deadlines=(Deadline(kind="effective", day=date(2027, 3, 1), certainty="computed"),), version=2)
    told = words(alert(after, [], now=datetime(2026, 12, 1, tzinfo=UTC), kind="changed", before=Before(before)))
    assert "Deadline changed: no longer: Comments close 5 Jan 2027 · new: Effective 1 Mar 2027, computed" in told


def test_days_long_past_are_not_on_the_alert() -> None:
    old = item("A notice", deadlines=(Deadline(kind="effective", day=date(2020, 3, 1)), Deadline(kind="expires", day=date(2026, 11, 20))))
    assert words(alert(old, [], now=datetime(2026, 12, 1, tzinfo=UTC)))[-1] == "Expires 20 Nov 2026"
