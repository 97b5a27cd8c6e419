"""What a command gets to work with and what it gives back, on every platform."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.cards.card import Card
from bot.model import Word
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

    def known(self) -> dict[str, Collection[str]]:
        """The agencies and sources a query may name."""
        agencies = {authority.short for authority in self.catalogue.authorities.values()}
        return {"agency": agencies, "source": set(self.catalogue.sources)}


class Reply(Word):
    """The answer to a request: `card` for the person, seen by them alone if `private`; `announce`, if any, for everybody in the place.

    `announce` is given exactly when the command changed something the place should know of, or was asked to tell it something.
    """

    card: Card
    private: bool = True
    announce: Card | None = None
