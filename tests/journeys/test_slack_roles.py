"""What Slack says of a person decides what they may do: admins, members, guests, and people of other workspaces in a shared channel."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.store.database import Store
from tests.faults import slow
from tests.loopback_slack import error
from tests.slack_conversation import Conversation, conversation
from tests.slack_doors import callback

Json = dict[str, Any]


@pytest.fixture
def dialect() -> str:
    """Who somebody is, Slack tells: one kind of database will do."""
    return "sqlite"


@pytest.fixture(params=["http", "socket"])
async def chat(store: Store, request: pytest.FixtureRequest) -> AsyncIterator[Conversation]:
    async with conversation(store, request.param) as found:
        found.slack.users = {
            "U1": person("U1", is_admin=False),
            "U2": person("U2", is_admin=True),
            "U3": person("U3", is_admin=False, is_restricted=True),
            "U4": person("U4", team="T9", is_admin=True),
            "U5": person("U5", is_admin=False, is_owner=True),
        }
        yield found


def person(user: str, team: str = "T1", **rights: bool) -> Json:
    return {"id": user, "name": user.lower(), "team_id": team, "is_restricted": False, "is_ultra_restricted": False} | rights


async def says(chat: Conversation, words: str, user: str) -> str:
    return str((await chat.types(words, user=user))["text"])


async def test_admins_of_slack_are_admins_here_and_members_are_told_whom_to_ask(chat: Conversation) -> None:
    refused = await says(chat, "admin operations here", "U1")
    assert "Only an admin may do this." in refused
    assert "Ask an admin of this Slack workspace" in refused
    assert "In this channel it is told once" in await says(chat, "admin operations here", "U2")
    assert "Nobody is told" in await says(chat, "admin operations off", "U5")


async def test_guests_look_and_change_nothing(chat: Conversation) -> None:
    assert "Guests can look and search here, and change nothing." in await says(chat, "watch add recall as Recalls", "U3")
    assert "Guests" not in await says(chat, "search recall", "U3")
    assert chat.slack.messages("C1") == []


async def test_people_of_another_workspace_are_guests_in_a_shared_channel_even_if_they_are_admins_at_home(chat: Conversation) -> None:
    assert "Guests" in await says(chat, "admin operations here", "U4")
    event = {"type": "app_mention", "user": "U4", "user_team": "T9", "channel": "C1", "text": "<@UBOT> watch add recall as Recalls"}
    await chat.door.event(event)
    await chat.slack.until(lambda: chat.slack.ephemeral)
    assert "Guests" in chat.slack.ephemeral[-1]["text"]


async def test_an_unasked_stranger_is_told_by_their_own_workspace(chat: Conversation) -> None:
    chat.slack.script("users.info", error("user_not_found"))
    await chat.door.event({"type": "app_mention", "user": "U8", "user_team": "T9", "channel": "C1", "text": "<@UBOT> watch add recall"})
    await chat.slack.until(lambda: chat.slack.ephemeral)
    assert "Guests" in chat.slack.ephemeral[-1]["text"]


async def test_an_admin_names_a_person_by_mention(chat: Conversation) -> None:
    assert "@ana" in await says(chat, "admin roles add <@U1|ana>", "U2")
    assert "In this channel it is told once" in await says(chat, "admin operations here", "U1")
    assert "only @ana and admins may change it" in await says(chat, "admin manager <@U1|ana>", "U2")


async def test_slack_is_asked_about_a_person_once_in_ten_minutes_and_not_for_a_search(chat: Conversation) -> None:
    for words in ("search recall", "help", "subscriptions"):
        await says(chat, words, "U1")
    assert chat.slack.calls_of("users.info") == []
    for words in ("watch add recall as Recalls", "subscribe Recalls", "admin roles add me"):
        await says(chat, words, "U1")
    assert len(chat.slack.calls_of("users.info")) == 1


async def test_when_slack_does_not_say_in_time_a_member_goes_on_and_an_admin_is_not_one(chat: Conversation) -> None:
    chat.slack.script("users.info", slow(5), slow(5))
    begun = time.monotonic()
    assert "is saved" in await says(chat, "watch add recall as Recalls", "U1")
    assert time.monotonic() - begun < 5
    assert "Only an admin" in await says(chat, "admin operations here", "U1")


async def test_without_the_scope_the_first_names_themselves_admin(chat: Conversation) -> None:
    chat.slack.scopes -= {"users:read"}
    await says(chat, "admin roles add me", "U1")
    assert "In this channel it is told once" in await says(chat, "admin operations here", "U1")
    assert "Only an admin" in await says(chat, "admin operations off", "U5")


async def test_an_event_belongs_to_the_workspace_it_came_through_not_to_that_of_its_author(chat: Conversation) -> None:
    event = {"type": "app_mention", "user": "U1", "channel": "C1", "text": "<@UBOT> watch add recall as Recalls"}
    payload = callback(event, "Ev-shared") | {"team_id": "T9"}
    if hasattr(chat.door, "post"):
        await chat.door.post(json.dumps(payload), content_type="application/json")
    else:
        await chat.slack.envelope("events_api", payload)
    await chat.slack.until(lambda: chat.slack.ephemeral)
    assert "Recalls" in await says(chat, "watch list", "U1")
