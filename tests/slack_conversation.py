"""A workspace with the bot in it, for journeys: what a person does in Slack and what they see, over either door."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.sources.catalogue import Catalogue
from bot.store import items
from bot.store.database import Store, Tx
from handlers.reply import Context
from handlers.slack import SlackApp
from handlers.web import WebServer, web_app
from tests import builders
from tests.loopback_slack import LoopbackSlack
from tests.slack_doors import Answer, Door, HttpDoor, SocketDoor, pressed_in, submitted
from tests.slack_limits import view_problems

Json = dict[str, Any]


def clock() -> datetime:
    return datetime.now(UTC)


@dataclass
class Conversation:
    """A workspace with the bot in it: what one does there and what one sees."""

    slack: LoopbackSlack
    door: Door

    async def types(self, words: str, **more: str) -> Json:
        """A slash command; the private answer."""
        seen = len(self.slack.responses)
        answer = await self.door.command(words, **more)
        assert answer.status == 200
        assert answer.body in ("", None)
        await self.slack.until(lambda: len(self.slack.responses) > seen)
        return self.slack.responses[-1]

    async def presses(self, answer: Json, label: str) -> Json:
        """The button of that label in an answer; the answer that replaces it."""
        (button,) = [one for one in buttons(answer) if one["text"]["text"] == label]
        seen = len(self.slack.responses)
        kept = {"type": "message", "channel_id": "C1", "is_ephemeral": answer.get("response_type") == "ephemeral"}
        assert (await self.door.press(button["action_id"], button["value"], container=kept)).status == 200
        await self.slack.until(lambda: len(self.slack.responses) > seen)
        return self.slack.responses[-1]

    async def opens(self, words: str, **more: str) -> Json:
        """A slash command; the modal it opens, which goes on changing."""
        seen = len(self.slack.views)
        assert (await self.door.command(words, **more)).status == 200
        await self.slack.until(lambda: len(self.slack.views) > seen)
        return self.slack.views[-1]

    async def opens_by(self, answer: Json, label: str) -> Json:
        """The modal that the button of that label in a message opens."""
        (button,) = [one for one in buttons(answer) if one["text"]["text"] == label]
        seen = len(self.slack.views)
        kept = {"type": "message", "channel_id": "C1", "is_ephemeral": answer.get("response_type") == "ephemeral"}
        assert (await self.door.press(button["action_id"], button.get("value", ""), container=kept)).status == 200
        await self.slack.until(lambda: len(self.slack.views) > seen)
        return self.slack.views[-1]

    async def sends(self, view: Json, **values: Any) -> Answer:
        """A modal sent off with these values; an update among the answers is shown in it, as Slack does."""
        answer = await self.door.interact(submitted(self.slack, view, values))
        assert answer.status == 200
        if isinstance(answer.body, dict) and answer.body.get("response_action") == "update":
            assert view_problems(answer.body["view"]) == []
            self.slack.replace_view(view, answer.body["view"])
        return answer

    async def settles(self, view: Json, **values: Any) -> Answer:
        """As `sends`, and where the answer takes longer than Slack waits, the modal shows it by now."""
        answer = await self.sends(view, **values)
        await self.slack.until(lambda: "One moment" not in words(view), seconds=30)
        return answer

    async def presses_in(self, view: Json, label: str, **values: Any) -> Json:
        """The button of that label in a modal, which then shows something else."""
        (button,) = [one for one in buttons(view) if one["text"]["text"] == label]
        before = view["versions"]
        sent = pressed_in(self.slack, view, button["action_id"], button.get("value", ""), values)
        assert (await self.door.interact(sent)).status == 200
        await self.slack.until(lambda: view["versions"] > before)
        return view

    async def hears(self, channel: str, count: int) -> list[str]:
        """The texts in a channel once there are so many."""
        await self.slack.until(lambda: len(self.slack.messages(channel)) >= count)
        return [one["text"] for one in self.slack.messages(channel)]

    async def settled(self) -> None:
        await asyncio.sleep(0.3)


@asynccontextmanager
async def conversation(store: Store, way: str, catalogue: Catalogue | None = None, *, web_url: str = "") -> AsyncIterator[Conversation]:
    async with LoopbackSlack("C1", "C2", "D1", "U1") as slack:
        context = Context(store=store, catalogue=catalogue or Catalogue({}, {}), web_url=web_url)
        app = SlackApp(
            context,
            clock,
            token=slack.bot_token,
            api_url=slack.api_url,
            signing_secret=slack.signing_secret if way == "http" else "",
            app_token=slack.app_token if way == "socket" else "",
        )
        server = WebServer(web_app(store, app.endpoint), "127.0.0.1", 0)
        await app.start()
        await server.start()
        door: Door = HttpDoor(slack, f"{server.address}/slack/events") if way == "http" else SocketDoor(slack)
        try:
            yield Conversation(slack, door)
        finally:
            await server.stop()
            await app.stop()


@pytest.fixture(params=["http", "socket"])
async def chat(store: Store, request: pytest.FixtureRequest) -> AsyncIterator[Conversation]:
    async with conversation(store, request.param) as found:
        yield found


def buttons(shown: Json) -> list[Json]:
    """The buttons of a message or view."""
    return [one for block in shown["blocks"] if block["type"] == "actions" for one in block["elements"]]


def words(shown: Json) -> str:
    """All that a view or the blocks of a message say, a line for each block."""
    return "\n".join(("" if block["type"] == "rich_text" else " ").join(_texts(block)) for block in shown["blocks"])


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [text for key, inner in value.items() if key != "value" and not isinstance(inner, str) for text in _texts(inner)]
    return [text for inner in value for text in _texts(inner)] if isinstance(value, list) else []


async def keep(store: Store, *titles: str) -> None:
    async with store.write() as tx:
        for number, title in enumerate(titles):
            one = builders.item(title, detected=clock() - timedelta(days=1) + timedelta(minutes=number))
            await items.add(tx, one, f"print of {title}", link=one.url or "", why="new")


class Held(Store):
    """A store whose every change waits, as behind a long lock."""

    seconds = 3.5

    def __init__(self, inner: Store) -> None:
        self.inner = inner

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        async with self.inner.read() as tx:
            yield tx

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        await asyncio.sleep(self.seconds)
        async with self.inner.write() as tx:
            yield tx
