"""Whether the process lives and whether it can work: /healthz and /readyz, for whoever keeps it running."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.errors import StoreTrouble
from bot.store.database import Store, revision
from bot.store.tables import REVISION

PATIENCE = 5  # seconds the database may take to answer before the bot counts as unwell
# A scheduled work that is this late does not run any more, in seconds.
LATE = 90.0

_AWAY = "The database does not answer; nothing can be kept or delivered."
_BEHIND = "The database was left by an older version; `regwatch db upgrade` brings it up to date."


def _punctual() -> Mapping[str, float]:
    return {}


@dataclass(frozen=True)
class Health:
    """How one process is. `lag` tells by how many seconds each work of its schedules is late; nothing where none run."""

    store: Store
    lag: Callable[[], Mapping[str, float]] = _punctual

    @property
    def routes(self) -> list[Route]:
        """The two addresses; neither tells anything secret."""
        return [Route("/healthz", self.live), Route("/readyz", self.ready)]

    async def live(self, _: Request) -> Response:
        """200 from any process whose event loop turns: one that does not answer is best started again."""
        return JSONResponse({"ok": True, "sentence": "Regwatch runs."})

    async def ready(self, _: Request) -> Response:
        """200 when the database answers, its schema is usable, and the schedules that run here are in time; else 503 and why."""
        wrong = await self._database() or self._schedules()
        if wrong:
            return JSONResponse({"ok": False, "sentence": wrong}, 503)
        return JSONResponse({"ok": True, "sentence": "Regwatch runs and its database answers."})

    async def _database(self) -> str:
        """What is wrong with it. One that a newer version upgraded is usable while this one still runs: migrations only add."""
        try:
            async with asyncio.timeout(PATIENCE), self.store.read() as tx:
                found = await revision(tx)
        except (StoreTrouble, TimeoutError):
            return _AWAY
        return "" if found and found >= REVISION else _BEHIND

    def _schedules(self) -> str:
        late = {work: seconds for work, seconds in self.lag().items() if seconds > LATE}
        if not late:
            return ""
        worst = max(late, key=lambda work: late[work])
        return f"The schedules do not run: {worst} is {late[worst]:.0f} seconds late."
