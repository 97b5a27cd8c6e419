"""The wire refuses by itself what the guard before it would have refused: at the lookup, and at the socket."""

import socket
from typing import Any

import httpx
import pytest
from ssrfguard import Policy, SSRFGuardError

from bot.sources import guard
from bot.sources.wire import GuardedWire, PermittedWire, _GuardedLookup
from tests.feed_server import FeedServer

TLS = httpx.create_ssl_context(trust_env=False)
PRIVATE = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "168.63.129.16", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fd00::1", "0.0.0.0"]


def place(address: str, port: int) -> tuple[Any, ...]:
    return (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, port))


async def ask(wire: httpx.AsyncBaseTransport, url: str) -> None:
    try:
        response = await wire.handle_async_request(httpx.Request("GET", url))
        await response.aclose()
    finally:
        await wire.aclose()


@pytest.mark.parametrize("address", PRIVATE)
def test_no_socket_is_made_for_an_address_that_is_not_public(address: str) -> None:
    with pytest.raises(SSRFGuardError):
        GuardedWire(TLS)._socket(place(address, 80))


def test_no_socket_is_made_for_a_port_that_is_not_a_web_port() -> None:
    with pytest.raises(SSRFGuardError, match="port"):
        GuardedWire(TLS)._socket(place("93.184.215.14", 22))


@pytest.mark.parametrize("address", PRIVATE)
async def test_an_address_in_figures_is_refused_although_no_lookup_sees_it(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(SSRFGuardError):
        await ask(GuardedWire(TLS), f"http://{host}/")


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_name_that_leads_to_an_address_that_is_not_public_is_refused(address: str) -> None:
    def lookup(host: str, port: int, *rest: object) -> list[tuple[Any, ...]]:
        return [(*place("93.184.215.14", port)[:4], ("93.184.215.14", port)), place(address, port)]

    with pytest.raises(SSRFGuardError):
        await ask(GuardedWire(TLS, resolver=lookup), "http://name.example/")


class Careless(GuardedWire):
    """A wire whose lookup has a fault: it lets everything through."""

    def __init__(self, port: int) -> None:
        super().__init__(TLS)
        self._lookup = _GuardedLookup(Policy(allowed_networks=["127.0.0.0/8"]), lambda *_: [place("127.0.0.1", port)])


async def test_the_socket_refuses_even_what_a_lookup_let_through() -> None:
    async with FeedServer() as server:
        with pytest.raises(SSRFGuardError):
            await ask(Careless(server.port), "http://name.example/")
        assert (server.asked, server.most_open) == ([], 0)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://localhost:8123/", "http://127.0.0.1/", "https://127.0.0.1/", "http://example.com/"]
)
async def test_the_permitted_wire_asks_nothing_but_the_exact_pairs(url: str) -> None:
    with pytest.raises(SSRFGuardError):
        await ask(PermittedWire(TLS, guard.parse_permits("127.0.0.1:8123")), url)
