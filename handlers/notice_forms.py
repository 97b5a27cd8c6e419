"""The forms of what a place is told by itself: reminders of deadlines, and the proof that we looked."""

from bot.cards.form import Choice, Filled, Form, Option, Text, Time
from bot.errors import UserMistake
from bot.messages import mark, say
from bot.store import deadlines as kept
from bot.store import operations as proofs
from bot.times import time_of_day
from handlers import deadlines, operations
from handlers.command import Command, alone, never
from handlers.grammar import Request
from handlers.mistakes import beside_field
from handlers.reply import Context, Reply, refused

_ON, _OFF = "on", "off"
_PROOFS = ((_OFF, mark("Never")), ("weekly", mark("Each Monday")), ("monthly", mark("On the first of each month")))


async def remind_form(request: Request, _: str, context: Context) -> Form:
    """How this place is reminded of deadlines, as it is, or as is usual."""
    async with context.store.read() as tx:
        held = next(iter(await kept.wishes(tx, request.place.id)), None)
    days, at = (", ".join(map(str, held.days)), f"{held.at:%H:%M}") if held else ("30, 7, 1", "09:00")
    return _remind(Filled(values={"wanted": (_ON if held else _OFF,), "days": (days,), "at": (at,)}))


async def remind_filled(request: Request, given: Filled, context: Context) -> Reply:
    """The place is reminded as the form says; what cannot be stands beside its field."""
    if given.one("wanted") == _OFF:
        return await deadlines.remind(request, _OFF, context)
    wrong = {} if time_of_day(given.one("at")) else {"at": say("At what time? Write it like 09:00.")}
    if not given.one("days"):
        wrong["days"] = say("How many days before?")
    if not wrong:
        try:
            return await deadlines.remind(request, f"{given.one('days')} at {given.one('at')}", context)
        except UserMistake as mistake:
            wrong = {"days": beside_field(mistake)}
    return refused(_remind(given), wrong)


def _remind(given: Filled) -> Form:
    options = (Option(value=_ON, label=say("Yes")), Option(value=_OFF, label=say("No")))
    return Form(
        action="remind",
        title=say("Reminders"),
        parts=(
            Choice(name="wanted", label=say("Remind this place of deadlines?"), options=options, value=given.one("wanted")),
            Text(
                name="days",
                label=say("Days before each"),
                value=given.one("days"),
                example="30, 7, 1",
                hint=say("Numbers with commas between them."),
                most=60,
                optional=True,
            ),
            Time(name="at", label=say("At what time"), value=given.one("at"), hint=say("In the time zone of the place."), optional=True),
        ),
        typed="remind 30,7,1 at 09:00",
    )


async def proof_form(request: Request, _: str, context: Context) -> Form:
    """How often this place is told the proof, as it is."""
    async with context.store.read() as tx:
        last = next((last for one, last in await proofs.proven(tx) if one.id == request.place.id), "")
    often = ("weekly" if "W" in last else "monthly") if last else _OFF
    options = tuple(Option(value=value, label=say(label)) for value, label in _PROOFS)
    hint = say("At 09:00 in the time zone of the place.")
    choice = Choice(name="often", label=say("Tell the proof that we looked"), options=options, value=often, hint=hint)
    return Form(action="proof", title=say("Proof"), parts=(choice,), state=often, typed="proof weekly on")


async def proof_filled(request: Request, given: Filled, context: Context) -> Reply:
    """The place is told the proof so often."""
    often = given.one("often")
    words = f"{given.state if given.state != _OFF else 'weekly'} off" if often == _OFF else f"{often} on"
    return await operations.proof(request, words, context)


REMIND = Command(
    "remind",
    "remind [on|off|30,7,1] [at 09:00]",
    "be reminded here of deadlines, so many days before each",
    ("remind on", "remind 14,3,1 at 08:30"),
    deadlines.remind,
    remind_form,
    remind_filled,
    never,
    offers=mark("Change"),
    who="manager",
    looks=alone,
)
"""The row of this command in the table of all."""
