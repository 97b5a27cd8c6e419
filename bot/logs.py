"""What the bot writes to its log, and how: one event a line on standard error, for people or as JSON; never a secret."""

import logging
import re
import sys
from typing import Any

import structlog

# Slack tokens, and passwords in addresses, wherever they may turn up.
_SECRET = re.compile(r"(xox[a-z]-|xapp-)[\w-]+|(?<=://)([^:/@\s]+):[^@\s]+(?=@)")


def begin(form: str = "text", level: int = logging.WARNING) -> None:
    """From now on events of this level and above go to standard error in this form (`text` or `json`), without secrets."""
    last: Any = structlog.processors.JSONRenderer(ensure_ascii=False) if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _without_secrets,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Libraries speak through the standard log; what they say below a warning is no event of ours.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True)
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)


def _without_secrets(_logger: Any, _method: str, event: Any) -> Any:
    return {key: _SECRET.sub("***", value) if isinstance(value, str) else value for key, value in event.items()}
