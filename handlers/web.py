"""The one web app: Slack at /slack/events and /slack/install, Teams at /api/messages, calendars, health, metrics; and its server."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.errors import SettingsError
from bot.store.database import Store
from handlers.downloads import DOWNLOAD_PATH, Downloads
from handlers.feeds import CALENDAR_PATH, CHART_PATH, Feeds
from handlers.health import Health
from handlers.metering import Metering
from handlers.slack_installing import INSTALL_PATH, REDIRECT_PATH, Installing

Endpoint = Callable[[Request], Awaitable[Response]]


def web_app(
    store: Store,
    slack: Endpoint | None = None,
    teams: Endpoint | None = None,
    installing: Installing | None = None,
    feeds: Feeds | None = None,
    health: Health | None = None,
    metering: Metering | None = None,
    files: Downloads | None = None,
) -> Starlette:
    """The ASGI app; the address of what is not given does not exist: of a platform, the pages of an installation, calendars."""

    async def home(_: Request) -> Response:
        return PlainTextResponse("Regwatch watches regulators and posts alerts to chat. Health: /healthz and /readyz\n")

    routes = [Route("/", home), *(health or Health(store)).routes, *(metering.routes if metering else ())]
    platforms = {"/slack/events": slack, "/api/messages": teams}
    routes += [Route(path, endpoint, methods=["POST"]) for path, endpoint in platforms.items() if endpoint is not None]
    if installing is not None:
        routes += [Route(INSTALL_PATH, installing.begin), Route(REDIRECT_PATH, installing.finish)]
    if feeds is not None:
        routes += [Route(CALENDAR_PATH, feeds.calendar), Route(CHART_PATH, feeds.chart)]
    if files is not None:
        routes.append(Route(DOWNLOAD_PATH, files.download))
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
