"""A Bot Connector of Teams on 127.0.0.1, real over the wire, with faults on order.

async with LoopbackTeams() as teams:
    teams.script(lost_reply(), status(429, retry_after=2))   # what the next posts meet, in order
    ... send with teams.service_url ...
    assert teams.messages("19:a@thread.tacv2")
"""

import asyncio
import itertools
import json
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import unquote

from aiohttp import web

Json = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """What one call meets: wait first, perhaps take the message, then answer, or cut the connection (status 0)."""

    status: int
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0
    does_it: bool = False


def status(code: int, error: str = "", *, retry_after: float | None = None, does_it: bool = False) -> Fault:
    """An answer with this HTTP status, with Teams' own word for it if there is one."""
    body = json.dumps({"error": {"code": error, "message": "…"}}) if error else "<html>an error page</html>"
    return Fault(code, body, {} if retry_after is None else {"Retry-After": str(retry_after)}, does_it=does_it)


def lost_reply() -> Fault:
    """Takes the message, then cuts the connection without an answer."""
    return Fault(0, does_it=True)


def reset() -> Fault:
    """Cuts the connection and takes nothing."""
    return Fault(0)


def slow(seconds: float, *, does_it: bool = True) -> Fault:
    """Answers as usual, late."""
    return Fault(201, wait=seconds, does_it=does_it)


@dataclass(frozen=True)
class Call:
    """One call as it came in; `at` in seconds of time.monotonic()."""

    method: str
    conversation: str
    activity: str
    body: Json
    token: str
    at: float


class LoopbackTeams:
    """Conversations by id, made when first written to unless `gone` names them; every call is kept in `calls`."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.gone: dict[str, Fault] = {}
        self._conversations: dict[str, list[Json]] = {}
        self._script: deque[Fault] = deque()
        self._ids = itertools.count(1)
        self.service_url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/teams/v3/conversations/{conversation}/activities", self._post)
        app.router.add_put("/teams/v3/conversations/{conversation}/activities/{activity}", self._put)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.service_url = f"http://{host}:{port}/teams"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def script(self, *faults: Fault) -> None:
        """What the next calls meet, in order; after these all goes well."""
        self._script.extend(faults)

    def forgive(self) -> None:
        """What was on order is forgotten."""
        self._script.clear()

    def messages(self, conversation: str) -> list[Json]:
        """What stands in the conversation, oldest first."""
        return self._conversations.get(conversation, [])

    async def _post(self, request: web.Request) -> web.StreamResponse:
        return await self._meet(request, self._take)

    async def _put(self, request: web.Request) -> web.StreamResponse:
        return await self._meet(request, self._replace)

    async def _meet(self, request: web.Request, act: Any) -> web.StreamResponse:
        conversation = unquote(request.match_info["conversation"])
        activity = unquote(request.match_info.get("activity", ""))
        body = await request.json()
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.calls.append(Call(request.method, conversation, activity, body, token, time.monotonic()))
        fault = self._script.popleft() if self._script else self.gone.get(conversation, Fault(201, does_it=True))
        await asyncio.sleep(fault.wait)
        answer = act(conversation, activity, body) if fault.does_it else None
        if fault.status == 0:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if fault.does_it and not fault.body:
            return web.json_response(answer, status=201) if answer else web.json_response({"error": {"code": "NotFound"}}, status=404)
        return web.Response(status=fault.status, text=fault.body, headers=fault.headers, content_type="application/json")

    def _take(self, conversation: str, _activity: str, body: Json) -> Json:
        root, _, thread = conversation.partition(";messageid=")
        if thread and not any(one["id"] == thread for one in self.messages(root)):
            return {}
        made = {**body, "thread": thread, "id": f"{time.time_ns() // 1_000_000}{next(self._ids)}"}
        self._conversations.setdefault(root, []).append(made)
        return {"id": made["id"]}

    def _replace(self, conversation: str, activity: str, body: Json) -> Json | None:
        for number, one in enumerate(self.messages(conversation)):
            if one["id"] == activity:
                self._conversations[conversation][number] = {**body, "id": activity}
                return {"id": activity}
        return None
