"""What a poll brought and what came of it as one OpenTelemetry trace, whichever process or day its messages are sent in.

The trace and its root are named by the id of the poll, which is kept with what is owed: whoever sends a message later adds to the
trace without having been told of it. Spans are made when their work is over, so nothing is held open. Never a title, a query, an
address or a secret stands in one. Where nobody asked for traces, nothing is made and no library is read.
"""

import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from importlib.util import find_spec
from time import perf_counter
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.sdk.trace.id_generator import IdGenerator

log = structlog.get_logger()

ASKED_BY = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
NOT_INSTALLED = "is set, and what sends traces is not installed, so none are sent. Install regwatch[otel], or take the variable out."
# How long the end of the process waits for its last spans to be taken, in seconds.
LAST_SECONDS = 1.0

_ROOT = "poll"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The poll whose root is being made, which is the only span that is not named at random.
_naming: ContextVar[str] = ContextVar("naming", default="")


def trace_id(poll: str) -> int:
    """The id of the trace of a poll, which is random enough to be sampled by."""
    return int.from_bytes(hashlib.sha256(f"trace of poll {poll}".encode()).digest()[:16])


def root_id(poll: str) -> int:
    """The id of the first span of that trace."""
    return int.from_bytes(hashlib.sha256(f"span of poll {poll}".encode()).digest()[:8])


class Traces:
    """Where spans go: to the `provider`, or nowhere if there is none. `clock` gives the time."""

    def __init__(self, provider: "TracerProvider | None" = None, clock: Callable[[], datetime] = lambda: _EPOCH) -> None:
        self._tracer = provider.get_tracer("regwatch", version("regwatch")) if provider else None
        self._clock = clock

    def span(
        self, name: str, poll: str, begun: float, facts: Mapping[str, str | int], *, ended: float | None = None, failed: bool = False
    ) -> None:
        """A part of what came of this poll, from `begun` to `ended` (now, if not told) as perf_counter() has them.

        What comes of no poll, such as a reminder, is a trace of its own.
        """
        if self._tracer is None:
            return
        from opentelemetry.trace import StatusCode  # noqa: PLC0415 - read only where traces are wanted

        told = {f"regwatch.{key}": value for key, value in {"poll": poll, **facts}.items() if value != ""}
        named = _naming.set(poll if name == _ROOT else "")
        try:
            span = self._tracer.start_span(
                name, _under("" if name == _ROOT else poll), attributes=told, start_time=self._nanoseconds(begun)
            )
        finally:
            _naming.reset(named)
        if failed:
            span.set_status(StatusCode.ERROR)
        span.end(self._nanoseconds(perf_counter() if ended is None else ended))

    def _nanoseconds(self, moment: float) -> int:
        """A moment of perf_counter() as OpenTelemetry wants it, since 1970."""
        at = self._clock() - timedelta(seconds=perf_counter() - moment)
        return (at - _EPOCH) // timedelta(microseconds=1) * 1000


NO_TRACES = Traces()


def _under(poll: str) -> "Context":
    """Where a span stands: under the root of the poll, or at the top."""
    from opentelemetry import trace  # noqa: PLC0415 - read only where traces are wanted
    from opentelemetry.context import Context  # noqa: PLC0415 - read only where traces are wanted

    if not poll:
        return Context()
    root = trace.SpanContext(trace_id(poll), root_id(poll), is_remote=True, trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED))
    return trace.set_span_in_context(trace.NonRecordingSpan(root), Context())


def asked_by(environment: Mapping[str, str]) -> str:
    """The variable that asks for traces, or nothing."""
    return next((name for name in ASKED_BY if environment.get(name, "").strip()), "")


def is_installed() -> bool:
    """Whether what sends traces is there."""
    return all(_is_there(name) for name in ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"))


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@contextmanager
def wanted(clock: Callable[[], datetime], last_seconds: float = LAST_SECONDS) -> Iterator[Traces]:
    """The traces that OpenTelemetry's own variables ask for; at the end the last spans had so many seconds to be taken."""
    provider = _to_collector()
    if provider is None:
        yield NO_TRACES
        return
    try:
        yield Traces(provider, clock)
    finally:
        last = threading.Thread(target=provider.shutdown, daemon=True)
        last.start()
        last.join(last_seconds)
        if last.is_alive():
            log.warning("traces_not_taken", reason="the collector did not take the last spans in time; they are lost, and nothing else is")


def _to_collector() -> "TracerProvider | None":
    """What makes spans and sends them where the variables say; None if they say nothing, or it cannot be made, which is told."""
    variable = asked_by(os.environ)
    if not variable:
        return None
    if not is_installed():
        log.warning("no_traces", reason=f"{variable} {NOT_INSTALLED}")
        return None
    try:
        return provider_to(_collector())
    except ValueError as error:
        log.warning("no_traces", reason=f"A variable of OpenTelemetry is not usable: {error} Mend it, or take it out.")
        return None


def _collector() -> "SpanProcessor":
    """Batches for the collector that the variables name, sent beside the bot's own work."""
    # What it tries again is no news; what it gives up is.
    logging.getLogger("opentelemetry.exporter").setLevel(logging.ERROR)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra, slow to load
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - an extra, slow to load

    return BatchSpanProcessor(OTLPSpanExporter())


def provider_to(processor: "SpanProcessor") -> "TracerProvider":
    """What makes spans and hands them to the processor."""
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - an extra, slow to load

    provider = TracerProvider(resource=_ourselves(), id_generator=_ids(), shutdown_on_exit=False)
    provider.add_span_processor(processor)
    return provider


def _ourselves() -> "Resource":
    """Who speaks: `regwatch`, unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES say otherwise."""
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415 - an extra, slow to load

    ours = Resource({"service.name": "regwatch", "service.version": version("regwatch")})
    return ours.merge(OTELResourceDetector().detect())


def _ids() -> "IdGenerator":
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator  # noqa: PLC0415 - an extra, slow to load

    class Named(RandomIdGenerator):
        """Random ids, but for the root of a poll."""

        def generate_trace_id(self) -> int:
            poll = _naming.get()
            return trace_id(poll) if poll else super().generate_trace_id()

        def generate_span_id(self) -> int:
            poll = _naming.get()
            return root_id(poll) if poll else super().generate_span_id()

    return Named()
