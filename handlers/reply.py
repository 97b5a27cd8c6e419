"""What a command gets to work with and what it gives back, on every platform."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from bot.cards.card import Card
from bot.model import Source, Word
from bot.sources.catalogue import Catalogue
from bot.store.database import Store
from bot.watch.query import CHAT_LIMIT


@dataclass(frozen=True)
class Context:
    """What every command may use. `query_limit` is the length of a query in characters that this platform allows.

    `wait_seconds` is how long an answer of the schedules is awaited before the person is told that it will come.
    """

    store: Store
    catalogue: Catalogue
    query_limit: int = CHAT_LIMIT
    wait_seconds: float = 20.0

    def known(self, added: Iterable[Source]) -> dict[str, Collection[str]]:
        """The agencies and sources a query may name in a workspace that added these sources."""
        mine = list(added)
        agencies = {one.short for one in (*self.catalogue.authorities.values(), *(one.authority for one in mine))}
        return {"agency": agencies, "source": {*self.catalogue.sources, *(one.id for one in mine)}}


class Reply(Word):
    """The answer to a request: `card` for the person, seen by them alone if `private`; `announce`, if any, for everybody in the place.

    `announce` is given exactly when the command changed something the place should know of, or was asked to tell it something.
    """

    card: Card
    private: bool = True
    announce: Card | None = None
