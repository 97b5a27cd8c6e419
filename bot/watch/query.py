"""The language of watchlists and searches, seen from outside: parse, show, explain, hold.

A query is a frozen tree (`bot.watch.nodes`) of what was typed. `parse(show(q)) == q`; `holds(q, item)` is what a query means. Its words may
name concepts (`bot.watch.thesaurus`): whatever evaluates a query expands it first, so nobody else has to.
"""

from bot.errors import UserMistake
from bot.messages import say
from bot.watch.explain import explain
from bot.watch.glossary import Glossary
from bot.watch.holds import holds
from bot.watch.nodes import And, Not, Or, Query, When, show
from bot.watch.parse import CHAT_LIMIT, LONGEST, parse
from bot.watch.thesaurus import expansion, related

__all__ = ["CHAT_LIMIT", "LONGEST", "Glossary", "Query", "expansion", "explain", "holds", "parse", "related", "saveable", "show"]


def saveable(query: Query) -> Query:
    """The query, if a watchlist can have it. Raises UserMistake pointing at what only a search can ask."""
    found = _first_when(query)
    if found is None:
        return query
    text = show(query)
    raise UserMistake(
        say("{field}: can be used in a search, not in a watchlist: a watchlist alerts on what is new from now on.", field=found.field),
        hint=say("Remove {query} from the watchlist.", query=show(found)),
        text=text,
        position=text.index(show(found)),
    )


def _first_when(query: Query) -> When | None:
    match query:
        case When():
            return query
        case Not(part):
            return _first_when(part)
        case And(parts) | Or(parts):
            return next((found for part in parts if (found := _first_when(part))), None)
        case _:
            return None
