"""A person's own page: watchlists, what they have to assess, deadlines ahead, how sources fare; each with a way on."""

from collections.abc import Sequence

from bot.cards import alert
from bot.cards.card import Button, Card, Line, Section, Span, line, phrase
from bot.items.assessing import said
from bot.messages import say
from bot.model import Watchlist
from bot.store import watchlists
from handlers import deadlines, sources, triage
from handlers.grammar import Request
from handlers.reply import Context

PAGE = 10
MOST_MINE = 5
MOST_LINES = 8


async def home(request: Request, page: int, context: Context) -> Card:
    """The page of the person who asks; of the watchlists the `page`th ten."""
    async with context.store.read() as tx:
        known = await watchlists.in_workspace(tx, request.place.workspace)
        mine = [(item, one) for item, one in await triage.open_ones(tx, request) if triage.is_mine(one, request)]
    found = [(*alert.found(item, (), context.zones(item, request))[1:2], alert.status_line(said(one))) for item, one in mine[:MOST_MINE]]
    ahead = (await deadlines.ahead(request, "", context)).card
    health = (await sources.health(request, "", context)).card
    return Card(
        sections=(
            *_watchlists(known, page),
            _headed(say("My assessments"), _mine(found, len(mine)), Button(label=say("All my assessments"), action="triage", value="mine")),
            _headed(say("Deadlines ahead"), _beginning(ahead), Button(label=say("All deadlines"), action="deadlines", value="90d")),
            _headed(
                say("Sources"),
                _beginning(health),
                Button(label=say("Health of the sources"), action="health"),
                Button(label=say("Help"), action="help"),
            ),
        )
    )


def _headed(title: str, lines: Sequence[Line], *buttons: Button) -> Section:
    return Section(lines=(line(Span(text=title, bold=True)), *lines), buttons=buttons)


def _watchlists(known: Sequence[Watchlist], page: int) -> tuple[Section, ...]:
    """Ten watchlists by name, each with its buttons, and those that turn the page."""
    last = max(1, -(-len(known) // PAGE))
    page = min(max(page, 1), last)
    shown = sorted(known, key=lambda one: one.name.casefold())[(page - 1) * PAGE : page * PAGE]
    of = say(" – page {number} of {last}", number=page, last=last) if last > 1 else ""
    none = [phrase("There are none yet. With the first one, alerts can come.")] if not known else []
    new = Button(label=say("New watchlist"), action="watch add", style="primary", form=True)
    turning = [(say("Previous"), page - 1)] * (page > 1) + [(say("Next"), page + 1)] * (page < last)
    pages = [Button(label=label, action="home", value=str(number)) for label, number in turning]
    find = Button(label=say("Search"), action="search", form=True)
    head = _headed(say("Watchlists") + of, none, new, find, *pages)
    return (head, *(_watchlist(one) for one in shown))


def _watchlist(one: Watchlist) -> Section:
    name = f'"{one.name}"'
    told = line(Span(text=one.name, bold=True), " – ", Span(text=one.query, code=True), say(" – paused") if one.paused else "")
    show, edit = (
        Button(label=say("Show"), action="watch show", value=name),
        Button(label=say("Edit"), action="watch edit", value=name, form=True),
    )
    return Section(lines=(told,), buttons=(show, edit))


def _mine(found: Sequence[tuple[Line, ...]], count: int) -> list[Line]:
    if not found:
        return [phrase("Nothing is assigned to you. Press Assign on an alert.")]
    more = [phrase("And {n} more.", n=str(count - len(found)))] if count > len(found) else []
    return [*(one for lines in found for one in lines), *more]


def _beginning(card: Card) -> list[Line]:
    lines = [one for section in card.sections for one in section.lines]
    return [*lines[:MOST_LINES], *([line("…")] if len(lines) > MOST_LINES else [])]
