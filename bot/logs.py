"""What the bot writes to its log, and how: one event a line on standard error, for people or as JSON; never a secret."""

import logging
import re
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

import structlog

# Slack tokens, and passwords in addresses, wherever they may turn up.
_SECRET = re.compile(r"(xox[a-z]-|xapp-)[\w-]+|(?<=://)([^:/@\s]+):[^@\s]+(?=@)")


def begin(form: str = "text", level: int = logging.WARNING, *, without: Collection[str] = ()) -> None:
    """From now on events of this level and above go to standard error in this form (`text` or `json`), without secrets.

    Events named in `without` are left out: the command tells of them itself. What libraries log from a warning on goes the same way.
    """
    last: Any = structlog.processors.JSONRenderer(ensure_ascii=False) if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            _but(without),
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _without_secrets,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Printed(sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [one for one in root.handlers if not isinstance(one, _Told)] + [_Told(logging.WARNING)]
    # The timetable tells itself what its work did.
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)


def _but(without: Collection[str]) -> Callable[[Any, str, Any], Any]:
    def passed_on(_logger: Any, _method: str, event: Any) -> Any:
        if event.get("event") in without:
            raise structlog.DropEvent
        return event

    return passed_on


class _Printed(structlog.PrintLogger):
    """A line that cannot be written, since the disk is full or nobody reads any more, is lost, and the work it tells of is not."""

    def msg(self, message: str) -> None:
        """The line is printed if it can be."""
        with suppress(OSError, ValueError):
            super().msg(message)

    log = debug = info = warn = warning = fatal = failure = err = error = critical = exception = msg


class _Told(logging.Handler):
    """A library's record as an event of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        """The event is logged with its library's name."""
        structlog.get_logger().log(record.levelno, record.getMessage(), library=record.name)


def _without_secrets(_logger: Any, _method: str, event: Any) -> Any:
    return {key: _SECRET.sub("***", value) if isinstance(value, str) else value for key, value in event.items()}
