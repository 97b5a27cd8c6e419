"""Which sources are polled: the catalogue's enabled ones, and those that workspaces added."""

from bot.model import Source
from bot.sources.catalogue import Catalogue
from bot.store import added_sources
from bot.store.database import Tx


class Polled:
    """The sources to poll; the added ones are read again whenever somebody, perhaps in another process, has changed them."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._added: list[Source] = []
        self._revision = -1

    async def all(self, tx: Tx) -> list[Source]:
        """Every source that is polled as of this transaction."""
        revision = await added_sources.revision(tx)
        if revision != self._revision:
            self._added = await added_sources.all(tx)
            self._revision = revision
        return [*self._catalogue.enabled(), *self._added]
