"""Requests Slack did not send are refused over the wire with 4xx, and none is acted on; what it sends twice acts once."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.sources.catalogue import Catalogue
from bot.store import watchlists
from bot.store.database import Store
from handlers.reply import Context
from handlers.slack import SlackApp
from handlers.web import WebServer, web_app
from tests.loopback_slack import LoopbackSlack
from tests.slack_doors import HttpDoor, callback, pressed, sign, slash

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
SECRET = LoopbackSlack.signing_secret


@pytest.fixture
def dialect() -> str:
    """What is refused never reaches the database: one kind of it will do."""
    return "sqlite"


@dataclass
class Target:
    """A bot that listens over HTTP, and the Slack it belongs to."""

    slack: LoopbackSlack
    url: str
    store: Store

    async def untouched(self) -> bool:
        """Whether nothing was changed, answered or posted."""
        await asyncio.sleep(0.05)
        async with self.store.read() as tx:
            kept = await watchlists.in_workspace(tx, "T1")
        return not kept and not self.slack.responses and not self.slack.ephemeral and not self.slack.messages("C1")


@pytest.fixture
async def target(store: Store) -> AsyncIterator[Target]:
    async with LoopbackSlack("C1", "D1") as slack:
        context = Context(store=store, catalogue=Catalogue({}, {}))
        app = SlackApp(context, lambda: datetime.now(UTC), token=slack.bot_token, api_url=slack.api_url, signing_secret=SECRET)
        server = WebServer(web_app(store, app.endpoint), "127.0.0.1", 0)
        await app.start()
        await server.start()
        yield Target(slack, f"{server.address}/slack/events", store)
        await server.stop()
        await app.stop()


def now() -> str:
    return str(int(time.time()))


def command(slack: LoopbackSlack) -> str:
    return urlencode(slash(slack, "watch add recall", "U1", "C1", "/reg"))


def event(slack: LoopbackSlack) -> str:
    return json.dumps(callback({"type": "app_mention", "user": "U1", "channel": "C1", "text": "watch add recall"}, ""))


def press(slack: LoopbackSlack) -> str:
    return urlencode({"payload": json.dumps(pressed(slack, "watch add:0", "recall", "U1", "C1"))})


Forged = tuple[str | bytes, dict[str, str]]


def signed(body: str | bytes, kind: str = FORM, stamp: str | None = None, secret: str = SECRET, **headers: str) -> Forged:
    """A body with the headers Slack would send, signed with `secret`; None-like changes are made by the caller."""
    stamp = now() if stamp is None else stamp
    text = body if isinstance(body, str) else body.decode("latin-1")
    return body, {"Content-Type": kind, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": sign(secret, stamp, text)} | headers


def without(name: str) -> Callable[[LoopbackSlack], Forged]:
    def forge(slack: LoopbackSlack) -> Forged:
        body, headers = signed(command(slack))
        return body, {key: value for key, value in headers.items() if key != name}

    return forge


def with_header(name: str, value: str) -> Callable[[LoopbackSlack], Forged]:
    return lambda slack: (command(slack), signed(command(slack))[1] | {name: value})


def stamped(stamp: str) -> Callable[[LoopbackSlack], Forged]:
    return lambda slack: signed(command(slack), stamp=stamp)


def garbage(body: str | bytes, kind: str = JSON) -> Callable[[LoopbackSlack], Forged]:
    """Signed with the true secret, yet nothing Slack would send."""
    return lambda _: signed(body, kind)


FORGERIES: dict[str, Callable[[LoopbackSlack], Forged]] = {
    "no signature": without("X-Slack-Signature"),
    "no time stamp": without("X-Slack-Request-Timestamp"),
    "no headers at all": lambda slack: (command(slack), {"Content-Type": FORM}),
    "another secret": lambda slack: signed(command(slack), secret="another"),
    "an empty secret": lambda slack: signed(command(slack), secret=""),
    "an event with another secret": lambda slack: signed(event(slack), JSON, secret="another"),
    "a press with another secret": lambda slack: signed(press(slack), secret="another"),
    "a signature of another body": lambda slack: (command(slack) + "&x=1", signed(command(slack))[1]),
    "a signature of another time": lambda slack: (
        command(slack),
        signed(command(slack))[1] | {"X-Slack-Request-Timestamp": str(int(now()) - 1)},
    ),
    "an empty signature": with_header("X-Slack-Signature", ""),
    "a signature without version": with_header("X-Slack-Signature", "0" * 64),
    "a signature of version 1": with_header("X-Slack-Signature", "v1=" + "0" * 64),
    "a short signature": with_header("X-Slack-Signature", "v0=00"),
    "a signature of zeros": with_header("X-Slack-Signature", "v0=" + "0" * 64),
    "a signature that is not ASCII": with_header("X-Slack-Signature", "v0=" + "é" * 64),
    "a huge signature": with_header("X-Slack-Signature", "v0=" + "0" * 5_000),
    "a request of six minutes ago": lambda slack: signed(command(slack), stamp=str(int(now()) - 360)),
    "a request of tomorrow": lambda slack: signed(command(slack), stamp=str(int(now()) + 86_400)),
    "a time stamp of letters": stamped("abc"),
    "an empty time stamp": stamped(""),
    "a time stamp that is no number": stamped("nan"),
    "a time stamp with an exponent": stamped("1e9"),
    "a negative time stamp": stamped("-1000000000"),
    "a time stamp of 5,000 digits": stamped("9" * 5_000),
    "a time stamp with a fraction": lambda slack: signed(command(slack), stamp=f"{now()}.0"),
    "an ssl check that carries a command": lambda slack: ("ssl_check=1&" + command(slack), {"Content-Type": FORM}),
    "an unsigned address check": lambda _: ('{"type": "url_verification", "challenge": "x"}', {"Content-Type": JSON}),
    "an unsigned body of 2 MB": lambda _: ("x" * 2_000_000, {"Content-Type": FORM}),
    "a signed body of 2 MB": lambda _: signed("text=" + "x" * 2_000_000),
    "broken JSON": garbage("{"),
    "a JSON list": garbage("[]"),
    "a JSON text": garbage('"text"'),
    "JSON nested 100,000 deep": garbage("[" * 100_000),
    "an object nested 100,000 deep": garbage('{"a":' * 100_000),
    "an event that is a list": garbage('{"type": "event_callback", "event": []}'),
    "an event that is nothing": garbage('{"type": "event_callback", "event": null}'),
    "no event": garbage('{"type": "event_callback"}'),
    "a user that is a number": garbage('{"type": "event_callback", "event": {"type": "app_mention", "user": 5}}'),
    "a press of nothing": garbage(urlencode({"payload": '{"type": "block_actions", "actions": []}'}), FORM),
    "a payload that is broken": garbage("payload=%7B", FORM),
    "a payload that is a list": garbage("payload=%5B1%5D", FORM),
    "an empty body": garbage("", FORM),
    "an empty object": garbage("{}"),
    "a type of tomorrow": garbage('{"type": "tomorrow"}'),
    "text that is not UTF-8": garbage("command=/reg&text=%ff%fe", FORM),
    "plain text": garbage("hello", "text/plain"),
    "a file upload": garbage("--x--", "multipart/form-data; boundary=x"),
    "a thousand fields": garbage("&".join(f"k{number}=v" for number in range(1_000)), FORM),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
async def test_a_forged_request_is_refused_and_not_acted_on(target: Target, forge: Callable[[LoopbackSlack], Forged]) -> None:
    body, headers = forge(target.slack)
    sent = BytesIO(body if isinstance(body, bytes) else body.encode())
    async with aiohttp.ClientSession() as session, session.post(target.url, data=sent, headers=headers) as answer:
        assert 400 <= answer.status < 500
    assert await target.untouched()


async def test_two_signatures_are_as_good_as_none(target: Target) -> None:
    body, headers = signed(command(target.slack))
    doubled = [*headers.items(), ("X-Slack-Signature", "v0=" + "0" * 64)]
    async with aiohttp.ClientSession() as session, session.post(target.url, data=body, headers=doubled) as answer:
        assert answer.status == 401
    assert await target.untouched()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_only_posts_are_heard(target: Target, method: str) -> None:
    body, headers = signed(command(target.slack))
    async with aiohttp.ClientSession() as session, session.request(method, target.url, data=body, headers=headers) as answer:
        assert answer.status == 405
    assert await target.untouched()


async def test_a_body_that_never_ends_is_cut_off_early(target: Target) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65_536

    async with aiohttp.ClientSession() as session:
        try:
            async with session.post(target.url, data=endless(), headers={"Content-Type": FORM}) as answer:
                assert answer.status == 413
        except aiohttp.ClientError:
            pass  # the connection may be closed while we still write
    assert await target.untouched()


async def test_a_body_that_breaks_off_does_no_harm(target: Target) -> None:
    host, port = target.url.split("/")[2].split(":")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\ncommand=")
    assert await target.untouched()


async def test_a_replayed_request_is_acted_on_once(target: Target) -> None:
    door = HttpDoor(target.slack, target.url)
    body = command(target.slack)
    stamp = now()
    for _ in range(5):
        assert (await door.post(body, timestamp=stamp)).status == 200
    await target.slack.until(lambda: target.slack.responses)
    await asyncio.sleep(0.3)
    assert len(target.slack.responses) == 1
    assert len(target.slack.messages("C1")) == 1


async def test_slack_may_check_the_address_and_the_certificate(target: Target) -> None:
    door = HttpDoor(target.slack, target.url)
    answer = await door.post('{"type": "url_verification", "challenge": "abc"}', content_type=JSON)
    assert (answer.status, answer.body) == (200, {"challenge": "abc"})
    assert (await door.post("ssl_check=1&token=x", signature="v0=")).status == 200
    assert await target.untouched()


async def test_a_command_may_speak_of_a_payload(target: Target) -> None:
    await HttpDoor(target.slack, target.url).command("search payload")
    await target.slack.until(lambda: target.slack.responses)
    assert "payload" in target.slack.responses[0]["text"]


async def test_health_tells_whether_the_database_answers(target: Target, store: Store) -> None:
    address = target.url.removesuffix("/slack/events")

    async def ask(path: str) -> tuple[int, Any]:
        async with aiohttp.ClientSession() as session, session.get(address + path) as answer:
            return answer.status, await answer.text()

    assert await ask("/readyz") == (200, '{"ok":true,"sentence":"Regwatch runs and its database answers."}')
    assert (await ask("/"))[0] == 200
    assert (await ask("/nowhere"))[0] == 404
