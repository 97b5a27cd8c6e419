"""Private addresses: a file for whoever has the address, until it expires; where people reach the bot's web server at all."""

import secrets
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from bot.store import downloads
from bot.store.downloads import Download
from handlers.grammar import Request
from handlers.reply import Context

# Where the bot itself listens, and nobody else reaches it.
_NOWHERE = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "::", ""}  # noqa: S104 - named, not bound


def is_reachable(context: Context) -> bool:
    """Whether people reach the bot's web server from where they are."""
    return (urlsplit(context.web_url).hostname or "") not in _NOWHERE


async def offer(request: Request, context: Context, kind: Literal["export", "report"], wish: dict[str, Any], length: timedelta) -> str:
    """The address of the file, from now on and so long."""
    secret = secrets.token_urlsafe(32)
    here = request.place
    whose = {"workspace": here.workspace, "made_by": request.actor, "made_by_name": request.actor_name, "place": here.id}
    async with context.store.write() as tx:
        await downloads.offer(tx, secret, Download(kind=kind, wish=wish, expires=request.now + length, **whose), request.now)
    return f"{context.web_url}/download/{secret}"
