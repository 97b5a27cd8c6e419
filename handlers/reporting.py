"""The report of a place in chat: its figures as a card, and a private address of the whole as a page."""

from datetime import timedelta

from bot.cards.card import Button, Card, Section, Span, line, phrase
from bot.errors import UserMistake
from bot.messages import say
from bot.record import report as reports
from bot.sources import proof
from bot.store import added_sources, places
from handlers import private_links
from handlers.grammar import Request
from handlers.reply import Context, Reply
from handlers.times import moment

KEPT = timedelta(days=7)


async def report(request: Request, argument: str, context: Context) -> Reply:
    """What was looked at, found, told and decided in a week or a month, what is open and due."""
    span = argument.strip().casefold() or "week"
    if span not in proof.SPANS:
        raise UserMistake(
            say("I do not know “{word}”.", word=argument[:40]),
            hint=say("Write: {command}, or {off}", command=f"{request.prefix}report week", off="report month"),
        )
    start = proof.start(request.now, span)
    async with context.store.read() as tx:
        here = await places.get(tx, request.place.id) or request.place
        readable = [*context.catalogue.enabled(), *await added_sources.in_workspace(tx, here.workspace)]
        made = await reports.gather(tx, here, readable, start, request.now, request.now)
    since = moment(start, request)
    head = say("The last week, since {since}", since=since) if span == "week" else say("The last month, since {since}", since=since)
    rows = [line(Span(text=head, bold=True)), *(line(row) for row in reports.lines(made))]
    if not private_links.is_reachable(context):
        code = f"regwatch report --workspace {here.workspace} --place {here.id} --from {start:%Y-%m-%d} --to {request.now:%Y-%m-%d}"
        rows.append(phrase("As a page, for whoever runs the bot: {command}", command=Span(text=code, code=True)))
        return Reply(card=Card(sections=(Section(lines=tuple(rows)),)))
    wish = {"start": start.isoformat(), "end": request.now.isoformat()}
    url = await private_links.offer(request, context, "report", wish, KEPT)
    until = moment(request.now + KEPT, request)
    rows.append(
        phrase("{link} – for whoever has the address, until {until}.", link=Span(text=say("The whole report"), url=url), until=until)
    )
    button = Button(label=say("Open the report"), url=url, style="primary")
    return Reply(card=Card(sections=(Section(lines=tuple(rows), buttons=(button,)),)))
