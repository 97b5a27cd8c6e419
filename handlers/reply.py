"""What a command gets to work with and what it gives back, on every platform."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from bot.cards.alert import Zones
from bot.cards.card import Card, Section, line, notice
from bot.cards.form import Form
from bot.messages import preferred, speaking
from bot.model import Item, Place, Source, Word
from bot.sources.catalogue import Catalogue
from bot.store.database import Store
from bot.times import zone
from bot.watch.query import CHAT_LIMIT
from handlers.grammar import Request


@dataclass(frozen=True)
class Context:
    """What every command may use. `query_limit` is the length of a query in characters that this platform allows.

    `web_url` is where others reach the web server; `wait_seconds` is how long an answer of the schedules is awaited before the person
    is told that it will come. `option` is how a command line says yes.
    """

    store: Store
    catalogue: Catalogue
    query_limit: int = CHAT_LIMIT
    wait_seconds: float = 20.0
    web_url: str = "http://127.0.0.1:8080"
    option: str = ""

    def zones(self, item: Item, request: Request) -> Zones:
        """The zones in which the days of an item are told in the place of the request."""
        return Zones(self.catalogue.zone(item.source), zone(request.place.timezone))

    def known(self, added: Iterable[Source]) -> dict[str, Collection[str]]:
        """The agencies and sources a query may name in a workspace that added these sources."""
        mine = list(added)
        agencies = {one.short for one in (*self.catalogue.authorities.values(), *(one.authority for one in mine))}
        return {"agency": agencies, "source": {*self.catalogue.sources, *(one.id for one in mine)}}


class Reply(Word):
    """The answer to a request: `card` for the person, seen by them alone if `private`; `announce`, if any, for everybody in the place.

    `announce` is given exactly when the command changed something the place should know of, or was asked to tell it something.
    `in_thread` says that the announcement belongs below the message whose button was pressed, if one was.
    `form`, if any, is what a platform with forms shows instead of `card`: it asks for what is missing, or again for what was wrong.
    `language` is the one it is said in, which also what surrounds it on a platform is said in.
    """

    card: Card
    private: bool = True
    announce: Card | None = None
    form: Form | None = None
    in_thread: bool = False
    language: str = ""

    def with_warning(self, warning: str) -> "Reply":
        """The same answer with a last line."""
        card = self.card.model_copy(update={"sections": (*self.card.sections, Section(lines=(line(warning),)))})
        return self.model_copy(update={"card": card})


def refused(form: Form, wrong: Mapping[str, str]) -> Reply:
    """The form again, with what is wrong beside each field by its name."""
    return Reply(card=notice(*wrong.values(), tone="warning"), form=form.refused(wrong))


def said_at_once(place: Place, card: Callable[[], Card]) -> Reply:
    """What is said where the store was not asked, or could not be: in the language that the platform told of the person, if it did."""
    language = preferred(place.language, place.locale)
    with speaking(language):
        return Reply(card=card(), language=language)
