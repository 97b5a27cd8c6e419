"""What every platform's sender offers: send one card, and find one that may have been sent."""

from datetime import datetime
from typing import Protocol

from bot.cards.card import Card
from bot.deliver.outbox import Found, Outcome
from bot.model import Place


class Sender(Protocol):
    """One platform's way out. Troubles of the platform are answers, not exceptions."""

    async def send(self, place: Place, card: Card, delivery_id: str, thread: str = "") -> Outcome:
        """Try once to put the card in the place, marked with the delivery's id; never tries again by itself.

        `thread` is the reference of an earlier message that this one follows: it stands below that if the platform can.
        """

    async def refresh(self, place: Place, card: Card, reference: str, delivery_id: str) -> Outcome:
        """Put the card in the place of the message of that reference and delivery, once; doing it twice changes nothing more."""

    async def find(self, place: Place, delivery_id: str, since: datetime, thread: str = "") -> Found:
        """Look for a message that carries the delivery's id and was sent at or after `since`, as one that follows `thread` if given.

        Sent if it is there; None only if all of the time since was seen and it is not; Later if the platform cannot be asked
        now; Unclear if we are not able to look at all.
        """
