"""The fake Slack itself, held against Slack's own client libraries."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.loopback_slack import LoopbackSlack, error, rate_limited
from tests.slack_doors import HttpDoor, SocketDoor
from tests.slack_limits import problems


def client_of(slack: LoopbackSlack, token: str = "") -> AsyncWebClient:
    return AsyncWebClient(token or slack.bot_token, base_url=slack.api_url, retry_handlers=[])


@asynccontextmanager
async def connected(slack: LoopbackSlack) -> AsyncIterator[list[SocketModeRequest]]:
    """A bot on Socket Mode that acknowledges everything with `ok`; gives what it heard."""
    heard: list[SocketModeRequest] = []

    async def listen(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        heard.append(request)
        await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, {"text": "ok"}))

    client = SocketModeClient(slack.app_token, web_client=client_of(slack))
    client.socket_mode_request_listeners.append(listen)
    await client.connect()
    try:
        yield heard
    finally:
        await client.close()


async def test_what_is_posted_can_be_read_back_with_its_metadata_only_on_request() -> None:
    async with LoopbackSlack() as slack:
        client = client_of(slack)
        posted = await client.chat_postMessage(channel="C1", text="x", metadata={"event_type": "e", "event_payload": {"id": 1}})
        plain = await client.conversations_history(channel="C1")
        full = await client.conversations_history(channel="C1", include_all_metadata=True)
    assert plain["messages"][0]["ts"] == posted["ts"]
    assert "metadata" not in plain["messages"][0]
    assert full["messages"][0]["metadata"]["event_payload"] == {"id": 1}


@pytest.mark.parametrize(
    ("method", "args", "code"),
    [
        ("chat.postMessage", {"channel": "C9", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "C1"}, "no_text"),
        ("chat.postMessage", {"channel": "C1", "text": "x", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ("chat.postMessage", {"channel": "C1", "text": "x", "metadata": {"a": 1}}, "invalid_metadata_format"),
        ("chat.update", {"channel": "C1", "ts": "1.1", "text": "x"}, "message_not_found"),
        ("conversations.info", {"channel": "C9"}, "channel_not_found"),
        ("users.info", {"user": "U9"}, "user_not_found"),
        ("views.open", {"view": {"type": "modal", "blocks": []}}, "invalid_arguments"),
        ("no.such", {}, "unknown_method"),
    ],
)
async def test_it_refuses_what_slack_refuses(method: str, args: dict[str, Any], code: str) -> None:
    async with LoopbackSlack() as slack:
        with pytest.raises(SlackApiError) as refused:
            await client_of(slack).api_call(method, json=args)
    assert refused.value.response["error"] == code


async def test_it_knows_its_tokens_and_scopes() -> None:
    async with LoopbackSlack() as slack:
        slack.scopes.remove("users:read")
        assert (await client_of(slack).auth_test())["bot_id"] == "B1"
        for token, method, code in [("xoxb-other", "auth.test", "invalid_auth"), ("", "users.info", "missing_scope")]:
            with pytest.raises(SlackApiError, match=code):
                await client_of(slack, token).api_call(method, json={"user": "U1"})


async def test_a_script_is_met_in_order_and_then_all_is_well_again() -> None:
    async with LoopbackSlack() as slack:
        slack.script("auth.test", rate_limited(3), error("fatal_error"))
        seen = []
        for _ in range(3):
            try:
                seen.append((await client_of(slack).auth_test()).status_code)
            except SlackApiError as refused:
                seen.append(refused.response["error"])
    assert seen == ["ratelimited", "fatal_error", 200]


async def test_a_response_url_keeps_what_it_is_sent() -> None:
    async with LoopbackSlack() as slack:
        await AsyncWebhookClient(slack.response_url()).send(text="hello", response_type="ephemeral")
    assert slack.responses[0]["text"] == "hello"


async def test_envelopes_reach_a_connected_bot_and_acknowledgements_come_back() -> None:
    async with LoopbackSlack() as slack, connected(slack) as heard:
        door = SocketDoor(slack)
        answers = [await door.command("search x"), await door.event({"type": "app_mention"}), await door.press("open:0", "v")]
    assert [one.type for one in heard] == ["slash_commands", "events_api", "interactive"]
    assert heard[0].payload["text"] == "search x"
    assert all(answer.body == {"text": "ok"} and answer.seconds < 2 for answer in answers)


async def test_a_bot_that_is_told_to_go_comes_back() -> None:
    async with LoopbackSlack() as slack, connected(slack) as heard:
        await slack.until(lambda: slack.sockets)
        first = slack.sockets[0]
        await slack.disconnect()
        await slack.until(lambda: slack.sockets and slack.sockets[0] is not first)
        await SocketDoor(slack).command("help")
    assert heard[-1].payload["text"] == "help"


async def test_requests_over_http_are_signed_as_slack_signs_them() -> None:
    verdicts: list[bool] = []
    verifier = SignatureVerifier(LoopbackSlack.signing_secret)

    async def heard(request: web.Request) -> web.Response:
        verdicts.append(verifier.is_valid_request(await request.read(), dict(request.headers)))
        return web.json_response({"text": "ok"})

    app = web.Application()
    app.router.add_post("/slack/events", heard)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with LoopbackSlack() as slack:
        door = HttpDoor(slack, f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
        answers = [
            await door.command("한국"),
            await door.event({"type": "x"}),
            await door.press("open:0"),
            await door.post("x", signature="v0=0"),
        ]
    await runner.cleanup()
    assert verdicts == [True, True, True, False]
    assert answers[0].body == {"text": "ok"}


async def test_waiting_for_what_never_comes_ends() -> None:
    async with LoopbackSlack() as slack:
        with pytest.raises(TimeoutError):
            await slack.until(lambda: False, seconds=0.05)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(slack.envelope("events_api", {}, seconds=0.05), 1)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"type": "section", "text": {"type": "mrkdwn", "text": "x"}}, "verbatim"),
        ({"type": "section", "text": {"type": "plain_text", "text": "x" * 3001}}, "3000 at most"),
        ({"type": "section", "text": {"type": "plain_text", "text": ""}}, "is empty"),
        ({"type": "header", "text": {"type": "mrkdwn", "text": "x", "verbatim": True}}, "must be plain_text"),
        ({"type": "actions", "elements": []}, "1 to 25"),
        ({"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "x" * 76}}]}, "75 at most"),
        ({"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]}]}, "empty text"),
        (
            {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "broadcast", "range": "here"}]}]},
            "only text",
        ),
        ({"type": "data_table"}, "unknown type"),
        ("x", "unknown type"),
    ],
)
def test_the_checker_says_what_slack_would_refuse(block: Any, said: str) -> None:
    assert said in "; ".join(problems([block]))
