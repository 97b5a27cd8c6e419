"""Roles in chat: who is an admin of the workspace, and who may change what this place receives."""

import re
from collections.abc import Sequence

from bot.cards.card import Line, Span, notice, phrase
from bot.errors import UserMistake
from bot.messages import say
from bot.store import places
from bot.store import roles as kept
from bot.store.database import Tx
from bot.store.roles import Person
from handlers import permission, recording
from handlers.grammar import Request, first_word
from handlers.reply import Context, Reply
from handlers.watchlists import here, news

_NOBODY = Person(actor="", name="")
_SLACK_ID = re.compile(r"@?([UW][A-Z0-9]{1,20})")


async def admin_roles(request: Request, argument: str, context: Context) -> Reply:
    """The admins of the workspace and the managers of this place, after `add @ana` or `remove @ana`, if that was asked for."""
    verb, rest = first_word(argument)
    if verb and verb not in ("add", "remove"):
        raise UserMistake(
            say("I do not know “{word}”.", word=verb[:40]),
            hint=say("Write: {command}, or {off}", command=f"{request.prefix}admin roles add @name", off="remove @name"),
        )
    async with context.store.write() as tx:
        named = await kept.admins(tx, request.place.workspace)
        if not verb:
            return Reply(card=notice(*await _state(tx, request)))
        person = _person(request, rest, f"admin roles {verb}")
        others = [one for one in named if one.actor != person.actor]
        if verb == "remove" and others == named:
            raise UserMistake(
                say("{person} was not named an admin here.", person=person.name),
                hint=say("The admins of Slack itself are changed in Slack."),
            )
        return await appoint(tx, request, [*others, person] if verb == "add" else others)


async def appoint(tx: Tx, request: Request, admins: Sequence[Person]) -> Reply:
    """These, and nobody else, are the named admins of the workspace; the answer says who is what."""
    workspace = request.place.workspace
    before = [one.actor for one in await kept.admins(tx, workspace)]
    await kept.unname(tx, workspace, sorted({*before} - {one.actor for one in admins}))
    for one in admins:
        await kept.name(tx, workspace, one)
    await _note(tx, request, "admins changed", workspace, before, [one.actor for one in await kept.admins(tx, workspace)])
    return Reply(card=notice(*await _state(tx, request), tone="success"))


async def admin_manager(request: Request, argument: str, context: Context) -> Reply:
    """Who may change what this place receives: anyone, only admins, or those named; the answer lists them."""
    word, rest = first_word(argument)
    async with context.store.write() as tx:
        if not word:
            return Reply(card=notice(*await _state(tx, request)))
        named = await kept.managers(tx, request.place.workspace, request.place.id)
        return await entrust(tx, request, _wanted(request, named, word, rest, argument), closed=word != "anyone")


async def entrust(tx: Tx, request: Request, managers: Sequence[Person], *, closed: bool) -> Reply:
    """These manage this place; with none of them only admins do, or, if it is not `closed`, anyone in it. Everybody is told."""
    workspace, place_id = request.place.workspace, request.place.id
    await places.ensure(tx, request.place)
    before = await _managing(tx, request)
    await kept.open_place(tx, workspace, place_id)
    for one in (managers or [_NOBODY]) if closed else ():
        await kept.name(tx, workspace, one, place_id)
    await _note(tx, request, "managers changed", place_id, before, await _managing(tx, request))
    said = _managers(await kept.managers(tx, workspace, place_id))
    told = news(request, phrase(" changed who may change what this channel receives: {who}", who=said))
    return Reply(card=notice(*await _state(tx, request), tone="success"), announce=told)


async def _managing(tx: Tx, request: Request) -> list[str]:
    named = await kept.managers(tx, request.place.workspace, request.place.id)
    return [one.actor or "nobody but admins" for one in named] or ["anyone"]


async def _note(tx: Tx, request: Request, what: str, about: str, before: list[str], after: list[str]) -> None:
    if before != after:
        await recording.people(tx, request, what, about, before, after)


def _wanted(request: Request, named: Sequence[Person], word: str, rest: str, argument: str) -> list[Person]:
    """Who shall manage the place after what was typed; one who is removed does not open it: that is said on purpose, with `anyone`."""
    people = [one for one in named if one.actor]
    if word in ("anyone", "admins"):
        return []
    if word != "remove":
        return [*people, _person(request, rest if word == "add" else argument, "admin manager")]
    person = _person(request, rest, "admin manager remove")
    others = [one for one in people if one.actor != person.actor]
    if others == people:
        raise UserMistake(
            say("{person} is not a manager of {place}.", person=person.name, place=here(request)),
            hint=say("See: {command}", command=f"{request.prefix}admin roles"),
        )
    return others


def _person(request: Request, words: str, command: str) -> Person:
    """The one person that is named: by a mention that the platform told the id of, by that id, or `me`."""
    said = words.strip()
    found = next((one for one in request.people if one.name.casefold() == said.casefold()), None)
    if found is not None:
        return Person(actor=found.actor, name=found.name)
    if said.casefold() in ("me", "myself"):
        return Person(actor=request.actor, name=f"@{request.actor_name or 'someone'}")
    if request.place.platform == "console" and said.startswith("@"):
        return Person(actor=f"console:{said[1:]}", name=said)
    if request.place.platform == "slack" and (match := _SLACK_ID.fullmatch(said)):
        return Person(actor=f"slack:{request.place.workspace}:{match[1]}", name=f"@{match[1]}")
    raise UserMistake(
        say("I do not know who “{name}” is.", name=said[:40]) if said else say("Whom?"),
        hint=say(
            "Write {command} and choose the name from the list that opens, or `me` for yourself.", command=f"{request.prefix}{command} @"
        ),
    )


def _managers(named: list[Person]) -> str:
    if not named:
        return say("anyone in it may")
    people = [one.name for one in named if one.actor]
    return say("only {names} and admins may", names=", ".join(people)) if people else say("only admins may")


async def _state(tx: Tx, request: Request) -> tuple[Line, ...]:
    """Who is what, completely, and how to change it."""
    named = [one.name for one in await kept.admins(tx, request.place.workspace)]
    installer = await permission.installed_by(tx, request.place)
    given = [say("whom Slack has as admin or owner of the workspace")] if request.place.platform == "slack" else []
    given += [say("who installed Regwatch")] if installer else []
    managers = _managers(await kept.managers(tx, request.place.workspace, request.place.id))
    told = ", ".join([*given, *named]) or say("nobody yet; whoever writes `admin roles add me` first is one")
    return (
        phrase("{admins} (all commands, everywhere): {who}.", admins=Span(text=say("Admins"), bold=True), who=told),
        phrase(
            "{managers} (what {place} receives, and how): {who} change it.",
            managers=Span(text=say("Managers"), bold=True),
            place=here(request),
            who=managers,
        ),
        phrase("{members}: search, watchlists, triage. Guests only look.", members=Span(text=say("Members"), bold=True)),
        phrase(
            "To change that: {admins}, {managers}, {anyone}",
            admins=Span(text=f"{request.prefix}admin roles add @name", code=True),
            managers=Span(text=f"{request.prefix}admin manager @name", code=True),
            anyone=Span(text=f"{request.prefix}admin manager anyone", code=True),
        ),
    )
