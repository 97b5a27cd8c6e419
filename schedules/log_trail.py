"""The trail in the log from a poll to its posts: one id, made from the poll, stands in the line of each step.

`polled` (poll) → `matched` (poll, item) → `delivery` (poll, item, delivery). The id is kept with what is owed, so that the trail goes on
in another process, or after a restart. Where traces are wanted, what was matched is a span too.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from time import perf_counter

import structlog

from bot.model import Delivery
from bot.tracing import Traces

log = structlog.get_logger()


def poll_id(source: str, now: datetime) -> str:
    """The id of the poll of a source that began now: 12 hex characters."""
    return hashlib.sha256(f"{source}\n{now.isoformat()}".encode()).hexdigest()[:12]


class Trail:
    """What a transaction does, to be told when it is committed and not before."""

    def __init__(self, traces: Traces) -> None:
        self._traces = traces
        self._steps: list[tuple[str, dict[str, object]]] = []
        self._spans: list[Callable[[], None]] = []

    def polled(self, poll: str, source: str, items: int, *, baseline: bool) -> None:
        """The poll of a source brought so many items that are new or changed."""
        self._steps.append(("polled", {"poll": poll, "source": source, "items": items, "baseline": baseline}))

    def matched(self, poll: str, watchlists: Mapping[str, int], owed: Sequence[Delivery], begun: float) -> None:
        """Each of these items of the poll matched so many watchlists, and so much is owed for it; this work was `begun` then."""
        messages = Counter(one.item for one in owed)
        self._steps += [
            ("matched", {"poll": poll, "item": item, "watchlists": number, "owed": messages[item]}) for item, number in watchlists.items()
        ]
        if watchlists:
            counts = {"items": len(watchlists), "matches": sum(watchlists.values()), "owed": len(owed)}
            self._spans.append(partial(self._traces.span, "match", poll, begun, counts, ended=perf_counter()))

    def tell(self) -> None:
        """The steps stand in the log, and in the trace of their poll."""
        for event, facts in self._steps:
            log.info(event, **facts)
        for made in self._spans:
            made()
