"""Search in what was collected: newest first or by relevance, five a page, the matched words shown; for one person or for all."""

from dataclasses import dataclass

from bot.cards import alert
from bot.cards.card import Button, Card, Section, Span, notice, phrase
from bot.errors import UserMistake
from bot.messages import chosen, say
from bot.model import Item
from bot.store import search as store_search
from bot.watch import order as ordering
from bot.watch import query as language
from bot.watch.order import Order
from handlers import workspace_queries
from handlers.grammar import Request, query_and_page
from handlers.reply import Context, Reply
from handlers.watchlists import asked, here, news

PAGE = 5


@dataclass(frozen=True)
class Page:
    """One page of what a query finds: `text` as typed, `total` in all (counted up to 1,000), `found` on this page."""

    text: str
    order: Order
    query: language.Query
    number: int
    total: int
    found: tuple[Item, ...]

    @property
    def last(self) -> int:
        """The number of the last page."""
        return -(-self.total // PAGE)

    @property
    def is_capped(self) -> bool:
        """Whether there may be more than were counted."""
        return self.total >= store_search.COUNT_CAP

    @property
    def words(self) -> str:
        """What one types to see it again, but for the page."""
        return f"{self.text} sort:relevance" if self.order == "relevance" else self.text


async def search(request: Request, argument: str, context: Context) -> Reply:
    """One page of the items a query finds; the same items a watchlist of that query would have alerted on."""
    page = await _page(request, argument, context)
    if page is None:
        return asked(say("What shall I search for?"), 'search "decentralized trials" country:KR', request)
    if not page.found:
        return Reply(card=_nothing(page, request) if page.total == 0 else _beyond(page, request))
    head = phrase("{count} for {query}{where}", count=_items(page), query=_query(page), where=_where(page))
    return Reply(
        card=Card(sections=(Section(lines=(head,)), *shown(page, request, context), Section(lines=(), buttons=_buttons(page, request))))
    )


async def share(request: Request, argument: str, context: Context) -> Reply:
    """One page of what a query finds, for everybody in the place."""
    page = await _page(request, argument, context)
    if page is None:
        return asked(say("What shall I search for, to show it to everybody here?"), "share recall country:KR", request)
    if not page.found:
        return Reply(card=_nothing(page, request) if page.total == 0 else _beyond(page, request))
    back = Button(label=say("Back to the search"), action="search", value=_on(page, page.number))
    head = news(request, phrase(" searched for {query}: {count}{where}", query=_query(page), count=_items(page), where=_where(page)))
    if head is None:
        return Reply(card=notice(say("There is nobody to share it with: this chat is only between you and me."), buttons=(back,)))
    said = phrase("To search yourself: {command}", command=Span(text=f"{request.prefix}search {page.words}", code=True))
    shared = Card(sections=(*head.sections, *shown(page, request, context), Section(lines=(said,))))
    done = phrase("Shared with {place}: {query}", place=here(request), query=_query(page))
    return Reply(card=notice(done, tone="success", buttons=(back,)), announce=shared)


async def _page(request: Request, argument: str, context: Context) -> Page | None:
    """The page that is asked for; None if no query is."""
    words, order = ordering.read(argument)
    text, number = query_and_page(words)
    return await page_of(request, text, number, context, order) if text else None


async def page_of(request: Request, text: str, number: int, context: Context, order: Order = "newest") -> Page:
    """The page with this number, from 1, of what a query finds; it may lie beyond the last. UserMistake where it cannot be understood."""
    async with context.store.read() as tx:
        query = await workspace_queries.typed(tx, request, text, context)
        total = await store_search.count(tx, query, workspace=request.place.workspace, now=request.now)
        found = await store_search.find(
            tx, query, workspace=request.place.workspace, limit=PAGE, offset=(number - 1) * PAGE, now=request.now, order=order
        )
    return Page(" ".join(text.split()), order, query, number, total, tuple(found))


def shown(page: Page, request: Request, context: Context) -> tuple[Section, ...]:
    """The items of the page, each with the words that were found."""
    return tuple(
        Section(lines=alert.found(item, language.holds(page.query, item, now=request.now) or (), context.zones(item, request)))
        for item in page.found
    )


def _items(page: Page) -> str:
    return chosen("{n} item", "{n} items", page.total).format(n=f"{page.total:,}{'+' if page.is_capped else ''}")


def _query(page: Page) -> Span:
    return Span(text=page.text, code=True)


def _where(page: Page) -> str:
    last = f"{page.last:,}{'+' if page.is_capped and page.order == 'newest' else ''}"
    of = say(" – page {number} of {last}", number=page.number, last=last) if page.total > PAGE else ""
    if page.order == "newest":
        return of + say(", newest first.")
    return of + (say(", the {n} newest of them", n=f"{page.total:,}") if page.is_capped else "") + say(", most relevant first.")


def _buttons(page: Page, request: Request) -> tuple[Button, ...]:
    """To turn the pages, to save the query, to show the page to everybody."""
    made = [Button(label=label, action="search", value=_on(page, number)) for label, number in turning(page)]
    made.append(Button(label=say("Filter"), action="search", value=page.text, form=True))
    if _is_saveable(page.query):
        made.append(Button(label=say("Save as watchlist"), action="watch add", value=language.show(page.query), form=True))
    if not request.personal:
        made.append(Button(label=say("Share to channel"), action="share", value=_on(page, page.number)))
    return tuple(made)


def turning(page: Page) -> list[tuple[str, int]]:
    """The pages beside this one: what to call each, and its number."""
    open_end = page.is_capped and page.order == "newest"
    before = [(say("Previous"), page.number - 1)] if page.number > 1 else []
    return before + ([(say("Next"), page.number + 1)] if page.number < page.last or open_end else [])


def _on(page: Page, number: int) -> str:
    return f"{page.words} page {number}" if number > 1 else page.words


def _is_saveable(query: language.Query) -> bool:
    try:
        language.saveable(query)
    except UserMistake:
        return False
    return True


def _nothing(page: Page, request: Request) -> Card:
    return notice(
        phrase("Nothing collected so far matches {query}.", query=_query(page)),
        say("Try fewer words, OR between them, or leave a filter such as country: out."),
        phrase("To hear of it when it comes: {command}", command=Span(text=f"{request.prefix}watch add {page.text}", code=True)),
    )


def _beyond(page: Page, request: Request) -> Card:
    there = Span(text=f"{request.prefix}search {_on(page, page.last)}", code=True)
    return notice(phrase("There is no page {number}. The last: {command}", number=f"{page.number:,}", command=there))
