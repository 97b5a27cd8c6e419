"""What people dismissed, made a proposal: a term to exclude from a watchlist, shown with what it would have done, applied on approval."""

import asyncio

from bot.cards.card import Button, Span, line, notice, phrase
from bot.messages import say
from bot.store import judged
from bot.watch import suggesting
from handlers import editing, workspace_queries
from handlers.grammar import Request, around
from handlers.grammar import name as read_name
from handlers.reply import Context, Reply
from handlers.watchlists import asked, bold, named


async def suggest(request: Request, argument: str, context: Context) -> Reply:
    """What to exclude from a watchlist, if anything; with `without <term>` its query has that exclusion from now on."""
    if not argument:
        return asked(say("For which watchlist?"), "watch suggest DCT", request)
    apart = around(argument, "without")
    name, without = apart[-1] if apart else (argument, "")
    async with context.store.read() as tx:
        watchlist, note = await named(tx, request, name, "watch suggest", guess=not without)
        query = await workspace_queries.saved(tx, watchlist)
        own = await workspace_queries.own(tx, request)
        latest = await judged.decided(tx, watchlist.workspace)
        people = await judged.by_people(tx, watchlist.workspace, watchlist.id, latest, request.now)
    if without:
        return await editing.edit(request, f'"{watchlist.name}" {suggesting.excluding(query, read_name(without))}', context)
    found = await asyncio.to_thread(suggesting.suggestion, query, people, request.now, own)
    if found is None:
        nothing = phrase(
            "No exclusion for {watchlist} would have spared you much and cost you nothing: {dismissed} dismissed, {kept} kept in 90 days.",
            watchlist=bold(watchlist),
            dismissed=len(people.dismissed),
            kept=len(people.kept),
        )
        return Reply(card=notice(line(*note, *nothing), say("Press Not relevant on alerts, with the reason, and ask again.")))
    button = Button(
        label=say("Exclude “{term}”", term=found.without),
        action="watch suggest",
        value=value(watchlist.name, found.without),
        style="primary",
    )
    typed = Span(text=f"{request.prefix}watch suggest {value(watchlist.name, found.without)}", code=True)
    lines = (
        line(*note, bold(watchlist), ": ", suggesting.words(found)),
        phrase("Nothing is changed until you say so: {command}", command=typed),
    )
    return Reply(card=notice(*lines, buttons=(button,)))


def value(name: str, without: str) -> str:
    """What to say after `watch suggest` to exclude it."""
    return f'"{name}" without "{without}"'
