"""What around the bot may be wrong: tokens in the wrong place, files, disk, time zones, ports, addresses; each told as a sentence.

Nothing is changed. What the settings refuse by themselves is not looked at again.
"""

import http.client
import os
import shutil
import socket
import stat
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot import tracing
from bot.model import Word
from bot.settings import Settings, files_of_secrets

# Free space of the database's disk, in bytes: below the first it is told, below the second it is about to stop the bot.
LITTLE, NONE_LEFT = 500_000_000, 20_000_000
# Slack refuses requests that are older than five minutes; leases of several processes want less.
SKEWED = timedelta(seconds=30)
_NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "glusterfs", "ceph", "afs")
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
_TOKENS = {
    "slack_bot_token": ("xoxb-", "the bot token (xoxb-…)"),
    "slack_app_token": ("xapp-", "the app-level token (xapp-…)"),
}
_KINDS = {"xoxb-": "a bot token", "xapp-": "an app-level token", "xoxp-": "a person's token", "xoxe": "a token that renews others"}


class Finding(Word):
    """One thing looked at. `fail` keeps the bot from running, `warn` is worth knowing."""

    verdict: Literal["ok", "warn", "fail"]
    subject: str
    sentence: str


def around(settings: Settings) -> Iterator[Finding]:
    """Everything that is wrong, or may be, around a bot with these settings."""
    yield from tokens(settings)
    yield from registrations(settings)
    yield from addresses(settings)
    yield from permits(settings.fetch_allow)
    yield from readable_by_all([Path(".env"), *files_of_secrets().values()])
    yield from time_zones()
    yield from web_port(settings.web_host, settings.web_port)
    yield from traces(os.environ, is_installed=tracing.is_installed())


def beneath(file: Path) -> Iterator[Finding]:
    """What is wrong with the disk on which the SQLite file is."""
    if file.parent.is_dir():
        yield from disk(shutil.disk_usage(file.parent).free, file.parent)
        mounts = Path("/proc/mounts")
        yield from network_disk(file, mounts.read_text(encoding="utf-8", errors="replace") if mounts.is_file() else "")


def tokens(settings: Settings) -> Iterator[Finding]:
    """Slack tokens that stand where another belongs."""
    for name, (prefix, wanted) in _TOKENS.items():
        value = getattr(settings, name)
        token = value.get_secret_value() if value else prefix
        if not token.startswith(prefix):
            kind = next((kind for begin, kind in _KINDS.items() if token.startswith(begin)), "something else")
            yield _fail(f"REGWATCH_{name.upper()}", f"holds {kind}; it wants {wanted}. Were two of them swapped?")
    if settings.slack_app_token and not (settings.slack_bot_token or settings.slack_client_id):
        yield _fail("Slack", "REGWATCH_SLACK_APP_TOKEN alone hears and cannot answer: set REGWATCH_SLACK_BOT_TOKEN too.")


def registrations(settings: Settings) -> Iterator[Finding]:
    """Halves of a registration without the id that makes them count."""
    if (settings.teams_client_secret or settings.teams_tenant_id) and not settings.teams_client_id:
        yield _fail("Teams", "REGWATCH_TEAMS_CLIENT_ID is missing beside the secret or the tenant that is set; without it Teams is off.")
    if settings.slack_client_secret and not settings.slack_client_id:
        yield _warn("Slack", "REGWATCH_SLACK_CLIENT_SECRET changes nothing without REGWATCH_SLACK_CLIENT_ID.")


def addresses(settings: Settings) -> Iterator[Finding]:
    """Addresses under which platforms cannot reach the web server."""
    called = "Slack" if settings.slack_signing_secret else "Teams" if settings.teams_client_id else ""
    if settings.public_url.startswith("http://") and urlsplit(settings.public_url).hostname not in _THIS_MACHINE:
        yield _fail(
            "REGWATCH_PUBLIC_URL", "is not https: Slack and Teams call nothing else, and links with secrets would travel in the open."
        )
    if called and not settings.public_url and settings.web_host in _THIS_MACHINE:
        said = f"{called} calls the bot over https, and it listens only on this machine: put a TLS proxy before it and set this."
        yield _warn("REGWATCH_PUBLIC_URL", said)
    if settings.metrics_token and settings.web_host not in _THIS_MACHINE and not settings.public_url:
        yield _warn("REGWATCH_METRICS_TOKEN", "travels in the open where the web server is reached without a TLS proxy.")


def permits(allowed: str) -> Iterator[Finding]:
    """Permitted addresses that sources should not be able to read."""
    for pair in filter(None, map(str.strip, allowed.split(","))):
        host = pair.rpartition(":")[0].strip("[]")
        try:
            is_link_local = ip_address(host).is_link_local
        except ValueError:
            is_link_local = host.endswith(".internal") or "metadata" in host
            if "*" in host:
                yield _fail("REGWATCH_FETCH_ALLOW", f"{pair} permits nothing: pairs are exact, and no pattern is understood.")
        if is_link_local:
            yield _fail("REGWATCH_FETCH_ALLOW", f"{pair} is where clouds hand out credentials; no source is there. Take it out.")


def readable_by_all(files: list[Path]) -> Iterator[Finding]:
    """Files with secrets that other accounts of this machine can read."""
    for file in files:
        if file.is_file() and stat.S_IMODE(file.stat().st_mode) & 0o004:
            yield _warn(str(file), f"holds secrets and every account of this machine can read it: chmod 600 {file}")


def traces(environment: Mapping[str, str], *, is_installed: bool) -> Iterator[Finding]:
    """Traces that are asked for and cannot be sent."""
    variable = tracing.asked_by(environment)
    if not variable:
        return
    if not is_installed:
        yield _warn(variable, tracing.NOT_INSTALLED)
    if not environment[variable].strip().startswith(("http://", "https://")):
        yield _warn(
            variable, "is no address of a collector, so no traces arrive: it wants one that takes OTLP over HTTP, http://HOST:4318."
        )


def time_zones(name: str = "Asia/Seoul") -> Iterator[Finding]:
    """Missing data of time zones, without which digests and dates have no clock."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        yield _fail("time zones", f"There is no data on {name}: install the package tzdata, or that of the system.")


def web_port(host: str, port: int) -> Iterator[Finding]:
    """A port that another program holds; one that Regwatch answers on is in good hands."""
    if port == 0:
        return
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        if _is_ours(host, port):
            yield Finding(verdict="ok", subject="web server", sentence=f"a Regwatch runs and answers on {host}:{port}")
        else:
            reason = (error.strerror or "unknown reason").partition(" (while")[0].lower()
            yield _fail(
                "REGWATCH_WEB_PORT", f"Nothing can listen on {host}:{port} ({reason}): set REGWATCH_WEB_HOST and REGWATCH_WEB_PORT."
            )


def _is_ours(host: str, port: int) -> bool:
    here = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - compared, not listened on
    try:
        with closing(http.client.HTTPConnection(here, port, timeout=2)) as connection:
            connection.request("GET", "/healthz")
            return b"Regwatch" in connection.getresponse().read(1000)
    except (OSError, http.client.HTTPException):
        return False


def disk(free: int, folder: Path) -> Iterator[Finding]:
    """A disk that is nearly full."""
    if free < LITTLE:
        left = f"{free // 1_000_000} MB are left on the disk of {folder}"
        yield _fail("disk", f"{left}; the database cannot grow.") if free < NONE_LEFT else _warn("disk", f"{left}; free some soon.")


def network_disk(file: Path, mounts: str) -> Iterator[Finding]:
    """An SQLite file where its locks do not hold; `mounts` is in the form of /proc/mounts."""
    found = [(line.split()[1], line.split()[2]) for line in mounts.splitlines() if len(line.split()) > 2]
    inside = [(point, kind) for point, kind in found if point == "/" or file.is_relative_to(point)]
    kind = max(inside, key=lambda one: len(one[0]), default=("", ""))[1]
    if kind in _NETWORK:
        said = f"{file} is on a network file system ({kind}), where SQLite's locks do not hold: use a local disk, or PostgreSQL."
        yield _fail("database", said)


def clock(date: str, now: datetime) -> Iterator[Finding]:
    """A clock that is away from the one of a server, told by the Date of its answer."""
    try:
        off = now - parsedate_to_datetime(date)
    except (ValueError, TypeError):
        return
    if abs(off) > SKEWED:
        way = "ahead of" if off > timedelta() else "behind"
        said = (
            f"The clock is {abs(off).total_seconds():.0f} seconds {way} Slack's; let NTP set it. From five minutes on signed requests fail."
        )
        yield _fail("clock", said) if abs(off) > timedelta(minutes=4) else _warn("clock", said)


def _fail(subject: str, sentence: str) -> Finding:
    return Finding(verdict="fail", subject=subject, sentence=sentence)


def _warn(subject: str, sentence: str) -> Finding:
    return Finding(verdict="warn", subject=subject, sentence=sentence)
