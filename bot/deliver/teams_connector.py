"""The Bot Connector of Teams, call by call: each has one deadline, is made once, and its answer is told as an outcome.

Teams has no key by which a message is taken only once, and its client library neither limits the time of a call nor reads what a
refusal means: both are done here.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from microsoft_teams.api.activities import MessageActivityInput
from microsoft_teams.api.clients.conversation import ConversationClient
from microsoft_teams.api.models import Account, Attachment
from microsoft_teams.common import ClientOptions

from bot.cards import teams
from bot.cards.card import Card
from bot.deliver.outbox import Gone, Later, Outcome, Refused, Sent, Unclear
from bot.errors import PlatformTrouble
from bot.messages import keep

Token = Callable[[], Awaitable[str | None]]
"""The bot's access token for the Connector, or None for a test client that wants none; PlatformTrouble if there is none to be had."""

PUBLIC_SERVICE = "https://smba.trafficmanager.net/teams"
TIMEOUT_SECONDS = 20.0
CARD_TYPE = "application/vnd.microsoft.card.adaptive"

# The conversation takes no message of ours until a person does something: the bot was removed, blocked, or never let in.
_GONE = {403, 404}
# Teams says of these that the message was not taken and may be sent again (learn.microsoft.com, rate limits for bots).
_BUSY = {408, 412, 429}
_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)


class Connector:
    """Calls the Connector at the address a place named, or else at `service_url`. `token` gives the access token of each call."""

    def __init__(self, token: Token, *, service_url: str = PUBLIC_SERVICE, timeout: float = TIMEOUT_SECONDS) -> None:
        self._timeout = timeout
        self._service_url = service_url
        self._client = ConversationClient(service_url, ClientOptions(timeout=timeout, token=token))

    async def close(self) -> None:
        """The connections held open are given back; nothing can be sent afterwards."""
        await self._client.http.http.aclose()

    async def post(self, address: str, conversation: str, card: Card, *, only: str = "") -> Outcome:
        """The card is a new message, which only the person of the id `only` sees if one is given."""
        message = activity(card)
        if not only:
            return await self._call(lambda: self._sent(self._client.create_activity(conversation, message, service_url=self._at(address))))
        body = message.model_dump(by_alias=True, exclude_none=True) | {"recipient": _dump(Account(id=only, is_targeted=True))}
        path = f"/v3/conversations/{conversation}/activities?isTargetedActivity=true"
        return await self._call(lambda: self._asked(address, path, body))

    async def put(self, address: str, conversation: str, reference: str, card: Card) -> Outcome:
        """The card stands in the place of the message of that id."""
        return await self._call(
            lambda: self._sent(self._client.update_activity(conversation, reference, activity(card), service_url=self._at(address)))
        )

    async def open_chat(self, address: str, tenant: str, user: str) -> Outcome:
        """The reference is the personal chat with that person, which exists from now on."""
        body = {"members": [_dump(Account(id=user))], "tenantId": tenant, "channelData": {"tenant": {"id": tenant}}, "isGroup": False}
        return await self._call(lambda: self._asked(address, "/v3/conversations", body))

    def _at(self, address: str) -> str:
        return (address or self._service_url).rstrip("/")

    async def _sent(self, sending: Awaitable[Any]) -> object:
        return (await sending).id

    async def _asked(self, address: str, path: str, body: dict[str, Any]) -> object:
        answer = await self._client.http.post(self._at(address) + path, json=body)
        return answer.json().get("id")

    async def _call(self, call: Callable[[], Awaitable[object]]) -> Outcome:
        try:
            # httpx counts the time-out anew at each byte; this one is for the whole call
            async with asyncio.timeout(self._timeout):
                made = await call()
        except httpx.HTTPStatusError as error:
            return _refusal(error.response)
        except PlatformTrouble as trouble:
            return Later(seconds=0, reason=trouble.sentence)
        except _NOT_CONNECTED as error:
            return Later(seconds=0, reason=keep("Teams could not be reached: {error}", error=error))
        except (httpx.HTTPError, TimeoutError, OSError, ValueError, KeyError, AttributeError) as error:
            return Unclear(reason=keep("no usable answer from Teams: {name}", name=type(error).__name__))
        # the library puts words of its own where the answer has no id
        named = isinstance(made, str) and made and not made.startswith("DO_NOT_USE")
        return Sent(reference=str(made)) if named else Unclear(reason=keep("Teams took the message, but did not say as what"))


def activity(card: Card) -> MessageActivityInput:
    """The card as a message; `summary` is what notifications and screen readers say."""
    content: Any = teams.adaptive(card)
    return MessageActivityInput(attachments=[Attachment(content_type=CARD_TYPE, content=content)], summary=teams.text(card))


def _dump(account: Account) -> dict[str, Any]:
    return account.model_dump(by_alias=True, exclude_none=True)


def _refusal(response: httpx.Response) -> Outcome:
    """What an HTTP status that is not 2xx tells about the message."""
    status, code = response.status_code, _code(response)
    if status in _BUSY:
        return Later(seconds=_retry_after(response), reason=keep("Teams asked us to wait (HTTP {status})", status=status))
    if status == 401:
        return Later(seconds=0, reason=keep("Teams did not accept the bot's credentials ({code})", code=code))
    if status in _GONE:
        return Gone(code=code)
    return Refused(code=code) if status < 500 else Unclear(reason=keep("Teams answered with HTTP {status}", status=status))


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
