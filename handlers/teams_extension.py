"""The message extension of Teams: a search beside the box people write in, whose items can be put into any conversation; and links.

https://learn.microsoft.com/microsoftteams/platform/messaging-extensions/how-to/search-commands/respond-to-search
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from bot.cards import alert, due, plain
from bot.cards import teams as adaptive_cards
from bot.cards.card import Button, Card, Section
from bot.errors import StoreTrouble, UserMistake
from bot.messages import say, speaking_to
from bot.model import Evidence, Item
from bot.store import search as store_search
from bot.watch import query as language
from handlers import items, workspace_queries
from handlers.grammar import Request
from handlers.reply import Context

Json = dict[str, Any]
Give = Callable[[Json, Request, Context], Awaitable[Json]]
Found = tuple[Item, tuple[Evidence, ...]]

SEARCH_SECONDS = 4.0  # Teams gives up after 5
PAGE = 10
MOST_SKIPPED = 1_000
CARD_TYPE = "application/vnd.microsoft.card.adaptive"
THUMBNAIL_TYPE = "application/vnd.microsoft.card.thumbnail"
MOST_PREVIEW = 150


async def answer(name: str, value: object, request: Request, context: Context) -> Json | None:
    """What Teams shows for an invoke of the extension; None for one that we do not offer. Nothing is changed by it."""
    asked = value if isinstance(value, dict) else {}
    offered = {"query": _searched, "queryLink": _unfurled}
    give = offered.get(name.removeprefix("composeExtension/"))
    if give is None:
        return None
    with speaking_to(request.place.language, request.place.locale):
        return await _given(give, asked, request, context)


async def _given(give: Give, asked: Json, request: Request, context: Context) -> Json:
    try:
        async with asyncio.timeout(SEARCH_SECONDS):
            return await give(asked, request, context)
    except UserMistake as mistake:
        return _told(str(mistake))
    except StoreTrouble:
        return _told(say("The database cannot be used at the moment. Please try again in a minute."))
    except TimeoutError:
        return _told(say("This search takes longer than Teams waits. Write it to me as a message, or make it narrower."))


async def _searched(asked: Json, request: Request, context: Context) -> Json:
    text = _parameter(asked, "query")
    if not text:
        return _told(say("Type what to search for, such as {example}.", example='"decentralized trials" country:KR'))
    options = asked.get("queryOptions") if isinstance(asked.get("queryOptions"), dict) else {}
    skipped, count = _number(options, "skip", 0, MOST_SKIPPED), _number(options, "count", PAGE, 25)
    async with context.store.read() as tx:
        query = await workspace_queries.typed(tx, request, text, context)
        workspace = request.place.workspace
        found = await store_search.find(tx, query, workspace=workspace, limit=count, offset=skipped, now=request.now)
    shown = [(item, language.holds(query, item, now=request.now) or ()) for item in found]
    return (
        _result(shown, request, context)
        if shown or skipped
        else _told(say("Nothing collected so far matches. Try fewer words, or OR between them."))
    )


async def _unfurled(asked: Json, request: Request, context: Context) -> Json:
    """What we know of a link that somebody writes; nothing for a link that is not of an item."""
    link = _text(asked, "url")
    async with context.store.read() as tx:
        found = await items.known(tx, link, request) if link else None
    return _result([] if found is None else [(found, ())], request, context)


def _result(found: Sequence[Found], request: Request, context: Context) -> Json:
    attachments = [_attachment(item, evidence, request, context.zones(item, request)) for item, evidence in found]
    return {"composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": attachments}}


def _attachment(item: Item, evidence: tuple[Evidence, ...], request: Request, zones: alert.Zones) -> Json:
    """An item as it will stand in a conversation, and as it stands in the list of what was found."""
    preview = {"title": _harmless(item.title), "text": _harmless(_headline(item, zones))}
    return {
        "contentType": CARD_TYPE,
        "content": adaptive_cards.adaptive(_card(item, evidence, request, zones)),
        "preview": {"contentType": THUMBNAIL_TYPE, "content": preview},
    }


def _card(item: Item, evidence: tuple[Evidence, ...], request: Request, zones: alert.Zones) -> Card:
    """The item for people who may not have the bot, so without buttons that would ask it something."""
    url = plain.address(item.url)
    lines = (*alert.found(item, evidence, zones), *due.every_date(item, request.now.date()))
    return Card(sections=(Section(lines=lines, buttons=(Button(label=say("Open"), url=url),) if url else ()),))


def _headline(item: Item, zones: alert.Zones) -> str:
    return "".join(span.text for span in alert.found(item, (), zones)[0])


def _harmless(text: str) -> str:
    """The text for a preview, which reads some HTML: its brackets are replaced by others that look alike."""
    return plain.clip(plain.words(text), MOST_PREVIEW).translate({ord("<"): "‹", ord(">"): "›", ord("&"): "＆"})


def _told(sentence: str) -> Json:
    return {"composeExtension": {"type": "message", "text": sentence}}


def _parameter(asked: Json, name: str) -> str:
    """The value of a parameter; Teams calls it `initialRun` when nothing was typed yet."""
    given = asked.get("parameters")
    rows = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    # A client that leaves the names of parameters out, as Microsoft's test client may, means the only one there is.
    return next((_text(one, "value").strip() for one in rows if one.get("name") in (name, "", None)), "")


def _text(asked: Json, name: str) -> str:
    found = asked.get(name)
    return found if isinstance(found, str) else ""


def _number(asked: Any, name: str, otherwise: int, most: int) -> int:
    found = asked.get(name)
    return min(max(0, found), most) if isinstance(found, int) and not isinstance(found, bool) else otherwise
