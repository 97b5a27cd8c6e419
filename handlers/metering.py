"""The metrics of this process and of the database it shares, for whoever shows the token: GET /metrics."""

import asyncio
import hmac
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.errors import StoreTrouble
from bot.metrics import CONTENT_TYPE, Metrics
from bot.store import added_sources, measures
from bot.store.database import Store

PATIENCE = 5  # seconds the database may take to answer
# However often the page is asked for, the database is asked once in this time.
KEPT = timedelta(seconds=10)

_CLOSED = "Metrics are for whoever shows REGWATCH_METRICS_TOKEN, as `Authorization: Bearer …`.\n"


@dataclass
class Metering:
    """The page of the metrics. `sources` are the ids of the catalogue that are polled; `lag` is that of the timetable."""

    store: Store
    clock: Callable[[], datetime]
    metrics: Metrics
    token: str
    sources: Collection[str] = ()
    lag: Callable[[], Mapping[str, float]] = dict
    _measured: datetime | None = None

    @property
    def routes(self) -> list[Route]:
        """The address, which does not exist without a token."""
        return [Route("/metrics", self.page)] if self.token else []

    async def page(self, request: Request) -> Response:
        """Everything in Prometheus' form; 401 without the token."""
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self.token}".encode()):
            return PlainTextResponse(_CLOSED, 401, {"WWW-Authenticate": "Bearer"})
        self.metrics.late(self.lag())
        await self._measure(self.clock())
        return Response(self.metrics.page(), media_type=CONTENT_TYPE)

    async def _measure(self, now: datetime) -> None:
        """What the database knows stands in the metrics, as of a few seconds ago at most."""
        if self._measured is not None and self._measured <= now < self._measured + KEPT:
            return
        try:
            async with asyncio.timeout(PATIENCE), self.store.read() as tx:
                added = await added_sources.all(tx)
                polls = await measures.polls(tx, [*self.sources, *(one.id for one in added)])
                owed = await measures.owed(tx, now)
        except (StoreTrouble, TimeoutError):
            self.metrics.unknown()
            return
        self._measured = now
        ages = {state: _since(oldest, now) for state, oldest in polls.oldest.items()}
        self.metrics.sources(polls.counts, ages, _since(polls.next_poll, now))
        self.metrics.outbox(owed.counts, _since(owed.due_since, now))


def _since(moment: datetime | None, now: datetime) -> float:
    return max((now - moment).total_seconds(), 0) if moment else 0
