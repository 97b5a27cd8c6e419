"""What Teams sends to a bot: activities with the fields of Microsoft's documentation, signed with keys that a loopback server lists.

async with Microsoft() as microsoft:
    door = TeamsDoor(url, microsoft, service_url)
    await door.says("search recall")            # in the channel, with a mention
"""

import asyncio
import itertools
import json
import time
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import aiohttp
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

Json = dict[str, Any]

BOT = "28:the-bot"
CLIENT_ID = "the-client"
TENANT = "tenant-1"
CHANNEL = "19:general@thread.tacv2"
GROUP = "19:group@thread.v2"
CHAT = "a:chat-with-29:ana"
_numbers = itertools.count(1)


@cache
def private_key(name: str = "good") -> rsa.RSAPrivateKey:
    """A key of that name, the same in the whole run: making one takes long."""
    return rsa.generate_private_key(65537, 1024 if name == "small" else 2048)


def listed(name: str, *endorsements: str, key_id: str = "") -> Json:
    """The public half of a key as Microsoft lists it."""
    entry: Json = jwt.algorithms.RSAAlgorithm.to_jwk(private_key(name).public_key(), as_dict=True)
    return entry | {"kid": key_id or name, "use": "sig", "endorsements": list(endorsements)}


class Microsoft:
    """Signs as Microsoft does, and lists its keys on 127.0.0.1; `wait` is how long that takes, `asked` how often it was asked."""

    def __init__(self) -> None:
        self.keys = [listed("good", "msteams", "webchat"), listed("webchat only", "webchat")]
        self.wait, self.asked, self.answered, self.status = 0.0, 0, 0, 200

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/keys", self._list)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.keys_url = f"http://{host}:{port}/keys"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _list(self, _: web.Request) -> web.Response:
        self.asked += 1
        await asyncio.sleep(self.wait)
        self.answered += 1
        return web.json_response({"keys": self.keys}, status=self.status)

    def token(self, service_url: str, *, key: str = "good", key_id: str = "", **changed: Any) -> str:
        """A token as the Connector sends it; claims that are changed to None are left out."""
        now = int(time.time())
        claims = {"iss": "https://api.botframework.com", "aud": CLIENT_ID, "serviceurl": service_url, "nbf": now - 60, "exp": now + 3600}
        given = {name: value for name, value in (claims | changed).items() if value is not None}
        with warnings.catch_warnings(action="ignore", category=jwt.warnings.InsecureKeyLengthWarning):
            return jwt.encode(given, private_key(key), algorithm="RS256", headers={"kid": key_id or key})


@dataclass(frozen=True)
class Answer:
    """What the bot answered over HTTP."""

    status: int
    body: Any


class TeamsDoor:
    """Posts activities to a bot as Teams does."""

    def __init__(self, url: str, microsoft: Microsoft, service_url: str) -> None:
        self.url, self._microsoft, self.service_url = url, microsoft, service_url

    async def send(self, activity: Json) -> Answer:
        """The activity is sent with a good token."""
        headers = {"Authorization": f"Bearer {self._microsoft.token(self.service_url)}"}
        return await self.post(json.dumps(activity).encode(), headers)

    async def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        """The bytes are sent, as JSON unless the headers say otherwise."""
        given = {"Content-Type": "application/json; charset=utf-8"} | headers
        async with aiohttp.ClientSession() as session, session.post(self.url, data=body, headers=given) as answer:
            read = await answer.text()
            return Answer(answer.status, json.loads(read) if read else None)

    def activity(self, kind: str, where: str = CHANNEL, user: str = "ana", **more: Any) -> Json:
        """An activity of that type: in a channel, a group chat or a personal chat."""
        conversation_type = "channel" if "tacv2" in where else "groupChat" if where == GROUP else "personal"
        return {
            "type": kind,
            "id": f"{time.time_ns() // 1_000_000}{next(_numbers)}",
            "timestamp": "2026-07-02T09:30:00.000Z",
            "channelId": "msteams",
            "serviceUrl": self.service_url,
            "from": {"id": f"29:{user}", "name": user, "aadObjectId": f"aad-{user}"},
            "recipient": {"id": BOT, "name": "Regwatch"},
            "conversation": {"id": where, "conversationType": conversation_type, "tenantId": TENANT, "isGroup": where != CHAT},
            "channelData": {"tenant": {"id": TENANT}},
            "locale": "en-US",
        } | more

    def message(self, words: str, where: str = CHANNEL, user: str = "ana", **more: Any) -> Json:
        """A message to the bot, which mentions it wherever others are."""
        at = "" if where == CHAT else "<at>Regwatch</at> "
        mention = {"type": "mention", "mentioned": {"id": BOT, "name": "Regwatch"}, "text": "<at>Regwatch</at>"}
        client = {"type": "clientInfo", "locale": "en-US", "country": "US", "platform": "Web"}
        entities = [client, mention] if at else [client]
        return self.activity("message", where, user, text=at + words, textFormat="plain", entities=entities, **more)

    async def says(self, words: str, where: str = CHANNEL, user: str = "ana", **more: Any) -> Answer:
        """Somebody writes to the bot."""
        return await self.send(self.message(words, where, user, **more))

    async def opens(self, button: Json, where: str = CHANNEL, user: str = "ana") -> Answer:
        """Somebody presses a button that opens a dialog."""
        assert button["data"]["msteams"]["type"] == "task/fetch"
        value = {"data": button["data"], "context": {"theme": "default"}}
        return await self.send(self.activity("invoke", where, user, name="task/fetch", value=value, replyToId="1"))

    async def submits(self, dialog: Json, label: str, where: str = CHANNEL, user: str = "ana", **values: str) -> Answer:
        """Somebody presses the button of that label in a dialog, with these values in its fields, the others as they stand."""
        (button,) = [one for one in dialog["actions"] if one["title"] == label]
        held = {name: one.get("value", "") for name, one in fields_of(dialog).items()}
        assert set(values) <= set(held)
        value = {"data": held | values | button["data"], "context": {"theme": "default"}}
        return await self.send(self.activity("invoke", where, user, name="task/submit", value=value))

    async def presses(self, button: Json, where: str = CHANNEL, user: str = "ana", **more: Any) -> Answer:
        """Somebody presses a button of a card."""
        action = {"type": "Action.Execute", "title": button["title"], "verb": button["verb"], "data": button["data"]}
        value = {"action": action, "trigger": "manual"}
        return await self.send(self.activity("invoke", where, user, name="adaptiveCard/action", value=value, replyToId="1", **more))


def fields_of(card: Json) -> dict[str, Json]:
    """The fields of a dialog by their id."""
    return {one["id"]: one for one in card["body"] if one["type"].startswith("Input.")}


def words_of(card: Json) -> str:
    """What stands on an Adaptive Card, a line each."""
    lines = ["".join(run["text"] for run in one["inlines"]) for one in card["body"] if one["type"] == "RichTextBlock"]
    return "\n".join(lines)


def buttons_of(card: Json) -> dict[str, Json]:
    """The buttons of an Adaptive Card by their label."""
    sets = [one["actions"] for one in card["body"] if one["type"] == "ActionSet"]
    return {action["title"]: action for actions in sets for action in actions}
