"""A headless Chromium, spoken to over its DevTools protocol (chromedevtools.github.io/devtools-protocol): look, click, type, picture."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

Json = dict[str, Any]
ENTER = 13
PATIENCE = 120.0
"""Seconds that something may take to appear: a browser is slow on a busy machine."""

# Everything a person can see or press, through shadow roots and frames of the same origin too.
_ALL = """
const all = function* (root) {
  for (const one of root.querySelectorAll("*")) {
    yield one;
    if (one.shadowRoot) yield* all(one.shadowRoot);
    if (one.tagName === "IFRAME" && one.contentDocument) yield* all(one.contentDocument);
  }
};
const shown = (one) => one.getClientRects().length > 0;
const words = (one) => (one.innerText || one.getAttribute("aria-label") || one.getAttribute("title") || one.placeholder || "").trim();
"""


@dataclass
class Page:
    """One tab."""

    socket: aiohttp.ClientWebSocketResponse
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def call(self, method: str, **arguments: Any) -> Json:
        """One call of the protocol; what is told in between is passed over."""
        number = next(self._numbers)
        await self.socket.send_json({"id": number, "method": method, "params": arguments})
        async for message in self.socket:
            told = json.loads(message.data)
            if told.get("id") == number:
                assert "error" not in told, f"{method}: {told['error']}"
                result: Json = told["result"]
                return result
        raise ConnectionError("Chromium has gone")

    async def run(self, script: str) -> Any:
        """What the body of a function gives in the page."""
        found = await self.call("Runtime.evaluate", expression=f"(() => {{ {_ALL} {script} }})()", returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    async def until(self, script: str, seconds: float = PATIENCE) -> Any:
        """What it gives, once it gives anything."""
        async with asyncio.timeout(seconds):
            while not (found := await self.run(script)):  # noqa: ASYNC110 - another process gives no event
                await asyncio.sleep(0.1)
        return found

    async def press(self, name: str, *, role: str = "", last: bool = True, seconds: float = PATIENCE) -> None:
        """A click, as a mouse does it, on what has just this name, and that role if one is given; on the last of several."""
        at = await self.until(
            f"""
            const found = [...all(document)].filter((one) => shown(one) && words(one) === {json.dumps(name)})
              .filter((one) => !{json.dumps(role)} || one.getAttribute("role") === {json.dumps(role)});
            const one = found.at({-1 if last else 0});
            if (!one) return null;
            one.scrollIntoView({{block: "center"}});
            const box = one.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];
            """,
            seconds,
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1], button="left", clickCount=1)

    async def type(self, text: str) -> None:
        """Text typed where the cursor stands."""
        await self.call("Input.insertText", text=text)

    async def key(self, name: str, code: int) -> None:
        """One key, by its name and its number."""
        text = "\r" if code == ENTER else ""
        for kind in ("keyDown", "keyUp"):
            await self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code, text=text)

    async def reads(self, words: str, seconds: float = PATIENCE) -> None:
        """These words stand in the page, or do soon."""
        text = "document.body?.innerText + [...all(document)].filter((one) => one.shadowRoot).map((one) => one.shadowRoot.textContent)"
        await self.until(f"return ({text}).includes({json.dumps(words)})", seconds)

    async def picture(self) -> bytes:
        """What is seen now, as PNG."""
        told = await self.call("Page.captureScreenshot", format="png")
        return base64.b64decode(told["data"])


@asynccontextmanager
async def browser(address: str, folder: Path, *, width: int = 1280, height: int = 900) -> AsyncIterator[Page]:
    """A tab at that address; FileNotFoundError where there is no Chromium. The browser's own files go into the folder."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise FileNotFoundError("There is no Chromium on this machine.")
    options = [
        "--headless=new",
        "--no-sandbox",
        "--remote-debugging-port=0",
        f"--user-data-dir={folder}",
        f"--window-size={width},{height}",
    ]
    silent = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(program, *options, address, stdout=silent, stderr=silent)
    try:
        port = await _port(folder / "DevToolsActivePort")
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                (tab,) = [one for one in await answer.json() if one["type"] == "page"]
            async with session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                yield Page(socket)
    finally:
        process.terminate()
        await process.wait()


async def _port(file: Path) -> int:
    async with asyncio.timeout(30):
        while not (told := _text(file)):  # noqa: ASYNC110 - another process gives no event
            await asyncio.sleep(0.1)
    return int(told.splitlines()[0])


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""
