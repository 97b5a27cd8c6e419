"""The real bot sends its traces to a collector: one for each poll, also when a bot that starts later sends the message."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.bot_process import running
from tests.loopback_slack import LoopbackSlack
from tests.newsroom import Newsroom, feeds
from tests.sequence_server import SequenceServer


class Collector:
    """Takes traces over OTLP and HTTP, as an OpenTelemetry collector does."""

    def __init__(self) -> None:
        self.services: set[str] = set()
        self.spans: list[Any] = []
        self.taken = asyncio.Condition()
        self.address = ""

    async def take(self, request: web.Request) -> web.Response:
        told = ExportTraceServiceRequest.FromString(await request.read())
        async with self.taken:
            for of in told.resource_spans:
                self.services |= {one.value.string_value for one in of.resource.attributes if one.key == "service.name"}
                self.spans += [span for scope in of.scope_spans for span in scope.spans]
            self.taken.notify_all()
        return web.Response(content_type="application/x-protobuf")

    async def until(self, *names: str) -> dict[str, Any]:
        """The last span of each of these names, once there are some."""
        async with self.taken:
            await self.taken.wait_for(lambda: set(names) <= {one.name for one in self.spans})
        return {one.name: one for one in self.spans if one.name in names}


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    made, app = Collector(), web.Application()
    app.router.add_post("/v1/traces", made.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


async def test_a_bot_that_starts_later_adds_its_message_to_the_trace_of_the_poll(tmp_path: Path, collector: Collector) -> None:
    async with LoopbackSlack("C1") as slack, SequenceServer(feeds("a")) as server, asyncio.timeout(90):
        newsroom = Newsroom(tmp_path, slack, server)
        await newsroom.open()
        newsroom.publish("a")
        asked = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.address, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        # The first bot has no token of Slack: what is owed there waits for one that has.
        async with running(newsroom.env(SLACK_BOT_TOKEN="", SLACK_APP_TOKEN="") | asked, tmp_path / "first.txt"):
            found = await collector.until("poll", "match")
        assert "delivery" not in {one.name for one in collector.spans}
        async with running(newsroom.env() | asked, tmp_path / "second.txt"):
            found |= await collector.until("delivery")
        assert newsroom.lost() == newsroom.doubled() == []
    poll, match, delivery = (found[name] for name in ("poll", "match", "delivery"))
    assert poll.trace_id == match.trace_id == delivery.trace_id
    assert (poll.parent_span_id, match.parent_span_id, delivery.parent_span_id) == (b"", poll.span_id, poll.span_id)
    assert poll.start_time_unix_nano <= match.start_time_unix_nano <= match.end_time_unix_nano <= poll.end_time_unix_nano
    assert delivery.start_time_unix_nano >= poll.end_time_unix_nano
    assert collector.services == {"regwatch"}
    (title,) = newsroom.expected()
    assert title not in str(collector.spans)
    assert slack.bot_token not in str(collector.spans)
