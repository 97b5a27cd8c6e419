"""Scripted stand-ins behind our own seams: a door to sources, a sender, a clock."""

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.cards.card import Card, as_text
from bot.deliver.outbox import Found, Outcome, Sent
from bot.errors import SourceTrouble
from bot.model import Place, Validators
from bot.sources.door import Fetched, NotModified

Answer = Fetched | NotModified | SourceTrouble | Exception


def rss(*titles: str) -> Fetched:
    """An RSS feed whose items are `key=title` or a title, which then is its own key."""
    rows = ""
    for text in titles:
        key, _, title = text.partition("=") if "=" in text else (text, "", text)
        rows += f"<item><guid>{key}</guid><title>{title}</title><link>https://example.org/{key}</link></item>"
    body = f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>t</title>{rows}</channel></rss>'
    return Fetched(status=200, body=body.encode(), url="https://example.org/feed", content_type="application/rss+xml")


def trouble(sentence: str = "It did not answer.", retry_after: float | None = None) -> SourceTrouble:
    return SourceTrouble(sentence, fault="unreachable", retry_after=retry_after)


class FakeDoor:
    """Answers each address from its script, in order; the last answer stays. `asked` keeps the validators of every request."""

    def __init__(self, **scripts: Answer | list[Answer]) -> None:
        self._scripts = {name: deque(script if isinstance(script, list) else [script]) for name, script in scripts.items()}
        self.asked: dict[str, list[Validators | None]] = defaultdict(list)

    async def get(self, url: str, *, validators: Validators | None = None, **_: object) -> Fetched | NotModified:
        name = url.rpartition("/")[2]
        script = self._scripts[name]
        self.asked[name].append(validators)
        answer = script.popleft() if len(script) > 1 else script[0]
        await asyncio.sleep(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class FakeSender:
    """Keeps what it was given as text, and answers from its script; without one it always succeeds."""

    script: list[Outcome | Exception] = field(default_factory=list)
    found: Found = None
    cards: list[tuple[str, str]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    threads: list[str] = field(default_factory=list)
    refreshed: list[tuple[str, str]] = field(default_factory=list)
    refusals: list[Outcome] = field(default_factory=list)

    async def send(self, place: Place, card: Card, delivery_id: str, thread: str = "") -> Outcome:
        self.cards.append((place.channel, as_text(card)))
        self.ids.append(delivery_id)
        self.threads.append(thread)
        outcome = self.script.pop(0) if self.script else Sent(reference=f"r{len(self.ids)}")
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def refresh(self, place: Place, card: Card, reference: str, delivery_id: str) -> Outcome:
        self.refreshed.append((reference, as_text(card)))
        return self.refusals.pop(0) if self.refusals else Sent(reference=reference)

    async def find(self, place: Place, delivery_id: str, since: datetime, thread: str = "") -> Found:
        return self.found


@dataclass
class Clock:
    """A clock that moves only when told, or when somebody sleeps by it."""

    time: datetime
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **by: float) -> None:
        self.time += timedelta(**by)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.forward(seconds=seconds)
