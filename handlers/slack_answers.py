"""How what we say gets to people in Slack: privately, to everybody in the place, or as a message of its own; always one way or another."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.cards import slack as block_kit
from bot.cards.card import Card
from bot.messages import say, speaking
from handlers.reply import Reply
from handlers.slack_calls import TIMEOUT, TRANSPORT_ERRORS, code, quiet_logger
from handlers.slack_people import People
from handlers.slack_wire import Heard

log = structlog.get_logger()

PERSON = "person"
"""The field of a form that chooses a person."""
NOT_IN_CHANNEL = frozenset({"not_in_channel", "channel_not_found"})


class Answering:
    """What is said in one workspace. `bot_name` is what people type to invite us."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._people = People(client)
        self.bot_name = "Regwatch"

    async def post(self, channel: str, card: Card, thread: str = "") -> None:
        """The card stands in the channel, or below a message there; raises one of TRANSPORT_ERRORS if that is not sure."""
        said = content(card)
        await self._client.chat_postMessage(channel=channel, thread_ts=thread or None, **said, unfurl_links=False, unfurl_media=False)

    async def with_names(self, heard: Heard) -> Heard:
        """The request with what is to be known of its person, and with the name of the person that a form chose."""
        filled = heard.request.filled
        chosen = filled.one(PERSON) if filled else ""
        if filled and chosen:
            values = filled.values | {PERSON: (chosen, await self._people.name_of(chosen, heard) or chosen)}
            request = heard.request.model_copy(update={"filled": filled.model_copy(update={"values": values})})
            heard = replace(heard, request=request)
        return await self._people.known(heard)

    async def announce(self, heard: Heard, card: Card, thread: str = "") -> str | None:
        """Everybody in the channel was told; a sentence for the person if we cannot post there on our own."""
        try:
            await self.post(heard.channel, card, thread)
        except SlackApiError as error:
            told = bool(heard.response_url) and await self._respond(heard.response_url, card, response_type="in_channel")
            log.warning("An announcement could not be posted", error=code(error), told_otherwise=told)
            if code(error) in NOT_IN_CHANNEL:
                return say(
                    "I am not in this channel, so I cannot post alerts here yet. Invite me: {command}", command=f"/invite @{self.bot_name}"
                )
            return None if told else say("I could not tell the channel about this change.")
        except TRANSPORT_ERRORS as error:
            log.warning("An announcement could not be posted", error=type(error).__name__)
            return say("I could not tell the channel about this change.")
        return None

    async def answer(self, heard: Heard, reply: Reply) -> None:
        """The person has the answer: by the response_url, else in the chat itself, else as a direct message."""
        kind = "ephemeral" if reply.private else "in_channel"
        if heard.response_url and await self._respond(heard.response_url, reply.card, response_type=kind, replace=heard.replaces):
            return
        thread = heard.thread or None
        ways: list[Callable[..., Coroutine[Any, Any, Any]]] = []
        if heard.request.personal or not reply.private:
            ways.append(partial(self._client.chat_postMessage, channel=heard.channel, thread_ts=thread))
        else:
            ways.append(partial(self._client.chat_postEphemeral, channel=heard.channel, user=heard.user, thread_ts=thread))
        ways.append(partial(self._client.chat_postMessage, channel=heard.user))
        for way, card in product(ways, readings(reply.card)):
            with speaking(reply.language):
                said = content(card)
            try:
                await way(**said)
            except TRANSPORT_ERRORS as error:
                log.warning("An answer could not be given this way", error=code(error))
            else:
                return

    async def _respond(self, url: str, card: Card, *, response_type: str, replace: bool = False) -> bool:
        """Whether Slack took the answer; a response_url can be used 5 times within 30 minutes."""
        hook = AsyncWebhookClient(url, timeout=TIMEOUT, retry_handlers=[], logger=quiet_logger())
        for reading in readings(card):
            try:
                answer = await hook.send(**content(reading), response_type=response_type, replace_original=replace)
            except TRANSPORT_ERRORS as error:
                log.warning("A response_url did not work", error=type(error).__name__)
                return False
            if answer.status_code == 200:
                return True
        return False


def readings(card: Card) -> list[Card]:
    """The card, and then without its pictures if it has any: Slack refuses a message with a picture that it cannot fetch."""
    bare = card.without_pictures()
    return [card] if bare == card else [card, bare]


def content(card: Card) -> dict[str, Any]:
    """The card as the arguments of a message."""
    return {"text": block_kit.text(card), "blocks": block_kit.blocks(card)}
