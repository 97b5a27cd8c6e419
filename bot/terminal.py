"""The terminal, or the pipe in its place: lines out whatever its encoding, how wide it is, and what holds when nobody reads on."""

import json
import os
import shutil
import sys
from io import TextIOWrapper
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bot.errors import RegwatchError

WIDEST = 100
# 128 + SIGPIPE: how shells number a program whose reader has left.
READER_LEFT = 141


def ready() -> None:
    """From now on there are three standard streams, closed ones reading and writing nothing, and no character stops the output."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - open until the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def out(line: object) -> None:
    """A line on standard output; anything but a string as JSON. Ends the program, quietly, when whoever read it has left."""
    is_unicode = sys.stdout.encoding.casefold().startswith("utf")
    text = line if isinstance(line, str) else json.dumps(line, ensure_ascii=not is_unicode, default=str)
    try:
        print(text, flush=True)  # noqa: T201 - printing is its work
    except BrokenPipeError:
        _abandon()
        raise SystemExit(READER_LEFT) from None
    except OSError as error:
        _abandon()
        raise RegwatchError(f"Standard output cannot be written: {error.strerror}.", hint="What was printed is not the whole.") from None


def _abandon() -> None:
    """What is still in the buffer goes nowhere, so that the interpreter does not stumble over it when it leaves."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(sentence: str) -> None:
    """A line for the person, on standard error, so that standard output stays for results."""
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - printing is its work


def width() -> int:
    """How many columns a text for people may take."""
    return min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns) if sys.stdout.isatty() else WIDEST


def color() -> bool:
    """Whether a person looks on who can see colours and has not asked for none."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def progress() -> Progress:
    """A bar on standard error while the block runs; nothing where no person looks on."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
