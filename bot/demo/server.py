"""A loopback web server that shows the sample sources as they are at the first and at the second poll."""

import hashlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from threading import Thread

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

SAMPLES = files("bot.demo") / "samples"
TYPES = {"xml": "application/rss+xml", "rdf": "application/rdf+xml", "json": "application/json", "html": "text/html"}


class SampleServer:
    """Serves `samples/first` until `advance`, then `samples/second`, with ETags like a real server."""

    def __init__(self) -> None:
        self._round = "first"

    def advance(self) -> None:
        """From now on the sources show what is new and changed."""
        self._round = "second"

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serves on a free loopback port while the block runs; the value is `host:port`."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            host, port = listening.getsockname()[:2]
            app = Starlette(routes=[Route("/{name}", self._show)])
            server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
            # In a thread of its own uvicorn leaves the signals alone, so Ctrl-C ends the demonstration at once.
            thread = Thread(target=server.run, args=([listening],), daemon=True)
            thread.start()
            try:
                yield f"{host}:{port}"
            finally:
                server.should_exit = True
                thread.join()

    async def _show(self, request: Request) -> Response:
        name = request.path_params["name"]
        sample = SAMPLES / self._round / name
        if not sample.is_file():
            return Response(status_code=404)
        body = sample.read_bytes()
        tag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"etag": tag})
        return Response(body, media_type=TYPES[name.rpartition(".")[2]], headers={"etag": tag})
