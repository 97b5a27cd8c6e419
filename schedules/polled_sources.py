"""Which sources are polled: the catalogue's enabled ones, and those that workspaces added."""

from collections.abc import Collection, Mapping

from bot.audience import is_for_all
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


def twins(polled: Mapping[str, Source], of: Collection[str]) -> set[str]:
    """The sources beside these that workspaces added and that ask the same as one of them: polled with it, their site is asked once."""
    asked = {_question(polled[one]) for one in of if not is_for_all(one)}
    return (
        {one for one, source in polled.items() if one not in of and not is_for_all(one) and _question(source) in asked} if asked else set()
    )


def _question(source: Source) -> tuple[str, str]:
    return source.url, source.kind
