"""An emulator of Slack that others wrote (npm `emulate`), as a process on 127.0.0.1: its install page, codes, tokens, scopes and errors.

Where Slack does otherwise: tests/journeys/test_slack_emulated.py. Without Node 22, which it needs, a test is skipped and says so.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import aiohttp
import pytest

from tests import node_packages
from tests.loopback_slack import LoopbackSlack

Json = dict[str, Any]
CLIENT, SECRET = "11.22", "secret-of-the-emulator"
ANA = "xoxp-ana"
"""A token by which Ana, a person of the workspace, looks around there herself."""
READY_SECONDS = 60.0


@dataclass
class Emulator:
    """The running workspace, "Emulated", with Ana, Bo, who is an admin, and Cleo; the channels #general and, private, #closed."""

    address: str
    session: aiohttp.ClientSession

    @property
    def api_url(self) -> str:
        return f"{self.address}/api/"

    async def calls(self, method: str, token: str, **args: str) -> Json:
        """One call of its Web API."""
        async with self.session.post(self.api_url + method, data=args, headers={"Authorization": f"Bearer {token}"}) as answer:
            found: Json = await answer.json()
            return found

    async def status(self, method: str, token: str) -> int:
        """With which status it answers a call: 404 for a method it does not have."""
        async with self.session.post(self.api_url + method, headers={"Authorization": f"Bearer {token}"}) as answer:
            return answer.status

    async def ids(self) -> Json:
        """The ids of people and channels by their names."""
        people = (await self.calls("users.list", ANA))["members"]
        channels = (await self.calls("conversations.list", ANA, types="public_channel,private_channel"))["channels"]
        return {one["name"]: one["id"] for one in [*people, *channels]}

    async def messages(self, channel: str) -> list[Json]:
        """What stands in the channel, as Ana reads it; the newest first."""
        found: list[Json] = (await self.calls("conversations.history", ANA, channel=channel))["messages"]
        return found

    async def says_yes(self, link: str, name: str) -> str:
        """That person opens the link to Slack and agrees there; the address they are sent on to."""
        async with self.session.get(link) as answer:
            page = await answer.text()
            assert answer.status == 200, page
        forms = [one.split("</form>")[0] for one in page.split("<form")[1:]]
        (form,) = (one for one in forms if re.search(rf">{name}<", one))
        fields = {unescape(key): unescape(value) for key, value in re.findall(r'name="([^"]+)" value="([^"]*)"', form)}
        action = urljoin(self.address, re.findall(r'action="([^"]+)"', form)[0])
        async with self.session.post(action, data=fields, allow_redirects=False) as answer:
            assert answer.status == 302, await answer.text()
            return answer.headers["Location"]


@asynccontextmanager
async def emulator(port: int, redirect: str, folder: Path) -> AsyncIterator[Emulator]:
    """The emulator on this port, which knows our app and holds it to its scopes; its own files go into the folder."""
    packages = node_packages.installed()
    node = next((one for one in packages.glob("node-linux-*/bin/node") if one.exists()), None)
    if node is None:
        pytest.skip("the emulator of Slack wants Node 22, which npm brings for Linux on x64 and arm64 only")
    seed = folder / "seed.json"
    seed.write_text(json.dumps({"slack": _workspace(redirect)}))
    command = [node, packages / "emulate/dist/index.js", "start", "--service", "slack", "--port", str(port), "--seed", seed]
    with (folder / "emulator.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*map(str, command), cwd=folder, stdout=log, stderr=log)
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
                made = Emulator(f"http://127.0.0.1:{port}", session)
                await _ready(made, process)
                yield made
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


def _workspace(redirect: str) -> Json:
    names = ("ana", "bo", "cleo")
    return {
        "team": {"name": "Emulated", "domain": "emulated"},
        "users": [{"name": one, "real_name": one.capitalize(), "is_admin": one == "bo"} for one in names],
        "channels": [{"name": "general"}, {"name": "closed", "is_private": True}],
        "oauth_apps": [{"client_id": CLIENT, "client_secret": SECRET, "name": "Regwatch", "redirect_uris": [redirect]}],
        "tokens": [{"token": ANA, "type": "user", "user": "ana", "scopes": [*_READS, "groups:write", "im:write"]}],
        "signing_secret": LoopbackSlack.signing_secret,
        "strict_scopes": True,
    }


_READS = ["channels:read", "channels:history", "groups:read", "groups:history", "im:history", "users:read"]


async def _ready(made: Emulator, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(READY_SECONDS):
        while True:
            assert process.returncode is None, "it ended by itself; emulator.log in the folder of the test says why"
            try:
                if (await made.calls("auth.test", ANA))["ok"]:
                    return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.2)
