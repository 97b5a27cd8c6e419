"""The console: what is typed in a terminal goes to the same commands, and what they answer is printed."""

import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime

from bot import terminal
from bot.cards.card import notice
from bot.cards.console import render
from bot.cards.form import Filled, as_lines
from bot.messages import speaking
from bot.model import Place
from handlers import answering
from handlers.grammar import Request
from handlers.reply import Context

with suppress(ImportError):
    import readline  # noqa: F401 - with it input() has arrow keys and a history; not every Python has it

WORKSPACE = "local"
"""The workspace of everything that happens in a terminal."""
Say = Callable[[str], None]
Clock = Callable[[], datetime]


def place(name: str) -> Place:
    """A place of the console platform; all of them are one workspace."""
    return Place(id=f"console:{WORKSPACE}:{name}", platform="console", workspace=WORKSPACE, channel=name, name=name)


def request(words: str, where: Place, actor: str, now: datetime, filled: Mapping[str, tuple[str, ...]] | None = None) -> Request:
    """What somebody types in a place; `filled` is what stands in the form of the command, if it comes by form."""
    given = Filled(values=dict(filled)) if filled is not None else None
    return Request(actor=f"console:{actor}", actor_name=actor, place=where, words=words, now=now, filled=given)


async def answer(request: Request, context: Context, say: Say) -> bool:
    """The command is carried out; its answer and its announcement to the place are said. Whether it could be carried out."""
    reply = await answering.run(request.model_copy(update={"option": context.option}), context)
    with speaking(reply.language):
        form = notice(*as_lines(reply.form)) if reply.form else None
    for card in filter(None, (reply.card, form, reply.announce)):
        say(render(card, terminal.width(), terminal.color()))
    return reply.card.tone not in ("warning", "error")


async def converse(where: Place, actor: str, context: Context, clock: Clock, say: Say, *, between: Callable[[], Awaitable[object]]) -> None:
    """A prompt until `quit` or the end of input; `between` is done before each question, such as showing alerts that wait."""
    by_hand = sys.stdin.isatty()
    if by_hand:
        say("Type a command, for example: help. To leave: quit.")
    while True:
        await between()
        try:
            # Between two commands nothing else runs in this process, so waiting here holds nothing up.
            with _interruptible():
                words = input(f"{where.name}> " if by_hand else "")  # noqa: ASYNC250 - said above
        except EOFError:
            if by_hand:
                say("")
            return
        except KeyboardInterrupt:
            say("")
            raise
        if words.strip().casefold() in ("quit", "exit"):
            return
        if words.strip() or not by_hand:
            await answer(request(words, where, actor, clock()), context, say)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C ends the waiting at once; the loop's own way with it would wait for the line to be finished."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
