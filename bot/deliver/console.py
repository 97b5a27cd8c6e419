"""Delivery to a terminal: cards are written to a stream."""

from datetime import datetime
from textwrap import indent
from typing import TextIO

from bot.cards import plain
from bot.cards.card import Card
from bot.cards.console import render
from bot.deliver.outbox import Found, Later, Outcome, Refused, Sent, Unclear
from bot.messages import keep
from bot.model import Place


class ConsoleSender:
    """Writes cards to `stream`, with an empty line after each; remembers what it wrote for as long as it lives."""

    def __init__(self, stream: TextIO, *, width: int = 100, color: bool = False) -> None:
        self._stream = stream
        self._width = width
        self._color = color
        self._written: set[str] = set()

    async def send(self, place: Place, card: Card, delivery_id: str, thread: str = "") -> Outcome:
        """Write the card under the name of its place, indented if it follows an earlier one; Later if the stream takes nothing now."""
        heading = f"── {plain.words(place.name or place.channel)} {'· follow-up ' if thread else ''}"
        body = render(card, self._width - 2 * bool(thread), self._color)
        text = f"{heading:─<{min(self._width, 60)}}\n{indent(body, '  ') if thread else body}\n\n"
        try:
            self._stream.write(self._writable(text))
            self._stream.flush()
        except (OSError, ValueError) as error:  # ValueError: the stream was closed
            return Later(seconds=0, reason=keep("the console cannot be written to: {error}", error=error))
        self._written.add(delivery_id)
        return Sent(reference=delivery_id)

    async def refresh(self, place: Place, card: Card, reference: str, delivery_id: str) -> Outcome:  # noqa: ARG002 - as all senders
        """What a terminal shows cannot be changed."""
        return Refused(code=keep("a terminal keeps what was written"))

    async def find(self, place: Place, delivery_id: str, since: datetime, thread: str = "") -> Found:  # noqa: ARG002 - the protocol of all senders
        """Sent if this process wrote it. Else Unclear: an earlier process may have, and a terminal cannot be read back."""
        if delivery_id in self._written:
            return Sent(reference=delivery_id)
        return Unclear(reason=keep("a terminal cannot be read back"))

    def _writable(self, text: str) -> str:
        """The text without what the stream's encoding lacks, so that a plain ASCII terminal shows ? for 한 and does not fail."""
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        return text.encode(encoding, "replace").decode(encoding)
