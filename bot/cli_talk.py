"""What a command of the command line says to the bot as one would in chat, in a place of the console."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot import settings, terminal
from bot.errors import RegwatchError
from bot.lazy import lazy
from bot.watch.query import CHAT_LIMIT

if TYPE_CHECKING:
    from bot import app as wiring
else:
    wiring = lazy("bot.app")


def talk(
    user: str,
    place: str,
    words: str | None,
    *,
    query_limit: int = CHAT_LIMIT,
    filled: Mapping[str, tuple[str, ...]] | None = None,
    option: str = "",
) -> None:
    """The words, or a conversation without any, are answered on standard output; RegwatchError if they could not be carried out.

    `option` is how the command says yes to what is only shown so far.
    """
    given = dict(filled) if filled else None
    if not asyncio.run(
        wiring.talk(settings.load(), user, place, words, say=terminal.out, query_limit=query_limit, filled=given, option=option)
    ):
        raise RegwatchError("This was not carried out.", hint="The answer says why.")
