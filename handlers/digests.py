"""All items of a digest, page by page, for the one who asks."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from bot.cards import digest as cards
from bot.cards.alert import Zones
from bot.cards.card import Button, Card, Section, Span, line
from bot.errors import UserMistake
from bot.messages import count, say
from bot.model import Bundled, Delivery
from bot.store import places, waiting, watchlists
from handlers.grammar import Request, query_and_page
from handlers.reply import Context, Reply

PAGE = 10


async def digest(request: Request, argument: str, context: Context) -> Reply:
    """One page of a digest of this place, the newest one if none is named, in the order of the digest."""
    wanted, number = query_and_page(argument)
    async with context.store.read() as tx:
        place = await places.get(tx, request.place.id) or request.place
        found = await waiting.find_digest(tx, place.id, wanted.casefold())
        if found is None:
            raise _none(request, wanted)
        told = await waiting.contents(tx, found.id)
        known = await watchlists.by_id(tx, place.workspace, {name for one in told for name in one.watchlists})
    groups = cards.grouped(told, {one.id: one.name for one in known.values()})
    rows = [(names, one) for names, mine in groups for one in mine]
    last = max(1, -(-len(rows) // PAGE))
    if number > last:
        raise UserMistake(
            say("There is no page {number}.", number=f"{number:,}"),
            hint=say("The last: {command}", command=f"{request.prefix}digest {cards.short(found.id)} page {last}"),
        )
    return Reply(
        card=_page(
            found, rows[(number - 1) * PAGE : number * PAGE], number, last, len(rows), ZoneInfo(place.timezone), context.catalogue.zone
        )
    )


def _none(request: Request, wanted: str) -> UserMistake:
    if wanted:
        return UserMistake(
            say("There is no digest `{id}` here.", id=wanted), hint=say("The newest one: {command}", command=f"{request.prefix}digest")
        )
    return UserMistake(
        say("There was no digest here yet."), hint=say("To get one: {command}", command=f"{request.prefix}subscribe DCT daily at 09:00")
    )


def _page(
    found: Delivery, rows: Sequence[tuple[tuple[str, ...], Bundled]], number: int, last: int, total: int, zone: ZoneInfo, clock: cards.Clock
) -> Card:
    when = cards.window(found.window, zone) if found.window is not None else ""
    head = line(
        Span(text=count("{n} item", "{n} items", total), bold=True),
        say(" · {when} · page {number} of {last}", when=when, number=f"{number:,}", last=f"{last:,}"),
    )
    sections = [Section(lines=(head,))]
    for names in dict.fromkeys(names for names, _ in rows):
        mine = tuple(cards.entry(one, Zones(clock(one.item.source), zone)) for theirs, one in rows if theirs == names)
        sections.append(Section(lines=(line(Span(text=say(" and ").join(names) or say("For no watchlist any more"), bold=True)), *mine)))
    turning = [(say("Previous"), number - 1)] * (number > 1) + [(say("Next"), number + 1)] * (number < last)
    buttons = tuple(Button(label=label, action="digest", value=f"{cards.short(found.id)} page {to}") for label, to in turning)
    return Card(sections=(*sections, *([Section(lines=(), buttons=buttons)] if buttons else [])))
