"""Requests Teams did not send are refused over the wire with 4xx, and none is acted on; what it sends twice acts once."""

import asyncio
import base64
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt
import pytest

from bot.store import watchlists
from bot.store.database import Store
from tests.teams_doors import CHANNEL, TENANT, TeamsDoor, listed, private_key
from tests.teams_world import World, world

Json = dict[str, Any]


@pytest.fixture
def dialect() -> str:
    """What is refused never reaches the database: one kind of it will do."""
    return "sqlite"


@dataclass
class Target:
    """A bot that listens to Teams, Teams itself, and Microsoft's keys."""

    world: World
    store: Store

    @property
    def door(self) -> TeamsDoor:
        return self.world.door

    def good(self, **changed: Any) -> str:
        """The headers' token, with these claims changed."""
        return "Bearer " + self.world.microsoft.token(self.door.service_url, **changed)

    def body(self, **changed: Any) -> bytes:
        """A message that would change something if it were believed."""
        return json.dumps(self.door.message("watch add recall", **changed)).encode()

    async def untouched(self) -> bool:
        """Whether nothing was changed and nothing said."""
        await asyncio.sleep(0.05)
        async with self.store.read() as tx:
            return not await watchlists.in_workspace(tx, TENANT) and not self.world.teams.calls


@pytest.fixture
async def target(store: Store) -> AsyncIterator[Target]:
    async with world(store) as made:
        made.microsoft.keys.append(listed("small", "msteams"))
        yield Target(made, store)


Forged = tuple[bytes, dict[str, str]]
Forge = Callable[[Target], Forged]


def token(**changed: Any) -> Forge:
    """A token with these claims changed; `key` and `key_id` say how it is signed."""
    return lambda target: (target.body(), {"Authorization": target.good(**changed)})


def authorization(value: str) -> Forge:
    return lambda target: (target.body(), {"Authorization": value})


def body(made: bytes | Callable[[Target], bytes], **headers: str) -> Forge:
    """A body Teams would not send, with a token that is good."""
    return lambda target: (made if isinstance(made, bytes) else made(target), {"Authorization": target.good()} | headers)


def activity(**changed: Any) -> Forge:
    """An activity with these keys changed, with a token that is good; keys that are changed to None are left out."""

    def made(target: Target) -> bytes:
        read = json.loads(target.body()) | changed
        return json.dumps({name: value for name, value in read.items() if value is not None}).encode()

    return body(made)


def elsewhere(url: str) -> Forge:
    """An activity of a service at this address, with a token that agrees."""
    return lambda target: (target.body(serviceUrl=url), {"Authorization": target.good(serviceurl=url)})


def _unsigned(target: Target) -> str:
    claims = jwt.decode(target.good().split()[1], options={"verify_signature": False})
    return "Bearer " + jwt.encode(claims, None, algorithm="none", headers={"kid": "good"})


def _signed_with_the_public_half(target: Target) -> str:
    """The oldest trick: the public key taken for a shared secret."""
    claims = jwt.decode(target.good().split()[1], options={"verify_signature": False})
    modulus = private_key().public_key().public_numbers().n.to_bytes(256, "big")
    return "Bearer " + jwt.encode(claims, modulus, algorithm="HS256", headers={"kid": "good"})


def _with_header(target: Target, **header: Any) -> str:
    claims = jwt.decode(target.good().split()[1], options={"verify_signature": False})
    return "Bearer " + jwt.encode(claims, private_key(), algorithm="RS256", headers={"kid": "good"} | header)


def _tampered(target: Target) -> str:
    head, payload, signature = target.good().split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    changed = base64.urlsafe_b64encode(json.dumps(claims | {"exp": 9_999_999_999}).encode()).decode().rstrip("=")
    return f"{head}.{changed}.{signature}"


def now() -> int:
    return int(time.time())


FORGERIES: dict[str, Forge] = {
    # the token
    "no token": lambda target: (target.body(), {}),
    "an empty token": authorization("Bearer "),
    "another kind of token": authorization("Basic YTpi"),
    "two parts of a token": authorization("Bearer abc.def"),
    "four parts of a token": authorization("Bearer a.b.c.d"),
    "a token that is no token": authorization("Bearer aaaa.bbbb.cccc"),
    "a token of 20,000 characters": authorization("Bearer a." + "b" * 20_000 + ".c"),
    "a token that is not ASCII": authorization("Bearer ä.ö.ü"),
    "a token without signature": lambda target: (target.body(), {"Authorization": _unsigned(target)}),
    "a token signed with the public half": lambda target: (target.body(), {"Authorization": _signed_with_the_public_half(target)}),
    "a token whose claims were changed": lambda target: (target.body(), {"Authorization": _tampered(target)}),
    "a token with a critical header": lambda target: (target.body(), {"Authorization": _with_header(target, crit=["x"], x="y")}),
    "a key id that is a number": lambda target: (target.body(), {"Authorization": _with_header(target, kid="5")}),
    "a key of somebody else under Microsoft's id": token(key="evil", key_id="good"),
    "a key Microsoft does not list": token(key="evil"),
    "a key that vouches for another channel": token(key="webchat only"),
    "a key that is too small": token(key="small"),
    "a token for another bot": token(aud="another"),
    "a token for another bot among several": token(aud=["another", "third"]),
    "a token for nobody": token(aud=None),
    "a token of another issuer": token(iss="https://sts.windows.net/evil/"),
    "a token of no issuer": token(iss=None),
    "an issuer that begins like Microsoft": token(iss="https://api.botframework.com.evil.test"),
    "a token that ended ten minutes ago": token(exp=now() - 600),
    "a token that never ends": token(exp=None),
    "an end that is a word": token(exp="tomorrow"),
    "a token that begins tomorrow": token(nbf=now() + 86_400),
    "a token made tomorrow": token(iat=now() + 86_400),
    "a token for another service": token(serviceurl="https://smba.trafficmanager.net/teams"),
    "a token for no service": token(serviceurl=None),
    "a service that is a list": token(serviceurl=["https://127.0.0.1"]),
    # the service and the tenant
    "Microsoft's service in a token and another in the body": activity(serviceUrl="https://smba.trafficmanager.net/teams"),
    "a service nobody knows": activity(serviceUrl="https://evil.test/teams"),
    "no service": activity(serviceUrl=None),
    "a channel that is not Teams": activity(channelId="webchat"),
    "no channel": activity(channelId=None),
    "another tenant": activity(conversation={"id": CHANNEL, "conversationType": "channel", "tenantId": "evil"}),
    "two tenants": activity(channelData={"tenant": {"id": "evil"}}),
    "no tenant": activity(channelData={}, conversation={"id": CHANNEL, "conversationType": "channel"}),
    "a service that hides another": elsewhere("https://smba.trafficmanager.net@evil.test/teams"),
    "a service whose name ends in another": elsewhere("https://smba.trafficmanager.net.evil.test/teams"),
    "a service on another port": elsewhere("https://smba.trafficmanager.net:8443/teams"),
    "a service without encryption": elsewhere("http://smba.trafficmanager.net/teams"),
    "a service with a way up": elsewhere("https://smba.trafficmanager.net/teams/../evil"),
    "a service with a question": elsewhere("https://smba.trafficmanager.net/teams?to=evil"),
    # the form
    "a body of 300 KB": body(lambda target: target.body() + b" " * 300_000),
    "an empty body": body(b""),
    "broken JSON": body(b"{"),
    "two values": body(lambda target: target.body() * 2),
    "a JSON list": body(b"[]"),
    "a JSON text": body(b'"text"'),
    "nothing as JSON": body(b"null"),
    "a list of activities": body(lambda target: b"[" + target.body() + b"]"),
    "JSON nested 100,000 deep": body(b"[" * 100_000),
    "an object nested 30,000 deep": body(b'{"a":' * 30_000 + b"1" + b"}" * 30_000),
    "text that is not UTF-8": body(b'{"text": "\xff\xfe"}'),
    "half a character": activity(text="\ud800"),
    "a body that is packed": body(lambda target: target.body(), **{"Content-Encoding": "gzip"}),
    "a form": body(b"text=watch+add+recall", **{"Content-Type": "application/x-www-form-urlencoded"}),
    "plain text": body(lambda target: target.body(), **{"Content-Type": "text/plain"}),
    "a kind of JSON": body(lambda target: target.body(), **{"Content-Type": "application/jsonp"}),
    # the shape
    "no type": activity(type=None),
    "a type that is a number": activity(type=5),
    "no conversation": activity(conversation=None),
    "a conversation that is a text": activity(conversation=CHANNEL),
    "a conversation without id": activity(conversation={"tenantId": TENANT}),
    "a conversation that leads elsewhere": activity(conversation={"id": "../../../evil?x=", "tenantId": TENANT}),
    "a conversation with a line break": activity(conversation={"id": "19:a\n@thread.tacv2", "tenantId": TENANT}),
    "a conversation of 5,000 characters": activity(conversation={"id": "1" * 5_000, "tenantId": TENANT}),
    "a text that is a number": activity(text=5),
    "a text that is a list": activity(text=["watch add recall"]),
    "a person that is a text": {"f": activity(**{"from": "29:ana"})}["f"],
    "a person whose id is a number": {"f": activity(**{"from": {"id": 29}})}["f"],
    "a recipient that is a list": activity(recipient=[]),
    "entities that are an object": activity(entities={"type": "mention"}),
    "a mention of a number": activity(entities=[{"type": "mention", "mentioned": 5}]),
    "an id that is an object": activity(id={}),
    "members that are a text": activity(type="conversationUpdate", membersAdded="28:the-bot"),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
async def test_a_forged_request_is_refused_and_not_acted_on(target: Target, forge: Forge) -> None:
    sent, headers = forge(target)
    assert 400 <= (await target.door.post(sent, headers)).status < 500
    assert await target.untouched()


async def test_what_is_not_forged_is_heard(target: Target) -> None:
    assert (await target.door.post(target.body(), {"Authorization": target.good()})).status == 200
    await target.world.teams.until(lambda: len(target.world.teams.calls) == 2)
    assert not await target.untouched()


@pytest.mark.parametrize("name", ["Authorization", "Content-Type"])
async def test_two_of_a_header_are_as_good_as_none(target: Target, name: str) -> None:
    headers = {"Authorization": target.good(), "Content-Type": "application/json"}
    doubled = [*headers.items(), (name, headers[name])]
    async with aiohttp.ClientSession() as session, session.post(target.door.url, data=target.body(), headers=doubled) as answer:
        assert answer.status in (401, 415)
    assert await target.untouched()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_only_posts_are_heard(target: Target, method: str) -> None:
    headers = {"Authorization": target.good(), "Content-Type": "application/json"}
    async with aiohttp.ClientSession() as session, session.request(method, target.door.url, data=target.body(), headers=headers) as answer:
        assert answer.status == 405
    assert await target.untouched()


async def test_a_body_that_never_ends_is_cut_off_early(target: Target) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 65_536

    headers = {"Authorization": target.good(), "Content-Type": "application/json"}
    async with aiohttp.ClientSession() as session:
        try:
            async with session.post(target.door.url, data=endless(), headers=headers) as answer:
                assert answer.status == 413
        except aiohttp.ClientError:
            pass  # the connection may be closed while we still write
    assert await target.untouched()


async def test_a_body_that_breaks_off_does_no_harm(target: Target) -> None:
    host, port = target.door.url.split("/")[2].split(":")
    head = f"POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: {target.good()}\r\n"
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
    assert await target.untouched()


async def test_a_hundred_unknown_keys_ask_microsoft_once(target: Target) -> None:
    for number in range(100):
        answer = await target.door.post(target.body(), {"Authorization": target.good(key="evil", key_id=f"key-{number}")})
        assert answer.status == 401
    assert target.world.microsoft.asked == 1


async def test_while_microsofts_keys_cannot_be_had_teams_is_asked_to_come_again(target: Target) -> None:
    target.world.microsoft.status = 500
    for _ in range(3):
        assert (await target.door.post(target.body(), {"Authorization": target.good()})).status == 503
    assert target.world.microsoft.asked == 1
    assert await target.untouched()
