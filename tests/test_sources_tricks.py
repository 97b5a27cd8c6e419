"""Over a hundred ways to make us knock at a door inside: none gets an answer, none even a connection."""

import socket
import sys
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_address
from typing import Any

import pytest

from bot.errors import SourceTrouble
from bot.sources import guard
from bot.sources.fetch import Fetcher
from tests.feed_server import FeedServer

LOOPBACK = [
    "127.0.0.1", "127.1", "127.0.1", "127.0.0.1.", "127.255.255.254", "127.000.000.001", "0177.0.0.1", "0177.0.0.01", "0x7f.0.0.1",
    "0x7F000001", "0x7f.1", "2130706433", "017700000001", "00000177.0.0.1", "127.0x0.0.1", "0", "0.0.0.0", "0x0", "127.0.0.1%00",
    "127.0.0.1%2e", "①②⑦.0.0.1", "127。0。0。1", "127．0．0．1", "１２７.０.０.１", "𝟏𝟐𝟕.𝟎.𝟎.𝟏", "127.0.0.1\u00ad",
]  # fmt: skip
SPECIAL = [
    "10.0.0.1", "10.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.257", "100.64.0.1", "100.127.255.254", "169.254.1.1",
    "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255", "0.1.2.3", "192.0.0.9", "192.0.0.10", "192.52.193.1", "167772161", "0xa9fea9fe",
]  # fmt: skip
METADATA = [
    "169.254.169.254",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "169.254.170.2",
    "169.254.169.253",
    "2852039166",
    "[fd00:ec2::254]",
]
IPV6 = [
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:0:127.0.0.1]", "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2001:0:7f00:1::]",
    "[2001::1]", "[fe80::1]", "[fe80::1%25eth0]", "[fec0::1]", "[fc00::1]", "[fdff::1]", "[ff02::1]", "[2001:db8::1]", "[3fff::1]",
    "[5f00::1]", "[100::1]", "[2001:10::1]", "[2001:20::1]", "[2001:1::1]", "[2001:3::1]", "[::ffff:169.254.169.254]", "[::ffff:10.0.0.1]",
]  # fmt: skip
# Families beside those above: half-width dots, coded and cut hosts, zones, addresses of metadata services over IPv6, groups.
FURTHER = [
    "127｡0｡0｡1", "127.0.0。1", "localhost。", "%31%32%37.0.0.1", "0177.1", "0x7f.0x1", "127.0.0.1%2f", "127.0.0.1%00.h.example",
    "127.0.0.1%09", "127.0.0.1;h.example", "127.0.0.1,h.example", "127.0.0.1_", "0000000177.0.0.1", "4294967296", "2130706433.",
    "0x7f.0.0.0x1.", "[::ffff:a9fe:a9fe]", "[::ffff:168.63.129.16]", "[fd20:ce::254]", "[fd00:c0fe::254]", "[64:ff9b::a64:64c8]",
    "[::7f00:1]", "[2002:c0a8:101::]", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]", "[0:0:0:0:0:ffff:7f00:0001]", "[::1%lo]",
    "[::1%25lo]", "[fe80::1%eth0]", "[::ffff:127.0.0.1%25lo]", "[::1.]", "[ff05::2]", "[ff0e::1]", "[fe90::1]", "[2001:db8:ffff::]",
    "[2620:4f:8000::1]", "[2001:4:112::1]", "[::ffff:0.0.0.0]", "[0:0:0:0:0:0:127.0.0.1]", "192.168.0.1.", "198.18.0.1.",
    "233.252.0.1", "224.0.0.251", "100.127.0.1", "169.254.170.23", "169.254.0.23", "[fe80::a9fe:a9fe]",
]  # fmt: skip
SPELLED = [f"http://{host}/feed" for host in (*LOOPBACK, *SPECIAL, *METADATA, *IPV6, *FURTHER)]
DISGUISED = [
    "http://h.example@127.0.0.1/", "http://user:pass@127.0.0.1/", "http://127.0.0.1@h.example/", "http://h.example\\@127.0.0.1/",
    "http://127.0.0.1\\.h.example/", "http://h.example#@127.0.0.1/", "http://[::1]@h.example/", "http://h.example:80@127.0.0.1/",
    "http://127.0.0.1:22/", "http://h.example:22/", "http://h.example:6379/", "http://h.example:8080/", "http://h.example:0/",
    "http://h.example:65536/", "http://h.example:-1/", "http://h.example:8O/", "https://127.0.0.1:443/", "http:127.0.0.1/",
    "http:/127.0.0.1/",
    "http:///127.0.0.1/", "//127.0.0.1/", "\\\\127.0.0.1\\x", "http://127.0.0.1\t/", "http://127.0.0\n.1/", " http://127.0.0.1/",
    "http://\x00127.0.0.1/", "http://[127.0.0.1]/", "http://[::1/", "http://::1/", "http://127.0.0.1:80:80/", "HTTP://127.0.0.1/",
    "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:70/_x", "dict://127.0.0.1:11211/", "ldap://127.0.0.1/",
    "data:text/xml,<rss/>",
    "javascript:alert(1)", "jar:http://127.0.0.1/!/", "unix:/var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "ws://127.0.0.1/",
    "about:blank", "", "127.0.0.1",
]  # fmt: skip
DISGUISED_TOO = [
    "http://127.1.1.1:80\\@h.example:80/", "http://h.example:80#@127.0.0.1:80/", "http://1.1.1.1 &@127.0.0.1# @3.3.3.3/",
    "http://127.0.0.1%23@h.example/", "http://h.example%2f@127.0.0.1/", "http://h.example%40127.0.0.1@127.0.0.1/",
    "http://user%40h.example:x@127.0.0.1/", "hTTp://127.0.0.1/", "http://h.example\r\n.127.0.0.1/", "ht\ttp://127.0.0.1/",
    "http:\\\\127.0.0.1\\", "http:////127.0.0.1/", "http://?@127.0.0.1/", "http://;@127.0.0.1/", "https://127.0.0.1:80/",
    "http://127.0.0.1:443/", "http://h.example:08080/", "http://h.example:80.0/", "http://h.example:٨٠/", "feed:http://127.0.0.1/",
    "view-source:http://127.0.0.1/", "netdoc:///etc/passwd", "php://filter/x", "expect://id", "phar://x", "blob:http://127.0.0.1/x",
    "mailto:a@b", "tel:1", "sftp://h.example/", "tftp://h.example/x", "ssh://h.example", "rtsp://h.example/", "smb://h.example/x",
    "http://h.example:443@127.0.0.1/",
]  # fmt: skip
NAMES = [
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "localhost.localdomain", "ip6-localhost", "metadata.google.internal", "metadata",
    "instance-data", "kubernetes.default.svc", "host.docker.internal", "127.0.0.1.nip.example", "innocent.example", "printer.local",
    "router.lan", "xn--o39akkd9w49al3j.kr",
    "localhost.localdomain.", "LocalHost.", "x.y.localhost", "localhost6", "ip6-loopback", "broadcasthost",
    "metadata.google.internal.", "instance-data.ec2.internal", "metadata.azure.internal", "metadata.oraclecloud.internal",
    "metadata.tencentyun.com", "100-100-100-200.nip.example", "0x7f000001.nip.example", "a.internal", "db.corp", "nas.home.arpa",
    "gateway.docker.internal", "x.svc.cluster.local", "rancher-metadata", "wpad", "xn--localhost-.example",
    "127.0.0.1.sslip.example",
]  # fmt: skip
INSIDE = [
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "168.63.129.16", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fd00::1", "fe80::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fd00:ec2::254",
    "ff02::1",
]  # fmt: skip

# Every connection of this process is announced here before it is made; a hook cannot be taken out again, so it is switched.
_watching: list[Any] | None = None


def _announced(event: str, details: tuple[Any, ...]) -> None:
    if event == "socket.connect" and _watching is not None:
        _watching.append(details[1])
        if details[1][0] != "127.0.0.1":
            raise ConnectionRefusedError("this test stays at home")


sys.addaudithook(_announced)


@pytest.fixture
def connections() -> Iterator[list[Any]]:
    """Where this process connects to while the test runs; nothing leaves the machine."""
    global _watching  # noqa: PLW0603 - the hook outlives every test
    _watching = []
    yield _watching
    _watching = None


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as running:
        yield running


def leading_to(*answers: str) -> Any:
    """A name server whose lookups give all these addresses at once."""

    def lookup(host: str, port: int, *_: Any) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            if ip_address(one).version == 4
            else (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (one, port, 0, 0))
            for one in answers
        ]

    return lookup


class TakingTurns:
    """A name server that changes its mind at every lookup; `asked` counts them."""

    def __init__(self, *answers: str) -> None:
        self.left = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int, *_: Any) -> list[Any]:
        self.asked += 1
        return list(leading_to(self.left.pop(0) if len(self.left) > 1 else self.left[0])(host, port))


async def fault(fetcher: Fetcher, url: str) -> str:
    with pytest.raises(SourceTrouble) as caught:
        await fetcher.get(url)
    return caught.value.fault


def test_there_are_more_than_a_hundred_tricks_of_our_own() -> None:
    tricks = {*SPELLED, *DISGUISED, *DISGUISED_TOO, *NAMES, *(f"name to {ip}" for ip in INSIDE)}
    assert len(tricks) >= 240


@pytest.mark.parametrize("url", [*SPELLED, *DISGUISED, *DISGUISED_TOO])
async def test_an_address_that_tricks_is_refused_without_a_connection(url: str, connections: list[Any]) -> None:
    async with Fetcher(deadline=5.0, resolver=leading_to("127.0.0.1")) as fetcher:
        assert await fault(fetcher, url) == "refused"
    assert connections == []


@pytest.mark.parametrize("host", ["ｌｏｃａｌｈｏｓｔ", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ⅼocalhost", "ｌocalhost．"])
async def test_a_name_in_letters_that_only_look_like_latin_ones_is_not_even_looked_up(host: str, connections: list[Any]) -> None:
    lookups = TakingTurns("127.0.0.1")
    async with Fetcher(deadline=5.0, resolver=lookups) as fetcher:
        assert await fault(fetcher, f"http://{host}/feed") in ("refused", "unreachable")
    assert (connections, lookups.asked) == ([], 0)


@pytest.mark.parametrize("url", [*SPELLED, *DISGUISED, *DISGUISED_TOO])
async def test_a_redirect_to_it_is_not_followed(url: str, connections: list[Any], server: FeedServer) -> None:
    start = server.says(
        "/start", "302 Found", {"Location": url.encode("ascii", "backslashreplace").decode().replace("\n", "").replace("\x00", "")}
    )
    async with Fetcher(frozenset({server.pair}), deadline=5.0, resolver=leading_to("127.0.0.1")) as fetcher:
        with pytest.raises(SourceTrouble):
            await fetcher.get(start)
    assert {place[:2] for place in connections} == {("127.0.0.1", server.port)}


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_that_leads_inside_is_refused_without_a_connection(name: str, connections: list[Any]) -> None:
    async with Fetcher(deadline=5.0, resolver=leading_to("127.0.0.1")) as fetcher:
        assert await fault(fetcher, f"http://{name}/latest/meta-data/") == "refused"
    assert connections == []


@pytest.mark.parametrize("inside", INSIDE)
async def test_a_name_with_one_address_inside_is_refused_whole(inside: str, connections: list[Any]) -> None:
    for answers in ((inside,), ("93.184.216.34", inside), (inside, "93.184.216.34")):
        async with Fetcher(deadline=5.0, resolver=leading_to(*answers)) as fetcher:
            assert await fault(fetcher, "https://innocent.example/feed") == "refused"
    assert connections == []


@pytest.mark.parametrize("inside", INSIDE)
async def test_a_name_that_changes_its_mind_is_asked_once_and_held_to_what_was_checked(inside: str, connections: list[Any]) -> None:
    names = TakingTurns("93.184.216.34", inside)
    async with Fetcher(deadline=5.0, resolver=names) as fetcher:
        assert await fault(fetcher, "http://rebinding.example/") == "unreachable"
        assert names.asked == 1
        assert {place[0] for place in connections} == {"93.184.216.34"}
        assert await fault(fetcher, "http://rebinding.example/") == "refused"
    assert {place[0] for place in connections} == {"93.184.216.34"}


async def test_a_permit_for_one_port_opens_no_other_however_it_is_asked_for(server: FeedServer, connections: list[Any]) -> None:
    async with FeedServer() as inside:
        inside.says("/", "200 OK", body=b"secret")
        ways = [f"http://127.0.0.1:{inside.port}/", f"http://localhost:{inside.port}/", f"http://[::ffff:127.0.0.1]:{inside.port}/"]
        async with Fetcher(frozenset({server.pair}), deadline=5.0, resolver=leading_to("127.0.0.1")) as fetcher:
            for number, way in enumerate(ways):
                assert await fault(fetcher, way) == "refused"
                assert await fault(fetcher, server.says(f"/{number}", "307 Go", {"Location": way})) == "refused"
        assert inside.most_open == 0
    assert {place[1] for place in connections} == {server.port}


def test_what_is_public_is_not_refused() -> None:
    for url in (
        "https://www.mfds.go.kr/",
        "http://93.184.216.34/",
        "https://[2606:4700::1111]/",
        "https://식약처.kr/",
        "http://h.example:80/",
    ):
        assert guard.refusal(url) is None
