"""The bot's access token for Teams, from Microsoft Entra: asked for when needed, kept by msal until shortly before it ends."""

import asyncio
from typing import Any

import msal

from bot.errors import PlatformTrouble
from bot.messages import keep

AUTHORITY = "https://login.microsoftonline.com/"
SCOPE = "https://api.botframework.com/.default"
TIMEOUT_SECONDS = 15


class EntraToken:
    """Call it for the token of a bot registered in one tenant. PlatformTrouble says why there is none to be had."""

    def __init__(self, client_id: str, secret: str, tenant: str, *, http_client: object | None = None) -> None:
        """`http_client` carries msal's requests, if they are not to go over the network."""
        self._given: dict[str, Any] = {
            "client_id": client_id,
            "client_credential": secret,
            "authority": AUTHORITY + tenant,
            "http_client": http_client,
        }
        self._client: msal.ConfidentialClientApplication | None = None
        self._asking = asyncio.Lock()

    async def __call__(self) -> str:
        """A token that is good now."""
        async with self._asking:
            # msal asks with requests, which would hold up everything else
            answer = await asyncio.to_thread(self._ask)
        token = answer.get("access_token")
        if not token:
            reason = answer.get("error") or keep("no reason given")
            raise PlatformTrouble(
                keep("Microsoft did not give the bot a token: {reason}.", reason=reason),
                hint=keep("Look at REGWATCH_TEAMS_CLIENT_ID, REGWATCH_TEAMS_CLIENT_SECRET (has it expired?) and REGWATCH_TEAMS_TENANT_ID."),
            )
        return str(token)

    def _ask(self) -> dict[str, Any]:
        try:
            if self._client is None:
                timeout = TIMEOUT_SECONDS if self._given["http_client"] is None else None
                self._client = msal.ConfidentialClientApplication(**self._given, timeout=timeout, instance_discovery=False)
            answer: dict[str, Any] = self._client.acquire_token_for_client([SCOPE])
        except (OSError, ValueError) as error:
            raise PlatformTrouble(
                keep("Microsoft could not be asked for the bot's token: {name}.", name=type(error).__name__),
                hint=keep("Look at the network and REGWATCH_TEAMS_TENANT_ID."),
            ) from None
        return answer


async def no_token() -> None:
    """For a test client on this machine, which wants none."""
