"""A place that is new to us is welcomed once, with three next steps."""

from datetime import datetime

from bot.cards.card import Card, Span, line, notice, phrase
from bot.messages import preferred, say, speaking
from bot.model import Place
from bot.store import events, places
from handlers.reply import Context


async def welcome(place: Place, context: Context, now: datetime, prefix: str) -> Card | None:
    """What to say in a place that is new to us, which is known from now on; None if it was welcomed before or receives something.

    `prefix` is what one types.
    """
    async with context.store.write() as tx:
        await places.ensure(tx, place)
        kept = await places.get(tx, place.id) or place
        new = await events.first_ever(tx, f"welcome:{place.id}", now) and not await places.at_place(tx, place.id)
    with speaking(preferred(kept.language, kept.locale)):
        return _greeting(prefix) if new else None


def _greeting(prefix: str) -> Card:
    steps = (
        (say("1. See what I find: "), 'search "decentralized trials"'),
        (say("2. Save it as a watchlist: "), 'watch add "decentralized trials" as DCT'),
        (say("3. Get its alerts here: "), "subscribe DCT"),
    )
    return notice(
        say("Hello, I am Regwatch. I watch regulators and the trade press, and post what matches your watchlists."),
        *(line(what, Span(text=prefix + words, code=True)) for what, words in steps),
        phrase("All I can do: {command}", command=Span(text=f"{prefix}help", code=True)),
    )
