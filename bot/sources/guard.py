"""May this address be fetched? Decided before anything is sent, and again for each address a name resolves to; fails closed.

Only http and https, ports 80 and 443, public addresses. Loopback, private, link-local, metadata, mapped and translated addresses
are refused. `permits` are exact `host:port` pairs, as written in the address, that may be fetched all the same.
"""

import re
from dataclasses import replace
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_network
from urllib.parse import SplitResult, urlsplit

from ssrfguard import DEFAULT_DENIED, AddressTable, Policy, SSRFGuardError
from ssrfguard._registry import Block, Reach

from bot.errors import SettingsError
from bot.messages import keep

Permits = frozenset[str]
# A last label such as 0x7f or 017 makes resolvers read the host as an address, in spellings that others read as a name.
_NUMBER = re.compile(r"(?:.*\.)?0x[0-9a-f]*|[0-9]+", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}

# What the table of ssrfguard 0.4.1 does not know. Azure answers its machines on a public address with secrets of the host.
_ALSO_DENIED = (
    Block(ip_network("168.63.129.16/32"), "Azure wire server", "Azure documentation", Reach.DENIED),
    Block(ip_network("::ffff:0:0:0/96"), "IPv4-translated", "RFC 2765", Reach.DENIED),
    # Only 2000::/3 is given out for the public web; networks of their own live in the rest.
    *(Block(ip_network(one), "Not global unicast", "RFC 4291", Reach.DENIED) for one in ("::/3", "4000::/2", "8000::/1")),
)
_ISATAP = Block(ip_network("::5efe:0:0/96"), "ISATAP", "RFC 5214", Reach.DENIED)
# And what it lets through as routable, such as the anycast addresses of the nearest relay or NAT box: no source lives there.
_KNOWN = tuple(replace(block, reach=Reach.DENIED) if block.reach is Reach.PERMITTED else block for block in DEFAULT_DENIED.blocks)


class _Addresses(AddressTable):
    """The table, and the addresses that show what they are in their last half: tunnels to the IPv4 address written in their end."""

    def match(self, address: IPv4Address | IPv6Address) -> Block | None:
        """The block that decides on this address; an ISATAP address lies in the middle of anybody's network."""
        if address.version == 6 and (int(address) >> 32) & 0xFDFFFFFF == 0x5EFE:
            return _ISATAP
        return super().match(address)


ADDRESSES = _Addresses((*_KNOWN, *_ALSO_DENIED), snapshot=DEFAULT_DENIED.snapshot)
POLICY = Policy(denied_networks=ADDRESSES)


def parse_permits(setting: str) -> Permits:
    """The pairs of `REGWATCH_FETCH_ALLOW`; SettingsError names the one that is not `host:port`."""
    permits = set()
    for pair in filter(None, (part.strip() for part in setting.split(","))):
        host, _, port = pair.rpartition(":")
        bare = host.removeprefix("[").removesuffix("]")
        if not host or "/" in pair or "@" in pair or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise SettingsError(
                f'REGWATCH_FETCH_ALLOW: "{pair}" is not a host:port pair.', hint='Write for example "127.0.0.1:8123, rsshub.local:1200".'
            )
        permits.add(f"{bare.lower()}:{int(port)}")
    return frozenset(permits)


@lru_cache(maxsize=4_096)  # the addresses of a catalogue come again at every poll
def is_permitted(url: str, permits: Permits) -> bool:
    """Whether the address names one of the permitted `host:port` pairs, letter by letter, over http or https."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return False
    return parts.scheme in _PORTS and not _has_userinfo(parts) and f"{parts.hostname}:{port}" in permits


@lru_cache(maxsize=4_096)
def refusal(url: str, permits: Permits = frozenset()) -> str | None:
    """Why this address may not be fetched, as the end of a sentence; None if nothing speaks against it so far.

    A name that passes here is still checked at the socket, address by address, because only the lookup shows where it leads.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return keep("it is not a valid web address")
    reason = _malformed(parts)
    if reason or is_permitted(url, permits):
        return reason
    if port not in (None, 80, 443):
        return keep("port {port} is not a web port (80 or 443)", port=port)
    try:
        POLICY.check_url(url)
    except SSRFGuardError:
        return keep("its host is not a public address")
    return None


def _malformed(parts: SplitResult) -> str | None:
    if parts.scheme not in _PORTS:
        return keep("only http and https addresses are fetched")
    if _has_userinfo(parts):
        return keep("it carries a user name or password, which can disguise the real host")
    if not parts.hostname:
        return keep("it names no host")
    return keep("its host is a number and not a name") if _NUMBER.fullmatch(parts.hostname.rstrip(".")) else None


def forbidden_address(ip: str | IPv4Address | IPv6Address) -> bool:
    """Whether this address is private, special or unreadable; True means do not connect."""
    try:
        return not POLICY.permits_address(ip)
    except ValueError:
        return True


def _has_userinfo(parts: SplitResult) -> bool:
    return "@" in parts.netloc
