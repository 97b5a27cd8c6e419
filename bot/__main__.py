"""The command `regwatch`: runs the command line and turns every failure into one line and an exit code."""

import gc
import os
import signal
import sys
from types import FrameType, TracebackType

from bot.errors import RegwatchError, UserMistake

_LONGEST = 1_000
_GARBAGE_AFTER = 50_000
"""What a start reads stays; Python need not look through it for garbage again and again. A bot that runs on has a number of its own."""


def main() -> None:
    """Runs the command line. Exit code 0: done; 1: it could not be done, one line `error: …`; 2: wrong usage."""
    gc.set_threshold(_GARBAGE_AFTER)
    if os.environ.get("REGWATCH_TRACEBACK") != "1":
        sys.excepthook = _unforeseen
    if sys.argv[1:2] == ["run"]:
        _end_well_from_the_start()
    try:
        from bot.cli import start  # noqa: PLC0415 - reading all modules takes a second, in which a signal may already come

        start()
    except RegwatchError as error:
        _fail(_sentence(error), *_pointer(error))
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        # All is done but for the interpreter's own leaving; a second Ctrl-C would make a death by signal of it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end_well_from_the_start() -> None:
    """Told to stop before it has begun, the bot has nothing to bring to an end; later its own loop listens."""
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, _nothing_begun)


def _nothing_begun(_signal: int, _frame: FrameType | None) -> None:
    """Leaves at once: an exception raised here could be swallowed by whatever code the signal interrupted."""
    os._exit(0)


def _unforeseen(kind: type[BaseException], _error: BaseException, _trace: TracebackType | None) -> None:
    """A fault of our own, told without its insides; the interpreter then leaves with exit code 1."""
    _print(f"error: Regwatch itself failed ({kind.__name__}). Please report this, with what it prints under REGWATCH_TRACEBACK=1.")


def _fail(sentence: str, *more: str) -> None:
    told = " ".join(sentence.split())
    if len(told) > _LONGEST:  # it repeats what was typed, and that was long
        told = f"{told[: _LONGEST // 2]} … {told[-_LONGEST // 2 :]}"
    for line in (f"error: {told}", *more):
        _print(line)
    sys.exit(1)


def _print(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201 - saying it is its work


def _sentence(error: RegwatchError) -> str:
    """What happened and what to do; for programs, which get this one line, with the place an error points at."""
    if sys.stderr.isatty() or not isinstance(error, UserMistake) or error.position is None or not error.text.strip():
        return str(error)
    return f"{error} (At character {error.position + 1}.)"


def _pointer(error: RegwatchError) -> tuple[str, ...]:
    """For people: the words as typed with a caret under the offending place, where an error points at one."""
    if not sys.stderr.isatty() or not isinstance(error, UserMistake) or error.position is None or not error.text:
        return ()
    from bot.cards.card import as_text, notice  # noqa: PLC0415 - as above
    from bot.cards.pointer import caret  # noqa: PLC0415 - as above

    return tuple(as_text(notice(one)) for one in caret(error.text, error.position))


if __name__ == "__main__":
    main()
