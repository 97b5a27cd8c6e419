"""Calls of Slack's API: a client that never posts twice, what went wrong in a word, and a logger that tells no secrets.

The client speaks for the workspace of the request that is being carried out: `workspace` is set before the task of a request begins and
stays with it, so that whoever serves the request need not know which token that takes.
"""

import logging
from contextvars import ContextVar
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError, SlackRequestError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import PlatformTrouble, StoreTrouble
from bot.slack_client import SlackClient
from bot.slack_installs import Tokens

TIMEOUT = 10  # seconds for one call to Slack
TRANSPORT_ERRORS = (SlackClientError, aiohttp.ClientError, TimeoutError, ValueError)
REFUSED_TOKENS = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "no_permission", "not_allowed_token_type"}
)


workspace: ContextVar[str] = ContextVar("workspace", default="")
"""The team id of the request that this task carries out."""


class WorkspaceClient(SlackClient):
    """Calls with the token of `workspace`; SlackRequestError where the bot is not installed."""

    def __init__(self, tokens: Tokens, api_url: str) -> None:
        # Only a refusal for haste is tried again by the library: after a lost answer it would post twice.
        patient = AsyncRateLimitErrorRetryHandler(max_retry_count=1)
        super().__init__(base_url=api_url, timeout=TIMEOUT, retry_handlers=[patient], logger=quiet_logger())
        self._tokens = tokens

    async def api_call(self, api_method: str, **given: Any) -> AsyncSlackResponse:
        """As the library's, with the token of the workspace unless one is given."""
        if not any("token" in (given.get(part) or ()) for part in ("params", "json", "data")):
            given["headers"] = {**(given.get("headers") or {}), "Authorization": f"Bearer {await self._token()}"}
        return await super().api_call(api_method, **given)

    async def _token(self) -> str:
        try:
            token = await self._tokens.token(workspace.get())
        except StoreTrouble as error:
            raise SlackRequestError(f"no token can be had: {error.sentence}") from None
        if not token:
            raise SlackRequestError("there is no token for this workspace")
        return token


def raise_if_refused(error: SlackApiError, what: str, variable: str) -> None:
    """PlatformTrouble when Slack says that a token will never do."""
    if code(error) in REFUSED_TOKENS:
        raise PlatformTrouble(
            f"Slack refused the {what}: {code(error)}.", hint=f"Copy it again from the app's settings into {variable}."
        ) from None


def code(error: Exception) -> str:
    """Slack's own word for what went wrong, or the kind of error; never its text."""
    if isinstance(error, SlackApiError):
        return str(error.response.get("error") or "no reason given")
    return type(error).__name__


class _Discreet(logging.Filter):
    """Slack's libraries log whole payloads, addresses with tickets and tracebacks; of their records only the kind and place remain."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        said = str(record.msg).split("(")[0].split(":")[0].strip()[:80]
        record.msg, record.args, record.exc_info = said + (f" ({type(error).__name__})" if error else ""), (), None
        return True


def quiet_logger() -> logging.Logger:
    """The logger to give to Slack's libraries."""
    logger = logging.getLogger("regwatch.slack_library")
    logger.setLevel(logging.WARNING)
    if not logger.filters:
        logger.addFilter(_Discreet())
    return logger
