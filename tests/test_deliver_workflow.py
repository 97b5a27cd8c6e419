"""Alerts through a workflow of Teams: what each of its answers means, what it is sent, and which addresses it may have."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot import app as wiring
from bot.cards.card import Button, Card, Section, line, notice
from bot.deliver import workflow
from bot.deliver.outbox import Gone, Later, Outcome, Refused, Sent, Unclear
from bot.errors import SettingsError
from bot.settings import Settings
from tests.playground import free_port

LOGIC = "https://prod-12.westeurope.logic.azure.com:443/workflows/ab/triggers/manual/paths/invoke?api-version=2016-06-01&sig=se-cret"
POWER = "https://default1.02.environment.api.powerplatform.com:443/powerautomate/automations/direct/workflows/ab/triggers/manual?sig=x"


class Flow:
    """A workflow on 127.0.0.1 that answers with a status, after taking what it was sent; 0 cuts the connection."""

    def __init__(self) -> None:
        self.status, self.headers = 202, {}
        self.taken: list[Any] = []

    async def __aenter__(self) -> "Flow":
        server = web.Application()
        server.router.add_post("/workflows/ab", self._take)
        self._runner = web.AppRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.pair = f"127.0.0.1:{self._runner.addresses[0][1]}"
        self.url = f"http://{self.pair}/workflows/ab?sig=se-cret"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        assert request.query["sig"] == "se-cret"
        assert request.content_type == "application/json"
        self.taken.append(await request.json())
        if self.status == 0:
            assert request.transport is not None
            request.transport.close()
        return web.Response(status=self.status or 202, headers=self.headers)


@pytest.fixture
async def flow() -> AsyncIterator[Flow]:
    async with Flow() as started:
        yield started


def settings(flow: Flow, folder: Path, url: str = "") -> Settings:
    return Settings(
        database_url=f"sqlite:///{folder}/regwatch.db",
        teams_workflows=f"Regulatory={url or flow.url}",
        fetch_allow=f"{flow.pair},127.0.0.1:{(url or flow.url).split(':')[2].split('/')[0]}",
        _env_file=None,
    )


async def sent(flow: Flow, folder: Path, url: str = "") -> Outcome:
    given = settings(flow, folder, url)
    async with wiring.AsyncExitStack() as stack, wiring.memory(given) as store:
        sender = (await wiring.senders_of(given, stack, store))["workflow"]
        return await sender.send(workflow.place("regulatory", "console"), notice("Recall of a pump"), "d1")


async def test_a_card_arrives_and_what_only_a_bot_could_answer_is_left_out(flow: Flow, tmp_path: Path) -> None:
    assert await sent(flow, tmp_path) == Sent(reference="d1")
    buttons = (Button(label="Open", url="https://example.org"), Button(label="Details", action="item", value="1"))
    told = json.loads(workflow.body(Card(sections=(Section(lines=(line("Recall of a pump"),), buttons=buttons),))))
    (attachment,) = told["attachments"]
    assert (told["type"], attachment["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    assert [one["title"] for one in attachment["content"]["body"][1]["actions"]] == ["Open"]
    assert flow.taken[0]["attachments"][0]["content"]["body"][0]["inlines"][0]["text"] == "Recall of a pump"


@pytest.mark.parametrize("text", ["한국어 규제 소식 ", "regulatory news ", "🇰🇷 "])
def test_what_is_sent_stays_far_below_what_workflows_refuse(text: str) -> None:
    told = workflow.body(notice(*(text * 100 for _ in range(60))))
    assert len(told) < 24_000
    assert "did not fit" in told.decode()


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Sent(reference="d1")),
        (401, Gone(code="workflow_http_401")),
        (404, Gone(code="workflow_http_404")),
        (400, Refused(code="HTTP 400")),
        (413, Refused(code="HTTP 413")),
    ],
)
async def test_what_an_answer_means(flow: Flow, tmp_path: Path, status: int, outcome: Outcome) -> None:
    flow.status = status
    assert await sent(flow, tmp_path) == outcome


@pytest.mark.parametrize("status", [500, 502, 504, 0])
async def test_a_failing_workflow_leaves_open_whether_it_posted(flow: Flow, tmp_path: Path, status: int) -> None:
    flow.status = status
    assert isinstance(await sent(flow, tmp_path), Unclear)
    assert len(flow.taken) == 1


async def test_a_busy_workflow_is_asked_again_when_it_says(flow: Flow, tmp_path: Path) -> None:
    flow.status, flow.headers = 429, {"Retry-After": "7"}
    outcome = await sent(flow, tmp_path)
    assert isinstance(outcome, Later)
    assert outcome.seconds == 7


async def test_an_unreachable_workflow_has_certainly_not_posted(flow: Flow, tmp_path: Path) -> None:
    outcome = await sent(flow, tmp_path, f"http://127.0.0.1:{free_port()}/workflows/ab?sig=se-cret")
    assert isinstance(outcome, Later)
    assert "sig" not in outcome.reason


async def test_a_workflow_that_is_not_set_any_more_suspends_its_channel() -> None:
    async def never(url: str, body: bytes) -> workflow.Answer:
        raise AssertionError("nothing is posted")

    sender = workflow.WorkflowSender({}, never)
    assert await sender.send(workflow.place("old", "console"), notice("x"), "d1") == Gone(code="workflow_not_set")


@pytest.mark.parametrize("url", [LOGIC, POWER])
def test_addresses_of_microsoft_are_taken(url: str) -> None:
    assert workflow.addresses(f"Regulatory={url}\n safety={LOGIC}", lambda _: False) == {"regulatory": url, "safety": LOGIC}


@pytest.mark.parametrize(
    "text",
    [
        "https://x.logic.azure.com/a",
        "two words=https://x.logic.azure.com/a",
        "a=http://x.logic.azure.com/a",
        "a=https://evil.test/a",
        "a=https://logic.azure.com.evil.test/a",
        "a=https://evil-logic.azure.com/a",
        "a=https://x.logic.azure.com@evil.test/a",
        "a=https://x.logic.azure.com:8443/a",
        "a=https://x.logic.azure.com/a A=https://x.logic.azure.com/b",
        "a=https://[::1/a",
        "=https://x.logic.azure.com/a",
    ],
)
def test_other_addresses_are_refused_before_anything_starts(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        workflow.addresses(text, lambda _: False)
    assert "sig=" not in str(refused.value)


async def test_a_channel_behind_a_workflow_is_subscribed_from_the_console_and_gets_its_alerts(flow: Flow, tmp_path: Path) -> None:
    given, told = settings(flow, tmp_path), list[str]()
    for words in ('watch add "decentralized trials" as DCT', "subscribe DCT #regulatory"):
        assert await wiring.talk(given, "ana", "desk", words, told.append)
    assert "#regulatory now receives DCT" in "\n".join(told)
    assert await wiring.deliver(given) == 1
    (message,) = flow.taken
    assert "subscribed this channel to DCT" in message["summary"]
