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
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import unquote

from aiohttp import web

from tests.faults import FINE, Fault, Json, met, page


def status(code: int, error: str = "", *, retry_after: float | None = None, does_it: bool = False) -> Fault:
    """An answer with this HTTP status, with Teams' own word for it if there is one."""
    if not error:
        made = page(code, does_it=does_it)
    else:
        made = Fault(code, json.dumps({"error": {"code": error, "message": "…"}}), does_it=does_it)
    return made if retry_after is None else replace(made, headers={"Retry-After": str(retry_after)})


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
        self.allows_targeted = True
        self.strangers: set[str] = set()  # people who do not have the bot installed, so that no chat can be opened with them
        self._conversations: dict[str, list[Json]] = {}
        self._script: deque[Fault] = deque()
        self._ids = itertools.count(1)
        self.service_url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/teams/v3/conversations", self._open)
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

    def begin(self, conversation: str, words: str) -> str:
        """Somebody's message that begins a thread; its id."""
        return str(self._take(conversation, "", {"text": words, "attachments": [{"content": {"body": []}}]})["id"])

    async def _post(self, request: web.Request) -> web.StreamResponse:
        return await self._meet(request, self._take)

    async def _put(self, request: web.Request) -> web.StreamResponse:
        return await self._meet(request, self._replace)

    async def _open(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        user = body["members"][0]["id"]
        assert body["tenantId"]
        if user in self.strangers:
            return web.json_response({"error": {"code": "ForbiddenOperationException"}}, status=403)
        return web.json_response({"id": f"a:chat-with-{user}"}, status=201)

    async def until(self, true: Callable[[], object], seconds: float = 10.0) -> None:
        """Returns when it is true; fails when it does not become so."""
        async with asyncio.timeout(seconds):
            while not true():  # noqa: ASYNC110 - what is waited for are the bot's calls
                await asyncio.sleep(0.01)

    async def _meet(self, request: web.Request, act: Any) -> web.StreamResponse:
        conversation = unquote(request.match_info["conversation"])
        activity = unquote(request.match_info.get("activity", ""))
        body = await request.json()
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.calls.append(Call(request.method, conversation, activity, body, token, time.monotonic()))
        if "isTargetedActivity" in request.query:
            assert body["recipient"]["isTargeted"] is True
            if not self.allows_targeted:
                return web.json_response({"error": {"code": "BadArgument"}}, status=400)
            body["only"] = body["recipient"]["id"]
        fault = self._script.popleft() if self._script else self.gone.get(conversation, FINE)
        return await met(request, fault, lambda: _said(act(conversation, activity, body)))

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


def _said(answer: Json | None) -> web.Response:
    return web.json_response(answer, status=201) if answer else web.json_response({"error": {"code": "NotFound"}}, status=404)
