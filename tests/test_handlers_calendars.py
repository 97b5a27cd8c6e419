"""The calendar of a place: its address, and what it shows to whoever has it."""

import re
from datetime import datetime, timedelta

import httpx
import icalendar
import pytest

from bot.model import Deadline
from bot.store import items
from bot.store.database import Store
from handlers.feeds import Feeds
from handlers.reply import Context
from handlers.web import web_app
from tests.builders import place
from tests.test_handlers_commands import Talk, catalogue, source
from tests.test_handlers_deadlines import HERE, due, received

KNOWN = catalogue(source("s", timezone="Asia/Seoul"))


@pytest.fixture
def talk(store: Store, now: datetime) -> Talk:
    return Talk(Context(store=store, catalogue=KNOWN, web_url="https://bot.example"), now, place=HERE)


async def address(talk: Talk) -> str:
    found = re.search(r"https://bot\.example(/calendar/[\w-]{43}\.ics)", await talk.says("calendar new"))
    assert found is not None
    return found[1]


async def get(store: Store, now: datetime, path: str, **headers: str) -> httpx.Response:
    app = web_app(store, feeds=Feeds(store, KNOWN, lambda: now))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as client:
        return await client.get(path, headers=headers)


async def test_the_address_shows_the_deadlines_of_the_place_and_follows_them(talk: Talk, store: Store, now: datetime) -> None:
    day = now.date() + timedelta(days=20)
    kept = due("A recall", day)
    await received(store, kept, due("Not received", day))
    path = await address(talk)
    answer = await get(store, now, path)
    assert answer.headers["content-type"].startswith("text/calendar")
    (event,) = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert (event.decoded("dtstart"), str(event["summary"])) == (day, "Comments close: A recall")
    again = await get(store, now, path, **{"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    later = (Deadline(kind="comments_due", day=day + timedelta(days=14)),)
    moved = kept.model_copy(update={"version": 2, "deadlines": later, "detected": now + timedelta(days=1)})
    async with store.write() as tx:
        await items.add_version(tx, moved, "other", link="", why="")
    answer = await get(store, now, path, **{"if-none-match": answer.headers["etag"]})
    (changed,) = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert (changed["uid"], changed["sequence"], changed.decoded("dtstart")) == (event["uid"], 1, day + timedelta(days=14))


async def test_a_new_address_ends_the_old_one_and_off_ends_both(talk: Talk, store: Store, now: datetime) -> None:
    assert "has no calendar" in await talk.says("calendar")
    first, second = await address(talk), await address(talk)
    assert [(await get(store, now, one)).status_code for one in (first, second)] == [404, 200]
    assert "Its address was shown then and is not kept" in await talk.says("calendar")
    reply = await talk.reply("calendar off")
    assert reply.announce is not None
    assert (await get(store, now, second)).status_code == 404
    assert "has no calendar" in await talk.says("calendar off")
    assert "calendar new, or calendar off" in await talk.says("calendar please")


async def test_what_is_announced_does_not_tell_the_address(talk: Talk) -> None:
    reply = await talk.reply("calendar new")
    assert reply.private
    assert "/calendar/" in str(reply.card)
    assert reply.announce is not None
    assert "/calendar/" not in str(reply.announce)


async def test_each_place_has_its_own_and_no_address_is_guessed(talk: Talk, store: Store, now: datetime) -> None:
    other = Talk(talk.context, now, place=place("other", workspace="W2"))
    mine, theirs = await address(talk), await address(other)
    await received(store, due("A recall", now.date()), due("Another", now.date()))
    counts = [len(icalendar.Calendar.from_ical((await get(store, now, one)).content).walk("VEVENT")) for one in (mine, theirs)]
    assert counts == [1, 0]
    for wrong in ("/calendar/.ics", "/calendar/x.ics", "/calendar/%00.ics", mine[:-5] + ".ics", mine.removesuffix(".ics")):
        assert (await get(store, now, wrong)).status_code == 404
