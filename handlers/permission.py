"""Whether somebody may do what they ask for: guests look, members work, managers of a place change what it receives, admins the workspace.

What the platform says of a person comes with the request; what was said here is in the store. A refusal says who can mend it.
"""

from typing import Literal

from bot.errors import UserMistake
from bot.messages import say
from bot.model import Place
from bot.store import installations, roles
from bot.store.database import Tx
from handlers.grammar import Request
from handlers.reply import Context

Who = Literal["anyone", "member", "manager", "admin"]


async def require(who: Who, request: Request, context: Context) -> None:
    """UserMistake, with who can help, unless the person may do what this role may in the place of the request."""
    if who == "anyone":
        return
    if request.standing == "guest":
        raise UserMistake(
            say("Guests can look and search here, and change nothing."),
            hint=say("Ask a member of the workspace that Regwatch belongs to."),
        )
    if who == "member" or request.place.platform == "console":
        return
    async with context.store.read() as tx:
        if who == "manager":
            await require_manager(tx, request, request.place)
        elif not await is_admin(tx, request):
            raise UserMistake(say("Only an admin may do this."), hint=_whom(await _admins(tx, request), request))


async def require_manager(tx: Tx, request: Request, place: Place) -> None:
    """UserMistake, with who can help, unless the person may change what this place receives."""
    if request.place.platform == "console" or (request.personal and place.id == request.place.id):
        return
    named = await roles.managers(tx, place.workspace, place.id)
    if not named or request.actor in {one.actor for one in named} or await is_admin(tx, request):
        return
    others = [one.name for one in named if one.actor]
    where = say("this channel") if place.id == request.place.id else place.name or say("that channel")
    admins = await _admins(tx, request)
    whom = say("{names}, or {others}", names=", ".join(others), others=admins) if others else admins
    raise UserMistake(say("Only its managers may change what {place} receives and how.", place=where), hint=_whom(whom, request))


def _whom(whom: str, request: Request) -> str:
    return say("Ask {whom}; see: {command}", whom=whom, command=f"{request.prefix}admin roles")


async def is_admin(tx: Tx, request: Request) -> bool:
    """Whether the person is an admin: to the platform, as who installed the bot, by name, or as nobody is known to be one."""
    if request.standing == "admin" or request.place.platform == "console":
        return True
    known = {one.actor for one in await roles.admins(tx, request.place.workspace)}
    known |= {installer} if (installer := await installed_by(tx, request.place)) else set()
    # Where the platform does not say who is an admin, the first one has to be able to name themselves.
    return request.actor in known or (not known and request.standing == "unknown")


async def installed_by(tx: Tx, place: Place) -> str:
    """The person who installed the bot in the workspace of a place, "" if that is not known."""
    kept = await installations.serving(tx, place.workspace) if place.platform == "slack" else None
    return f"slack:{place.workspace}:{kept.installer}" if kept is not None and kept.installer else ""


async def _admins(tx: Tx, request: Request) -> str:
    named = [one.name for one in await roles.admins(tx, request.place.workspace)]
    platform = say("an admin of this Slack workspace") if request.place.platform == "slack" else ""
    return say(" or ").join(one for one in (", ".join(named), platform) if one) or say("whoever runs Regwatch")
