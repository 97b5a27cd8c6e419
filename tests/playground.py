"""Microsoft's test client for Teams, as a process on 127.0.0.1: a world of people, chats and a team, spoken to over its HTTP interface.

It sends no tokens, so the bot it speaks to has to be one that wants none. It needs Node; without it a test is skipped, and says so.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests import node_packages

Json = dict[str, Any]

BOT = "00000000-0000-0000-0000-00000000000011"
TEAM = "team-id"
READY_SECONDS = 60.0


def free_port() -> int:
    """A port nobody uses at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port: int = held.getsockname()[1]
        return port


@dataclass
class Playground:
    """The running client. What people see arrives in `seen`, newest last."""

    address: str
    session: aiohttp.ClientSession
    seen: list[Json]

    async def asks(self, method: str, path: str, body: Json | None = None) -> Any:
        """One call of its interface; the JSON it answers, if any."""
        async with self.session.request(method, self.address + path, json=body) as answer:
            read = await answer.text()
            assert answer.status < 300, f"{path}: {answer.status} {read[:300]}"
            return await answer.json(content_type=None) if read.startswith(("{", "[")) else read

    async def says(self, words: str, conversation: str, *, mention: bool = True, user: str = "user-id-0") -> Json:
        """Somebody writes, with a mention of the bot or without."""
        at = "<at>Test Bot</at>"
        mentions = [{"mentioned": {"id": BOT, "name": "Test Bot"}, "text": at}] if mention else []
        body = {
            "type": "text",
            "text": f"{at} {words}" if mention else words,
            "textFormat": "plain",
            "from": {"id": user},
            "mentions": mentions,
        }
        answer: Json = await self.asks("POST", f"/_conversation/v1/conversations/{conversation}/messages", body)
        return answer

    async def invokes(self, name: str, value: Json, conversation: Json, reply_to: str = "", user: str = "user-id-0") -> Json:
        """An invoke of the bot; what it answered."""
        body = {"name": name, "value": value, "from": {"id": user}, "conversation": conversation}
        answer: Json = await self.asks("POST", "/_conversation/v1/invoke", body | ({"replyToId": reply_to} if reply_to else {}))
        return answer

    async def until(self, found: Any, seconds: float = 20.0) -> Any:
        """What `found` gives, once it gives anything."""
        async with asyncio.timeout(seconds):
            while not (got := found()):  # noqa: ASYNC110 - the client tells by its stream, which another task reads
                await asyncio.sleep(0.05)
        return got


@asynccontextmanager
async def playground(port: int, bot: str, folder: Path) -> AsyncIterator[Playground]:
    """The client on this port, speaking to the bot at this address; its own files go into the folder."""
    packages = node_packages.installed()
    guard = str(node_packages.HOME / "loopback_only.js")
    cli = str(packages / "@microsoft/m365agentsplayground/cli.js")
    address = f"http://127.0.0.1:{port}"
    options = ["-e", bot, "-c", "msteams", "-p", str(port), "--su", f"{address}/_connector", "--disable-telemetry"]
    environment = os.environ | {"HOME": str(folder), "PATH": f"{_no_browser(folder)}{os.pathsep}{os.environ['PATH']}"}
    with (folder / "playground.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            "node", "-r", guard, cli, "start", *options, cwd=folder, env=environment, stdout=log, stderr=log
        )
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
                made = Playground(address, session, [])
                await _ready(made)
                listening = asyncio.create_task(_listen(made))
                yield made
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
        finally:
            process.terminate()
            await process.wait()


def _no_browser(folder: Path) -> Path:
    """A folder whose `xdg-open` opens nothing: the client wants to show itself, and dies where a machine has no such program."""
    programs = folder / "programs"
    programs.mkdir()
    opener = programs / "xdg-open"
    opener.write_text("#!/bin/sh\n")
    opener.chmod(0o700)
    return programs


async def _ready(made: Playground) -> None:
    async with asyncio.timeout(READY_SECONDS):
        while True:
            try:
                if await made.asks("GET", "/_debug/ping") == "pong":
                    return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.2)


async def _listen(made: Playground) -> None:
    """What the client shows is written down as it comes."""
    async with made.session.ws_connect(f"{made.address}/_ws_conversation/v1/conversations/stream") as stream:
        async for message in stream:
            if message.type is aiohttp.WSMsgType.TEXT:
                made.seen.append(message.json())
