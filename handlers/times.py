"""How a moment is said in the place of a request."""

from datetime import datetime

from bot import times
from handlers.grammar import Request


def moment(when: datetime, request: Request) -> str:
    """A moment in the place's own time zone, which is named: `2 Jul 2026 09:30 KST`."""
    return times.moment(when, request.place.timezone)
