"""What support asks for: the ids of this place and person, and which Regwatch answers; nothing secret."""

import platform
from importlib.metadata import version

from bot.cards.card import Line, Span, line, notice, phrase
from bot.messages import count, say
from bot.store import places
from bot.store.tables import REVISION
from handlers import permission
from handlers.grammar import Request
from handlers.reply import Context, Reply


async def debug(request: Request, _: str, context: Context) -> Reply:
    """Ids and versions, to be copied into a message to whoever runs Regwatch."""
    async with context.store.read() as tx:
        held = await places.at_place(tx, request.place.id)
        admin = await permission.is_admin(tx, request)
        known = await places.get(tx, request.place.id)
    asleep = next((one.suspended for one in held if one.suspended), "")
    rows = {
        "Regwatch": f"{version('regwatch')}, Python {platform.python_version()}",
        say("database"): f"{context.store.dialect}, schema {REVISION}",
        say("time"): f"{request.now:%Y-%m-%d %H:%M:%S} UTC",
        say("workspace"): request.place.workspace,
        say("place"): request.place.id,
        say("person"): request.actor,
        say("role"): f"{'admin' if admin else 'guest' if request.standing == 'guest' else 'member'} (platform: {request.standing})",
        say("this place"): _subscribed(len(held), asleep) if known else say("not known yet"),
    }
    return Reply(card=notice(phrase("For whoever helps you:"), *(_row(name, value) for name, value in rows.items())))


def _subscribed(number: int, asleep: str) -> str:
    told = count("{n} subscription", "{n} subscriptions", number)
    return told + say(", asleep: {code}", code=asleep) if asleep else told


def _row(name: str, value: str) -> Line:
    return line(Span(text=name, bold=True), ": ", Span(text=value, code=True))
