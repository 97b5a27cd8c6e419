"""Queries as the workspace of a request means them: with the words it has added."""

from bot.model import Watchlist
from bot.store import added_sources, glossaries
from bot.store.database import Tx
from bot.watch import query as language
from bot.watch.glossary import Glossary
from handlers.grammar import Request
from handlers.reply import Context


async def own(tx: Tx, request: Request) -> Glossary:
    """The own words of the workspace."""
    return await glossaries.of_workspace(tx, request.place.workspace)


async def typed(tx: Tx, request: Request, text: str, context: Context) -> language.Query:
    """The query a person typed; it may name what the workspace added too. Raises UserMistake where it cannot be understood."""
    known = context.known(await added_sources.in_workspace(tx, request.place.workspace))
    return language.parse(text, limit=context.query_limit, known=known, own=await own(tx, request))


async def saved(tx: Tx, watchlist: Watchlist) -> language.Query:
    """The query of a watchlist."""
    return of(watchlist, await glossaries.of_workspace(tx, watchlist.workspace))


def of(watchlist: Watchlist, words: Glossary) -> language.Query:
    """The query of a watchlist as it is meant with these own words."""
    return language.parse(watchlist.query, limit=len(watchlist.query), own=words)
