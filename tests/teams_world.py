"""A bot that hears Teams, with a loopback Connector to answer to and Microsoft's keys to check with; what people do there and see.

async with world(store) as teams:
    answer = await teams.types("search recall")       # ana mentions the bot in the channel
    answer = await teams.presses(answer, "Next")
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.deliver.teams_answers import TeamsAnswers
from bot.deliver.teams_connector import Connector
from bot.deliver.teams_token import no_token
from bot.sources.catalogue import Catalogue
from bot.store.database import Store
from handlers.reply import Context
from handlers.teams import TeamsApp
from handlers.teams_gate import Registration, origins
from handlers.teams_keys import Keys
from handlers.web import Endpoint, WebServer, web_app
from tests.loopback_teams import LoopbackTeams
from tests.teams_doors import BOT, CHANNEL, CLIENT_ID, TENANT, Answer, Microsoft, TeamsDoor, buttons_of, words_of

Json = dict[str, Any]


@dataclass
class World:
    """Teams with the bot in it. An answer is the card a person sees."""

    teams: LoopbackTeams
    microsoft: Microsoft
    door: TeamsDoor
    address: str

    async def types(self, words: str, where: str = CHANNEL, user: str = "ana", **more: Any) -> Json:
        """Somebody writes to the bot; the card that answers them, wherever it stands."""
        seen = len(self.answers_to(user))
        assert (await self.door.says(words, where, user, **more)).status == 200
        await self.teams.until(lambda: len(self.answers_to(user)) > seen)
        return self.answers_to(user)[-1]

    async def presses(self, card: Json, label: str, where: str = CHANNEL, user: str = "ana") -> Json:
        """The button of that label on a card is pressed; the card that takes its place."""
        answer = await self.door.presses(buttons_of(card)[label], where, user)
        assert (answer.status, answer.body["statusCode"]) == (200, 200)
        assert answer.body["type"] == "application/vnd.microsoft.card.adaptive"
        shown: Json = answer.body["value"]
        return shown

    async def opens(self, card: Json, label: str, where: str = CHANNEL) -> Json:
        """The button of that label on a card is pressed; the dialog it opens."""
        return dialog_of(await self.door.opens(buttons_of(card)[label], where))

    async def submits(self, dialog: Json, label: str, where: str = CHANNEL, **values: str) -> Json:
        """A dialog is sent off by the button of that label; what it shows then."""
        return dialog_of(await self.door.submits(dialog, label, where, **values))

    def answers_to(self, user: str) -> list[Json]:
        """The cards only this person sees: in the channel, or in the personal chat."""
        whispered = [one for one in self.teams.messages(CHANNEL) if one.get("only") == f"29:{user}"]
        alone = self.teams.messages(f"a:chat-with-29:{user}")
        return [card_of(one) for one in sorted((*whispered, *alone), key=lambda one: int(one["id"]))]

    def seen_by_all(self, where: str = CHANNEL) -> list[str]:
        """What everybody in the place reads."""
        return [words_of(card_of(one)) for one in self.teams.messages(where) if "only" not in one]

    async def comes(self, where: str = CHANNEL, **more: Any) -> None:
        """The bot is let into a place, as Teams tells it: twice."""
        told = {"membersAdded": [{"id": BOT}]} | more
        assert (await self.door.send(self.door.activity("conversationUpdate", where, **told))).status == 200
        assert (await self.door.send(self.door.activity("installationUpdate", where, action="add"))).status == 200

    async def goes(self, where: str = CHANNEL) -> None:
        """The bot is taken out of a place."""
        assert (await self.door.send(self.door.activity("installationUpdate", where, action="remove"))).status == 200


def dialog_of(answer: Answer) -> Json:
    """The card of a dialog."""
    assert answer.status == 200
    task = answer.body["task"]
    assert (task["type"], task["value"]["card"]["contentType"]) == ("continue", "application/vnd.microsoft.card.adaptive")
    shown: Json = task["value"]["card"]["content"]
    return shown


def card_of(message: Json) -> Json:
    """The Adaptive Card of a message."""
    card: Json = message["attachments"][0]["content"]
    return card


@asynccontextmanager
async def world(
    store: Store,
    *,
    targeted: bool = True,
    slack: Endpoint | None = None,
    press_seconds: float = 8.0,
    catalogue: Catalogue | None = None,
    web_url: str = "",
) -> AsyncIterator[World]:
    """A bot that hears Teams from now on, in a web app of its own, perhaps beside Slack."""
    async with LoopbackTeams() as teams, Microsoft() as microsoft:
        connector = Connector(no_token, service_url=teams.service_url)
        registration = Registration(CLIENT_ID, frozenset({TENANT}), origins(teams.service_url, anonymous=False))
        app = TeamsApp(
            Context(store=store, catalogue=catalogue or Catalogue({}, {}), web_url=web_url),
            lambda: datetime.now(UTC),
            TeamsAnswers(connector),
            registration,
            Keys(microsoft.keys_url),
            targeted=targeted,
            press_seconds=press_seconds,
        )
        server = WebServer(web_app(store, slack, app.endpoint), "127.0.0.1", 0)
        await server.start()
        try:
            door = TeamsDoor(f"{server.address}/api/messages", microsoft, teams.service_url)
            yield World(teams, microsoft, door, server.address)
        finally:
            await server.stop()
            await app.stop()
            await connector.close()
