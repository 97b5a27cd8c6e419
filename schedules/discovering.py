"""Looks at the addresses that people want read, through the guarded door, and keeps what it found for whoever asked."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.deliver import outbox as life
from bot.errors import SourceTrouble
from bot.items.normalise import canonical
from bot.messages import again, count, keep, say, speaking_to
from bot.model import Discovery, Found, Notice, Source
from bot.sources.added import added
from bot.sources.catalogue import Catalogue
from bot.sources.discovery import Discovered, discover
from bot.sources.door import Door
from bot.store import discoveries, outbox, places
from bot.store.database import Store
from schedules.ending import ended

log = structlog.get_logger()

AT_ONCE = 4
# A page may name several feeds, each of which may take its time; who asks in chat is told to wait much sooner.
DEADLINE = timedelta(seconds=90)
_LEASE = 2 * DEADLINE


@dataclass
class Discovering:
    """The looking at addresses by one process. `clock` gives the time."""

    store: Store
    door: Door
    catalogue: Catalogue
    clock: Callable[[], datetime]
    _looking: set[asyncio.Task[None]] = field(default_factory=set)

    async def begin(self) -> list[asyncio.Task[None]]:
        """Every address that waits is being looked at from now on, at most AT_ONCE side by side; the new tasks."""
        free = AT_ONCE - len(self._looking)
        async with self.store.read() as tx:
            is_work = free > 0 and await discoveries.are_open(tx)
        if not is_work:
            return []
        async with self.store.write() as tx:
            claimed = await discoveries.claim(tx, self.clock(), _LEASE, free)
        return [self._serve(one) for one in claimed]

    async def finish(self, grace: float) -> None:
        """Addresses being looked at had `grace` seconds and are else looked at again later."""
        await ended(self._looking, grace)

    def _serve(self, asked: Discovery) -> asyncio.Task[None]:
        task = asyncio.create_task(self._look(asked))
        self._looking.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._looking.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("address_not_looked_at", reason=f"{type(error).__name__}: {error}")

    async def _look(self, asked: Discovery) -> None:
        try:
            answered = asked.model_copy(update={"found": await self._found(asked)})
        except SourceTrouble as trouble:
            answered = asked.model_copy(update={"refusal": trouble.sentence, "hint": trouble.hint})
        async with self.store.write() as tx:
            kept = await discoveries.answer(tx, answered)
            if kept.late:
                place = await places.get(tx, kept.place)
                with speaking_to(*((place.language, place.locale) if place else ("",))):
                    await outbox.owe(tx, [life.telling(kept.place, kept.id, said(kept), self.clock())])
        log.info("address_looked_at", url=asked.url, refusal=answered.refusal)

    async def _found(self, asked: Discovery) -> Found:
        self._refuse_known(asked.url)
        found = await self._discovered(asked.url)
        if found.url != asked.url:
            self._refuse_known(found.url)
        source = added(found, asked.workspace, self.catalogue.sources.values(), name=asked.name)
        return Found(source=source, entries=found.entries, total=found.total)

    async def _discovered(self, url: str) -> Discovered:
        try:
            async with asyncio.timeout(DEADLINE.total_seconds()):
                return await discover(self.door, url, self.clock())
        except TimeoutError:
            sentence = keep("No feed or list was found there within {seconds} seconds.", seconds=f"{DEADLINE.total_seconds():.0f}")
            raise SourceTrouble(sentence, fault="timeout", hint=keep("Give the address of the feed itself, if you know it.")) from None

    def _refuse_known(self, url: str) -> None:
        known = next((one for one in self.catalogue.sources.values() if _is_at(one, url)), None)
        if known is None:
            return
        if known.enabled:
            sentence = keep("That is in the catalogue: {name} ({id}). It is polled already.", name=known.name, id=known.id)
        else:
            why = known.disabled_because.rstrip(".") or keep("no reason is given")
            sentence = keep("That is in the catalogue: {name} ({id}). It is switched off: {kept}.", name=known.name, id=known.id, kept=why)
        hint = keep("See how it fares: {command}", command=f"sources {known.id}")
        raise SourceTrouble(sentence, fault="not_a_source", hint=hint)


def _is_at(source: Source, url: str) -> bool:
    """Whether a source of the catalogue is what this address gives; one that is asked with a form may share its address with others."""
    return (
        source.kind in ("feed", "listing", "page")
        and source.method == "GET"
        and not source.query
        and canonical(source.url) == canonical(url)
    )


def said(answered: Discovery) -> Notice:
    """The answer for a place where nobody waits for it any more."""
    if answered.found is None:
        refused = say("{url} cannot be added: {reason}", url=answered.url, reason=again(answered.refusal))
        return Notice(lines=(refused, *([again(answered.hint)] if answered.hint else [])))
    source = answered.found.source
    return Notice(
        lines=(
            count(
                "{url} can be read: {source}, {n} entry.",
                "{url} can be read: {source}, {n} entries.",
                answered.found.total,
                url=answered.url,
                source=source.name,
            ),
            *(f"• {one.title}" for one in answered.found.entries),
            say("To see and add it, write: {command}", command=f"{answered.prefix}source add {answered.url}"),
        )
    )
