"""Delivery to Microsoft Teams: one call of the Bot Connector per attempt, with our own deadline and no retry of the library's.

Teams has no key by which a message is taken only once, and a bot cannot read back what it sent: what is unclear stays so.
"""

import re
from datetime import datetime

from bot.cards.card import Card
from bot.deliver.outbox import Found, Gone, Outcome, Refused, Unclear
from bot.deliver.teams_connector import Connector
from bot.messages import keep
from bot.model import Place

_CHANNEL = re.compile(r"@thread\.(tacv2|skype)$")


class TeamsSender:
    """Sends to conversations of Teams through a connector, which whoever made it closes."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def send(self, place: Place, card: Card, delivery_id: str, thread: str = "") -> Outcome:  # noqa: ARG002 - Teams takes no key
        """Post the card once, below the message of that id if the place is a channel. The reference is the activity's id."""
        return await self._connector.post(place.address, below(place.channel, thread), card)

    async def refresh(self, place: Place, card: Card, reference: str, delivery_id: str) -> Outcome:  # noqa: ARG002 - as all senders
        """Put the card in the place of the activity of that id. A message that is not there any more is no reason to suspend the place."""
        outcome = await self._connector.put(place.address, place.channel, reference, card)
        return Refused(code=outcome.code) if isinstance(outcome, Gone) else outcome

    async def find(self, place: Place, delivery_id: str, since: datetime, thread: str = "") -> Found:  # noqa: ARG002 - as all senders
        """Unclear always: a bot cannot read a conversation back."""
        return Unclear(reason=keep("a bot cannot read back what it sent to Teams"))


def below(conversation: str, thread: str) -> str:
    """The conversation of a thread, which only channels have; chats take the message as a new one."""
    return f"{conversation};messageid={thread}" if thread and _CHANNEL.search(conversation) else conversation
