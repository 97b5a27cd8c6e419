"""The two ways Slack knocks on a bot's door, with one face: signed HTTP requests, and envelopes over Socket Mode.

door = SocketDoor(slack)                       # or HttpDoor(slack, "http://127.0.0.1:8080/slack/events")
answer = await door.command("search korea")    # answer.seconds until the acknowledgement, answer.body what it said
"""

import hashlib
import hmac
import itertools
import json
import time
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

import aiohttp

from tests.loopback_slack import LoopbackSlack

Json = dict[str, Any]
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Answer:
    """How the bot acknowledged; `status` is 200 for every envelope acknowledged over a socket."""

    status: int
    body: Any
    seconds: float


class Door(Protocol):
    async def command(self, text: str, *, user: str = "U1", channel: str = "C1", command: str = "/reg", **more: str) -> Answer: ...

    async def event(self, event: Json, *, event_id: str = "") -> Answer: ...

    async def press(self, action_id: str, value: str = "", *, user: str = "U1", channel: str = "C1", **more: Any) -> Answer: ...

    async def interact(self, payload: Json) -> Answer: ...


class SocketDoor:
    """Knocks over Socket Mode."""

    def __init__(self, slack: LoopbackSlack) -> None:
        self._slack = slack

    async def command(self, text: str, *, user: str = "U1", channel: str = "C1", command: str = "/reg", **more: str) -> Answer:
        return await self._send("slash_commands", slash(self._slack, text, user, channel, command) | more)

    async def event(self, event: Json, *, event_id: str = "") -> Answer:
        return await self._send("events_api", callback(event, event_id))

    async def press(self, action_id: str, value: str = "", *, user: str = "U1", channel: str = "C1", **more: Any) -> Answer:
        return await self.interact(pressed(self._slack, action_id, value, user, channel) | more)

    async def interact(self, payload: Json) -> Answer:
        return await self._send("interactive", payload)

    async def _send(self, kind: str, payload: Json) -> Answer:
        ack = await self._slack.envelope(kind, payload)
        return Answer(200, ack.payload, ack.seconds)


class HttpDoor:
    """Knocks with requests signed as Slack signs them (v0)."""

    def __init__(self, slack: LoopbackSlack, url: str) -> None:
        self._slack = slack
        self._url = url

    async def command(self, text: str, *, user: str = "U1", channel: str = "C1", command: str = "/reg", **more: str) -> Answer:
        return await self.post(urlencode(slash(self._slack, text, user, channel, command) | more))

    async def event(self, event: Json, *, event_id: str = "") -> Answer:
        return await self.post(json.dumps(callback(event, event_id)), content_type="application/json")

    async def press(self, action_id: str, value: str = "", *, user: str = "U1", channel: str = "C1", **more: Any) -> Answer:
        return await self.interact(pressed(self._slack, action_id, value, user, channel) | more)

    async def interact(self, payload: Json) -> Answer:
        return await self.post(urlencode({"payload": json.dumps(payload)}))

    async def post(
        self,
        body: str,
        *,
        content_type: str = "application/x-www-form-urlencoded",
        timestamp: str | None = None,
        signature: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Posts a body as it is; a timestamp or signature given here is used instead of the right one."""
        timestamp = str(int(time.time())) if timestamp is None else timestamp
        signature = sign(self._slack.signing_secret, timestamp, body) if signature is None else signature
        sent = {"Content-Type": content_type, "X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}
        start = time.monotonic()
        timeout = aiohttp.ClientTimeout(total=10)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(self._url, data=body, headers=sent | (headers or {})) as got,
        ):
            text = await got.text()
            return Answer(got.status, _body(text), time.monotonic() - start)


def sign(secret: str, timestamp: str, body: str) -> str:
    """Slack's v0 signature of a request."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()


def slash(slack: LoopbackSlack, text: str, user: str, channel: str, command: str) -> Json:
    """A slash command's fields."""
    return {
        "token": "legacy",
        "team_id": "T1",
        "team_domain": "loopback",
        "channel_id": channel,
        "channel_name": channel.lower(),
        "user_id": user,
        "user_name": "ana",
        "command": command,
        "text": text,
        "api_app_id": "A1",
        "is_enterprise_install": "false",
        "response_url": slack.response_url(),
        "trigger_id": slack.trigger(),
    }


def callback(event: Json, event_id: str) -> Json:
    """An event as the Events API wraps it."""
    return {
        "token": "legacy",
        "team_id": "T1",
        "api_app_id": "A1",
        "type": "event_callback",
        "event_id": event_id or f"Ev{next(_numbers)}",
        "event_time": int(time.time()),
        "event": {"event_ts": f"{time.time():.6f}"} | event,
        "authorizations": [{"enterprise_id": None, "team_id": "T1", "user_id": "UBOT", "is_bot": True, "is_enterprise_install": False}],
    }


def pressed(slack: LoopbackSlack, action_id: str, value: str, user: str, channel: str) -> Json:
    """A pressed button."""
    return {
        "type": "block_actions",
        "api_app_id": "A1",
        "token": "legacy",
        "team": {"id": "T1", "domain": "loopback"},
        "user": {"id": user, "username": "ana", "team_id": "T1"},
        "channel": {"id": channel, "name": channel.lower()},
        "container": {"type": "message", "channel_id": channel, "message_ts": "1.1", "is_ephemeral": False},
        "trigger_id": slack.trigger(),
        "response_url": slack.response_url(),
        "actions": [{"type": "button", "action_id": action_id, "block_id": "b", "value": value, "action_ts": f"{time.time():.6f}"}],
    }


def submitted(slack: LoopbackSlack, view: Json, values: Json, user: str = "U1") -> Json:
    """A modal that is sent off with these values in the fields whose block ids begin so; the others hold what they held at first."""
    return {
        "type": "view_submission",
        "team": {"id": "T1", "domain": "loopback"},
        "user": {"id": user, "username": "ana", "name": "ana", "team_id": "T1"},
        "api_app_id": "A1",
        "token": "legacy",
        "trigger_id": slack.trigger(),
        "view": view | {"state": {"values": _state(view, values)}},
        "response_urls": [],
    }


def pressed_in(slack: LoopbackSlack, view: Json, action_id: str, value: str, values: Json, user: str = "U1") -> Json:
    """A button pressed in a modal or the Home tab."""
    action = {"type": "button", "action_id": action_id, "block_id": "b", "value": value, "action_ts": f"{time.time():.6f}"}
    return submitted(slack, view, values, user) | {
        "type": "block_actions",
        "container": {"type": "view", "view_id": view.get("id", "")},
        "actions": [action],
    }


def _state(view: Json, values: Json) -> Json:
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    return {block["block_id"]: {block["element"]["action_id"]: _stated(block, values)} for block in inputs}


def _stated(block: Json, values: Json) -> Json:
    """The state of one element, as Slack tells it: null where nothing is."""
    element, name = block["element"], block["block_id"].partition("~")[0]
    kind = element["type"]
    options = [*element.get("options", ()), *(one for group in element.get("option_groups", ()) for one in group["options"])]
    by_value = {one["value"]: one for one in options}
    if kind in ("checkboxes", "multi_static_select"):
        chosen = [by_value[one] for one in values[name]] if name in values else element.get("initial_options", [])
        return {"type": kind, "selected_options": chosen}
    if kind == "static_select":
        return {"type": kind, "selected_option": by_value[values[name]] if name in values else element.get("initial_option")}
    key, first = {
        "plain_text_input": ("value", "initial_value"),
        "conversations_select": ("selected_conversation", "initial_conversation"),
        "users_select": ("selected_user", "initial_user"),
        "timepicker": ("selected_time", "initial_time"),
        "datepicker": ("selected_date", "initial_date"),
    }[kind]
    return {"type": kind, key: values.get(name, element.get(first)) or None}


def _body(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
