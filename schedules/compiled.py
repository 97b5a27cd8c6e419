"""The watchlists of the store as the matcher has them: what has changed is read and compiled, page by page, beside the event loop."""

import asyncio
import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import structlog

from bot.errors import UserMistake
from bot.store import glossaries, watchlists
from bot.store.database import Tx
from bot.store.watchlists import Current
from bot.watch import query
from bot.watch.glossary import NOTHING, Glossary
from bot.watch.matcher import Matcher

log = structlog.get_logger()

PAGE = 500
FEW = 5
"""So many watchlists are compiled at once without going beside the event loop; one takes about half a millisecond."""


@dataclass
class Compiled:
    """A matcher that is led after the store, with the workspace of each watchlist. One at a time may use it: whoever does holds `turn`."""

    owners: dict[str, str] = field(default_factory=dict)
    revision: int = -1
    page: int = PAGE
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @cached_property
    def matcher(self) -> Matcher:
        """Made when it is first asked for: it takes in every word of the vocabulary, and most commands match nothing."""
        return Matcher({})

    async def catch_up(self, tx: Tx) -> None:
        """The matcher holds exactly the watchlists of this transaction, also one saved a moment ago in another process."""
        revision = await watchlists.revision(tx)
        if revision == self.revision:
            return
        is_first, at = self.revision < 0, (self.revision + 1, 0)
        while page := await watchlists.changed_since(tx, at, self.page):
            own = await glossaries.of_workspaces(tx, {one.workspace for one in page})
            if is_first:
                _spare_the_collector()
            if is_first or len(page) > FEW:
                await asyncio.to_thread(self._take, page, own)
            else:
                self._take(page, own)
            at = page[-1].mark
        if is_first:
            await asyncio.to_thread(self.matcher.merge)
            _spare_the_collector()
        self.revision = revision

    async def tidy(self) -> None:
        """What came since the start matches nearly as fast as the rest."""
        if not self.matcher.is_tidy:
            await asyncio.to_thread(self.matcher.tidy)

    def _take(self, page: Sequence[Current], own: Mapping[str, Glossary]) -> None:
        found = {}
        for one in page:
            if one.id in self.matcher:
                self.matcher.remove(one.id)
                del self.owners[one.id]
            if one.matches and (meant := _understood(one, own.get(one.workspace, NOTHING))):
                found[one.id] = meant
                self.owners[one.id] = one.workspace
        self.matcher.add_all(found)


def _spare_the_collector() -> None:
    """What a start loads stays; to look through a hundred thousand watchlists for garbage would stop the event loop for seconds."""
    gc.freeze()


def _understood(watchlist: Current, own: Glossary) -> query.Query | None:
    """One that an older version understood and this one does not is left out and told in the log, rather than stopping the rest."""
    try:
        return query.saveable(query.parse(watchlist.query, limit=len(watchlist.query), own=own))
    except UserMistake as mistake:
        log.warning("watchlist_not_understood", watchlist=watchlist.id, workspace=watchlist.workspace, reason=mistake.sentence)
        return None
