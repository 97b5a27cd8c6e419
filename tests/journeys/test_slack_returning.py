"""A Slack channel that took no messages takes them again: the bot is invited back, the channel unarchived, the token renewed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.model import Place
from bot.store import items, outbox, places, watchlists
from bot.store.database import Store
from tests import builders
from tests.journeys.test_slack_commands import Conversation, conversation

C1 = builders.place("C1", platform="slack", workspace="T1", name="#regulatory")
JOINED = {"type": "member_joined_channel", "user": "UBOT", "channel": "C1", "channel_type": "C", "team": "T1"}


@pytest.fixture(params=["http", "socket"])
async def chat(store: Store, request: pytest.FixtureRequest) -> AsyncIterator[Conversation]:
    await suspended(store, C1, "not_in_channel")
    async with conversation(store, request.param) as found:
        yield found


async def suspended(store: Store, where: Place, code: str) -> None:
    """The channel is subscribed to a watchlist, owed two alerts, and takes no messages."""
    now, wanted = datetime.now(UTC), builders.watchlist("recall", workspace=where.workspace)
    found = [builders.item(f"recall {number}") for number in (1, 2)]
    async with store.write() as tx:
        await places.ensure(tx, where)
        await watchlists.add(tx, wanted)
        await places.subscribe(tx, builders.subscription(wanted, where))
        for one in found:
            await items.add(tx, one, f"print of {one.title}", link=one.url or "", why="new")
        await outbox.owe(tx, [builders.delivery(one, where) for one in found])
        assert await places.suspend(tx, where.id, code, now)


async def codes(store: Store, where: Place) -> list[str]:
    async with store.read() as tx:
        return [one.suspended for one in await places.at_place(tx, where.id)]


@pytest.mark.parametrize("event", [JOINED, {"type": "channel_unarchive", "channel": "C1", "user": "U2"}], ids=["invited", "unarchived"])
async def test_the_channel_hears_that_alerts_come_again_and_how_many_were_missed(
    chat: Conversation, store: Store, event: dict[str, Any]
) -> None:
    await chat.door.event(event)
    assert await chat.hears("C1", 1) == [
        "I am back: alerts for 1 watchlist come here again.\n2 alerts were found meanwhile and follow as one message."
    ]
    assert await codes(store, C1) == [""]
    await chat.door.event(event)
    await chat.settled()
    assert len(chat.slack.messages("C1")) == 1


async def test_a_new_channel_is_welcomed_once_with_three_next_steps(chat: Conversation, store: Store) -> None:
    for event in (JOINED | {"channel": "C2"}, JOINED | {"channel": "C2"}, JOINED | {"channel": "C2", "user": "U7"}):
        await chat.door.event(event)
    (welcome,) = await chat.hears("C2", 1)
    assert "Hello, I am Regwatch" in welcome
    assert "3. Get its alerts here: /reg subscribe DCT" in welcome
    await chat.settled()
    assert len(chat.slack.messages("C2")) == 1
    async with store.read() as tx:
        assert await places.get(tx, "slack:T1:C2") is not None


async def test_somebody_else_who_joins_changes_nothing(chat: Conversation, store: Store) -> None:
    await chat.door.event(JOINED | {"user": "U7"})
    await chat.settled()
    assert chat.slack.messages("C1") == []
    assert await codes(store, C1) == ["not_in_channel"]


@pytest.mark.parametrize(("code", "after"), [("token_revoked", ""), ("is_archived", "is_archived")])
async def test_a_token_slack_accepts_resumes_what_the_old_one_lost(store: Store, code: str, after: str) -> None:
    await suspended(store, C1, code)
    async with conversation(store, "socket"):
        assert await codes(store, C1) == [after]
