"""The app package of Teams: the manifest made from the table of commands, and the icons, as the zip an admin uploads. Pure.

https://learn.microsoft.com/microsoft-365/extensibility/schema; the schemas themselves come with npm @microsoft/app-manifest.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bot.cards import icon
from bot.errors import SettingsError
from handlers.commands import TABLE

Json = dict[str, Any]

WITH_SLASH, WITHOUT_SLASH = "1.29", "1.26"
MOST_COMMANDS = 12
# What the menus of Teams offer, as far as there is room; every other command is heard as well.
OFFERED = (
    "help",
    "search",
    "watch add",
    "watch list",
    "subscribe",
    "subscriptions",
    "latest",
    "deadlines",
    "triage",
    "item",
    "settings",
    "health",
    "proof",
)
_GUID = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_LONG_AGO = (2026, 1, 1, 0, 0, 0)  # so that the same package is the same file
_SHORT = "Regulatory change alerts for pharma, biotech and devices."
_FULL = (
    "Regwatch polls regulators and the trade press, finds what is new or changed, and posts one alert to each channel that subscribed. "
    "One watchlist matches in every language a regulator publishes in; each alert shows the words that made it match. "
    "Search what was collected, keep watchlists and subscriptions, and see what is read and how it fares, without leaving chat."
)


@dataclass(frozen=True)
class Publisher:
    """Who runs the bot, as Teams shows it to users; `website` is an https address of theirs, such as the bot's own."""

    client_id: str
    website: str
    name: str = "Regwatch"
    privacy: str = ""
    terms: str = ""


def package(publisher: Publisher, version: str, domains: Iterable[str], *, slash: bool) -> bytes:
    """The zip to upload. `domains` are those whose links are shown as cards; with `slash` commands stand in the `/` menu too.

    SettingsError names what Teams would refuse.
    """
    told = manifest(publisher, version, domains, slash=slash)
    files = {
        "manifest.json": json.dumps(told, ensure_ascii=False, indent=2).encode(),
        "color.png": icon.coloured(192),
        "outline.png": icon.outline(32),
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), content)
    return made.getvalue()


def manifest(publisher: Publisher, version: str, domains: Iterable[str], *, slash: bool) -> Json:
    """The manifest, of schema 1.29 with commands in the `/` menu, of 1.26 without."""
    _check(publisher)
    schema = WITH_SLASH if slash else WITHOUT_SLASH
    return {
        "$schema": f"https://developer.microsoft.com/json-schemas/teams/v{schema}/MicrosoftTeams.schema.json",
        "manifestVersion": schema,
        "version": _semver(version),
        "id": publisher.client_id,
        "developer": {
            "name": publisher.name[:32],
            "websiteUrl": publisher.website,
            "privacyUrl": publisher.privacy or publisher.website,
            "termsOfUseUrl": publisher.terms or publisher.website,
        },
        "name": {"short": "Regwatch", "full": "Regwatch: regulatory change alerts"},
        "description": {"short": _SHORT, "full": _FULL},
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": icon.ACCENT,
        "defaultInstallScope": "team",
        "defaultGroupCapability": {"team": "bot", "groupchat": "bot"},
        "bots": [_bot(publisher.client_id, slash=slash)],
        "composeExtensions": [_extension(publisher.client_id, sorted(set(domains)), slash=slash)],
        "validDomains": [urlsplit(publisher.website).hostname],
    }


def _bot(client_id: str, *, slash: bool) -> Json:
    scopes = ["team", "groupChat", "personal"]
    commands = [{"title": one.name, "description": f"{one.help} – {one.usage}"} for name in OFFERED for one in TABLE if one.name == name]
    listed: Json = {"scopes": scopes, "commands": commands[:MOST_COMMANDS]}
    if not slash:
        return {"botId": client_id, "scopes": scopes, "commandLists": [listed]}
    return {
        "botId": client_id,
        "scopes": scopes,
        "supportsTargetedMessages": True,
        "commandLists": [listed | {"triggers": ["mention", "slash"]}],
    }


def _extension(client_id: str, domains: list[str], *, slash: bool) -> Json:
    query = {"name": "query", "title": "Search", "description": 'Words, "phrases", country:KR, agency:MFDS …', "inputType": "text"}
    search: Json = {
        "id": "search",
        "type": "query",
        "context": ["compose", "commandBox"],
        "title": "Search Regwatch",
        "description": "Find what was collected and put it into the conversation",
        "initialRun": True,
        "parameters": [query],
    }
    links = [{"type": "link", "value": {"domains": domains}}] if domains else []
    builder: Json = {
        "id": "watch",
        "type": "action",
        "context": ["compose", "commandBox"],
        "title": "New watchlist",
        "description": "Build a watchlist and see what it would have found",
        "fetchTask": True,
    }
    made: Json = {"botId": client_id, "commands": [search | ({"triggers": ["slash"]} if slash else {}), builder]}
    return made | ({"messageHandlers": links} if links else {})


def _check(publisher: Publisher) -> None:
    if not _GUID.fullmatch(publisher.client_id):
        raise SettingsError(
            "The client id of the Teams bot is not set, or is no id of Microsoft's.",
            hint="Set REGWATCH_TEAMS_CLIENT_ID to the Microsoft App ID of its registration (docs/teams.md).",
        )
    for url in (publisher.website, publisher.privacy, publisher.terms):
        if url and (not url.startswith("https://") or not urlsplit(url).hostname or re.search(r"\s", url)):
            raise SettingsError(f"{url} is no https address.", hint="Teams shows it to users and wants https.")


def _semver(version: str) -> str:
    """Our version as Teams takes it: three numbers, the first at least 1."""
    numbers = [int(one) for one in re.findall(r"\d+", version)[:3]]
    major, minor, patch = (*numbers, 0, 0, 0)[:3]
    return f"{max(1, major)}.{minor}.{patch}"
