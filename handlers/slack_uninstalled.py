"""Slack's word that the bot was uninstalled, its token revoked, or its access to workspaces of an organisation taken or given.

https://docs.slack.dev/reference/events/app_uninstalled, tokens_revoked, team_access_revoked; they come in any order, and late.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from bot.errors import StoreTrouble
from bot.slack_installs import Tokens
from handlers import suspension
from handlers.reply import Context

log = structlog.get_logger()

# Slack holds the event for delivered; a database that is busy just now must not make us forget it. Seconds between attempts.
WAITS = (1, 5, 30, 120)
_NEVER = 2**33  # seconds of Unix time, some centuries ahead


@dataclass(frozen=True)
class Word:
    """What Slack says: `code` is why nothing is sent any more, "" if it is again. `installation` is "" where only access changed."""

    code: str
    teams: tuple[str, ...]
    installation: str
    at: datetime


def read(payload: dict[str, Any]) -> Word | None:
    """The word of an event, None for every other event. Tokens of persons do not concern us: we ask for none."""
    event = payload.get("event") or {}
    match event.get("type"):
        case "app_uninstalled":
            return _installation(payload, "app_not_installed")
        case "tokens_revoked":
            revoked = event.get("tokens")
            return _installation(payload, "token_revoked") if isinstance(revoked, dict) and revoked.get("bot") else None
        case "team_access_revoked":
            return Word("team_access_not_granted", _teams(event), "", _at(payload))
        case "team_access_granted":
            return Word("", _teams(event), "", _at(payload))
    return None


def _at(payload: dict[str, Any]) -> datetime:
    """When it happened; without a word of Slack's, after everything we know."""
    said = payload.get("event_time")
    return datetime.fromtimestamp(said, UTC) if isinstance(said, int) and 0 <= said < _NEVER else datetime.max.replace(tzinfo=UTC)


def _installation(payload: dict[str, Any], code: str) -> Word:
    first = (payload.get("authorizations") or [{}])[0]
    team, enterprise = (str(first.get(one) or payload.get(one) or "") for one in ("team_id", "enterprise_id"))
    wide = bool(first.get("is_enterprise_install")) or not team
    return Word(code, (), enterprise if wide and enterprise else team, _at(payload))


def _teams(event: dict[str, Any]) -> tuple[str, ...]:
    listed = event.get("team_ids")
    return tuple(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()


async def act(word: Word, tokens: Tokens, context: Context, now: datetime, waits: Sequence[float] = WAITS) -> None:
    """What it says holds: tokens are forgotten, and the places of the workspaces sleep or wake. Tried again while the database is away."""
    for wait in (*waits, 0):
        try:
            await _act(word, tokens, context, now)
        except StoreTrouble as error:
            log.warning("An uninstallation is not yet kept", reason=error.sentence, again_in=wait)
            await asyncio.sleep(wait)
        else:
            return


async def _act(word: Word, tokens: Tokens, context: Context, now: datetime) -> None:
    if word.installation and not await tokens.gone(word.installation, word.at):
        log.info("An uninstallation is older than the installation", workspace=word.installation)
        return
    for team in (*word.teams, *(await tokens.served_by(word.installation) if word.installation else ())):
        if word.code:
            await suspension.ended("slack", team, word.code, context, now)
        else:
            await suspension.renewed("slack", team, context, now)
