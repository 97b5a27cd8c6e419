"""Where the bot is installed on Slack and with which token it speaks there: kept sealed, renewed before it ends.

Bolt's own interfaces for its OAuth flow, over our store. Nothing here asks Slack who a token belongs to: that it is kept says so.
"""

import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import aiohttp
import structlog
from aiohttp import encode_basic_auth
from slack_sdk.errors import SlackClientError
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.sealing import Seal
from bot.store import installations
from bot.store.database import Store
from bot.store.installations import Installation as Kept

log = structlog.get_logger()

Clock = Callable[[], datetime]

# A token that ends within this time is renewed first. Slack's live for 12 hours, and the old one stays good until its end.
AHEAD = timedelta(minutes=30)
RENEWING = timedelta(minutes=1)
# An event of before an installation may arrive after it, but not so late; and what seems to be before it by less may be after it.
LATE = timedelta(days=1)
CLOCKS_DIFFER = timedelta(seconds=2)
TIMEOUT = 10  # seconds for one call to Slack
STATE_LIVES = timedelta(minutes=10)
# For the library, which else compares with a clock of its own: whoever asks has decided already.
_ALWAYS = 10**6  # minutes


class Tokens(Protocol):
    """With which tokens the bot speaks to Slack."""

    async def token(self, team: str, /) -> str | None:
        """The bot token for a workspace: None where the bot is not installed, "" while a new one is awaited and the old one has ended."""

    async def heard(self, team: str, enterprise: str, /) -> bool:
        """Whether the bot is installed for a workspace that was heard of; its organisation is remembered for what is sent there later."""

    async def installer(self, team: str, /) -> str:
        """The id of who installed the bot for a workspace, "" if nobody is known."""

    async def gone(self, installation_id: str, at: datetime, /) -> bool:
        """The bot was uninstalled there at that time, and its tokens are forgotten; False if it was installed anew since."""

    async def served_by(self, installation_id: str, /) -> list[str]:
        """The workspaces that an installation serves, as far as they were heard of: itself, or those of the organisation."""


class OneToken:
    """One workspace, whose token stands in the settings."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self, _team: str, /) -> str | None:
        """That token; Slack lets it speak nowhere else."""
        return self._token

    async def heard(self, _team: str, _enterprise: str, /) -> bool:
        """Slack tells us of no workspace but that one."""
        return True

    async def installer(self, _team: str, /) -> str:
        """Nobody told us."""
        return ""

    async def gone(self, _installation: str, _at: datetime, /) -> bool:
        """Nothing is kept that could be forgotten."""
        return True

    async def served_by(self, installation_id: str, /) -> list[str]:
        """Itself."""
        return [installation_id]


class Installs(AsyncInstallationStore):
    """The installations of one Slack app. `own` serves workspaces that are not installed: the one whose token stands in the settings."""

    def __init__(self, store: Store, seal: Seal, clock: Clock, rotator: AsyncTokenRotator, own: str = "") -> None:
        self._store, self._seal, self._clock, self._rotator, self._own = store, seal, clock, rotator, own

    async def token(self, team: str, /) -> str | None:
        """As Tokens says; Slack is asked only when the token that is kept ends soon."""
        async with self._store.read() as tx:
            kept = await installations.serving(tx, team)
        if kept is None:
            return self._own or None
        opened, now = self._opened(kept), self._clock()
        if kept.expires is not None and kept.expires - AHEAD <= now:
            return await self._renewed(kept, opened, now)
        return opened.bot_token or ""

    async def heard(self, team: str, enterprise: str, /) -> bool:
        """As Tokens says."""
        async with self._store.read() as tx:
            kept = await installations.serving(tx, team, enterprise)
            known = kept is None or bool(kept.team) or team in await installations.teams_of(tx, enterprise)
        if not known:
            async with self._store.write() as tx:
                await installations.belongs(tx, team, enterprise)
        return kept is not None or bool(self._own)

    async def installer(self, team: str, /) -> str:
        """As Tokens says."""
        async with self._store.read() as tx:
            kept = await installations.serving(tx, team)
        return kept.installer if kept is not None else ""

    async def gone(self, installation_id: str, at: datetime, /) -> bool:
        """As Tokens says."""
        async with self._store.write() as tx:
            kept = await installations.serving(tx, installation_id)
            if kept is not None and LATE > kept.installed - at > CLOCKS_DIFFER:
                return False
            await installations.remove(tx, installation_id)
        return True

    async def served_by(self, installation_id: str, /) -> list[str]:
        """As Tokens says."""
        async with self._store.read() as tx:
            return [installation_id, *await installations.teams_of(tx, installation_id)]

    async def async_save(self, installation: Installation) -> None:
        """The bot is installed there from now on; what was kept before is replaced."""
        wide = bool(installation.is_enterprise_install)
        enterprise, team = installation.enterprise_id or "", "" if wide else installation.team_id or ""
        kept = Kept(
            id=team or enterprise,
            enterprise=enterprise,
            team=team,
            installer=installation.user_id or "",
            bot_user=installation.bot_user_id or "",
            sealed=self._sealed(installation),
            installed=self._clock(),
            expires=_end(installation),
        )
        async with self._store.write() as tx:
            await installations.keep(tx, kept)

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,  # noqa: ARG002 - Bolt's interface
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        """The installation that serves the workspace, or the organisation; who installed it does not matter."""
        async with self._store.read() as tx:
            kept = await installations.serving(tx, "" if is_enterprise_install else team_id or "", enterprise_id or "")
        return self._opened(kept) if kept is not None else None

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """The bot's part of what `async_find_installation` finds."""
        wide = is_enterprise_install
        found = await self.async_find_installation(enterprise_id=enterprise_id, team_id=team_id, is_enterprise_install=wide)
        return found.to_bot() if found is not None else None

    async def async_delete_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,  # noqa: ARG002 - Bolt's interface
    ) -> None:
        """The bot is installed there no more; without a workspace, in the organisation. Nothing of its tokens is kept."""
        async with self._store.write() as tx:
            await installations.remove(tx, team_id or enterprise_id or "")

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """The same: without its bot nothing is installed."""
        await self.async_delete_installation(enterprise_id=enterprise_id, team_id=team_id)

    async def _renewed(self, kept: Kept, opened: Installation, now: datetime) -> str:
        """A new token, or the old one while it is good; "" when it has ended and none came."""
        old = (opened.bot_token or "") if kept.expires is None or kept.expires > now else ""
        async with self._store.write() as tx:
            if not await installations.claim_renewal(tx, kept, now, RENEWING):
                newer = await installations.serving(tx, kept.id)
                return old if newer is None or newer.sealed == kept.sealed else self._opened(newer).bot_token or ""
        try:
            bot = await self._rotator.perform_bot_token_rotation(bot=opened.to_bot(), minutes_before_expiration=_ALWAYS)
        except (SlackClientError, aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.warning("A token of Slack could not be renewed", workspace=kept.id, error=type(error).__name__, good_until=kept.expires)
            return old
        if bot is None:
            return old
        opened.bot_token, opened.bot_refresh_token, opened.bot_token_expires_at = (
            bot.bot_token,
            bot.bot_refresh_token,
            bot.bot_token_expires_at,
        )
        async with self._store.write() as tx:
            await installations.renew(tx, kept, self._sealed(opened), _end(opened))
        return bot.bot_token

    def _sealed(self, installation: Installation) -> str:
        return self._seal.close(json.dumps(installation.to_dict_for_copying(), default=datetime.isoformat))

    def _opened(self, kept: Kept) -> Installation:
        values: dict[str, Any] = json.loads(self._seal.open(kept.sealed))
        return Installation(**values)


class OAuthClient(AsyncWebClient):
    """The library's, which says the client's id and secret in a way that aiohttp is about to give up."""

    async def api_call(self, api_method: str, **given: Any) -> AsyncSlackResponse:
        """As the library's."""
        if auth := given.pop("auth", None):
            said = encode_basic_auth(auth["client_id"], auth["client_secret"])
            given["headers"] = {**(given.get("headers") or {}), "Authorization": said}
        return await super().api_call(api_method, **given)


class OneTimeStates(AsyncOAuthStateStore):
    """States that Slack sends back with an installation: each is good once, for ten minutes."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def async_issue(self, *_args: Any, **_kwargs: Any) -> str:
        """A state that nobody can guess; only its hash is kept."""
        state, now = secrets.token_urlsafe(32), self._clock()
        async with self._store.write() as tx:
            await installations.begin(tx, state, now, now + STATE_LIVES)
        return state

    async def async_consume(self, state: str) -> bool:
        """Whether it was issued, is not used and not over; it is used now."""
        async with self._store.write() as tx:
            return await installations.finish(tx, state, self._clock())


async def require_openable(store: Store, seal: Seal) -> None:
    """SettingsError if an installation was sealed with a key that is not among ours."""
    async with store.read() as tx:
        for one in await installations.all(tx):
            seal.open(one.sealed)


async def sealed_anew(store: Store, seal: Seal) -> int:
    """Every installation is sealed with the first key, so that older keys can be taken out of the settings; how many there are."""
    async with store.write() as tx:
        found = await installations.all(tx)
        for one in found:
            await installations.reseal(tx, one.id, seal.renew(one.sealed))
    return len(found)


def rotator(client_id: str, client_secret: str, api_url: str) -> AsyncTokenRotator:
    """Renews tokens at this address of Slack."""
    client = OAuthClient(base_url=api_url, timeout=TIMEOUT, retry_handlers=[])
    return AsyncTokenRotator(client_id=client_id, client_secret=client_secret, client=client)


def _end(installation: Installation) -> datetime | None:
    moment = installation.bot_token_expires_at
    return datetime.fromtimestamp(moment, UTC) if moment is not None else None
