"""THE PIPELINE: the stages from a due source to the alerts it owes, joined.

    due sources ─ fetch ─ parse ─ normalise ─ versions ─ match ─┐
         ▲            (unchanged body: nothing more to do)       ▼
         └──── one write: versions, hits, deliveries owed, the source's validators and health

The validators move in the same transaction as the alerts: a crash before it replays the poll, after it nothing is lost.
Sources are polled side by side; what goes wrong with one is written to its health and never reaches another.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog

from bot.deliver import outbox as life
from bot.errors import SourceTrouble, StoreTrouble, UserMistake
from bot.items import normalise, versions
from bot.items.versions import Decision
from bot.model import Delivery, DeliveryKind, Entry, Evidence, Hit, Item, Poll, Source, SourceState, Subscription, Validators, Watchlist
from bot.sources import health, parse, reading
from bot.sources.catalogue import Catalogue
from bot.sources.fetch import Door, Fetched, NotModified
from bot.store import hits, items, outbox, places, sources, watchlists
from bot.store.database import Store, Tx
from bot.store.items import Kept
from bot.watch import query
from bot.watch.matcher import Matcher
from schedules.ending import ended
from schedules.patience import Patience

log = structlog.get_logger()

AT_ONCE = 50
# A body this large, or so many items, are worked on beside the event loop, so that chat is acknowledged meanwhile.
LARGE_BODY = 100_000
MANY = 100

T = TypeVar("T")

Found = Mapping[str, Mapping[str, tuple[Evidence, ...]]]


@dataclass
class Polling:
    """The pipeline over one store and catalogue; keeps the compiled watchlists between polls."""

    store: Store
    fetcher: Door
    catalogue: Catalogue
    patience: Patience = field(default_factory=Patience)
    matcher: Matcher = field(default_factory=lambda: Matcher({}))
    compiled: dict[str, str] = field(default_factory=dict)
    revision: int = -1
    stopping: bool = False
    _matching: asyncio.Lock = field(default_factory=asyncio.Lock)
    _under_way: dict[str, asyncio.Task[Poll]] = field(default_factory=dict)

    async def begin(self, now: datetime) -> list[asyncio.Task[Poll]]:
        """Every source that is due and unclaimed is being polled from now on, at most AT_ONCE side by side; the new tasks.

        A source that hangs never makes another one wait for its next poll.
        """
        idle = {one.id: one for one in self.catalogue.enabled() if one.id not in self._under_way}
        free = AT_ONCE - len(self._under_way)
        if self.stopping or free <= 0:
            return []
        return [self._serve(idle[state.source], state, now) for state in await self._claim(list(idle), free, now)]

    async def finish(self, grace: float) -> None:
        """No source is asked any more; polls under way had `grace` seconds to be kept and are else made again later."""
        self.stopping = True
        await ended(self._under_way.values(), grace)

    def _serve(self, source: Source, state: SourceState, now: datetime) -> asyncio.Task[Poll]:
        task = self._under_way[source.id] = asyncio.create_task(self._guarded(source, state, now))
        task.add_done_callback(lambda _: self._under_way.pop(source.id, None))
        return task

    async def _claim(self, among: list[str], most: int, now: datetime) -> list[SourceState]:
        async with self.store.write() as tx:
            await sources.ensure(tx, among, now)
            return await sources.due(tx, now, self.patience.poll, most, among=among)

    async def due(self, now: datetime, *, only: Sequence[str] = (), told: Callable[[Poll], None] = lambda _: None) -> list[Poll]:
        """Every source (of `only`, if any) that was due and unclaimed is polled and stored; `told` hears of each as it ends."""
        enabled = {source.id: source for source in self.catalogue.enabled() if not only or source.id in only}
        claimed = await self._claim(list(enabled), len(enabled), now)
        at_once = asyncio.Semaphore(AT_ONCE)

        async def one(state: SourceState) -> Poll:
            async with at_once:
                poll = await self._guarded(enabled[state.source], state, now)
            told(poll)
            return poll

        return list(await asyncio.gather(*map(one, claimed)))

    async def ask_for(self, source_ids: Sequence[str], now: datetime) -> None:
        """These sources are due from now on, whatever their timetable says."""
        async with self.store.write() as tx:
            await sources.ensure(tx, source_ids, now)
            await sources.poll_now(tx, source_ids, now)

    async def _guarded(self, source: Source, state: SourceState, now: datetime) -> Poll:
        """The poll, or what went wrong with it. What the database did not take is polled again when the lease has run out."""
        try:
            return await self._poll(source, state, now)
        except StoreTrouble as trouble:
            return _not_kept(source, trouble)
        except SourceTrouble as trouble:
            found = trouble
        except Exception as error:
            log.exception("poll_failed", source=source.id)
            sentence = f"Regwatch could not read {source.name} because of a fault of its own ({type(error).__name__})."
            found = SourceTrouble(sentence, fault="not_a_source")
        try:
            return await self._failed(source, state, found, now)
        except StoreTrouble as trouble:
            return _not_kept(source, trouble)

    async def _poll(self, source: Source, state: SourceState, now: datetime) -> Poll:
        answer = await reading.read(self.fetcher, source, Validators(etag=state.etag, last_modified=state.last_modified))
        if isinstance(answer, NotModified):
            return await self._unchanged(source, state, answer, state.body_hash, now)
        body_hash = hashlib.sha256(answer.body).hexdigest()
        if body_hash == state.body_hash:
            return await self._unchanged(source, state, answer, body_hash, now)
        entries = await _parsed(source, answer)
        if not entries and state.last_rows:
            sentence = f"{source.name} showed {state.last_rows} entries at the last good poll and none now; what we know is kept."
            raise SourceTrouble(sentence, fault="not_a_source")
        after = health.went_well(source, state, now, answer.validators, body_hash, answer.max_age)
        counted = after.model_copy(update={"last_rows": len(entries)})
        async with self.store.write() as tx:
            if not await sources.is_still(tx, state):
                return _overtaken(source)
            return await self._keep(tx, source, counted, entries, now, baseline=state.last_success is None)

    async def _unchanged(self, source: Source, state: SourceState, answer: Fetched | NotModified, body_hash: str, now: datetime) -> Poll:
        async with self.store.write() as tx:
            if not await sources.is_still(tx, state):
                return _overtaken(source)
            await sources.save(tx, health.went_well(source, state, now, answer.validators, body_hash, answer.max_age))
        return Poll(source=source.id, unchanged=True, entries=state.last_rows)

    async def _keep(self, tx: Tx, source: Source, after: SourceState, entries: list[Entry], now: datetime, *, baseline: bool) -> Poll:
        seen = [one.model_copy(update={"detected": now}) for one in normalise.items(source, entries)]
        known = await items.known(tx, source.id, [one.key for one in seen], [normalise.canonical(one.url) for one in seen])
        decisions = await _beside(len(seen), partial(versions.decide_all, seen, known, source.noise))
        await _remember(tx, decisions, baseline=baseline)
        alerting = [one for one in decisions if one.kind in ("new", "changed")]
        owed = 0 if baseline else await self._alert(tx, alerting, now)
        await sources.save(tx, after)
        return Poll(
            source=source.id,
            entries=len(entries),
            baseline=baseline,
            new=tuple(one.item for one in alerting if one.kind == "new"),
            changed=tuple(one.item for one in alerting if one.kind == "changed"),
            noisy=sum(one.kind == "noisy" for one in decisions),
            owed=owed,
        )

    async def _alert(self, tx: Tx, alerting: Sequence[Decision], now: datetime) -> int:
        found = await self._matches(tx, alerting)
        matched = {watchlist for evidence in found.values() for watchlist in evidence}
        if not matched:
            return 0
        await hits.add(tx, hits_of(alerting, found), now)
        subscriptions = await places.of_watchlists(tx, matched)
        return await outbox.owe(tx, await _beside(len(alerting), partial(owed, alerting, found, subscriptions, now)))

    async def _matches(self, tx: Tx, alerting: Sequence[Decision]) -> Found:
        """What each item matches. One poll at a time: another one must not recompile the watchlists meanwhile."""
        async with self._matching:
            await self._recompile(tx)
            return await _beside(len(alerting), lambda: {one.item.id: self.matcher.match(one.item) for one in alerting})

    async def _failed(self, source: Source, state: SourceState, trouble: SourceTrouble, now: datetime) -> Poll:
        log.warning("source_trouble", source=source.id, fault=trouble.fault, status=trouble.status, reason=trouble.sentence)
        async with self.store.write() as tx:
            if not await sources.is_still(tx, state):
                return _overtaken(source)
            await sources.save(tx, health.went_wrong(source, state, trouble, now))
        return Poll(source=source.id, trouble=trouble.sentence)

    async def _recompile(self, tx: Tx) -> None:
        """The matcher holds exactly the watchlists of this transaction, also one saved a moment ago in another process."""
        revision = await watchlists.revision(tx)
        if revision == self.revision:
            return
        saved = {one.id: one for one in await watchlists.all_active(tx)}
        for gone in self.compiled.keys() - saved.keys():
            self.matcher.remove(gone)
            del self.compiled[gone]
        for one in saved.values():
            if self.compiled.get(one.id) != one.query:
                self._compile(one)
        self.revision = revision

    def _compile(self, watchlist: Watchlist) -> None:
        """One that an older version understood and this one does not is left out and told in the log, rather than stopping the rest."""
        try:
            self.matcher.add(watchlist.id, query.parse(watchlist.query, limit=len(watchlist.query)))
            self.compiled[watchlist.id] = watchlist.query
        except UserMistake as mistake:
            log.warning("watchlist_not_understood", watchlist=watchlist.id, workspace=watchlist.workspace, reason=mistake.sentence)


def _not_kept(source: Source, trouble: StoreTrouble) -> Poll:
    log.warning("poll_not_kept", source=source.id, reason=trouble.sentence)
    return Poll(source=source.id, trouble=trouble.sentence)


def _overtaken(source: Source) -> Poll:
    """Our lease ran out and another process has polled the source since: what we hold may be older than what is kept."""
    log.warning("poll_overtaken", source=source.id)
    return Poll(source=source.id, trouble="Another process polled this source meanwhile; its answer was kept.")


async def _parsed(source: Source, answer: Fetched) -> list[Entry]:
    work = partial(parse.entries, source, answer.body, answer.content_type, answer.url)
    return await asyncio.to_thread(work) if len(answer.body) >= LARGE_BODY else work()


async def _beside(many: int, work: Callable[[], T]) -> T:
    return await asyncio.to_thread(work) if many >= MANY else work()


async def _remember(tx: Tx, decisions: Sequence[Decision], *, baseline: bool) -> None:
    await items.add_all(tx, [_kept(one, baseline=baseline) for one in decisions if one.kind == "new"])
    await items.add_versions(tx, [_kept(one, baseline=baseline) for one in decisions if one.kind == "changed"])
    for one in decisions:
        if one.is_to_note:
            await items.touch(tx, one.item.id, seen=one.fingerprint, streak=one.streak, key=one.item.key)


def _kept(decision: Decision, *, baseline: bool) -> Kept:
    why = "first poll of this source: kept and searchable, not alerted" if baseline else decision.why
    return Kept(decision.item, decision.fingerprint, normalise.canonical(decision.item.url), why)


def hits_of(alerting: Iterable[Decision], found: Found) -> list[Hit]:
    """The hits of one poll: each alerting item with each watchlist that holds for it."""
    return [
        Hit(watchlist=watchlist, item=one.item.id, version=one.item.version, evidence=evidence)
        for one in alerting
        for watchlist, evidence in found[one.item.id].items()
    ]


def owed(alerting: Iterable[Decision], found: Found, subscriptions: Sequence[Subscription], now: datetime) -> list[Delivery]:
    """One message for each place and item, naming every watchlist of the place that matched."""
    deliveries = []
    for one in alerting:
        matching: dict[str, list[Subscription]] = {}
        for subscription in subscriptions:
            if subscription.watchlist in found[one.item.id]:
                matching.setdefault(subscription.place, []).append(subscription)
        deliveries += [_delivery(one, place, theirs, now) for place, theirs in matching.items()]
    return deliveries


def _delivery(decision: Decision, place: str, subscriptions: Sequence[Subscription], now: datetime) -> Delivery:
    item: Item = decision.item
    kind: DeliveryKind = "new" if decision.kind == "new" else "changed"
    return Delivery(
        id=life.key(place, item.id, item.version, kind),
        place=place,
        item=item.id,
        version=item.version,
        kind=kind,
        watchlists=tuple(one.watchlist for one in subscriptions),
        created=now,
        not_before=now,
    )
