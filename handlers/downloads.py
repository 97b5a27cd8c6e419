"""Exports and reports over HTTP: GET /download/<secret>, for whoever has the address, until it expires; made when fetched."""

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response

from bot.errors import RegwatchError, StoreTrouble
from bot.messages import mark, say, speaking_to
from bot.record import report
from bot.record.page import page
from bot.sources.catalogue import Catalogue
from bot.store import added_sources, downloads, places
from bot.store.database import Store
from bot.store.downloads import Download
from bot.store.record import Fact

DOWNLOAD_PATH = "/download/{secret}"
_HEADERS = {
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_TYPES = {"csv": "application/zip", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class Downloads:
    """The files of one store; one export at a time, since each reads much."""

    def __init__(self, store: Store, catalogue: Catalogue, clock: Callable[[], datetime]) -> None:
        self._store, self._catalogue, self._clock = store, catalogue, clock
        self._turn = asyncio.Lock()

    async def download(self, request: Request) -> Response:
        """The file whose secret the address holds; 404 for any other address, and after its time."""
        now = self._clock()
        try:
            async with self._store.read() as tx:
                found = await downloads.offered(tx, request.path_params["secret"], now)
            if found is None:
                return _told(request, mark("There is no such file, or not any more. Ask the bot for a new address."), 404)
            async with self._turn:
                return await (self._export(found, now) if found.kind == "export" else self._report(request, found, now))
        except StoreTrouble:
            return _told(request, mark("The file cannot be made just now."), 503, {"Retry-After": "60"})
        except RegwatchError as error:
            return PlainTextResponse(f"{error}\n", 422, _HEADERS)

    async def _report(self, request: Request, found: Download, now: datetime) -> Response:
        start, end = (datetime.fromisoformat(found.wish[name]) for name in ("start", "end"))
        async with self._store.read() as tx:
            place = await places.get(tx, found.place)
            if place is None:
                return _told(request, mark("This place is not known any more."), 404)
            readable = [*self._catalogue.enabled(), *await added_sources.in_workspace(tx, place.workspace)]
            with speaking_to(place.language, place.locale):
                made = await report.gather(tx, place, readable, start, end, now)
                # Beside the event loop: the picture in it takes a while to draw.
                body = await asyncio.to_thread(page, made)
        return HTMLResponse(body, headers=_HEADERS | {"Content-Security-Policy": _POLICY})

    async def _export(self, found: Download, now: datetime) -> Response:
        from bot.record import export, files  # noqa: PLC0415 - slow to load, and seldom needed

        span = export.Span(found.workspace, *(datetime.fromisoformat(found.wish[name]) for name in ("start", "end")))
        kind = found.wish["format"]
        fact = Fact(what="export made", at=now, by=found.made_by, by_name=found.made_by_name, place=found.place)
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="regwatch-"))
        path = folder / f"export{files.SUFFIX[kind]}"
        try:
            await export.write(self._store, span, path, kind, fact)
        except BaseException:
            _remove(path)
            raise
        name = f"regwatch-{span.start:%Y-%m-%d}{files.SUFFIX[kind]}"
        return FileResponse(path, headers=_HEADERS, media_type=_TYPES[kind], filename=name, background=BackgroundTask(_remove, path))


def _told(request: Request, text: str, status: int, headers: Mapping[str, str] = MappingProxyType({})) -> Response:
    """A sentence in the language the browser asks for."""
    with speaking_to("", request.headers.get("accept-language", "")):
        return PlainTextResponse(f"{say(text)}\n", status, {**_HEADERS, **headers})


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.parent.rmdir()
