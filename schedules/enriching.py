"""Reads the words of items that were kept before there was anybody to read them, or by an earlier edition of the word lists."""

import asyncio
from dataclasses import dataclass

import structlog

from bot.items import enrich
from bot.model import Item
from bot.sources.catalogue import Catalogue
from bot.store import items
from bot.store.database import Store

log = structlog.get_logger()

# So many at once leave others their turn at the database.
AT_ONCE = 100


@dataclass
class Enriching:
    """The reading by one process. Two that read the same items write the same."""

    store: Store
    catalogue: Catalogue

    async def begin(self) -> int:
        """Every item is from now on what its words say; how many were read. Nobody is told, as nothing new has happened."""
        done = 0
        while many := await self._some():
            done += many
        if done:
            log.info("items_enriched", items=done)
        return done

    async def _some(self) -> int:
        async with self.store.read() as tx:
            waiting = await items.unenriched(tx, enrich.EDITION, AT_ONCE)
        if not waiting:
            return 0
        read = await asyncio.to_thread(lambda: {one.id: self._read(one) for one in waiting})
        async with self.store.write() as tx:
            # What a poll has changed meanwhile was read by it.
            still = {one.id for one in await items.several(tx, read) if one.version == read[one.id].version}
            await items.mend(tx, [one for one in read.values() if one.id in still], enrich.EDITION)
        return len(waiting)

    def _read(self, item: Item) -> Item:
        source = self.catalogue.sources.get(item.source)
        return enrich.enrich(enrich.unread(item, source.doc_type if source else ""))
