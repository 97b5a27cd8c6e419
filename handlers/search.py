"""Search in what was collected: newest first, five a page, the matched words shown."""

from datetime import datetime

from bot.cards import alert
from bot.cards.card import Button, Card, Section, Span, line, notice
from bot.model import Item
from bot.store import search as store_search
from bot.watch import query as language
from handlers.grammar import Request, query_and_page
from handlers.reply import Context, Reply

PAGE = 5


async def search(request: Request, argument: str, context: Context) -> Reply:
    """One page of the items a query finds, newest first; the same items a watchlist of that query would have alerted on."""
    text, page = query_and_page(argument)
    if not text:
        example = Span(text=f'{request.prefix}search "decentralized trials" country:KR', code=True)
        return Reply(card=notice("What shall I search for?", line("For example: ", example)))
    query = language.parse(text, limit=context.query_limit, known=context.known())
    async with context.store.read() as tx:
        total = await store_search.count(tx, query)
        found = await store_search.find(tx, query, limit=PAGE, offset=(page - 1) * PAGE)
    if total == 0:
        return Reply(card=_nothing(text, request))
    if not found:
        return Reply(card=_beyond(text, total, request))
    return Reply(card=_page(query, text, page, total, found, request.now))


def _page(query: language.Query, text: str, page: int, total: int, found: list[Item], now: datetime) -> Card:
    last = -(-total // PAGE)
    count = "1 item" if total == 1 else f"{total:,} items"
    where = f" – page {page} of {last:,}" if last > 1 else ""
    head = Section(lines=(line(f"{count} for ", Span(text=text, code=True), f"{where}, newest first."),))
    return Card(
        sections=(
            head,
            *(Section(lines=alert.found(item, language.holds(query, item, now=now) or ())) for item in found),
            *_turning(text, page, last),
        )
    )


def _turning(text: str, page: int, last: int) -> tuple[Section, ...]:
    back = (Button(label="Previous", action="search", value=f"{text} page {page - 1}"),) if page > 1 else ()
    on = (Button(label="Next", action="search", value=f"{text} page {page + 1}"),) if page < last else ()
    return (Section(lines=(), buttons=(*back, *on)),) if back or on else ()


def _nothing(text: str, request: Request) -> Card:
    return notice(
        line("Nothing collected so far matches ", Span(text=text, code=True), "."),
        "Try fewer words, OR between them, or leave a filter such as country: out.",
        line("To hear of it when it comes: ", Span(text=f"{request.prefix}watch add {text}", code=True)),
    )


def _beyond(text: str, total: int, request: Request) -> Card:
    last = -(-total // PAGE)
    there = Span(text=f"{request.prefix}search {text} page {last}", code=True)
    return notice(line(f"There are only {last:,} pages. The last: ", there))
