"""Calendars and charts over HTTP: GET /calendar/<secret>.ics and /chart/<secret>.png, for whoever has the address.

Nothing else tells that there is one.
"""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.cards import calendar, chart
from bot.cards.calendar import History, Kept
from bot.errors import StoreTrouble
from bot.messages import mark, say, speaking_to
from bot.sources.catalogue import Catalogue
from bot.store import calendars, charts
from bot.store.database import Store

CALENDAR_PATH = "/calendar/{secret}.ics"
CHART_PATH = "/chart/{secret}.png"
# What is so long over is not shown any more.
_KEPT = timedelta(days=90)
_HEADERS = {"Cache-Control": "private, max-age=900", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}


class Feeds:
    """The calendars and charts of one store."""

    def __init__(self, store: Store, catalogue: Catalogue, clock: Callable[[], datetime]) -> None:
        self._store, self._catalogue, self._clock = store, catalogue, clock

    async def calendar(self, request: Request) -> Response:
        """The calendar whose secret the address holds; 404 for any other address, 304 for who has it as it is."""
        try:
            body = await self._body(request.path_params["secret"])
        except StoreTrouble:
            return _told(request, mark("The calendar cannot be read just now."), 503)
        if body is None:
            return _told(request, mark("There is no such calendar."), 404)
        headers = {**_HEADERS, "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"'}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="text/calendar; charset=utf-8")

    async def chart(self, request: Request) -> Response:
        """The picture whose secret the address holds; 404 for any other address, and for one whose time is over."""
        try:
            async with self._store.read() as tx:
                found = await charts.shown(tx, request.path_params["secret"], self._clock())
        except StoreTrouble:
            return _told(request, mark("The chart cannot be read just now."), 503)
        if found is None:
            return _told(request, mark("There is no such chart."), 404)
        body = await asyncio.to_thread(chart.png, found.title, found.weeks, found.series)
        return Response(body, headers={**_HEADERS, "Cache-Control": "private, max-age=86400"}, media_type="image/png")

    async def _body(self, secret: str) -> bytes | None:
        since = self._clock().date() - _KEPT
        async with self._store.read() as tx:
            place = await calendars.place_of(tx, secret)
            if place is None:
                return None
            found = await calendars.contents(tx, place.id, since)
        histories = [History([Kept(each.item, each.found) for each in one], self._zone(one[-1].item.source)) for one in found]
        with speaking_to(place.language, place.locale):
            return calendar.feed(f"Regwatch {place.name or place.channel}", histories)

    def _zone(self, source_id: str) -> ZoneInfo:
        source = self._catalogue.sources.get(source_id)
        return ZoneInfo(source.timezone if source else str(UTC))


def _told(request: Request, text: str, status: int) -> Response:
    """A sentence in the language the browser asks for."""
    with speaking_to("", request.headers.get("accept-language", "")):
        return PlainTextResponse(f"{say(text)}\n", status, {"Retry-After": "60"} if status == 503 else None)
