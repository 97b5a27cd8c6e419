"""Delivery to Microsoft Teams: one call of the Bot Connector per attempt, with our own deadline and no retry of the library's.

Teams has no key by which a message is taken only once, and a bot cannot read back what it sent: what is unclear stays so.
"""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any

import httpx
from microsoft_teams.api.activities import MessageActivityInput, SentActivity
from microsoft_teams.api.clients.conversation import ConversationClient
from microsoft_teams.api.models import Attachment
from microsoft_teams.common import ClientOptions

from bot.cards import teams
from bot.cards.card import Card
from bot.deliver.outbox import Found, Gone, Later, Outcome, Refused, Sent, Unclear
from bot.errors import PlatformTrouble
from bot.model import Place

Token = Callable[[], Awaitable[str | None]]
"""The bot's access token for the Connector, or None for a test client that wants none; PlatformTrouble if there is none to be had."""

PUBLIC_SERVICE = "https://smba.trafficmanager.net/teams"
TIMEOUT_SECONDS = 20.0
CARD_TYPE = "application/vnd.microsoft.card.adaptive"

_CHANNEL = re.compile(r"@thread\.(tacv2|skype)$")
# The conversation takes no message of ours until a person does something: the bot was removed, blocked, or never let in.
_GONE = {403, 404}
# Teams says of these that the message was not taken and may be sent again (learn.microsoft.com, rate limits for bots).
_BUSY = {408, 412, 429}
_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)


class TeamsSender:
    """Sends to conversations of Teams. `token` gives the access token of each call."""

    def __init__(self, token: Token, *, service_url: str = PUBLIC_SERVICE, timeout: float = TIMEOUT_SECONDS) -> None:
        self._timeout = timeout
        self._service_url = service_url
        self._client = ConversationClient(service_url, ClientOptions(timeout=timeout, token=token))

    async def close(self) -> None:
        """The connections held open are given back; nothing can be sent afterwards."""
        await self._client.http.http.aclose()

    async def send(self, place: Place, card: Card, delivery_id: str, thread: str = "") -> Outcome:  # noqa: ARG002 - Teams takes no key
        """Post the card once, below the message of that id if the place is a channel. The reference is the activity's id."""
        return await self._call(partial(self._client.create_activity, _below(place.channel, thread), activity(card)), place)

    async def refresh(self, place: Place, card: Card, reference: str, delivery_id: str) -> Outcome:  # noqa: ARG002 - as all senders
        """Put the card in the place of the activity of that id. A message that is not there any more is no reason to suspend the place."""
        outcome = await self._call(partial(self._client.update_activity, place.channel, reference, activity(card)), place)
        return Refused(code=outcome.code) if isinstance(outcome, Gone) else outcome

    async def _call(self, call: Callable[..., Awaitable[SentActivity]], place: Place) -> Outcome:
        try:
            # httpx counts the time-out anew at each byte; this one is for the whole call
            async with asyncio.timeout(self._timeout):
                answer = await call(service_url=place.address or self._service_url)
        except httpx.HTTPStatusError as error:
            return _refusal(error.response)
        except PlatformTrouble as trouble:
            return Later(seconds=0, reason=trouble.sentence)
        except _NOT_CONNECTED as error:
            return Later(seconds=0, reason=f"Teams could not be reached: {error}")
        except (httpx.HTTPError, TimeoutError, OSError, ValueError, KeyError) as error:
            return Unclear(reason=f"no usable answer from Teams: {type(error).__name__}")
        # the library puts words of its own where the answer has no id
        named = isinstance(answer.id, str) and answer.id and not answer.id.startswith("DO_NOT_USE")
        return Sent(reference=answer.id) if named else Unclear(reason="Teams took the message, but did not say as what")

    async def find(self, place: Place, delivery_id: str, since: datetime, thread: str = "") -> Found:  # noqa: ARG002 - as all senders
        """Unclear always: a bot cannot read a conversation back."""
        return Unclear(reason="a bot cannot read back what it sent to Teams")


def _below(conversation: str, thread: str) -> str:
    """The conversation of a thread, which only channels have; chats take the message as a new one."""
    return f"{conversation};messageid={thread}" if thread and _CHANNEL.search(conversation) else conversation


def activity(card: Card) -> MessageActivityInput:
    """The card as a message; `summary` is what notifications and screen readers say."""
    content: Any = teams.adaptive(card)
    return MessageActivityInput(attachments=[Attachment(content_type=CARD_TYPE, content=content)], summary=teams.text(card))


def _refusal(response: httpx.Response) -> Outcome:
    """What an HTTP status that is not 2xx tells about the message."""
    status, code = response.status_code, _code(response)
    if status in _BUSY:
        return Later(seconds=_retry_after(response), reason=f"Teams asked us to wait (HTTP {status})")
    if status == 401:
        return Later(seconds=0, reason=f"Teams did not accept the bot's credentials ({code})")
    if status in _GONE:
        return Gone(code=code)
    return Refused(code=code) if status < 500 else Unclear(reason=f"Teams answered with HTTP {status}")


def _code(response: httpx.Response) -> str:
    """Teams' own word for what is wrong, such as MessageWritesBlocked; else the HTTP status."""
    try:
        found = response.json()["error"]["code"]
    except (ValueError, KeyError, TypeError):
        found = None
    return found if isinstance(found, str) and found else f"HTTP {response.status_code}"


def _retry_after(response: httpx.Response) -> float:
    """The seconds of Retry-After; 0 when it is missing or no number."""
    try:
        seconds = float(response.headers.get("Retry-After", ""))
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0
