"""What a poll brought and what came of it stands in one trace, whoever sends its messages; nothing of what people read stands in it."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from textwrap import dedent
from time import perf_counter
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from structlog.testing import capture_logs

from bot.deliver.outbox import Unclear
from bot.sources.catalogue import Catalogue
from bot.store.database import Store
from bot.tracing import Traces, provider_to, wanted
from schedules.deliver import Delivering
from schedules.poll import Polling
from schedules.upkeep import Upkeep
from tests.fakes import Clock, FakeDoor, FakeSender, rss, trouble
from tests.test_schedules_log_trail import watching
from tests.test_schedules_stories import source

Patch = pytest.MonkeyPatch
KNOWN = Catalogue({"a": source("a")}, {})


class Process:
    """A process with traces of its own, and the spans it made."""

    def __init__(self, clock: Clock) -> None:
        self._kept = InMemorySpanExporter()
        self.traces = Traces(provider_to(SimpleSpanProcessor(self._kept)), clock)

    def spans(self) -> Sequence[ReadableSpan]:
        return self._kept.get_finished_spans()

    def of(self, name: str) -> ReadableSpan:
        (found,) = (one for one in self.spans() if one.name == name)
        return found


def facts(span: ReadableSpan) -> Mapping[str, Any]:
    return {name.removeprefix("regwatch."): value for name, value in (span.attributes or {}).items()}


def began(span: ReadableSpan) -> int:
    assert span.start_time is not None
    return span.start_time


def ended(span: ReadableSpan) -> int:
    assert span.end_time is not None
    return span.end_time


async def polled(store: Store, clock: Clock, traces: Traces, *bodies: Any) -> None:
    """A source that is watched shows these, one a poll."""
    await watching(store, "now")
    polling = Polling(store, FakeDoor(a=list(bodies)), KNOWN, traces=traces)
    for _ in bodies:
        await polling.due(clock())
        clock.forward(hours=7)


async def test_poll_match_and_delivery_are_one_trace_though_another_process_sends_days_later(store: Store, now: datetime) -> None:
    clock = Clock(now)
    first, second = Process(clock), Process(clock)
    await polled(store, clock, first.traces, rss("1=Old"), rss("1=Old", "2=A recall", "3=A speech", "4=Another recall"))
    clock.forward(days=3)
    await Delivering(store, {"console": FakeSender()}, KNOWN, clock, lambda: 0.5, clock.sleep, traces=second.traces).drain()
    baseline, root = (one for one in first.spans() if one.name == "poll")
    match, sent = first.of("match"), second.spans()
    assert [one.name for one in sent] == ["delivery", "delivery"]
    assert {one.context.trace_id for one in (root, match, *sent)} == {root.context.trace_id} != {baseline.context.trace_id}
    assert root.parent is None
    assert {one.parent.span_id for one in (match, *sent) if one.parent} == {root.context.span_id}
    assert len({one.context.span_id for one in (root, match, *sent)}) == 4
    assert began(root) <= began(match) <= ended(match) <= ended(root) < min(map(began, sent))
    assert (ended(sent[0]) - ended(root)) // 10**9 > 3 * 24 * 3600
    assert facts(root) | {"poll": ""} == {"poll": "", "source": "a", "items": 3, "outcome": "read", "baseline": False}
    assert facts(match) | {"poll": ""} == {"poll": "", "items": 2, "matches": 2, "owed": 2}
    delivery = facts(sent[0])
    assert (delivery["platform"], delivery["outcome"], delivery["state"], delivery["attempts"]) == ("console", "sent", "sent", 1)
    assert {facts(one)["poll"] for one in (root, match, *sent)} == {facts(root)["poll"]}
    assert "recall" not in str([(one.name, one.attributes, one.status.description) for one in (*first.spans(), *sent)]).lower()


async def test_a_poll_that_brings_nothing_leaves_no_span_and_one_that_fails_a_failed_one(store: Store, now: datetime) -> None:
    clock = Clock(now)
    process = Process(clock)
    await polled(store, clock, process.traces, rss("1=Old"), rss("1=Old"), trouble())
    read, failed = process.spans()
    assert (facts(read)["items"], read.status.status_code) == (1, StatusCode.UNSET)
    assert (facts(failed)["items"], failed.status.status_code, failed.name) == (0, StatusCode.ERROR, "poll")
    assert facts(failed)["outcome"] not in ("read", "unchanged")


async def test_what_became_of_an_unclear_message_stands_in_the_trace_of_its_poll(store: Store, now: datetime) -> None:
    clock, sender = Clock(now), FakeSender(Unclear(reason="no answer"))
    process = Process(clock)
    await polled(store, clock, process.traces, rss("1=Old"), rss("1=Old", "2=A recall"))
    await Delivering(store, {"console": sender}, KNOWN, clock, lambda: 0.5, clock.sleep, traces=process.traces).drain()
    clock.forward(hours=1)
    await Upkeep(store, {"console": sender}, clock, lambda: 0.5, traces=process.traces).recover()
    attempt, resolved = process.of("delivery"), process.of("delivery_resolved")
    assert attempt.status.status_code == StatusCode.ERROR
    assert facts(attempt)["outcome"] == "unclear"
    assert facts(resolved)["delivery"] == facts(attempt)["delivery"]
    assert resolved.parent == attempt.parent is not None


def test_what_comes_of_no_poll_is_a_trace_of_its_own(now: datetime) -> None:
    process = Process(Clock(now))
    for _ in range(2):
        process.traces.span("delivery", "", perf_counter(), {"platform": "slack"})
    one, other = process.spans()
    assert one.parent is other.parent is None
    assert one.context.trace_id != other.context.trace_id
    assert facts(one) == {"platform": "slack"}


def test_the_service_is_named_regwatch_unless_the_operator_names_it(monkeypatch: Patch, now: datetime) -> None:
    def named() -> object:
        process = Process(Clock(now))
        process.traces.span("poll", "p", perf_counter(), {})
        return process.spans()[0].resource.attributes["service.name"]

    assert named() == "regwatch"
    monkeypatch.setenv("OTEL_SERVICE_NAME", "news of the law")
    assert named() == "news of the law"


@contextmanager
def collector(answers: threading.Event) -> Iterator[tuple[str, list[bytes]]]:
    """The address of a collector that takes traces once it `answers`, and what it took."""
    taken: list[bytes] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers["Content-Length"])))
            answers.wait()
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", taken
        finally:
            answers.set()
            server.shutdown()


def test_the_last_spans_are_sent_before_the_process_ends(monkeypatch: Patch, now: datetime) -> None:
    answers = threading.Event()
    answers.set()
    with collector(answers) as (address, taken):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        with capture_logs() as log, wanted(Clock(now), last_seconds=60) as traces:
            traces.span("poll", "p", perf_counter(), {"source": "a-source"})
        assert log == []
        assert b"a-source" in b"".join(taken)


def test_a_collector_that_does_not_answer_keeps_no_process_from_ending(monkeypatch: Patch, now: datetime) -> None:
    with collector(threading.Event()) as (address, _):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        with capture_logs() as log, wanted(Clock(now), last_seconds=0) as traces:
            traces.span("poll", "p", perf_counter(), {})
        assert [one["event"] for one in log] == ["traces_not_taken"]


def test_variables_of_opentelemetry_that_mean_nothing_are_told_and_stop_nobody(monkeypatch: Patch, now: datetime) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "0")
    with capture_logs() as log, wanted(Clock(now)) as traces:
        traces.span("poll", "p", perf_counter(), {})
    assert [one["event"] for one in log] == ["no_traces"]
    assert log[0]["reason"].startswith("A variable of OpenTelemetry is not usable: max_export_batch_size must be")


@pytest.mark.parametrize("variable", ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"])
@pytest.mark.parametrize("missing", ["opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"])
def test_traces_that_cannot_be_made_are_told_once_and_stop_nobody(variable: str, missing: str) -> None:
    script = """
        import sys
        sys.modules[sys.argv[1]] = None  # as it is where that library is not installed
        from bot import app
        with app.wanted(app.now) as traces:
            traces.span("poll", "p", 0.0, {})
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")} | {variable: "http://127.0.0.1:9"}
    done = subprocess.run([sys.executable, "-c", dedent(script), missing], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.count("no_traces") == 1
    assert f"{variable} is set, and what sends traces is not installed, so none are sent. Install regwatch[otel]" in done.stdout
