"""Has titles and summaries translated that places are owed or were just sent, by the operator's own service; no delivery waits for it.

wanted ─ cached? ─ claim (lease, characters of the day) ─ ask ─ keep ─ alerts sent meanwhile are to be brought up to date
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from bot.cards import plain
from bot.deliver import pace
from bot.model import Item
from bot.store import translations
from bot.store.database import Store
from bot.store.translations import Fares, Made
from bot.translating.protocols import Service, Trouble, primary

log = structlog.get_logger()

# An alert older than that is no longer brought up to date for the sake of its translation.
LATELY = timedelta(days=1)
# Longer than the client ever waits; meanwhile no other process asks.
LEASE = timedelta(minutes=1)
AT_ONCE = 20
MOST_TITLE, MOST_SUMMARY = 600, 500


class Asks(Protocol):
    """Who can be asked for translations."""

    service: Service

    async def ask(self, texts: tuple[str, ...], language: str = "") -> tuple[str, ...] | Trouble:
        """The texts in the wished language, or why not."""
        ...


@dataclass
class Translating:
    """The translating by one process. `daily` is how many characters a day are given to the service at most."""

    store: Store
    translator: Asks | None
    clock: Callable[[], datetime]
    chance: Callable[[], float]
    daily: int

    async def translate(self) -> None:
        """What is wanted now is translated as far as the service answers and the day's characters reach."""
        if self.translator is None:
            return
        while await self._some(self.translator):
            pass
        async with self.store.read() as tx:
            late = await translations.unshown(tx)
        if late:
            async with self.store.write() as tx:
                await translations.show(tx, self.clock())

    async def _some(self, translator: Asks) -> bool:
        """More is known than before; False when there is nothing to do for the moment."""
        service, now = translator.service, self.clock()
        async with self.store.read() as tx:
            waiting = await translations.wanted(tx, service.to, now - LATELY, AT_ONCE)
            fields = [one for item in waiting for one in _fields(item, service)]
            cached = await translations.known(tx, service.to, {one.digest for one in fields if one.text})
            fares = _today(await translations.fares(tx, _name(service), now), now)
        made = [
            one if not one.text else one._replace(text=cached[one.digest][0], service=cached[one.digest][1])
            for one in fields
            if not one.text or one.digest in cached
        ]
        missing = [one for one in fields if one.text and one.digest not in cached]
        if missing and self._may_ask(fares, now):
            spoken = {one.id: one.language for one in waiting}
            language = spoken[missing[0].item]
            made += await self._ask(
                translator, await self._claim(service, [one for one in missing if spoken[one.item] == language]), language
            )
        if not made:
            return False
        async with self.store.write() as tx:
            added = await translations.keep(tx, service.to, made, self.clock())
            await translations.show(tx, self.clock())
        return added > 0

    def _may_ask(self, fares: Fares, now: datetime) -> bool:
        # One further ahead than anybody ever waits was written before the clock went back.
        rests = now < fares.not_before <= now + LATELY
        return not rests and fares.characters < self.daily

    async def _claim(self, service: Service, fields: Sequence[Made]) -> list[Made]:
        """Those to be asked for now; their characters are counted and nobody else asks meanwhile."""
        now = self.clock()
        async with self.store.write() as tx:
            fares = _today(await translations.fares(tx, _name(service), now, hold=True), now)
            if not self._may_ask(fares, now):
                return []
            taken = _within(fields[: max(AT_ONCE >> fares.failures, 1)], self.daily - fares.characters)
            if taken:
                characters = fares.characters + sum(len(one.text) for one in taken)
                await translations.fare(tx, _name(service), fares._replace(characters=characters, not_before=now + LEASE))
        return taken

    async def _ask(self, translator: Asks, asked: Sequence[Made], language: str) -> list[Made]:
        """What the service made of these, and how it fares is remembered."""
        if not asked:
            return []
        texts = tuple(dict.fromkeys(one.text for one in asked))
        answer = await translator.ask(texts, language)
        now = self.clock()
        async with self.store.write() as tx:
            fares = await translations.fares(tx, _name(translator.service), now, hold=True)
            await translations.fare(tx, _name(translator.service), self._after(fares, answer, now))
        if not isinstance(answer, Trouble):
            log.info("translated", service=translator.service.name, texts=len(texts))
            made = dict(zip(texts, answer, strict=True))
            return [one._replace(text=made[one.text]) for one in asked]
        log.warning("not_translated", service=translator.service.name, reason=answer.reason)
        # A text that the service refuses by itself is left as it is, so that others have their turn.
        return [one._replace(text="") for one in asked] if answer.texts and len(texts) == 1 else []

    def _after(self, fares: Fares, answer: tuple[str, ...] | Trouble, now: datetime) -> Fares:
        if not isinstance(answer, Trouble):
            return fares._replace(failures=0, not_before=now)
        failures = fares.failures + 1
        wait = pace.wait(failures, self.chance()) or pace.LONGEST_WAIT
        return fares._replace(failures=failures, not_before=now + max(wait, answer.wait))


def _fields(item: Item, service: Service) -> list[Made]:
    """What is to be translated of an item, clipped; without text what needs no translation."""
    same = bool(item.language) and primary(item.language) == primary(service.to)
    texts = {"title": plain.clip(_tidy(item.title), MOST_TITLE), "summary": plain.clip(_tidy(item.summary), MOST_SUMMARY)}
    wanted = {"title": "" if same else texts["title"], "summary": "" if same or texts["summary"] == texts["title"] else texts["summary"]}
    return [Made(item.id, item.version, field, translations.digest(text), service.name, text) for field, text in wanted.items()]


def _tidy(text: str) -> str:
    return " ".join(plain.words(text).split())


def _within(fields: Sequence[Made], characters: int) -> list[Made]:
    """The first of these that so many characters allow; titles before summaries."""
    taken: list[Made] = []
    for one in sorted(fields, key=lambda each: each.field == "summary"):
        characters -= len(one.text)
        if characters < 0:
            break
        taken.append(one)
    return [one for one in fields if one in taken]


def _today(fares: Fares, now: datetime) -> Fares:
    day = f"{now.astimezone(UTC):%Y-%m-%d}"
    return fares if fares.day == day else fares._replace(day=day, characters=0)


def _name(service: Service) -> str:
    """Under what it is remembered how the service fares; another address, key or model is another service."""
    return translations.digest("\n".join((service.kind, service.url, translations.digest(service.key), service.model)))
