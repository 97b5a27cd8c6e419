"""The console: what is typed in a terminal goes to the same commands, and what they answer is printed."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime

from bot.cards.console import render
from bot.model import Place
from handlers import commands
from handlers.grammar import Request
from handlers.reply import Context

Say = Callable[[str], None]
Clock = Callable[[], datetime]


def place(name: str) -> Place:
    """A place of the console platform; all of them are one workspace."""
    return Place(id=f"console:local:{name}", platform="console", workspace="local", channel=name, name=name)


async def answer(
    words: str, where: Place, actor: str, context: Context, clock: Clock, say: Say, *, width: int = 100, color: bool = False
) -> None:
    """The command is carried out; its answer and its announcement to the place are said."""
    request = Request(actor=f"console:{actor}", actor_name=actor, place=where, words=words, now=clock())
    reply = await commands.run(request, context)
    for card in filter(None, (reply.card, reply.announce)):
        say(render(card, width, color))


async def converse(where: Place, actor: str, context: Context, clock: Clock, say: Say, *, between: Callable[[], Awaitable[object]]) -> None:
    """A prompt until `quit` or the end of input; `between` is done before each question, such as showing alerts that wait."""
    say("Type a command, for example: help. To leave: quit.")
    while True:
        await between()
        try:
            words = await asyncio.to_thread(input, f"{where.name}> ")
        except EOFError:
            return
        if words.strip().casefold() in ("quit", "exit"):
            return
        await answer(words, where, actor, context, clock, say, color=sys.stdout.isatty())
