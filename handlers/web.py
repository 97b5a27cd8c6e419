"""The one web app: Slack over HTTP at /slack/events, health at /healthz, a plain line at /; and the server it runs in."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.errors import SettingsError, StoreTrouble
from bot.store import watchlists
from bot.store.database import Store

PATIENCE = 5  # seconds the database may take to answer before the bot counts as unwell

Endpoint = Callable[[Request], Awaitable[Response]]


def web_app(store: Store, slack: Endpoint | None = None) -> Starlette:
    """The ASGI app; without `slack` the address /slack/events does not exist."""

    async def health(_: Request) -> Response:
        try:
            async with asyncio.timeout(PATIENCE), store.read() as tx:
                await watchlists.revision(tx)
        except (StoreTrouble, TimeoutError):
            return JSONResponse({"ok": False, "sentence": "The database does not answer; nothing can be kept or delivered."}, 503)
        return JSONResponse({"ok": True, "sentence": "Regwatch runs and its database answers."})

    async def home(_: Request) -> Response:
        return PlainTextResponse("Regwatch watches regulators and posts alerts to chat. Health: /healthz\n")

    routes = [Route("/", home), Route("/healthz", health)]
    if slack is not None:
        routes.append(Route("/slack/events", slack, methods=["POST"]))
    return Starlette(routes=routes)


class WebServer:
    """The web app on an address, inside a loop that has other work; signals are left to whoever runs the loop."""

    def __init__(self, app: Starlette, host: str, port: int) -> None:
        self._app, self._host, self._port = app, host, port
        self._server: _Server | None = None
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """The server listens. SettingsError if it cannot at this address."""
        bound = self._bind()
        self._port = bound.getsockname()[1]
        config = uvicorn.Config(self._app, lifespan="off", ws="none", log_config=None, access_log=False, server_header=False)
        config.timeout_graceful_shutdown = 3
        self._server = _Server(config)
        self._running = asyncio.create_task(self._server.serve(sockets=[bound]))

    async def stop(self) -> None:
        """Nothing listens any more; requests under way had 3 seconds to end."""
        if self._server is not None and self._running is not None:
            self._server.should_exit = True
            await self._running

    @property
    def address(self) -> str:
        """Where the server listens, as `http://host:port`; the real port once it is started, also when 0 was asked for."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def _bind(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            return socket.create_server((self._host, self._port), family=family)
        except OSError as error:
            # Python adds what it attempted, which stands in our sentence already.
            reason = (error.strerror or "unknown reason").partition(" (while")[0].lower()
            raise SettingsError(
                f"The web server cannot listen on {self._host}:{self._port}: {reason}.",
                hint="Set REGWATCH_WEB_HOST and REGWATCH_WEB_PORT to an address of this machine that is free.",
            ) from None


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
