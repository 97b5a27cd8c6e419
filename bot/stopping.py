"""How the process is told to stop: by SIGTERM or SIGINT, once and for all; and how it ends when something cannot be brought to an end."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

log = structlog.get_logger()

# Whatever still hangs then, such as a name lookup nobody can stop, the process ends: within ten seconds it would be killed.
# Being killed loses nothing, and neither does this.
LAST_SECONDS = 9.0


@contextmanager
def told_to_stop() -> Iterator[asyncio.Event]:
    """Set by SIGTERM or SIGINT, however often they come; once the block has ended, a process that was told ignores them."""
    stop, loop, signals = asyncio.Event(), asyncio.get_running_loop(), (signal.SIGTERM, signal.SIGINT)

    def told() -> None:
        if not stop.is_set():
            stop.set()
            last = threading.Timer(LAST_SECONDS, _leave)
            last.daemon = True
            last.start()

    for one in signals:
        loop.add_signal_handler(one, told)
    try:
        yield stop
    finally:
        # Taking a handler away lets the signal kill for a moment; held back meanwhile, it meets what stands afterwards.
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        for one in signals:
            loop.remove_signal_handler(one)
            if stop.is_set():
                signal.signal(one, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)


def _leave() -> None:
    log.warning("stopped_in_the_middle", reason="something could not be brought to an end; the next start goes on from what is kept")
    os._exit(0)
