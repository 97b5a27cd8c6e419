"""Search in what was collected: newest first, five a page, the matched words shown."""

from bot.cards import alert
from bot.cards.card import Button, Card, Section, Span, line, notice
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
        total = await store_search.count(tx, query, now=request.now)
        found = await store_search.find(tx, query, limit=PAGE, offset=(page - 1) * PAGE, now=request.now)
    if total == 0:
        return Reply(card=_nothing(text, request))
    if not found:
        return Reply(card=_beyond(text, page, total, request))
    shown = tuple(Section(lines=alert.found(item, language.holds(query, item, now=request.now) or ())) for item in found)
    return Reply(card=Card(sections=(_head(text, page, total), *shown, *_turning(text, page, total))))


def _head(text: str, page: int, total: int) -> Section:
    more = " or more" if total >= store_search.COUNT_CAP else ""
    count = f"{total:,}{more} {'item' if total == 1 else 'items'} for "
    where = f" – page {page} of {_pages(total):,}{more}" if total > PAGE else ""
    return Section(lines=(line(count, Span(text=text, code=True), f"{where}, newest first."),))


def _pages(total: int) -> int:
    return -(-total // PAGE)


def _turning(text: str, page: int, total: int) -> tuple[Section, ...]:
    is_last = page >= _pages(total) and total < store_search.COUNT_CAP
    back = (Button(label="Previous", action="search", value=f"{text} page {page - 1}"),) if page > 1 else ()
    on = () if is_last else (Button(label="Next", action="search", value=f"{text} page {page + 1}"),)
    return (Section(lines=(), buttons=(*back, *on)),) if back or on else ()


def _nothing(text: str, request: Request) -> Card:
    return notice(
        line("Nothing collected so far matches ", Span(text=text, code=True), "."),
        "Try fewer words, OR between them, or leave a filter such as country: out.",
        line("To hear of it when it comes: ", Span(text=f"{request.prefix}watch add {text}", code=True)),
    )


def _beyond(text: str, page: int, total: int, request: Request) -> Card:
    there = Span(text=f"{request.prefix}search {text} page {_pages(total)}", code=True)
    return notice(line(f"There is no page {page:,}. The last: ", there))
