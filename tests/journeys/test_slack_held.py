"""While another process holds the database for ten seconds, whatever people do in Slack is acknowledged in time, and answered later."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import pytest

from bot.store.database import Store
from tests.slack_conversation import Conversation, conversation, keep, words
from tests.slack_doors import Answer, submitted

HELD = 10.0
SLACK_WAITS = 3.0
"""Seconds; what is acknowledged later, Slack shows as failed and sends again."""


@pytest.fixture
def dialect() -> str:
    """A file is held as a whole, rows of a server one by one; the first is the harder case."""
    return "sqlite"


@asynccontextmanager
async def held(database: str) -> AsyncIterator[None]:
    """Another process writes to the file and is not done for so long."""
    with closing(sqlite3.connect(database.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        over = asyncio.create_task(asyncio.sleep(HELD))
        yield
        assert not over.done(), "everything was acknowledged while the database was held"
        await over
        other.execute("ROLLBACK")


async def knocked(chat: Conversation) -> list[Answer]:
    """A command, an event, a button and a form, one after another."""
    mention = {"type": "app_mention", "user": "U1", "channel": "C1", "ts": "1.1", "text": "<@UBOT> search recall"}
    sent = submitted(chat.slack, chat.slack.views[-1], {"query": "recall", "name": "", "often": "nowhere"})
    return [
        await chat.door.command("watch list"),
        await chat.door.event(mention),
        await chat.door.press("search:0", "recall"),
        await chat.door.interact(sent),
    ]


async def answered(chat: Conversation) -> None:
    """Each of them is answered once the database is free, whatever became of it, and what is asked then is carried out."""
    await chat.slack.until(lambda: len(chat.slack.responses) >= 2 and chat.slack.ephemeral, seconds=60)
    view = chat.slack.views[-1]
    await chat.slack.until(lambda: "One moment" not in words(view), seconds=60)
    assert (await chat.types("search recall"))["text"].startswith("1 item")


async def test_all_is_acknowledged_within_three_seconds_while_the_database_is_held_for_ten(database: str, store: Store) -> None:
    await keep(store, "A recall")
    async with conversation(store, "http") as over_http, conversation(store, "socket") as over_socket:
        chats = (over_http, over_socket)
        for chat in chats:
            await chat.opens("watch add")
        async with held(database):
            answers = [answer for chat in chats for answer in await knocked(chat)]
        assert [answer.status for answer in answers] == [200] * 8
        assert max(answer.seconds for answer in answers) < SLACK_WAITS
        for chat in chats:
            await answered(chat)
