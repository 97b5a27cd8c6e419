"""`remind me`: a person is told of an item on the day they named, once and in a message of their own; it bars nothing until then."""

from datetime import datetime, timedelta

import pytest

from bot.model import Delivery
from bot.sources.catalogue import Catalogue
from bot.store import items, outbox, places
from bot.store.database import Store
from handlers.reply import Context
from tests.builders import item, place
from tests.test_handlers_commands import Talk

ID = "3f9a2c41d0e1b2a3"
HERE = place("C1", platform="slack", workspace="W1", timezone="Asia/Seoul")
OWN = "slack:W1:ana"


@pytest.fixture
async def talk(store: Store, now: datetime) -> Talk:
    async with store.write() as tx:
        await places.ensure(tx, HERE)
        await items.add(tx, item("A <!channel> notice", id=ID), "print", link="", why="new")
    return Talk(Context(store=store, catalogue=Catalogue({}, {})), now, place=HERE)


async def claimed(store: Store, now: datetime) -> list[Delivery]:
    async with store.write() as tx:
        return await outbox.claim(tx, now, timedelta(minutes=1))


async def test_a_person_in_a_channel_is_reminded_by_direct_message_at_nine_of_the_day_and_once(
    talk: Talk, store: Store, now: datetime
) -> None:
    assert "on 9 Jul 2026 at 09:00, by direct message." in await talk.says(f"remind me {ID[:8]} in 7d")
    assert "That is so already." in await talk.says(f"remind me {ID} on 2026-07-09")
    async with store.write() as tx:
        await outbox.say(tx, OWN, "later", ("Something else.",), now)
    (other,) = await claimed(store, now + timedelta(minutes=1))
    assert other.notice is not None
    assert other.notice.lines == ("Something else.",)
    async with store.write() as tx:
        await outbox.record(tx, other.model_copy(update={"state": "sent"}), other)
    due = datetime.fromisoformat("2026-07-09T09:00+09:00")
    assert await claimed(store, due - timedelta(minutes=1)) == []
    (told,) = await claimed(store, due)
    assert (told.place, told.notice.lines[0] if told.notice else "") == (OWN, "Reminder, as you asked on 2 Jul 2026:")


async def test_reminders_are_listed_and_taken_back(talk: Talk, store: Store, now: datetime) -> None:
    assert "You are to be reminded of nothing." in await talk.says("remind me")
    await talk.says(f"remind me {ID} in 2w")
    assert f"To undo: /reg remind me {ID[:8]} off" in await talk.says("remind me")
    assert "I do not remind you of" in await talk.says(f"remind me {ID} off")
    assert "You are not to be reminded of" in await talk.says(f"remind me {ID} off")
    assert await claimed(store, now + timedelta(days=30)) == []


@pytest.mark.parametrize(("day", "said"), [("in 0d", "has to be ahead"), ("on 2026-13-01", "is no day"), ("soon", "is no day")])
async def test_a_day_that_cannot_be_is_refused(talk: Talk, day: str, said: str) -> None:
    assert said in await talk.says(f"remind me {ID} {day}")


async def test_a_form_asks_for_the_day_beginning_with_one_in_a_week(talk: Talk) -> None:
    reply = await talk.reply(f"remind me {ID}")
    assert "When shall I remind you?" in str(reply.card)


@pytest.mark.parametrize("when", ["tomorrow", "내일", "3 July 2026", "2026. 7. 3.", "1d", "in 1 day"])
async def test_the_day_is_said_as_people_say_days(talk: Talk, when: str) -> None:
    assert "on 3 Jul 2026 at 09:00" in await talk.says(f"remind me {ID[:8]} {when}")
