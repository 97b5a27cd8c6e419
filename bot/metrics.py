"""What is counted while the bot runs, and the page that Prometheus reads: every metric is named here and nowhere else.

Labels take few values, all known beforehand: a platform, an outcome, a state, a work of the timetable. Never a title, a place, a
source or a workspace, of which there may be any number and some of which are secret. What the database knows is not counted here
but read from it for each page, so that every process tells the same.
"""

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics import MetricWrapperBase

CONTENT_TYPE = CONTENT_TYPE_LATEST

_POLL = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60)
_MATCH = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.1)
_SEND = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LATENCY = (1, 2.5, 5, 10, 20, 30, 60, 120, 300, 900, 3600)


class Metrics:
    """The counts of one process, in a registry of their own; where nobody reads them they cost next to nothing."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._count_polls()
        self._count_deliveries()
        self._tell_of_the_database()
        self._tell_of_the_process()

    def _count_polls(self) -> None:
        given: dict[str, Any] = {"registry": self.registry}
        self._polls = Counter("regwatch_polls", "Polls of sources that ended, by what came of the fetch.", ["outcome"], **given)
        self._poll_seconds = Histogram("regwatch_poll_seconds", "How long polls took, from request to commit.", buckets=_POLL, **given)
        self._items = Counter("regwatch_items", "Items kept: new, changed, or shown otherwise without news (noisy).", ["kind"], **given)
        self._match_seconds = Histogram("regwatch_match_seconds", "How long one item took against all watchlists.", buckets=_MATCH, **given)

    def _count_deliveries(self) -> None:
        given: dict[str, Any] = {"registry": self.registry}
        self._sends = Counter("regwatch_sends", "Attempts to send, by what the platform answered.", ["platform", "outcome"], **given)
        self._send_seconds = Histogram("regwatch_send_seconds", "How long platforms took to answer.", ["platform"], buckets=_SEND, **given)
        self._waits = Counter("regwatch_rate_limit_waits", "How often a platform asked us to wait.", ["platform"], **given)
        self._wait_seconds = Counter("regwatch_rate_limit_wait_seconds", "How long platforms asked us to wait.", ["platform"], **given)
        self._latency = Histogram(
            "regwatch_delivery_latency_seconds",
            "From the poll that found an item to the platform's answer, of alerts that were to go at once.",
            ["platform"],
            buckets=_LATENCY,
            **given,
        )

    def _tell_of_the_database(self) -> None:
        given: dict[str, Any] = {"registry": self.registry}
        self._trouble = Counter("regwatch_database_trouble", "Transactions that the database did not take.", **given)
        self._database_up = Gauge("regwatch_database_up", "1 when the database answered for this page, else 0.", **given)
        self._sources = Gauge("regwatch_sources", "Polled sources by state, as the database has them.", ["state"], **given)
        self._poll_age = Gauge(
            "regwatch_poll_age_seconds", "The longest time since a good poll, by state of the source.", ["state"], **given
        )
        self._overdue = Gauge("regwatch_poll_overdue_seconds", "By how much the most overdue source should have been polled.", **given)
        self._outbox = Gauge("regwatch_outbox", "Deliveries that are not settled, by state, as the database has them.", ["state"], **given)
        self._oldest_due = Gauge("regwatch_outbox_oldest_due_seconds", "For how long the oldest delivery that is due has been.", **given)

    def _tell_of_the_process(self) -> None:
        ProcessCollector(registry=self.registry)
        self._lag = Gauge(
            "regwatch_schedule_lag_seconds", "By how much a scheduled work is late in this process.", ["work"], registry=self.registry
        )

    def described(self) -> list[tuple[str, str, tuple[str, ...], str]]:
        """Name as it stands on the page (a histogram's without its suffixes), kind, labels and help of each metric of ours."""
        ours = [one for one in vars(self).values() if isinstance(one, MetricWrapperBase)]
        found = [(next(iter(one.describe())), one._labelnames) for one in ours]  # noqa: SLF001 - nothing else tells the labels
        ending = {"counter": "_total"}
        return [(one.name + ending.get(one.type, ""), one.type, tuple(labels), one.documentation) for one, labels in found]

    def polled(self, outcome: str, seconds: float) -> None:
        """A poll ended: `read`, `unchanged`, `not_kept`, or a fault of the fetch."""
        self._polls.labels(outcome).inc()
        self._poll_seconds.observe(seconds)

    def kept(self, **kinds: int) -> None:
        """So many items of each kind were kept."""
        for kind, number in kinds.items():
            if number:
                self._items.labels(kind).inc(number)

    def matching(self) -> AbstractContextManager[object]:
        """What happens inside is one item being matched."""
        return self._match_seconds.time()

    def answered(self, platform: str, outcome: str, seconds: float, *, asked_to_wait: float = 0) -> None:
        """A platform answered an attempt to send after so many seconds, perhaps asking us to wait."""
        self._sends.labels(platform, outcome).inc()
        self._send_seconds.labels(platform).observe(seconds)
        if asked_to_wait > 0:
            self._waits.labels(platform).inc()
            self._wait_seconds.labels(platform).inc(asked_to_wait)

    def delivered(self, platform: str, seconds: float) -> None:
        """An alert that was to go at once arrived so many seconds after its item was found."""
        self._latency.labels(platform).observe(seconds)

    def troubled(self) -> None:
        """The database did not take a transaction."""
        self._trouble.inc()

    def sources(self, counts: Mapping[str, int], ages: Mapping[str, float], overdue: float) -> None:
        """How polling stands in the database; the database answered."""
        self._database_up.set(1)
        for state, number in counts.items():
            self._sources.labels(state).set(number)
            self._poll_age.labels(state).set(ages.get(state, 0))
        self._overdue.set(overdue)

    def outbox(self, counts: Mapping[str, int], oldest_due: float) -> None:
        """How delivering stands in the database."""
        for state, number in counts.items():
            self._outbox.labels(state).set(number)
        self._oldest_due.set(oldest_due)

    def unknown(self) -> None:
        """The database did not answer: what only it knows is no number, rather than an old one."""
        self._database_up.set(0)
        for one in (self._sources, self._poll_age, self._outbox):
            one.clear()
        for one in (self._overdue, self._oldest_due):
            one.set(math.nan)

    def late(self, works: Mapping[str, float]) -> None:
        """By how many seconds each scheduled work is late."""
        for work, seconds in works.items():
            self._lag.labels(work).set(seconds)

    def page(self) -> bytes:
        """Everything in Prometheus' text form."""
        return generate_latest(self.registry)
