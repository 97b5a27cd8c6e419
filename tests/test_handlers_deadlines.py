"""Deadlines ahead, and reminders of them, in chat."""

from datetime import date, datetime, timedelta

import pytest

from bot.model import Deadline, Item
from bot.store import hits, items, places, watchlists
from bot.store.database import Store
from handlers.reply import Context
from tests.builders import NOW, hit, item, place, subscription, watchlist
from tests.test_handlers_commands import Talk, catalogue, source

HERE = place("general", timezone="Asia/Seoul")


@pytest.fixture
def talk(store: Store, now: datetime) -> Talk:
    return Talk(Context(store=store, catalogue=catalogue(source("s"))), now, place=HERE)


async def received(store: Store, *found: Item) -> None:
    """The place is subscribed to a watchlist that has matched all but the last of these items."""
    mine = watchlist("recall")
    async with store.write() as tx:
        await places.ensure(tx, HERE)
        await places.wish(tx, HERE)
        await watchlists.add(tx, mine)
        await places.subscribe(tx, subscription(mine, HERE))
        for one in found:
            await items.add(tx, one, one.id, link="", why="")
        await hits.add(tx, [hit(mine, one) for one in found[:-1]], NOW)


def due(title: str, day: date, kind: str = "comments_due", **more: object) -> Item:
    return item(title, deadlines=(Deadline.model_validate({"kind": kind, "day": day}),), **more)


async def test_deadlines_are_those_of_what_the_place_receives_the_soonest_first(talk: Talk, store: Store, now: datetime) -> None:
    days = [now.date() + timedelta(days=one) for one in (20, 3, -2, 200, 5)]
    await received(store, *(due(f"Number {number}", day) for number, day in enumerate(days)))
    said = await talk.says("deadlines")
    assert said.index("Number 1") < said.index("Number 0")
    assert "2 deadlines in the next 30 days of what this channel receives." in said
    assert "🇰🇷 MFDS · Comments close 5 Jul 2026 (in 3 days)" in said
    assert not any(f"Number {one}" in said for one in (2, 3, 4))
    assert "Number 3" in await talk.says("deadlines 300d")


async def test_a_query_looks_at_all_that_was_collected(talk: Talk, store: Store, now: datetime) -> None:
    await received(store, due("A recall", now.date()), due("Guidance on trials", now.date() + timedelta(days=4), "effective"))
    assert "Effective 6 Jul 2026 (in 4 days)" in await talk.says("deadlines 2w trials")
    assert "Nothing collected so far that matches trials country:JP" in await talk.says("deadlines 30d trials country:JP")
    assert "A recall" not in await talk.says("deadlines country:KR trials")


async def test_a_withdrawn_item_has_no_deadline_ahead(talk: Talk, store: Store, now: datetime) -> None:
    await received(store, due("Gone", now.date(), status="withdrawn"), due("Other", now.date()))
    assert "Nothing that this channel receives" in await talk.says("deadlines")


async def test_many_are_turned_by_page(talk: Talk, store: Store, now: datetime) -> None:
    await received(store, *(due(f"Number {one}", now.date() + timedelta(days=one)) for one in range(11)))
    assert "page 1 of 2" in await talk.says("deadlines")
    said = await talk.says("deadlines page 2")
    assert "Number 9" in said
    assert "Number 7" not in said
    assert "There are only 2 pages" in await talk.says("deadlines page 3")
    assert "1 to 730 days" in await talk.says("deadlines 999d")


async def test_reminders_are_shown_changed_and_ended_and_each_answer_says_how_it_is(talk: Talk, store: Store) -> None:
    await received(store, due("A", date(2026, 8, 1)), due("B", date(2026, 8, 1)))
    assert "This channel is not reminded of deadlines" in await talk.says("remind")
    reply = await talk.reply("remind on")
    assert reply.announce is not None
    assert "30, 7, 1 days before, at 09:00 Asia/Seoul" in await talk.says("remind")
    assert "14, 3 days before, at 08:30 Asia/Seoul" in await talk.says("remind 3,14 at 8:30")
    assert "14, 3 days before, at 10:00 Asia/Seoul" in await talk.says("remind at 10am")
    assert "How many days before?" in await talk.says("remind soon")
    assert "At which time?" in await talk.says("remind 3 at noonish")
    assert "is not reminded of deadlines" in await talk.says("remind off")


@pytest.mark.parametrize(("typed", "days"), [("2 weeks", 14), ("2w", 14), ("30일", 30), ("3 months", 90), ("45 recall", 45), ("3개월", 90)])
async def test_how_far_ahead_is_said_with_a_blank_or_in_korean_too(talk: Talk, typed: str, days: int) -> None:
    assert f"in the next {days} days" in await talk.says(f"deadlines {typed}")


@pytest.mark.parametrize("typed", ["-5d", "9999d", "0d"])
async def test_as_many_days_as_nobody_looks_ahead_are_refused_and_not_searched_for(talk: Talk, typed: str) -> None:
    assert "I look 1 to 730 days ahead" in await talk.says(f"deadlines {typed}")


async def test_reminders_asked_for_again_are_not_announced_again(talk: Talk) -> None:
    for first, again in (("remind on", "remind 30,7,1"), ("remind off", "remind off")):
        assert (await talk.reply(first)).announce is not None
        reply = await talk.reply(again)
        assert reply.announce is None
        assert "That is so already" in await talk.says(again)
