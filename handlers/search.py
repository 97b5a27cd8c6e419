"""Search in what was collected: newest first or by relevance, five a page, the matched words shown; for one person or for all."""

from dataclasses import dataclass

from bot.cards import alert
from bot.cards.card import Button, Card, Section, Span, line, notice
from bot.errors import UserMistake
from bot.model import Item
from bot.store import search as store_search
from bot.watch import order as ordering
from bot.watch import query as language
from bot.watch.order import Order
from handlers import reading
from handlers.grammar import Request, query_and_page
from handlers.reply import Context, Reply
from handlers.watchlists import asked, here, news

PAGE = 5


@dataclass(frozen=True)
class _Page:
    """One page of what a query finds: `text` as typed, `total` in all (counted up to 1,000), `found` on this page."""

    text: str
    order: Order
    query: language.Query
    number: int
    total: int
    found: tuple[Item, ...]

    @property
    def last(self) -> int:
        return -(-self.total // PAGE)

    @property
    def is_capped(self) -> bool:
        return self.total >= store_search.COUNT_CAP

    @property
    def words(self) -> str:
        """What one types to see it again, but for the page."""
        return f"{self.text} sort:relevance" if self.order == "relevance" else self.text


async def search(request: Request, argument: str, context: Context) -> Reply:
    """One page of the items a query finds; the same items a watchlist of that query would have alerted on."""
    page = await _page(request, argument, context)
    if page is None:
        return asked("What shall I search for?", 'search "decentralized trials" country:KR', request)
    if not page.found:
        return Reply(card=_nothing(page, request) if page.total == 0 else _beyond(page, request))
    head = line(*_count(page), _where(page))
    return Reply(card=Card(sections=(Section(lines=(head,)), *_shown(page, request), Section(lines=(), buttons=_buttons(page, request)))))


async def share(request: Request, argument: str, context: Context) -> Reply:
    """One page of what a query finds, for everybody in the place."""
    page = await _page(request, argument, context)
    if page is None:
        return asked("What shall I search for, to show it to everybody here?", "share recall country:KR", request)
    if not page.found:
        return Reply(card=_nothing(page, request) if page.total == 0 else _beyond(page, request))
    back = Button(label="Back to the search", action="search", value=_on(page, page.number))
    head = news(request, line(" searched for ", *_count(page)[1:], f": {_count(page)[0].text.removesuffix(' for ')}{_where(page)}"))
    if head is None:
        return Reply(card=notice("There is nobody to share it with: this chat is only between you and me.", buttons=(back,)))
    said = line("To search yourself: ", Span(text=f"{request.prefix}search {page.words}", code=True))
    shared = Card(sections=(*head.sections, *_shown(page, request), Section(lines=(said,))))
    return Reply(
        card=notice(line("Shared with ", f"{here(request)}: ", *_count(page)[1:]), tone="success", buttons=(back,)), announce=shared
    )


async def _page(request: Request, argument: str, context: Context) -> _Page | None:
    """The page that is asked for; None if no query is."""
    words, order = ordering.read(argument)
    text, number = query_and_page(words)
    if not text:
        return None
    async with context.store.read() as tx:
        query = await reading.typed(tx, request, text, context)
        total = await store_search.count(tx, query, workspace=request.place.workspace, now=request.now)
        found = await store_search.find(
            tx, query, workspace=request.place.workspace, limit=PAGE, offset=(number - 1) * PAGE, now=request.now, order=order
        )
    return _Page(" ".join(text.split()), order, query, number, total, tuple(found))


def _shown(page: _Page, request: Request) -> tuple[Section, ...]:
    return tuple(Section(lines=alert.found(item, language.holds(page.query, item, now=request.now) or ())) for item in page.found)


def _count(page: _Page) -> tuple[Span, Span]:
    more = "+" if page.is_capped else ""
    return Span(text=f"{page.total:,}{more} {'item' if page.total == 1 else 'items'} for "), Span(text=page.text, code=True)


def _where(page: _Page) -> str:
    of = f" – page {page.number} of {page.last:,}{'+' if page.is_capped and page.order == 'newest' else ''}" if page.total > PAGE else ""
    if page.order == "newest":
        return f"{of}, newest first."
    return f"{of}, {f'the {page.total:,} newest of them, ' if page.is_capped else ''}most relevant first."


def _buttons(page: _Page, request: Request) -> tuple[Button, ...]:
    """To turn the pages, to save the query, to show the page to everybody."""
    open_end = page.is_capped and page.order == "newest"
    turning = [("Previous", page.number - 1)] if page.number > 1 else []
    turning += [("Next", page.number + 1)] if page.number < page.last or open_end else []
    made = [Button(label=label, action="search", value=_on(page, number)) for label, number in turning]
    if _is_saveable(page.query):
        made.append(Button(label="Save as watchlist", action="watch add", value=language.show(page.query)))
    if not request.personal:
        made.append(Button(label="Share to channel", action="share", value=_on(page, page.number)))
    return tuple(made)


def _on(page: _Page, number: int) -> str:
    return f"{page.words} page {number}" if number > 1 else page.words


def _is_saveable(query: language.Query) -> bool:
    try:
        language.saveable(query)
    except UserMistake:
        return False
    return True


def _nothing(page: _Page, request: Request) -> Card:
    return notice(
        line("Nothing collected so far matches ", Span(text=page.text, code=True), "."),
        "Try fewer words, OR between them, or leave a filter such as country: out.",
        line("To hear of it when it comes: ", Span(text=f"{request.prefix}watch add {page.text}", code=True)),
    )


def _beyond(page: _Page, request: Request) -> Card:
    there = Span(text=f"{request.prefix}search {_on(page, page.last)}", code=True)
    return notice(line(f"There is no page {page.number:,}. The last: ", there))
