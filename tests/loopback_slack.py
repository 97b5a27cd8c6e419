"""A Slack on 127.0.0.1: the Web API, response_url and Socket Mode, real over the wire, with faults on order.

    async with LoopbackSlack() as slack:
        slack.script("chat.postMessage", lost_reply(), rate_limited(2))   # what the next calls meet, in order
        ... run the bot with slack.api_url, slack.bot_token, slack.app_token ...
        assert slack.messages("C1") and slack.calls_of("chat.postMessage") and slack.responses

How to knock on the bot's door (commands, events, presses) is in tests/slack_doors.py.
"""

import asyncio
import contextlib
import itertools
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import WSMsgType, web

from tests.faults import FINE, Fault, Json, met
from tests.slack_limits import problems, view_problems

_TRIGGERS = itertools.count(1)


def error(code: str) -> Fault:
    """Slack refuses with this code and does nothing."""
    return Fault(200, json.dumps({"ok": False, "error": code}))


def rate_limited(retry_after: float | str = 1) -> Fault:
    return Fault(429, json.dumps({"ok": False, "error": "ratelimited"}), {"Retry-After": str(retry_after)})


@dataclass(frozen=True)
class Call:
    """One call of the Web API as it came in; `at` in seconds of time.monotonic()."""

    method: str
    args: Json
    token: str
    at: float


@dataclass
class Channel:
    id: str
    name: str = ""
    member: bool = True
    archived: bool = False
    messages: list[Json] = field(default_factory=list)


@dataclass(frozen=True)
class Ack:
    """How the bot acknowledged an envelope: what it answered and after how many seconds."""

    payload: Any
    seconds: float


class LoopbackSlack:
    """State, record and script of the fake; see the module's docstring. One workspace, T1, with the bot user UBOT."""

    bot_token = "xoxb-loopback"
    app_token = "xapp-loopback"
    signing_secret = "loopback-signing-secret"

    def __init__(self, *channels: str, clock: Callable[[], float] = time.time) -> None:
        self.channels = {name: Channel(name, name.lower()) for name in channels or ("C1", "C2")}
        self.scopes = {"chat:write", "channels:history", "commands", "channels:read", "users:read", "connections:write", "links:write"}
        self.users: Json = {"U1": {"id": "U1", "name": "ana", "tz": "Asia/Seoul"}}
        self.history_page = 1000
        self.calls: list[Call] = []
        self.responses: list[Json] = []
        self.ephemeral: list[Json] = []
        self.views: list[Json] = []
        self.homes: dict[str, Json] = {}
        self.unfurls: list[Json] = []
        self.unreachable = ""
        self.sockets: list[web.WebSocketResponse] = []
        self._clock = clock
        self._last_ts = 0.0
        self._script: dict[str, deque[Fault]] = defaultdict(deque)
        self._acks: dict[str, tuple[asyncio.Future[Ack], float]] = {}
        self._ids = itertools.count(1)
        self._triggers: dict[str, float] = {}
        self._used: set[str] = set()
        self._methods: dict[str, tuple[str, Callable[[Json], Json]]] = {
            "auth.test": ("", self._auth_test),
            "chat.postMessage": ("chat:write", self._post_message),
            "chat.postEphemeral": ("chat:write", self._post_ephemeral),
            "chat.update": ("chat:write", self._update),
            "conversations.history": ("channels:history", self._history),
            "conversations.replies": ("channels:history", self._replies),
            "conversations.info": ("channels:read", self._info),
            "users.info": ("users:read", self._user),
            "chat.unfurl": ("links:write", self._unfurl),
            "views.open": ("", self._view),
            "views.push": ("", self._view),
            "views.update": ("", self._update_view),
            "views.publish": ("", self._publish),
            "apps.connections.open": ("connections:write", self._open_connection),
        }

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_post("/response/{id}", self._response)
        app.router.add_get("/link", self._link)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.address = f"127.0.0.1:{self._runner.addresses[0][1]}"
        self.api_url = f"http://{self.address}/api/"
        return self

    async def __aexit__(self, *_: object) -> None:
        for socket in list(self.sockets):
            await socket.close()
        await self._runner.cleanup()

    # What tests ask and order

    def script(self, method: str, *faults: Fault) -> None:
        """The next calls of the method meet these, one each."""
        self._script[method].extend(faults)

    def forgive(self, method: str) -> None:
        """The faults that were ordered for the method are forgotten."""
        self._script[method].clear()

    def calls_of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def messages(self, channel: str = "C1") -> list[Json]:
        """What stands in the channel, oldest first."""
        return self.channels[channel].messages

    def response_url(self) -> str:
        return f"http://{self.address}/response/{next(self._ids)}"

    def trigger(self) -> str:
        """A trigger_id, good for 3 seconds."""
        made = f"{next(_TRIGGERS)}.trigger"
        self._triggers[made] = time.monotonic()
        return made

    async def until(self, holds: Callable[[], object], seconds: float = 5) -> None:
        """Returns as soon as `holds()` is true; TimeoutError after `seconds`."""
        for _ in range(int(seconds * 100)):
            if holds():
                return
            await asyncio.sleep(0.01)
        raise TimeoutError

    async def envelope(self, kind: str, payload: Json, *, envelope_id: str = "", seconds: float = 5, number: int = -1) -> Ack:
        """Sends one envelope to a connected bot over Socket Mode; its acknowledgement, or TimeoutError."""
        await self.until(lambda: self.sockets, seconds)
        envelope_id = envelope_id or f"envelope-{next(self._ids)}"
        waiting: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self._acks[envelope_id] = (waiting, time.monotonic())
        accepts = kind in ("slash_commands", "interactive")
        frame = {"envelope_id": envelope_id, "type": kind, "payload": payload, "accepts_response_payload": accepts}
        await self.sockets[number].send_json(frame)
        return await asyncio.wait_for(waiting, seconds)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tells the newest connection to go, as Slack does every few hours."""
        await self.sockets[-1].send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "loopback"}})

    # The wire

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        args = await _arguments(request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or args.pop("token", "")
        self.calls.append(Call(method, args, token, time.monotonic()))
        script = self._script[method]
        return await met(request, script.popleft() if script else FINE, lambda: web.json_response(self._answer(method, args, token)))

    def _answer(self, method: str, args: Json, token: str) -> Json:
        if method not in self._methods:
            return _no("unknown_method")
        expected = self.app_token if method == "apps.connections.open" else self.bot_token
        if token != expected:
            return _no("invalid_auth" if token else "not_authed")
        scope, act = self._methods[method]
        if scope and scope not in self.scopes:
            return _no("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))
        return act(args)

    async def _response(self, request: web.Request) -> web.Response:
        body = json.loads(await request.text())
        found = problems(body["blocks"]) if "blocks" in body else []
        if self._cannot_fetch(body):
            return web.Response(status=400, text="invalid_blocks")
        self.responses.append(body | {"response_id": request.match_info["id"], "problems": found})
        return web.Response(text="ok") if not found else web.Response(status=400, text="invalid_blocks")

    def _cannot_fetch(self, args: Json) -> bool:
        """Whether the message shows a picture at an address that begins with `unreachable`, which Slack would not get."""
        shown = [one["image_url"] for one in args.get("blocks") or () if one.get("type") == "image"]
        return bool(self.unreachable) and any(one.startswith(self.unreachable) for one in shown)

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}, "debug_info": {}})
        self.sockets.append(socket)
        try:
            async for frame in socket:
                if frame.type == WSMsgType.TEXT:
                    self._acknowledged(frame.data)
        finally:
            self.sockets.remove(socket)
        return socket

    def _acknowledged(self, data: str) -> None:
        with contextlib.suppress(ValueError):  # the client's text pings are no JSON
            frame = json.loads(data)
            waiting, sent = self._acks.pop(frame.get("envelope_id"), (None, 0.0))
            if waiting is not None and not waiting.done():
                waiting.set_result(Ack(frame.get("payload"), time.monotonic() - sent))

    # The methods

    def _auth_test(self, args: Json) -> Json:
        return _yes(url="https://loopback.slack.com/", team="Loopback", team_id="T1", user="regwatch", user_id="UBOT", bot_id="B1")

    def _ts(self) -> str:
        self._last_ts = max(self._clock(), self._last_ts + 0.000_1)
        return f"{self._last_ts:.6f}"

    def _post_message(self, args: Json) -> Json:
        if refusal := self._may_post(args):
            return refusal
        channel = self.channels[args["channel"]]
        ts = self._ts()
        kept = {name: args[name] for name in ("text", "blocks", "metadata", "thread_ts", "client_msg_id") if args.get(name)}
        message = {"type": "message", "user": "UBOT", "bot_id": "B1", "app_id": "A1", "ts": ts} | kept
        channel.messages.append(message)
        return _yes(channel=channel.id, ts=ts, message=message)

    def _may_post(self, args: Json) -> Json | None:
        channel = self.channels.get(args.get("channel", ""))
        if channel is None:
            return _no("channel_not_found")
        if channel.archived:
            return _no("is_archived")
        if not channel.member:
            return _no("not_in_channel")
        if not args.get("text") and not args.get("blocks"):
            return _no("no_text")
        if args.get("thread_ts") and all(one["ts"] != args["thread_ts"] for one in channel.messages):
            return _no("thread_not_found")
        return self._cannot_show(args) or _bad_metadata(args)

    def _cannot_show(self, args: Json) -> Json | None:
        if not self._cannot_fetch(args):
            return _bad_blocks(args)
        return _no("invalid_blocks", response_metadata={"messages": ["[ERROR] downloading image failed"]})

    def _post_ephemeral(self, args: Json) -> Json:
        if refusal := self._may_post(args):
            return refusal
        self.ephemeral.append(args)
        return _yes(message_ts=self._ts())

    def _update(self, args: Json) -> Json:
        channel = self.channels.get(args.get("channel", ""))
        if channel is None:
            return _no("channel_not_found")
        for message in channel.messages:
            if message["ts"] == args.get("ts"):
                message.update({name: args[name] for name in ("text", "blocks", "metadata") if name in args})
                return _bad_blocks(args) or _yes(channel=channel.id, ts=message["ts"], text=message.get("text", ""))
        return _no("message_not_found")

    def _history(self, args: Json) -> Json:
        channel = self.channels.get(args.get("channel", ""))
        if channel is None:
            return _no("channel_not_found")
        if not channel.member:
            return _no("not_in_channel")
        return self._page(args, [one for one in channel.messages if not one.get("thread_ts")])

    def _replies(self, args: Json) -> Json:
        channel = self.channels.get(args.get("channel", ""))
        if channel is None:
            return _no("channel_not_found")
        thread = [one for one in channel.messages if args.get("ts") in (one["ts"], one.get("thread_ts"))]
        return self._page(args, thread) if thread else _no("thread_not_found")

    def _page(self, args: Json, messages: list[Json]) -> Json:
        oldest, start = float(args.get("oldest") or 0), int(args.get("cursor") or 0)
        newest_first = [one for one in reversed(messages) if float(one["ts"]) > oldest]
        end = start + min(int(args.get("limit") or 100), self.history_page)
        shown = newest_first[start:end]
        if str(args.get("include_all_metadata", "")).lower() not in ("1", "true"):
            shown = [{name: value for name, value in one.items() if name != "metadata"} for one in shown]
        more = end < len(newest_first)
        return _yes(messages=shown, has_more=more, response_metadata={"next_cursor": str(end) if more else ""})

    def _info(self, args: Json) -> Json:
        channel = self.channels.get(args.get("channel", ""))
        if channel is None:
            return _no("channel_not_found")
        return _yes(channel={"id": channel.id, "name": channel.name, "is_member": channel.member, "is_archived": channel.archived})

    def _user(self, args: Json) -> Json:
        user = self.users.get(args.get("user", ""))
        return _yes(user=user) if user else _no("user_not_found")

    def _view(self, args: Json) -> Json:
        """Opens or pushes a modal; `views` holds every modal that is or was open, as it is now."""
        if found := view_problems(args.get("view")):
            return _no("invalid_arguments", response_metadata={"messages": found})
        trigger = args.get("trigger_id", "")
        if not trigger or trigger in self._used:
            return _no("exchanged_trigger_id" if trigger else "invalid_trigger_id")
        if time.monotonic() - self._triggers.get(trigger, time.monotonic()) > 3:
            return _no("expired_trigger_id")
        self._used.add(trigger)
        self.views.append(args["view"] | {"id": f"V{next(self._ids)}", "hash": "1", "versions": 1})
        return _yes(view=self.views[-1])

    def _update_view(self, args: Json) -> Json:
        view = next((one for one in self.views if one["id"] == args.get("view_id")), None)
        if view is None:
            return _no("not_found")
        if args.get("hash") and args["hash"] != view["hash"]:
            return _no("hash_conflict")
        if found := view_problems(args.get("view")):
            return _no("invalid_arguments", response_metadata={"messages": found})
        self.replace_view(view, args["view"])
        return _yes(view=view)

    def replace_view(self, view: Json, by: Json) -> None:
        """The modal shows something else, as after views.update or a response_action `update`."""
        kept = {"id": view["id"], "hash": str(int(view["hash"]) + 1), "versions": view["versions"] + 1}
        view.clear()
        view.update(by | kept)

    def _unfurl(self, args: Json) -> Json:
        found = [one for shown in args["unfurls"].values() for one in problems(shown["blocks"])]
        if found:
            return _no("invalid_unfurls_format", response_metadata={"messages": found})
        self.unfurls.append(args)
        return _yes()

    def _publish(self, args: Json) -> Json:
        if found := view_problems(args.get("view")):
            return _no("invalid_arguments", response_metadata={"messages": found})
        self.homes[args["user_id"]] = args["view"]
        return _yes(view=args["view"] | {"id": f"V{next(self._ids)}", "hash": "1"})

    def _open_connection(self, args: Json) -> Json:
        return _yes(url=f"ws://{self.address}/link?ticket={next(self._ids)}")


def _yes(**more: Any) -> Json:
    return {"ok": True} | more


def _no(code: str, **more: Any) -> Json:
    return {"ok": False, "error": code} | more


def _bad_blocks(args: Json) -> Json | None:
    found = problems(args["blocks"]) if args.get("blocks") else []
    return _no("invalid_blocks", response_metadata={"messages": found}) if found else None


def _bad_metadata(args: Json) -> Json | None:
    metadata = args.get("metadata")
    good = metadata is None or (isinstance(metadata, dict) and set(metadata) == {"event_type", "event_payload"})
    return None if good else _no("invalid_metadata_format")


async def _arguments(request: web.Request) -> Json:
    """The arguments of a call, whichever of the three ways they came; JSON inside forms is decoded."""
    if request.content_type == "application/json":
        return dict(await request.json())
    given: Json = dict(request.query) | dict(await request.post())
    for name in ("blocks", "metadata", "view", "unfurls"):
        if isinstance(given.get(name), str):
            given[name] = json.loads(given[name])
    return given
