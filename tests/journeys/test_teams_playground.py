"""Microsoft's own test client against the bot, over the wire: mention, search, dialog, alert, button, message extension."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bot.deliver.teams import TeamsSender
from bot.deliver.teams_answers import TeamsAnswers
from bot.deliver.teams_connector import Connector
from bot.deliver.teams_token import no_token
from bot.sources.catalogue import Catalogue
from bot.store import items, outbox, places
from bot.store.database import Store
from handlers.reply import Context
from handlers.teams import TeamsApp
from handlers.teams_gate import Registration, origins
from handlers.teams_keys import Keys
from handlers.web import WebServer, web_app
from schedules.deliver import Delivering
from tests import builders
from tests.playground import TEAM, Playground, free_port, playground
from tests.teams_doors import buttons_of, fields_of, words_of

Json = dict[str, Any]


def clock() -> datetime:
    return datetime.now(UTC)


@dataclass
class Scene:
    """The client, the bot's store, and what sends its alerts."""

    client: Playground
    store: Store
    delivering: Delivering

    def cards(self) -> list[tuple[Json, Json]]:
        """The cards shown so far, each after the message that holds it, which knows its `thread`; the newest last."""
        told = [one for one in self.client.seen if one.get("action") == "createMessage"]
        messages = [{"thread": one["actionConversationId"]} | one["message"] for one in told]
        return [(one, card["content"]) for one in messages for card in one.get("attachments") or ()]

    async def card(self, words: str) -> tuple[Json, Json]:
        """The newest card with these words, once it is there."""
        found: tuple[Json, Json] = await self.client.until(
            lambda: next((one for one in reversed(self.cards()) if words in words_of(one[1])), None)
        )
        return found


@asynccontextmanager
async def scene(store: Store, folder: Path) -> AsyncIterator[Scene]:
    """A bot that wants no tokens, the client that speaks to it, and a bot's hand to deliver with."""
    port = free_port()
    service = f"http://127.0.0.1:{port}/_connector"
    async with AsyncExitStack() as stack:
        connector = Connector(no_token, service_url=service)
        stack.push_async_callback(connector.close)
        registration = Registration("", frozenset(), origins(service, anonymous=True), anonymous=True)
        context = Context(store=store, catalogue=Catalogue({}, {}))
        app = TeamsApp(context, clock, TeamsAnswers(connector), registration, Keys())
        server = WebServer(web_app(store, teams=app.endpoint), "127.0.0.1", 0)
        await server.start()
        stack.push_async_callback(app.stop)
        stack.push_async_callback(server.stop)
        client = await stack.enter_async_context(playground(port, f"{server.address}/api/messages", folder))
        delivering = Delivering(store, {"teams": TeamsSender(connector)}, context.catalogue, clock, lambda: 0.5)
        yield Scene(client, store, delivering)


@pytest.fixture(params=["sqlite"])
def dialect(request: pytest.FixtureRequest) -> str:
    """One database is enough to speak to a client."""
    chosen: str = request.param
    return chosen


async def keep(store: Store, *titles: str) -> None:
    async with store.write() as tx:
        for title in titles:
            one = builders.item(title, id=f"{uuid4()}", detected=clock() - timedelta(hours=1))
            await items.add(tx, one, f"print of {title}", link=one.url or "", why="new")


async def alert(made: Scene, conversation: str, title: str) -> None:
    """An item comes and its alert is delivered to whoever subscribed the watchlist."""
    # People name items by the first eight characters of their id.
    one = builders.item(title, id=f"{uuid4()}", detected=clock())
    async with made.store.write() as tx:
        await items.add(tx, one, f"print of {title}", link=one.url or "", why="new")
        place = await places.get(tx, conversation)
        assert place is not None
        await outbox.owe(tx, [builders.delivery(one, place, created=clock(), not_before=clock() - timedelta(seconds=1))])
    assert await made.delivering.drain() == 1


async def test_microsofts_client_and_the_bot_understand_each_other(store: Store, tmp_path: Path) -> None:
    await keep(store, "Recall of a stent", "Recall of a pump")
    async with scene(store, tmp_path) as made:
        client = made.client
        tenant = (await client.asks("GET", "/_internal/v1/config"))["config"]["tenantId"]
        channel = {"id": TEAM, "conversationType": "channel", "tenantId": tenant}

        await client.asks("POST", f"/_debug/conversation/{TEAM}/installation", {})
        await made.card("Hello, I am Regwatch")

        await client.says("search recall", TEAM)
        _, found = await made.card("2 items for recall")
        assert "Recall of a pump" in words_of(found)
        # This client knows no task/fetch, so the button of the search opens nothing in it; the message extension has the same dialog.
        assert buttons_of(found)["Save as watchlist"]["data"]["msteams"] == {"type": "task/fetch"}
        asked = {"commandId": "watch", "commandContext": "compose"}
        opened = await client.invokes("composeExtension/fetchTask", asked, channel)
        dialog = opened["task"]["value"]["card"]["content"]
        (save,) = [one for one in dialog["actions"] if one["title"] == "Save"]
        filled = dict.fromkeys(fields_of(dialog), "") | {"query": "recall", "often": "now"}
        sent = {"commandId": "watch", "data": filled | save["data"]}
        done = await client.invokes("composeExtension/submitAction", sent, channel)
        assert "Watchlist recall is saved" in words_of(done["task"]["value"]["card"]["content"])
        await made.card("Alex Wilber added the watchlist recall: recall – subscribed this channel to recall.")

        await alert(made, f"teams:{tenant}:{TEAM}", "Recall of a valve")
        message, card = await made.card("Recall of a valve")
        execute = {"trigger": "manual", "action": buttons_of(card)["More"]}
        thread = {**channel, "id": message["postConversationId"]}
        shown = await client.invokes("adaptiveCard/action", execute, thread, reply_to=message["messageId"])
        assert "1 version:" in words_of(shown["value"])

        asked = {"commandId": "search", "parameters": [{"name": "query", "value": "recall"}], "queryOptions": {"skip": 0, "count": 25}}
        listed = await client.invokes("composeExtension/query", asked, channel)
        titles = [one["preview"]["content"]["title"] for one in listed["composeExtension"]["attachments"]]
        assert titles == ["Recall of a valve", "Recall of a pump", "Recall of a stent"]


async def test_in_the_personal_chat_no_mention_is_needed(store: Store, tmp_path: Path) -> None:
    async with scene(store, tmp_path) as made:
        chat = (await made.client.asks("GET", "/_internal/v1/config"))["config"]["personalChat"]["id"]
        await made.client.says("watch add recall as Recalls", chat, mention=False)
        await made.card("Watchlist Recalls is saved")
        await made.client.says("subscribe Recalls", chat, mention=False)
        await made.card("Recalls – now")
