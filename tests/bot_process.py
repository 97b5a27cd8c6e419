"""The bot as a process of its own, as an operator runs it: `regwatch run`, and single commands."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

REGWATCH = (sys.executable, "-m", "bot")
# The same bot with short leases; see there.
HURRIED = (sys.executable, "-m", "tests.hurried_bot")
# What SIGTERM may take, in seconds, whatever the bot is doing.
MOST_SECONDS_TO_STOP = 10


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """An environment with only these REGWATCH_ settings, a database in `folder`, a quick tick and a free web port."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("REGWATCH_")}
    ours = {"DATABASE_URL": f"sqlite:///{folder}/regwatch.db", "TICK_SECONDS": "0.2", "WEB_PORT": "0"} | settings
    return kept | {"PYTHONUTF8": "1", "COLUMNS": "200"} | {f"REGWATCH_{name}": value for name, value in ours.items()}


@asynccontextmanager
async def running(env: dict[str, str], out: Path, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`regwatch run`, its output in the file `out` and its log beside it; told to stop at the end, it leaves in time with code 0."""
    with out.open("wb") as stdout, out.with_suffix(".log").open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(*REGWATCH, "run", *options, env=env, stdout=stdout, stderr=stderr)
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            code = await asyncio.wait_for(process.wait(), MOST_SECONDS_TO_STOP)
            assert code == 0, out.with_suffix(".log").read_text()[-2000:]
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def regwatch(env: dict[str, str], *words: str, stdin: bytes = b"") -> tuple[int, str, str]:
    """One command: its exit code, standard output and standard error."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*REGWATCH, *words, env=env, stdin=pipe, stdout=pipe, stderr=pipe)
    out, error = await process.communicate(stdin)
    assert process.returncode is not None
    return process.returncode, out.decode(), error.decode()


async def listens(process: asyncio.subprocess.Process) -> None:
    """The process has taken SIGTERM in its own hands; before that, while Python itself starts, nobody could."""
    while not caught(process.pid) & 1 << (signal.SIGTERM - 1):  # noqa: ASYNC110 - another process gives no event
        await asyncio.sleep(0.005)


def caught(process: int) -> int:
    """The signals a process handles itself, as bits (proc(5))."""
    rows = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(row.split()[1], 16) for row in rows if row.startswith("SigCgt"))
