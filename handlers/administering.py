"""What admins decide, by command and by form: who is one, who manages a place, where failing sources are told, what is kept how long."""

import re

from bot.cards.card import Line, Span, line, notice, phrase
from bot.cards.form import Choice, Filled, Form, Option, PersonPicker, PlacePicker, Ticks
from bot.errors import UserMistake
from bot.messages import mark, say
from bot.store import retention as keeping
from bot.store import roles as kept
from bot.store.database import Tx
from bot.store.roles import Person
from handlers import operations, recording, roles, watchlist_builder
from handlers.command import Command, alone, never
from handlers.grammar import Request
from handlers.reply import Context, Reply, refused

_ANYONE, _ADMINS, _NAMED = "anyone", "admins", "named"
_TOLD, _NOBODY = "told", "nobody"
_FOREVER = "forever"
_SPANS = (
    (_FOREVER, mark("For good")),
    ("180", mark("180 days")),
    ("365", mark("1 year")),
    ("1095", mark("3 years")),
    ("1825", mark("5 years")),
)
_SPAN = re.compile(r"(\d{1,5}) ?(d|days?|y|years?)?")
_LONGEST = 36_500


async def roles_form(request: Request, _: str, context: Context) -> Form:
    """The admins that were named here, each to be kept or not, and room for one more."""
    async with context.store.read() as tx:
        named = await kept.admins(tx, request.place.workspace)
    return Form(
        action="admin roles",
        title=say("Admins"),
        parts=(
            *_listed(named, say("Named admins"), [one.actor for one in named]),
            PersonPicker(name="person", label=say("One more admin"), hint=say("Left empty, nobody is added."), optional=True),
        ),
        typed="admin roles add @name",
    )


async def roles_filled(request: Request, given: Filled, context: Context) -> Reply:
    """Who stayed ticked, and whoever was picked, are the named admins of the workspace."""
    async with context.store.write() as tx:
        named = await kept.admins(tx, request.place.workspace)
        return await roles.appoint(tx, request, _wished(named, given, request))


async def manager_form(request: Request, _: str, context: Context) -> Form:
    """Who may change what this place receives, as it is."""
    async with context.store.read() as tx:
        named = await kept.managers(tx, request.place.workspace, request.place.id)
    people = [one for one in named if one.actor]
    who = _NAMED if people else _ADMINS if named else _ANYONE
    return _manager(people, Filled(values={"who": (who,), "named": tuple(one.actor for one in people)}))


async def manager_filled(request: Request, given: Filled, context: Context) -> Reply:
    """The place is managed as the form says; where only people who are named may, there has to be one."""
    async with context.store.write() as tx:
        people = [one for one in await kept.managers(tx, request.place.workspace, request.place.id) if one.actor]
        wished = _wished(people, given, request) if given.one("who") == _NAMED else []
        if given.one("who") == _NAMED and not wished:
            wrong = {"person": say("Choose somebody, or another answer above.")}
            return refused(_manager(people, given), wrong)
        return await roles.entrust(tx, request, wished, closed=given.one("who") != _ANYONE)


def _manager(people: list[Person], given: Filled) -> Form:
    options = (
        Option(value=_ANYONE, label=say("Anyone in it")),
        Option(value=_ADMINS, label=say("Only admins")),
        Option(value=_NAMED, label=say("Admins and those who are named")),
    )
    return Form(
        action="admin manager",
        title=say("Managers"),
        parts=(
            Choice(name="who", label=say("Who may change what this place receives?"), options=options, value=given.one("who")),
            *_listed(people, say("Named managers"), given.many("named")),
            PersonPicker(name="person", label=say("One more manager"), hint=say("Left empty, nobody is added."), optional=True),
        ),
        typed="admin manager anyone, admins or @name",
    )


def _listed(people: list[Person], label: str, ticked: list[str] | tuple[str, ...]) -> tuple[Ticks, ...]:
    """The people who are named so far, to be kept or not."""
    if not people:
        return ()
    options = tuple(Option(value=one.actor, label=one.name) for one in people)
    hint = say("Who is not ticked is named no more.")
    return (Ticks(name="named", label=label, options=options, values=tuple(ticked), hint=hint, optional=True),)


def _wished(named: list[Person], given: Filled, request: Request) -> list[Person]:
    """Those who stayed ticked, and the one who was picked."""
    stay = [one for one in named if one.actor in given.many("named")]
    picked = request.picked
    return [*stay, Person(actor=picked.actor, name=f"@{picked.name.removeprefix('@')}")] if picked else stay


async def operations_form(request: Request, _: str, context: Context) -> Form:
    """Where it is told that sources fail, as it is."""
    async with context.store.read() as tx:
        chosen = await operations.chosen_in(tx, request.place.workspace)
    here = "" if request.personal else request.place.channel
    options = (
        Option(value=_TOLD, label=say("Tell it in the place below")),
        Option(value=_NOBODY, label=say("Tell nobody")),
    )
    told = Choice(
        name="told",
        label=say("When sources fail, and when they are back"),
        options=options,
        value=_TOLD if chosen else _NOBODY,
    )
    where = PlacePicker(
        name="place",
        label=say("Tell it in"),
        value=chosen.channel if chosen else here,
        hint=say("Left empty, it is {place}.", place=say("this chat")),
        optional=True,
    )
    return Form(
        action="admin operations", title=say("Failing sources"), parts=(told, where), typed="admin operations here, #channel or off"
    )


async def operations_filled(request: Request, given: Filled, context: Context) -> Reply:
    """It is told where the form says, or nowhere."""
    async with context.store.write() as tx:
        place = await watchlist_builder.picked(tx, request, given.one("place")) if given.one("told") == _TOLD else None
        return await operations.choose(tx, request, place)


async def retention(request: Request, argument: str, context: Context) -> Reply:
    """How long what this workspace was sent is kept, after the change that was asked for, if any."""
    words = " ".join(argument.casefold().split())
    async with context.store.write() as tx:
        if not words:
            return Reply(card=notice(*_kept(await keeping.days(tx, request.place.workspace), request)))
        return await _keep(tx, request, _days(words, request))


async def retention_form(request: Request, _: str, context: Context) -> Form:
    """How long it is kept, as it is."""
    async with context.store.read() as tx:
        held = await keeping.days(tx, request.place.workspace)
    chosen = str(held or _FOREVER)
    spans = (*_SPANS, *([] if chosen in [one for one, _ in _SPANS] else [(chosen, say("{n} days", n=chosen))]))
    options = tuple(Option(value=value, label=say(label)) for value, label in spans)
    hint = say("Decisions, the record and what was collected stay in any case.")
    choice = Choice(name="days", label=say("Keep the messages that were sent"), options=options, value=chosen, hint=hint)
    return Form(action="admin retention", title=say("Retention"), parts=(choice,), typed="admin retention 365 days or forever")


async def retention_filled(request: Request, given: Filled, context: Context) -> Reply:
    """It is kept as long as the form says."""
    async with context.store.write() as tx:
        return await _keep(tx, request, _days(given.one("days"), request))


def _days(words: str, request: Request) -> int | None:
    """How many days are meant; None for ever. UserMistake for what is no span, or too short a one."""
    if words == _FOREVER:
        return None
    found = _SPAN.fullmatch(words)
    wished = int(found[1]) * (365 if found[2] and found[2].startswith("y") else 1) if found else 0
    if not keeping.LEAST <= wished <= _LONGEST:
        raise UserMistake(
            say("Messages are kept {least} days at least, or forever.", least=keeping.LEAST),
            hint=say("Write: {command}", command=f"{request.prefix}admin retention 365 days"),
        )
    return wished


async def _keep(tx: Tx, request: Request, wished: int | None) -> Reply:
    workspace = request.place.workspace
    before = await keeping.days(tx, workspace)
    await keeping.keep(tx, workspace, wished)
    if before != wished:
        await recording.note(tx, request, "retention changed", workspace, before={"days": before}, after={"days": wished})
    return Reply(card=notice(*_kept(wished, request), tone="success"))


def _kept(held: int | None, request: Request) -> tuple[Line, ...]:
    """How long everything is kept, and how to change that."""
    other = Span(text=f"{request.prefix}admin retention {'forever' if held else '365 days'}", code=True)
    for_good = say("The messages this workspace was sent are kept for good.")
    spoken = say("The messages this workspace was sent are kept for {n} days.", n=f"{held:,}") if held else for_good
    return (
        line(spoken),
        phrase("Those about items that were decided on, the decisions, the record and what was collected stay in any case."),
        phrase("To change that: {command}", command=other),
    )


COMMANDS = (
    Command(
        "admin operations",
        "admin operations [here|#channel|off]",
        "where this workspace is told once when sources fail and once when they are back",
        ("admin operations here",),
        operations.admin_operations,
        operations_form,
        operations_filled,
        never,
        offers=mark("Change"),
        who="admin",
        looks=alone,
    ),
    Command(
        "admin roles",
        "admin roles [add|remove @name]",
        "who is an admin here, and who may change what this place receives",
        ("admin roles", "admin roles add me"),
        roles.admin_roles,
        roles_form,
        roles_filled,
        never,
        offers=mark("Change"),
        who="admin",
        looks=alone,
    ),
    Command(
        "admin manager",
        "admin manager [anyone|admins|@name|remove @name]",
        "who may change what this place receives: anyone in it, only admins, or those named",
        ("admin manager admins", "admin manager anyone"),
        roles.admin_manager,
        manager_form,
        manager_filled,
        never,
        offers=mark("Change"),
        who="admin",
        looks=alone,
    ),
    Command(
        "admin retention",
        "admin retention [<days> days|<years> years|forever]",
        "how long the messages this workspace was sent are kept",
        ("admin retention", "admin retention 365 days"),
        retention,
        retention_form,
        retention_filled,
        never,
        who="admin",
        looks=alone,
        offers=mark("Change"),
    ),
)
"""The rows of these commands in the table of all."""
