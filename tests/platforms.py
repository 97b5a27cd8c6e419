"""Each platform as a person meets it, with one face, so that one text can be walked through on all of them.

async with on(name, store) as there:
    shown = await there.says("search recall")
    shown = await there.presses(shown, "Next")
"""

import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from bot.deliver.console import ConsoleSender
from bot.deliver.sender import Sender
from bot.deliver.slack import SlackSender
from bot.deliver.teams import TeamsSender
from bot.deliver.teams_connector import Connector
from bot.deliver.teams_token import no_token
from bot.sources.catalogue import Catalogue
from bot.store import places
from bot.store.database import Store
from handlers import console
from handlers.reply import Context
from tests.slack_conversation import Conversation, buttons, clock, conversation
from tests.teams_doors import CHANNEL, TENANT, words_of
from tests.teams_world import World, card_of, world

Json = dict[str, Any]
NAMES = ("Slack over HTTP", "Slack over a socket", "Teams", "the console")


@dataclass(frozen=True)
class Shown:
    """What a person reads, and the message with its buttons as the platform holds it."""

    text: str
    message: Any


class There(Protocol):
    """A channel with the bot in it. `prefix` is what people write before a command, `place` the id of the channel, `sender` posts there.

    `keeps_up_to_date` is whether a message that was posted can be changed.
    """

    prefix: str
    place: str
    sender: Sender
    keeps_up_to_date: bool

    async def says(self, words: str) -> Shown:
        """Somebody writes a command; the answer they alone see."""
        ...

    async def presses(self, shown: Shown, label: str) -> Shown:
        """They press the button of that label; the answer to that."""
        ...

    async def posted(self, words: str) -> Shown:
        """The newest message with these words that everybody in the channel sees, once it is there."""
        ...


class OnSlack:
    """A channel of Slack."""

    prefix, place, keeps_up_to_date = "/reg ", "slack:T1:C1", True

    def __init__(self, chat: Conversation) -> None:
        self._chat = chat
        self.sender: Sender = SlackSender(chat.slack.bot_token, api_url=chat.slack.api_url)

    async def says(self, words: str) -> Shown:
        return _on_slack(await self._chat.types(words))

    async def presses(self, shown: Shown, label: str) -> Shown:
        (button,) = [one for one in buttons(shown.message) if one["text"]["text"] == label]
        seen = len(self._chat.slack.responses)
        posted = {"message_ts": shown.message["ts"]} if "ts" in shown.message else {}
        kept = {"type": "message", "channel_id": "C1", "is_ephemeral": not posted, **posted}
        await self._chat.door.press(button["action_id"], button["value"], container=kept)
        await self._chat.slack.until(lambda: len(self._chat.slack.responses) > seen)
        return _on_slack(self._chat.slack.responses[-1])

    async def posted(self, words: str) -> Shown:
        def found() -> list[Json]:
            return [one for one in self._chat.slack.messages("C1") if words in one["text"]]

        await self._chat.slack.until(found)
        return _on_slack(found()[-1])


def _on_slack(message: Json) -> Shown:
    assert not message.get("problems"), message["problems"]
    return Shown(message["text"], message)


class OnTeams:
    """A channel of Teams."""

    prefix, place, keeps_up_to_date = "@Regwatch ", f"teams:{TENANT}:{CHANNEL}", True

    def __init__(self, teams: World, connector: Connector) -> None:
        self._teams = teams
        self.sender: Sender = TeamsSender(connector)

    async def says(self, words: str) -> Shown:
        return _on_teams(await self._teams.types(words))

    async def presses(self, shown: Shown, label: str) -> Shown:
        return _on_teams(await self._teams.presses(shown.message, label))

    async def posted(self, words: str) -> Shown:
        def found() -> list[Json]:
            seen_by_all = [card_of(one) for one in self._teams.teams.messages(CHANNEL) if "only" not in one]
            return [one for one in seen_by_all if words in words_of(one)]

        await self._teams.teams.until(found)
        return _on_teams(found()[-1])


def _on_teams(card: Json) -> Shown:
    return Shown(words_of(card), card)


class OnConsole:
    """A place in a terminal, where a button is a command that can be typed."""

    prefix, place, keeps_up_to_date = "", console.place("general").id, False

    def __init__(self, context: Context) -> None:
        self._context, self._screen = context, io.StringIO()
        self.sender: Sender = ConsoleSender(self._screen, width=1_000)

    async def says(self, words: str) -> Shown:
        before = self._screen.tell()
        request = console.request(words, console.place("general"), "ana", clock())
        await console.answer(request, self._context, lambda text: print(text, file=self._screen))
        return _on_console(self._screen.getvalue()[before:])

    async def presses(self, shown: Shown, label: str) -> Shown:
        typed = re.search(rf"^ *{label}: (.+)$", shown.message, re.MULTILINE)
        assert typed is not None, f"no button {label} in {shown.message}"
        return await self.says(typed[1])

    async def posted(self, words: str) -> Shown:
        said = _on_console(self._screen.getvalue()).text
        at = said.rindex(words)
        alert = said.rfind("\n── ", 0, at)
        return _on_console(said[alert if alert >= 0 else said.rfind("\n", 0, at) :])


def _on_console(said: str) -> Shown:
    unmarked = said.replace("«", "").replace("»", "")
    return Shown(unmarked, unmarked)


@asynccontextmanager
async def on(name: str, store: Store, catalogue: Catalogue, *, web_url: str = "") -> AsyncIterator[There]:
    """A channel of that platform in which the bot is; others reach its web server at `web_url`."""
    if name == "the console":
        async with store.write() as tx:
            await places.ensure(tx, console.place("general"))
        yield OnConsole(Context(store=store, catalogue=catalogue, web_url=web_url))
    elif name == "Teams":
        async with world(store, catalogue=catalogue, web_url=web_url) as teams:
            connector = Connector(no_token, service_url=teams.teams.service_url)
            await teams.comes()
            yield OnTeams(teams, connector)
            await connector.close()
    else:
        async with conversation(store, "http" if name.endswith("HTTP") else "socket", catalogue, web_url=web_url) as chat:
            yield OnSlack(chat)
