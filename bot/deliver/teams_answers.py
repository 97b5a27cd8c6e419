"""Answers to people in Teams: said to all of a place, to one person in it, or in the personal chat; a busy Teams is asked again."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.cards.card import Card
from bot.deliver.outbox import Gone, Later, Outcome, Refused, Sent, Unclear
from bot.deliver.teams_connector import Connector
from bot.messages import keep
from bot.model import Place

ATTEMPTS = 4
FIRST_WAIT = 0.5  # seconds; doubled each time, unless Teams names a time
LONGEST_WAIT = 15.0
"""A person who is asked to wait longer than this has gone on; the answer is given up."""


class TeamsAnswers:
    """Each method says "" once the answer stands where it should, else why it does not. `sleep` waits so many seconds."""

    def __init__(self, connector: Connector, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._connector, self._sleep = connector, sleep

    async def say(self, place: Place, card: Card, thread: str = "") -> str:
        """Everybody in the place sees the card, below the message of that id if one is given."""
        return _trouble(await self._insist(lambda: self._connector.post(place.address, _in_thread(place.channel, thread), card)))

    async def whisper(self, place: Place, card: Card, user: str, thread: str = "") -> str:
        """Only this person sees the card in the place, if the tenant allows such messages."""
        where = _in_thread(place.channel, thread)
        return _trouble(await self._insist(lambda: self._connector.post(place.address, where, card, only=user)))

    async def say_alone(self, place: Place, card: Card, user: str) -> str:
        """The card stands in the personal chat of this person, which Teams opens if they have the bot installed."""
        opened = await self._insist(lambda: self._connector.open_chat(place.address, place.workspace, user))
        if not isinstance(opened, Sent):
            return _trouble(opened)
        return _trouble(await self._insist(lambda: self._connector.post(place.address, opened.reference, card)))

    async def _insist(self, call: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """The outcome; what was certainly not taken is said again, so that nobody reads an answer twice."""
        wait = FIRST_WAIT
        outcome = await call()
        for _ in range(ATTEMPTS - 1):
            if not isinstance(outcome, Later) or outcome.seconds > LONGEST_WAIT:
                break
            await self._sleep(max(outcome.seconds, wait))
            wait *= 2
            outcome = await call()
        return outcome


def _in_thread(conversation: str, thread: str) -> str:
    return f"{conversation};messageid={thread}" if thread else conversation


def _trouble(outcome: Outcome) -> str:
    match outcome:
        case Gone(code=code) | Refused(code=code):
            return keep("Teams refuses it: {code}", code=code)
        case Later(reason=reason) | Unclear(reason=reason):
            return reason
    return ""
