"""What is wrong with this installation and how to mend it: settings, database, catalogue, platforms, clock."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from bot import doctor_surroundings
from bot import settings as environment
from bot.app import translator_of, workflows_of
from bot.deliver.slack import SlackSender
from bot.doctor_surroundings import Finding
from bot.errors import RegwatchError, SettingsError
from bot.sealing import Seal
from bot.settings import Settings, for_sources
from bot.sources import catalogue, guard
from bot.store import migrate
from bot.store.address import address
from bot.store.tables import REVISION
from bot.translating.protocols import Trouble

# No release of Regwatch is older than this; a clock that says so is wrong.
_EARLIEST = datetime(2026, 11, 1, tzinfo=UTC)


async def examine(now: datetime) -> list[Finding]:
    """Every finding, in the order in which they are best mended."""
    try:
        settings = environment.load()
    except RegwatchError as error:
        return [_failed("settings", error)]
    looks: list[tuple[str, Callable[[Settings], Awaitable[list[Finding]]]]] = [
        ("database", _database),
        ("sources", _sources),
        ("Slack", partial(_slack, now=now)),
        ("Teams", _teams),
        ("workflows", _workflows),
        ("translation", _translation),
    ]
    found = [*_settings(settings), *_misspelt(settings), _clock(now), *await asyncio.to_thread(list, doctor_surroundings.around(settings))]
    for subject, look in looks:
        try:
            found += await look(settings)
        except RegwatchError as error:
            found.append(_failed(subject, error))
    return found


def _failed(subject: str, error: RegwatchError) -> Finding:
    return Finding(verdict="fail", subject=subject, sentence=str(error))


def _settings(settings: Settings) -> list[Finding]:
    return [
        Finding(verdict="ok", subject=f"REGWATCH_{name.upper()}", sentence=_shown(getattr(settings, name)))
        for name in Settings.model_fields
    ]


def _misspelt(settings: Settings) -> list[Finding]:
    """Variables that look like settings and are none, in the environment and in .env; those that sources name are some."""
    file = Path(".env").read_text(encoding="utf-8") if Path(".env").is_file() else ""
    given = {*os.environ, *re.findall(r"^\s*(?:export\s+)?(\w+)\s*=", file, re.MULTILINE)}
    names = (*Settings.model_fields, *(f"{name}_file" for name in environment.BY_FILE), *_keys_of_sources(settings))
    known = {f"REGWATCH_{name.upper()}" for name in names}
    strange = sorted(one for one in given if one.upper().startswith("REGWATCH_") and one.upper() not in {*known, "REGWATCH_TRACEBACK"})
    return [Finding(verdict="warn", subject=one, sentence=f"is no setting and changes nothing.{_meant(one, known)}") for one in strange]


def _keys_of_sources(settings: Settings) -> set[str]:
    try:
        sources = catalogue.load(settings.catalogue_dir, settings.catalogue_only).sources
    except SettingsError:
        return set()  # said by the look at the sources
    return {source.credential for source in sources.values() if source.credential}


def _meant(name: str, known: set[str]) -> str:
    near = get_close_matches(name.upper(), sorted(known), n=1)
    return f" Did you mean {near[0]}?" if near else ""


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, SecretStr):
        return "set (not shown)"
    return "not set" if value in (None, "") else _without_password(str(value))


def _without_password(value: str) -> str:
    scheme, sign, rest = value.partition("://")
    who, at, where = rest.rpartition("@")
    return f"{scheme}://{who.partition(':')[0]}:…@{where}" if sign and at and ":" in who else value


def _clock(now: datetime) -> Finding:
    if now < _EARLIEST:
        return Finding(
            verdict="fail", subject="clock", sentence=f"The clock says {now:%d %b %Y}, which cannot be. Set it, then start again."
        )
    return Finding(verdict="ok", subject="clock", sentence=f"{now:%Y-%m-%d %H:%M:%S} UTC")


async def _database(settings: Settings) -> list[Finding]:
    file = address(settings.database_url).file
    disk = await asyncio.to_thread(list, doctor_surroundings.beneath(file)) if file else []
    if file is not None and not file.exists():
        return [
            *disk,
            Finding(
                verdict="warn", subject="database", sentence="It does not exist yet; `regwatch run` or `regwatch db upgrade` makes it."
            ),
        ]
    if (await migrate.current(settings.database_url) or "") < REVISION:
        sentence = "Its schema is of an older version; `regwatch db upgrade` brings it up to date, and so does the next start."
        return [Finding(verdict="warn", subject="database", sentence=sentence)]
    wrong = await migrate.check(settings.database_url)
    await migrate.try_writing(settings.database_url)
    bad = [Finding(verdict="fail", subject="database", sentence=sentence) for sentence in wrong]
    return [*disk, *(bad or [Finding(verdict="ok", subject="database", sentence="reachable, sound, schema up to date")])]


async def _sources(settings: Settings) -> list[Finding]:
    known = catalogue.load(settings.catalogue_dir, settings.catalogue_only, for_sources(settings))
    guard.parse_permits(settings.fetch_allow)
    on, off = len(known.enabled()), len(known.sources) - len(known.enabled())
    verdict: Literal["ok", "warn"] = "ok" if on else "warn"
    polled = Finding(
        verdict=verdict, subject="sources", sentence=f"{on} are polled, {off} are switched off (regwatch sources list says why)"
    )
    keys: dict[str, list[str]] = {}
    for one in known.sources.values():
        if one.credential and not one.enabled:
            keys.setdefault(f"REGWATCH_{one.credential}", []).append(one.id)
    waiting = [f"{key} ({', '.join(ids[:3])}{' …' if len(ids) > 3 else ''})" for key, ids in sorted(keys.items())]
    sentence = f"some wait for a key or an address of yours: {'; '.join(waiting)}"
    return [polled, *([Finding(verdict="ok", subject="sources", sentence=sentence)] if waiting else [])]


async def _slack(settings: Settings, now: datetime) -> list[Finding]:
    if settings.slack_client_id:
        return _slack_app(settings)
    if settings.slack_bot_token is None:
        sentence = "not connected: set REGWATCH_SLACK_BOT_TOKEN, and REGWATCH_SLACK_APP_TOKEN for commands (docs/slack.md)"
        return [Finding(verdict="warn", subject="Slack", sentence=sentence)]
    if settings.slack_app_token is None and settings.slack_signing_secret is None:
        sentence = "alerts only: set REGWATCH_SLACK_APP_TOKEN (Socket Mode) or REGWATCH_SLACK_SIGNING_SECRET (HTTP) for commands"
        commands = Finding(verdict="warn", subject="Slack", sentence=sentence)
    else:
        commands = Finding(verdict="ok", subject="Slack", sentence="commands arrive")
    sender = SlackSender(settings.slack_bot_token.get_secret_value(), api_url=settings.slack_api_url)
    accepted = Finding(verdict="ok", subject="Slack", sentence=f"the bot token is accepted: {await sender.who()}")
    return [commands, accepted, *doctor_surroundings.clock(sender.told_date, now)]


def _slack_app(settings: Settings) -> list[Finding]:
    assert settings.secret_key is not None, "the settings ask for it beside the client id"
    Seal.of(settings.secret_key.get_secret_value())
    where = (settings.public_url or "the address of your web server").rstrip("/")
    installs = Finding(verdict="ok", subject="Slack", sentence=f"workspaces install the bot at {where}/slack/install")
    if settings.slack_signing_secret or settings.slack_app_token:
        return [installs]
    sentence = "nothing is heard: set REGWATCH_SLACK_SIGNING_SECRET, so that commands arrive over HTTP"
    return [installs, Finding(verdict="warn", subject="Slack", sentence=sentence)]


async def _workflows(settings: Settings) -> list[Finding]:
    named = ", ".join(f"#{one}" for one in workflows_of(settings))
    return [Finding(verdict="ok", subject="workflows", sentence=f"alerts can be sent to {named}")] if named else []


async def _translation(settings: Settings) -> list[Finding]:
    """Whether the translation service answers: it is given one word."""
    translator = translator_of(settings)
    if translator is None:
        return []
    answer = await translator.ask(("고시",), "ko")
    if isinstance(answer, Trouble):
        sentence = f"{answer.reason}. Alerts go out untranslated meanwhile (docs/translation.md)"
        return [Finding(verdict="fail", subject="translation", sentence=sentence)]
    return [Finding(verdict="ok", subject="translation", sentence=f"{translator.service.name} answers")]


async def _teams(settings: Settings) -> list[Finding]:
    if settings.teams_anonymous:
        return [
            Finding(verdict="warn", subject="Teams", sentence="a test client on this machine gets the messages (REGWATCH_TEAMS_ANONYMOUS)")
        ]
    if settings.teams_client_secret is None:
        return [
            Finding(
                verdict="warn",
                subject="Teams",
                sentence="not connected: set REGWATCH_TEAMS_CLIENT_ID, REGWATCH_TEAMS_CLIENT_SECRET, REGWATCH_TEAMS_TENANT_ID",
            )
        ]
    from bot.deliver.teams_token import EntraToken  # noqa: PLC0415 - slow to load

    await EntraToken(settings.teams_client_id, settings.teams_client_secret.get_secret_value(), settings.teams_tenant_id)()
    return [Finding(verdict="ok", subject="Teams", sentence="Microsoft gives the bot a token; it hears Teams at /api/messages, over https")]
