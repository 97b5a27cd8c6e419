"""Which of the catalogue's sources a workspace depends on: those that could bring what one of its watchlists finds."""

import asyncio
from collections.abc import Iterable, Sequence

from bot.errors import UserMistake
from bot.model import Source, Watchlist
from bot.sources.catalogue import Catalogue
from bot.store import glossaries, watchlists
from bot.store.database import Tx
from bot.watch.glossary import Glossary
from bot.watch.query import Query, parse
from bot.watch.reach import may_find


class Depended:
    """Told of each workspace, and kept until one of its watchlists changes: to read ten thousand queries takes seconds."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._sources = list(catalogue.enabled())
        self._of: dict[str, frozenset[str]] = {}
        self._revision = -1

    async def of(self, tx: Tx, workspace: str) -> frozenset[str]:
        """The sources the workspace depends on as of this transaction, by id."""
        await self._forget(tx)
        if workspace not in self._of:
            own = await glossaries.of_workspace(tx, workspace)
            kept = [one for one in await watchlists.in_workspace(tx, workspace) if not one.paused]
            self._of[workspace] = await asyncio.to_thread(_depended, kept, own, self._sources)
        return self._of[workspace]

    async def _forget(self, tx: Tx) -> None:
        """What is kept of workspaces whose watchlists have changed since, also by another process."""
        revision = await watchlists.revision(tx)
        if revision != self._revision:
            for workspace in await watchlists.workspaces_changed_since(tx, self._revision) if self._of else ():
                self._of.pop(workspace, None)
            self._revision = revision


def _depended(kept: Iterable[Watchlist], own: Glossary, sources: Sequence[Source]) -> frozenset[str]:
    queries = [_query(one, own) for one in kept]
    return frozenset(one.id for one in sources if any(query is None or may_find(query, one) for query in queries))


def _query(watchlist: Watchlist, own: Glossary) -> Query | None:
    """The query of a watchlist; None for one that this version does not understand, which may depend on anything."""
    try:
        return parse(watchlist.query, limit=len(watchlist.query), own=own)
    except UserMistake:
        return None
