"""The bot in Teams: channels, group chats and personal chats; it comes, is welcomed, goes, comes back, and answers in the right place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from bot.model import Place
from bot.sources.catalogue import Catalogue
from bot.store import items, outbox, places, watchlists
from bot.store.database import Store
from handlers.reply import Context
from handlers.slack import SlackApp
from tests import builders
from tests.loopback_slack import LoopbackSlack
from tests.loopback_teams import status
from tests.slack_doors import HttpDoor
from tests.teams_doors import CHANNEL, CHAT, GROUP, TENANT, buttons_of, words_of
from tests.teams_world import World, world


@pytest.fixture
async def teams(store: Store) -> AsyncIterator[World]:
    async with world(store) as made:
        yield made


async def known(store: Store, where: str) -> Place | None:
    async with store.read() as tx:
        return await places.get(tx, f"teams:{TENANT}:{where}")


@pytest.mark.parametrize(("where", "prefix"), [(CHANNEL, "@Regwatch "), (GROUP, "@Regwatch "), (CHAT, "")])
async def test_a_place_the_bot_comes_to_is_known_with_its_address_and_welcomed_once(
    teams: World, store: Store, where: str, prefix: str
) -> None:
    await teams.comes(where)
    await teams.comes(where)
    await teams.teams.until(lambda: teams.seen_by_all(where))
    await asyncio.sleep(0.2)
    (welcome,) = teams.seen_by_all(where)
    assert "Hello, I am Regwatch" in welcome
    assert f"3. Get its alerts here: {prefix}subscribe DCT" in welcome
    place = await known(store, where)
    assert place is not None
    assert (place.address, place.workspace, place.platform) == (teams.teams.service_url, TENANT, "teams")


@pytest.mark.parametrize(
    "told", [{"locale": "ko-KR"}, {"locale": None, "entities": [{"type": "clientInfo", "locale": "ko-KR"}]}], ids=["activity", "client"]
)
async def test_the_language_teams_tells_is_spoken_and_kept_for_what_is_sent_later(teams: World, store: Store, told: dict[str, Any]) -> None:
    await teams.door.send(teams.door.message("subscriptions", CHAT) | told)
    await teams.teams.until(lambda: teams.seen_by_all(CHAT))
    assert "구독" in teams.seen_by_all(CHAT)[0]
    place = await known(store, CHAT)
    assert place is not None
    assert place.locale == "ko-KR"


async def test_somebody_else_who_joins_is_not_welcomed(teams: World, store: Store) -> None:
    await teams.door.send(teams.door.activity("conversationUpdate", membersAdded=[{"id": "29:ben"}]))
    await asyncio.sleep(0.2)
    assert teams.teams.calls == []
    assert await known(store, CHANNEL) is None


async def test_a_channel_is_known_by_its_name_and_a_general_channel_by_its_team(teams: World, store: Store) -> None:
    tenant = {"tenant": {"id": TENANT}}
    await teams.comes("19:one@thread.tacv2", channelData={"channel": {"id": "19:one@thread.tacv2", "name": "Regulatory"}, **tenant})
    await teams.comes(CHANNEL, channelData={"team": {"id": CHANNEL, "name": "Affairs"}, **tenant})
    await teams.teams.until(lambda: len(teams.teams.calls) == 2)
    names = [one.name for one in (await known(store, "19:one@thread.tacv2"), await known(store, CHANNEL)) if one is not None]
    assert names == ["Regulatory", "Affairs (General)"]


async def test_a_mention_in_a_thread_is_answered_there_to_one_and_announced_there_to_all(teams: World) -> None:
    root = teams.teams.begin(CHANNEL, "a discussion")
    answer = await teams.types("watch add recall as Recalls", conversation={"id": f"{CHANNEL};messageid={root}", "tenantId": TENANT})
    assert "Watchlist Recalls is saved" in words_of(answer)
    assert [one["thread"] for one in teams.teams.messages(CHANNEL)[1:]] == [root, root]
    assert teams.seen_by_all()[1:] == ["@ana added the watchlist Recalls: recall"]


async def test_the_personal_chat_needs_no_mention_and_gets_messages_of_its_own(teams: World) -> None:
    assert "watch add" in words_of(await teams.types("help", CHAT))
    assert "@Regwatch" not in words_of(await teams.types("help", CHAT))
    assert [one["thread"] for one in teams.teams.messages(CHAT)] == ["", ""]


async def test_where_the_tenant_allows_no_targeted_messages_the_personal_chat_answers(teams: World) -> None:
    teams.teams.allows_targeted = False
    await teams.types("help")
    assert teams.teams.messages(CHANNEL) == []
    assert len(teams.teams.messages(CHAT)) == 1


async def test_a_tenant_known_not_to_allow_them_is_not_tried(store: Store) -> None:
    async with world(store, targeted=False) as teams:
        await teams.types("help")
        assert [one.conversation for one in teams.teams.calls] == [CHAT]


async def test_who_cannot_be_written_to_alone_is_told_how_without_a_word_of_what_they_asked(teams: World) -> None:
    teams.teams.allows_targeted = False
    teams.teams.strangers.add("29:ana")
    await teams.door.says("search secret merger")
    await teams.teams.until(teams.seen_by_all)
    (said,) = teams.seen_by_all()
    assert "Add me to your own apps" in said
    assert "merger" not in said


async def test_a_message_delivered_twice_acts_once(teams: World, store: Store) -> None:
    message = teams.door.message("watch add recall as Recalls")
    answers = await asyncio.gather(*(teams.door.send(message) for _ in range(5)))
    assert {one.status for one in answers} == {200}
    await teams.teams.until(lambda: teams.answers_to("ana"))
    await asyncio.sleep(0.3)
    assert len(teams.answers_to("ana")) == 1
    assert len(teams.seen_by_all()) == 1


async def test_a_button_pressed_twice_acts_once_and_is_answered_twice(teams: World) -> None:
    card = await teams.types("watch test recall")
    button = buttons_of(card)["Save as watchlist"]
    one = {"id": "press-1"}
    first, second = [await teams.door.presses(button, **one) for _ in range(2)]
    assert "is saved" in words_of(first.body["value"])
    assert second.body["value"] == "This was done already."


async def test_an_answer_that_takes_long_comes_as_a_message(store: Store) -> None:
    async with world(store, press_seconds=0.3) as teams:
        card = await teams.types("watch test recall")
        async with held(store):
            answer = await teams.door.presses(buttons_of(card)["Save as watchlist"])
            assert answer.body["value"] == "This takes a moment; the answer comes as a message."
        await teams.teams.until(lambda: len(teams.answers_to("ana")) == 2)
        assert "is saved" in words_of(teams.answers_to("ana")[-1])


@asynccontextmanager
async def held(store: Store) -> AsyncIterator[None]:
    """Nobody else can write to the channel's row meanwhile."""
    place = await known(store, CHANNEL)
    assert place is not None
    async with store.write() as tx:
        await places.wish(tx, place)
        yield


async def test_what_teams_tells_besides_is_answered_and_changes_nothing(teams: World) -> None:
    odd: list[tuple[str, dict[str, Any]]] = [
        ("typing", {}),
        ("messageReaction", {"reactionsAdded": [{"type": "like"}]}),
        ("event", {"name": "application/vnd.microsoft.readReceipt"}),
        ("conversationUpdate", {"channelData": {"tenant": {"id": TENANT}, "eventType": "teamRenamed"}}),
        ("ofTomorrow", {}),
        ("message", {}),
    ]
    for kind, more in odd:
        assert (await teams.door.send(teams.door.activity(kind, **more))).status == 200
    assert (await teams.door.send(teams.door.activity("invoke", name="of/tomorrow", value={}))).status == 501
    await asyncio.sleep(0.2)
    assert teams.teams.calls == []


async def owed(store: Store, where: str) -> Place:
    """The channel is subscribed to a watchlist and owed two alerts."""
    place = builders.place(where, platform="teams", workspace=TENANT)
    wanted, found = builders.watchlist("recall", workspace=TENANT), [builders.item(f"recall {number}") for number in (1, 2)]
    async with store.write() as tx:
        await places.ensure(tx, place)
        await watchlists.add(tx, wanted)
        await places.subscribe(tx, builders.subscription(wanted, place))
        for one in found:
            await items.add(tx, one, f"print of {one.title}", link=one.url or "", why="new")
        await outbox.owe(tx, [builders.delivery(one, place) for one in found])
    return place


async def code_of(store: Store, place: Place) -> str:
    async with store.read() as tx:
        return (await places.at_place(tx, place.id))[0].suspended


async def test_a_place_the_bot_was_taken_out_of_waits_and_hears_what_it_missed_when_it_is_back(teams: World, store: Store) -> None:
    place = await owed(store, CHANNEL)
    await teams.goes()
    await until_code(store, place, "BotNotInConversationRoster")
    assert teams.teams.calls == []
    await teams.comes()
    await teams.teams.until(teams.seen_by_all)
    assert teams.seen_by_all()[0] == (
        "I am back: alerts for 1 watchlist come here again.\n2 alerts were found meanwhile and follow as one message."
    )
    assert await code_of(store, place) == ""


async def test_a_deleted_channel_is_suspended_and_a_restored_one_served_again(teams: World, store: Store) -> None:
    place = await owed(store, CHANNEL)
    for event, code in (("channelDeleted", "ConversationNotFound"), ("channelRestored", "")):
        data = {"tenant": {"id": TENANT}, "eventType": event, "channel": {"id": CHANNEL}}
        await teams.door.send(teams.door.activity("conversationUpdate", channelData=data))
        await until_code(store, place, code)


async def until_code(store: Store, place: Place, code: str) -> None:
    async with asyncio.timeout(10):
        while await code_of(store, place) != code:  # noqa: ASYNC110 - the bot says nothing when it is done
            await asyncio.sleep(0.02)


async def test_whoever_blocked_the_bot_and_writes_to_it_again_gets_what_was_missed(teams: World, store: Store) -> None:
    place = await owed(store, CHAT)
    async with store.write() as tx:
        await places.suspend(tx, place.id, "MessageWritesBlocked", datetime.now(UTC))
    await teams.door.says("help", CHAT)
    await teams.teams.until(lambda: len(teams.teams.messages(CHAT)) == 2)
    assert "I am back" in teams.seen_by_all(CHAT)[0]
    assert await code_of(store, place) == ""


async def test_a_busy_teams_gets_the_answer_a_little_later_and_once(teams: World) -> None:
    teams.teams.script(status(429, retry_after=0.2), status(412), status(429, retry_after=0.1))
    await teams.types("help")
    assert len(teams.teams.calls) == 4
    assert len(teams.answers_to("ana")) == 1


async def test_slack_is_acknowledged_while_microsoft_takes_ten_seconds_for_its_keys(store: Store) -> None:
    async with LoopbackSlack("C1") as slack:
        context = Context(store=store, catalogue=Catalogue({}, {}))
        ear = SlackApp(
            context, lambda: datetime.now(UTC), token=slack.bot_token, api_url=slack.api_url, signing_secret=slack.signing_secret
        )
        async with world(store, slack=ear.endpoint) as teams:
            await ear.start()
            teams.microsoft.wait = 10.0
            waiting = [asyncio.create_task(teams.door.says("help")) for _ in range(20)]
            await teams.teams.until(lambda: teams.microsoft.asked == 1)
            slowest = 0.0
            for _ in range(10):
                began = asyncio.get_running_loop().time()
                assert (await HttpDoor(slack, f"{teams.address}/slack/events").command("help")).status == 200
                slowest = max(slowest, asyncio.get_running_loop().time() - began)
            assert slowest < 3
            assert not any(one.done() for one in waiting)
            assert {one.status for one in await asyncio.gather(*waiting)} == {503}
            await ear.stop()


async def test_health_is_told_while_teams_is_heard(teams: World) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{teams.address}/healthz") as answer:
        assert answer.status == 200
