"""Delivery to Slack: one call of chat.postMessage per attempt, and the search for a message whose fate is unclear.

The library's own retries are off: its default posts twice when an answer is lost (measured with slack_sdk 3.47). Each
message carries the delivery's id in its metadata, by which conversations.history finds it again.
"""

import math
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.cards import slack
from bot.cards.card import Card
from bot.deliver.outbox import Found, Gone, Later, Outcome, Refused, Sent, Unclear
from bot.errors import PlatformTrouble, StoreTrouble
from bot.messages import keep
from bot.model import Place
from bot.slack_client import SlackClient

EVENT_TYPE = "regwatch_delivery"
TIMEOUT_SECONDS = 30

# Our clock and Slack's may differ, even by the hour that a wrong time zone makes.
MARGIN = timedelta(hours=2)
PAGE = 200
MOST_PAGES = 25

# Slack says of these that "some aspect of the operation" may have succeeded; the duplicate ones contradict themselves.
_OPEN = {"fatal_error", "internal_error", "service_unavailable", "duplicate_message_not_found", "duplicate_channel_not_found"}
_BUSY = {
    "ratelimited",
    "rate_limited",
    "message_limit_exceeded",
    "request_timeout",
    "team_added_to_org",
    "org_login_required",
    "external_channel_migrating",
}
# The place, or the workspace with all its places, does not take our messages until a person does something about it.
_GONE = {
    "access_denied",
    "account_inactive",
    "app_not_installed",
    "as_user_not_supported",
    "channel_is_limited_access",
    "channel_not_found",
    "ekm_access_denied",
    "enterprise_is_restricted",
    "invalid_auth",
    "invalid_channel",
    "is_archived",
    "is_inactive",
    "messages_tab_disabled",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "not_authed",
    "not_in_channel",
    "org_not_authorized",
    "posting_to_channel_denied",
    "restricted_action",
    "restricted_action_non_threadable_channel",
    "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel",
    "team_access_not_granted",
    "team_not_found",
    "token_expired",
    "token_revoked",
    "two_factor_setup_required",
    "user_not_found",
}

_NOT_INSTALLED = "app_not_installed"

# The message to follow was deleted, or takes no replies: certainly not posted, and it can be in the channel instead.
_NO_THREAD = {"cannot_reply_to_message", "message_not_found", "thread_not_found"}

# What the client raises besides its own errors when no usable answer came. AttributeError: it asks an answer that is no JSON
# object (a proxy's plain text) for its keys. ValueError: bytes that are not in the charset they claim.
_NO_ANSWER = (aiohttp.ClientError, TimeoutError, OSError, SlackClientError, AttributeError, ValueError)
_NOT_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


TokenOf = Callable[[str], Awaitable[str | None]]
"""The bot token for a workspace: None where the bot is not installed, "" while a new one is awaited and the old one has ended."""


class SlackSender:
    """Sends to the channels of one workspace, that of a token, or of all whose token `token` tells."""

    def __init__(self, token: str | TokenOf, *, api_url: str = "https://slack.com/api/", timeout: int = TIMEOUT_SECONDS) -> None:
        self._token_of = _always(token) if isinstance(token, str) else token
        self._client = SlackClient(base_url=api_url, timeout=timeout, retry_handlers=[])
        # What Slack's clock said when it was last asked who we are, as HTTP has it.
        self.told_date = ""

    async def send(self, place: Place, card: Card, delivery_id: str, thread: str = "") -> Outcome:
        """Post the card once, in the thread if one is given and is still there. The reference is the message's `ts`."""
        token = await self._token(place)
        if not isinstance(token, str):
            return token
        outcome = await self._post(token, place, card, delivery_id, thread)
        if thread and isinstance(outcome, Refused) and outcome.code in _NO_THREAD:
            return await self._post(token, place, card, delivery_id, "")
        return outcome

    async def _token(self, place: Place) -> str | Gone | Later:
        """The token to speak with in that place, or why nothing can be said there now."""
        try:
            token = await self._token_of(place.workspace)
        except StoreTrouble as error:
            return Later(seconds=0, reason=error.sentence)
        if token is None:
            return Gone(code=_NOT_INSTALLED)
        return token or Later(seconds=0, reason=keep("the token of the workspace is being renewed"))

    async def _post(self, token: str, place: Place, card: Card, delivery_id: str, thread: str) -> Outcome:
        try:
            answer = await self._client.chat_postMessage(
                token=token,
                channel=place.channel,
                thread_ts=thread or None,
                text=slack.text(card),
                blocks=slack.blocks(card),
                parse="none",
                mrkdwn=False,
                unfurl_links=False,
                unfurl_media=False,
                metadata=_mark(delivery_id),
                # A reply that is to be seen in the channel too.
                reply_broadcast=True if thread and place.threads == "both" else None,
                # Undocumented, and no guarantee: Slack is said to drop a second message with the same one.
                client_msg_id=str(uuid.uuid5(uuid.NAMESPACE_OID, delivery_id)),
            )
        except _NO_ANSWER as error:
            return _outcome(error)
        ts = answer.get("ts")
        return Sent(reference=ts) if isinstance(ts, str) and ts else Unclear(reason=keep("Slack answered ok, but not where the message is"))

    async def refresh(self, place: Place, card: Card, reference: str, delivery_id: str) -> Outcome:
        """Put the card in the place of the message with that `ts`, which keeps its mark. A message that is gone suspends nothing."""
        token = await self._token(place)
        if not isinstance(token, str):
            return Refused(code=token.code) if isinstance(token, Gone) else token
        try:
            await self._client.chat_update(
                token=token,
                channel=place.channel,
                ts=reference,
                text=slack.text(card),
                blocks=slack.blocks(card),
                parse="none",
                metadata=_mark(delivery_id),
            )
        except _NO_ANSWER as error:
            outcome = _outcome(error)
            return Refused(code=outcome.code) if isinstance(outcome, Gone) else outcome
        return Sent(reference=reference)

    async def find(self, place: Place, delivery_id: str, since: datetime, thread: str = "") -> Found:
        """Read the history back to `since` (and a margin for clocks) for the delivery's id; needs a history scope.

        A reply stands in its thread and not in the channel's history; one whose thread was gone stands in the channel.
        """
        token = await self._token(place)
        if not isinstance(token, str):
            return _search_failed(token)
        found = await self._find(token, place, delivery_id, since, thread)
        return await self._find(token, place, delivery_id, since, "") if thread and found is None else found

    async def _find(self, token: str, place: Place, delivery_id: str, since: datetime, thread: str) -> Found:
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            try:
                page = await self._history(token, place, since - MARGIN, cursor, thread)
            except _NO_ANSWER as error:
                outcome = _outcome(error)
                gone = thread and isinstance(outcome, Refused) and outcome.code in _NO_THREAD
                return None if gone else _search_failed(outcome)
            for message in page.get("messages") or []:
                if _delivery_of(message) == delivery_id:
                    return Sent(reference=str(message["ts"]))
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return Unclear(reason=keep("cannot look: Slack showed only a part of the history")) if page.get("has_more") else None
        return Unclear(reason=keep("cannot look: more than {n} messages since then", n=MOST_PAGES * PAGE))

    async def who(self) -> str:
        """The name of the workspace and the bot that the token belongs to; PlatformTrouble if Slack does not accept it now."""
        try:
            answer = await self._client.auth_test(token=await self._token_of(""))
        except SlackApiError as error:
            code = error.response.get("error") if isinstance(error.response, AsyncSlackResponse) else None
            raise PlatformTrouble(
                keep("Slack refused the bot token: {code}.", code=code or keep("no reason given")),
                hint=keep("Copy it again from the app's settings into REGWATCH_SLACK_BOT_TOKEN."),
            ) from None
        except _NO_ANSWER as error:
            raise PlatformTrouble(
                keep("Slack could not be asked: {name}.", name=type(error).__name__),
                hint=keep("Look at the network and REGWATCH_SLACK_API_URL."),
            ) from None
        self.told_date = str(answer.headers.get("Date", "")) if isinstance(answer, AsyncSlackResponse) else ""
        return f"{answer.get('user')} in {answer.get('team')}"

    async def _history(self, token: str, place: Place, oldest: datetime, cursor: str | None, thread: str) -> AsyncSlackResponse:
        """A page of the messages of the thread, or of the channel without one."""
        where: dict[str, Any] = {
            "token": token,
            "channel": place.channel,
            "oldest": f"{oldest.timestamp():.6f}",
            "limit": PAGE,
            "cursor": cursor,
        }
        if thread:
            return await self._client.conversations_replies(ts=thread, include_all_metadata=True, **where)
        return await self._client.conversations_history(include_all_metadata=True, **where)


def _always(token: str) -> TokenOf:
    async def token_of(_workspace: str) -> str | None:
        return token

    return token_of


def _mark(delivery_id: str) -> dict[str, Any]:
    """The metadata by which a message of ours is found again."""
    return {"event_type": EVENT_TYPE, "event_payload": {"delivery_id": delivery_id}}


def _delivery_of(message: dict[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return None
    found = (metadata.get("event_payload") or {}).get("delivery_id")
    return found if isinstance(found, str) else None


def _outcome(error: Exception) -> Outcome:
    """What an exception of the client tells about the message."""
    if isinstance(error, _NOT_CONNECTED):
        return Later(seconds=0, reason=keep("Slack could not be reached: {error}", error=error))
    if isinstance(error, SlackApiError) and isinstance(error.response, AsyncSlackResponse):
        return _refusal(error.response)
    return Unclear(reason=keep("no usable answer from Slack: {name}", name=type(error).__name__))


def _refusal(response: AsyncSlackResponse) -> Outcome:
    """What an answer that is not ok tells: by its HTTP status first, then by its error code."""
    status = response.status_code
    if status == 429:
        return Later(seconds=_retry_after(response), reason=keep("Slack asked us to wait"))
    if status >= 500:
        return Unclear(reason=keep("Slack answered with HTTP {status}", status=status))
    data = response.data
    code = data.get("error") if isinstance(data, dict) else None
    if not isinstance(code, str):
        # No word of Slack's own: below 400 it may have done it, from 400 something on the way refused the request.
        reason = keep("an answer with HTTP {status} that is not Slack's", status=status)
        return Later(seconds=0, reason=reason) if status >= 400 else Unclear(reason=reason)
    return _meaning(code)


def _meaning(code: str) -> Outcome:
    """What Slack's error code means for the message; an unknown one is a refusal, for a person to look at."""
    if code in _BUSY:
        return Later(seconds=0, reason=keep("Slack answered {code}", code=code))
    if code in _OPEN:
        return Unclear(reason=keep("Slack answered {code}", code=code))
    return Gone(code=code) if code in _GONE else Refused(code=code)


def _retry_after(response: AsyncSlackResponse) -> float:
    """The seconds of Retry-After; 0 when it is missing or no number."""
    try:
        seconds = float(response.headers.get("Retry-After", ""))
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0


def _search_failed(outcome: Outcome) -> Found:
    """A search that failed: for good when Slack answered that we may not look, for now in any other case."""
    match outcome:
        case Gone(code=code) | Refused(code=code):
            return Unclear(reason=keep("cannot look: {code}", code=code))
        case Unclear(reason=reason):
            return Later(seconds=0, reason=reason)
        case _:
            return outcome
