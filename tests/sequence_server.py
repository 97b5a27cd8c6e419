"""A loopback web server that replays a sequence of bodies for each path: every request gets the next one, the last one stays."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from aiohttp import web


@dataclass(frozen=True)
class Recorded:
    """One recorded answer, given after `wait` seconds."""

    body: bytes
    status: int = 200
    content_type: str = "application/octet-stream"
    wait: float = 0


class SequenceServer:
    """Serves while the block runs. While it `waits`, every name shows its first body; then `served` counts the requests for each."""

    def __init__(self, sequences: Mapping[str, Sequence[Recorded]]) -> None:
        self.sequences = dict(sequences)
        self.served: Counter[str] = Counter()
        self.address = ""
        self.waits = True

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{name}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.address = f"127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def was_all_served(self, again: int = 2) -> bool:
        """Whether every sequence came to its end, and its last body was asked for `again` times more."""
        return all(self.served[name] >= len(bodies) + again for name, bodies in self.sequences.items())

    async def _serve(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        bodies = self.sequences.get(name)
        if bodies is None:
            raise web.HTTPNotFound
        answer = bodies[min(self.served[name], len(bodies) - 1)]
        if not self.waits:
            self.served[name] += 1
        await asyncio.sleep(answer.wait)
        return web.Response(body=answer.body, status=answer.status, headers={"Content-Type": answer.content_type})
