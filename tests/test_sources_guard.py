"""Which addresses may be fetched: public web only, and exact permits."""

import pytest

from bot.errors import SettingsError
from bot.sources import guard


@pytest.mark.parametrize(
    "url", ["https://www.mfds.go.kr/x?y=1", "http://example.org", "https://example.org:443/", "http://1.1.1.1/", "https://식약처.kr/"]
)
def test_a_public_web_address_may_be_fetched(url: str) -> None:
    assert guard.refusal(url) is None


# Spellings of addresses that libraries read differently; each was seen in an attack or its test collection.
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "0.0.0.0",
        "127.0.0.1.",
        "127.000.000.001",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.0.0.192",
        "198.18.0.1",
        "192.88.99.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "168.63.129.16",
        "100.100.100.200",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fe80::1]",
        "[fec0::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[3fff::1]",
        "[5f00::1]",
        "[4000::1]",
        "[a000::1]",
        "[2a00:1450::5efe:7f00:1]",
        "[2a00:1450::5efe:10.0.0.1]",
        "[2a00:1450::200:5efe:169.254.169.254]",
        "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
        "[2002:a9fe:a9fe::]",
        "[2002:a00:1:1::1]",
        "[64:ff9b::169.254.169.254]",
        "[::ffff:0:127.0.0.1]",
        "[2001:20::1]",
        "[100::1]",
        "[fd20:ce::254]",
        "①②⑦.0.0.1",
        "127。0。0。1",
        "１２７.0.0.1",
    ],
)
def test_an_address_that_is_not_public_is_refused_however_it_is_written(host: str) -> None:
    assert guard.refusal(f"http://{host}/feed") is not None


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://example.org/", "only http and https"),
        ("file:///etc/passwd", "only http and https"),
        ("javascript:alert(1)", "only http and https"),
        ("//example.org/", "only http and https"),
        ("http://user@example.org/", "user name"),
        ("http://example.org@127.0.0.1/", "user name"),
        ("http://example.org:22/", "port 22"),
        ("http://example.org:0/", "port 0"),
        ("http://example.org:99999/", "not a valid"),
        ("http://[::1", "not a valid"),
        ("http:///x", "no host"),
        ("http://exa\tmple.org/", "not a public"),
        ("http://example.org\\@evil/", "user name"),
        ("https://" + "a" * 9000 + ".org/", "not a public"),
    ],
)
def test_the_refusal_says_why(url: str, said: str) -> None:
    assert said in (guard.refusal(url) or "")


def test_a_permit_opens_the_exact_pair_and_nothing_beside_it() -> None:
    permits = guard.parse_permits(" 127.0.0.1:8123 , RSSHub.local:1200,[::1]:80 ")
    for url in ("http://127.0.0.1:8123/a", "https://rsshub.local:1200/", "http://[::1]/"):
        assert guard.refusal(url, permits) is None
    for url in ("http://127.0.0.1/", "http://127.0.0.1:8124/", "http://127.1:8123/", "http://x@127.0.0.1:8123/", "ftp://127.0.0.1:8123/"):
        assert guard.refusal(url, permits) is not None


@pytest.mark.parametrize(
    "pair", ["127.0.0.1", "host:", ":80", "host:http", "host:0", "host:70000", "http://host:80", "u@host:80", "host:8٠"]
)
def test_a_permit_that_is_no_pair_is_a_settings_error_that_names_it(pair: str) -> None:
    with pytest.raises(SettingsError, match="REGWATCH_FETCH_ALLOW"):
        guard.parse_permits(pair)


def test_no_permits_are_the_default() -> None:
    assert guard.parse_permits("") == guard.parse_permits(" , ") == frozenset()


@pytest.mark.parametrize(
    ("ip", "forbidden"),
    [
        ("8.8.8.8", False),
        ("2606:4700::1111", False),
        ("2a00:1450::5efe:8.8.8.8", True),
        ("64:ff9b::8.8.8.8", False),
        ("10.0.0.1", True),
        ("168.63.129.16", True),
        ("x", True),
    ],
)
def test_an_address_is_forbidden_unless_it_is_known_to_be_public(ip: str, forbidden: bool) -> None:
    assert guard.forbidden_address(ip) is forbidden
