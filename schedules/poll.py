"""THE PIPELINE: the stages from a due source to the alerts it owes, joined.

    due sources ─ fetch ─ parse ─ normalise ─ versions ─ enrich ─ stories ─ match ─┐
         ▲            (unchanged body: nothing more to do)                          ▼
         └──── one write: versions, stories, hits, deliveries owed, the source's validators and health

Sources that end side by side are kept in one write together. The validators move in the same transaction as the alerts: a crash
before it replays the poll, after it nothing is lost. What goes wrong with a source is written to its health and never reaches another.
"""

import asyncio
import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from time import perf_counter
from typing import TypeVar

import structlog
from structlog.contextvars import bind_contextvars

from bot.audience import is_for_all, may_see
from bot.deliver import digest, owed
from bot.deliver.owed import News
from bot.errors import SourceTrouble, StoreTrouble
from bot.items import enrich, normalise, versions
from bot.items.versions import Decision
from bot.messages import keep
from bot.metrics import Metrics
from bot.model import WITHDRAWN, Delivery, DeliveryKind, Entry, Evidence, Item, Known, Poll, Source, SourceState, Told, Validators
from bot.sources import health, parse, reading
from bot.sources.catalogue import Catalogue
from bot.sources.door import Door, Fetched, NotModified
from bot.sources.sharing import SharedDoor
from bot.store import heeds, hits, items, outbox, places, restores, sources, stories
from bot.store import polls as looks
from bot.store.database import Store, Tx
from bot.store.items import Identity, Kept, Seen
from bot.tracing import NO_TRACES, Traces
from schedules import joining, stepping
from schedules.batching import Batching
from schedules.compiled import Compiled
from schedules.ending import ended
from schedules.log_trail import Trail, poll_id
from schedules.patience import Patience
from schedules.polled_sources import Polled, twins
from schedules.room import Room

log = structlog.get_logger()

AT_ONCE = 50
# A body this large, or so many items, are worked on beside the event loop, so that chat is acknowledged meanwhile.
LARGE_BODY = 100_000
MANY = 100

T = TypeVar("T")

Found = Mapping[str, Mapping[str, tuple[Evidence, ...]]]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one poll of a source leaves to be kept: its state before and after, and the items it showed if they may be new."""

    source: Source
    before: SourceState
    after: SourceState
    poll: Poll
    now: datetime
    seen: Sequence[Item] = ()

    @property
    def poll_id(self) -> str:
        """Under what the log follows this poll."""
        return poll_id(self.source.id, self.now)


# Decisions by which a version is kept.
_KEPT = ("new", "changed", "reshaped", "reread")
Decided = Mapping[Outcome, Sequence[Decision]]


@dataclass
class Polling:
    """The pipeline over one store and catalogue; keeps the compiled watchlists between polls."""

    store: Store
    fetcher: Door
    catalogue: Catalogue
    patience: Patience = field(default_factory=Patience)
    compiled: Compiled = field(default_factory=Compiled)
    metrics: Metrics = field(default_factory=Metrics)
    traces: Traces = NO_TRACES
    stopping: bool = False
    _under_way: dict[str, asyncio.Task[Poll]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._polled = Polled(self.catalogue)
        self._shared = SharedDoor(self.fetcher)
        self._batching = Batching(self._keep, size=lambda one: 1 + len(one.seen), room=5 * MANY)

    def make_ready(self) -> None:
        """What the first alert would else wait for, a second or two: the words that watchlists are made of are taken in."""
        _ = self.compiled.matcher

    async def begin(self, now: datetime) -> list[asyncio.Task[Poll]]:
        """Every source that is due and unclaimed is being polled from now on, at most AT_ONCE side by side; the new tasks.

        A source that hangs never makes another one wait for its next poll. Whatever is under way is held for this process.
        """
        if self.stopping:
            return []
        # What ends while sources are being claimed leaves its room to the next tick: else it could take that of one that is due.
        under_way = frozenset(self._under_way)
        claimed = await self._claim(now, self.patience.poll, AT_ONCE - len(under_way), but=under_way)
        return [self._serve(source, state, now) for source, state in claimed]

    async def finish(self, grace: float) -> None:
        """No source is asked any more; polls under way had `grace` seconds to be kept and are else made again later."""
        self.stopping = True
        await ended(self._under_way.values(), grace)

    def _serve(self, source: Source, state: SourceState, now: datetime) -> asyncio.Task[Poll]:
        task = self._under_way[source.id] = asyncio.create_task(self._guarded(source, state, now, Room()))
        task.add_done_callback(lambda _: self._under_way.pop(source.id, None))
        return task

    async def _claim(
        self, now: datetime, lease: timedelta, most: int | None = None, *, only: Collection[str] = (), but: Collection[str] = ()
    ) -> list[tuple[Source, SourceState]]:
        async with self.store.write() as tx:
            if but:
                await sources.hold(tx, but, now, lease)
            polled = {one.id: one for one in await self._polled.all(tx) if (not only or one.id in only) and one.id not in but}
            await sources.ensure(tx, polled, now)
            room = len(polled) if most is None else most
            due = await sources.due(tx, now, lease, room, among=polled)
            if beside := twins(polled, {state.source for state in due}):
                await sources.poll_now(tx, beside, now)
                due += await sources.due(tx, now, lease, room - len(due), among=beside)
            return [(polled[state.source], state) for state in due]

    async def due(self, now: datetime, *, only: Sequence[str] = (), told: Callable[[Poll], None] = lambda _: None) -> list[Poll]:
        """Every source (of `only`, if any) that was due and unclaimed is polled and stored; `told` hears of each as it ends."""
        claimed = await self._claim(now, self.patience.poll_once, only=only)
        at_once = asyncio.Semaphore(AT_ONCE)

        async def one(source: Source, state: SourceState) -> Poll:
            async with Room(at_once) as room:
                poll = await self._guarded(source, state, now, room)
            told(poll)
            return poll

        return list(await asyncio.gather(*(one(source, state) for source, state in claimed)))

    async def sources(self) -> dict[str, Source]:
        """Every source that is polled, by id: the catalogue's enabled ones and those that workspaces added."""
        async with self.store.read() as tx:
            return {one.id: one for one in await self._polled.all(tx)}

    async def ask_for(self, source_ids: Sequence[str], now: datetime) -> None:
        """These sources are due from now on, whatever their timetable says."""
        async with self.store.write() as tx:
            await sources.ensure(tx, source_ids, now)
            await sources.poll_now(tx, source_ids, now)

    async def _guarded(self, source: Source, state: SourceState, now: datetime, room: Room) -> Poll:
        """The poll, counted; every line of the log about it, which is a task of its own, carries its id."""
        name = poll_id(source.id, now)
        bind_contextvars(poll=name)
        begun = perf_counter()
        outcome, poll = await self._ended(source, state, now, room)
        self.metrics.polled(outcome, perf_counter() - begun)
        self.metrics.kept(new=len(poll.new), changed=len(poll.changed), noisy=poll.noisy)
        self._trace(name, poll, outcome, begun)
        return poll

    def _trace(self, name: str, poll: Poll, outcome: str, begun: float) -> None:
        """The poll as the root of its trace, if it brought something or failed."""
        items, failed = len(poll.new) + len(poll.changed), outcome not in ("read", "unchanged")
        if items or failed:
            facts: dict[str, str | int] = {"source": poll.source, "items": items, "outcome": outcome, "baseline": poll.baseline}
            self.traces.span("poll", name, begun, facts, failed=failed)

    async def _ended(self, source: Source, state: SourceState, now: datetime, room: Room) -> tuple[str, Poll]:
        """The poll, or what went wrong with it. What the database did not take is polled again when the lease has run out."""
        try:
            poll = await self._poll(source, state, now, room)
        except StoreTrouble as trouble:
            return "not_kept", _not_kept(source, trouble)
        except SourceTrouble as trouble:
            found = trouble
        except Exception as error:
            log.exception("poll_failed", source=source.id)
            sentence = keep(
                "Regwatch could not read {source} because of a fault of its own ({error}).", source=source.name, error=type(error).__name__
            )
            found = SourceTrouble(sentence, fault="not_a_source")
        else:
            return "unchanged" if poll.unchanged else "not_kept" if poll.trouble else "read", poll
        try:
            return found.fault, await self._failed(source, state, found, now)
        except StoreTrouble as trouble:
            return "not_kept", _not_kept(source, trouble)

    async def _poll(self, source: Source, state: SourceState, now: datetime, room: Room) -> Poll:
        door = self.fetcher if is_for_all(source.id) else self._shared
        answer = await reading.read(door, source, Validators(etag=state.etag, last_modified=state.last_modified))
        body_hash = state.body_hash if isinstance(answer, NotModified) else hashlib.sha256(answer.body).hexdigest()
        after = health.went_well(source, state, now, answer.validators, body_hash, answer.max_age)
        if isinstance(answer, NotModified) or body_hash == state.body_hash:
            poll = Poll(source=source.id, unchanged=True, entries=state.last_rows)
            room.leave()  # nothing large waits with it to be written
            return await self._batching(Outcome(source, state, after, poll, now))
        entries = await _parsed(source, answer, now)
        if not entries and state.last_rows:
            sentence = keep(
                "{source} showed {n} entries at the last good poll and none now; what we know is kept.",
                source=source.name,
                n=state.last_rows,
            )
            raise SourceTrouble(sentence, fault="not_a_source")
        seen = normalise.items(source, entries, detected=now)
        counted = after.model_copy(update={"last_rows": len(entries)})
        poll = Poll(source=source.id, entries=len(entries), baseline=state.last_success is None)
        return await self._batching(Outcome(source, state, counted, poll, now, seen))

    async def _failed(self, source: Source, state: SourceState, trouble: SourceTrouble, now: datetime) -> Poll:
        log.warning("source_trouble", source=source.id, fault=trouble.fault, status=trouble.status, reason=trouble.sentence)
        after = health.went_wrong(source, state, trouble, now)
        seen: list[Item] = []
        if health.is_gone(source, after, trouble):
            # Should the page be back, it is read anew, even if it is word for word as before.
            after = after.model_copy(update={"etag": "", "last_modified": "", "body_hash": ""})
            seen = await self._gone(source, now)
        return await self._batching(Outcome(source, state, after, Poll(source=source.id, trouble=trouble.sentence), now, seen))

    async def _gone(self, source: Source, now: datetime) -> list[Item]:
        """The page as it was last seen, as withdrawn: it is a page of its own, and its address leads nowhere any more."""
        async with self.store.read() as tx:
            return [one.model_copy(update={"status": WITHDRAWN, "detected": now}) for one in await items.latest(tx, 1, source=source.id)]

    async def _keep(self, outcomes: Sequence[Outcome]) -> list[Poll]:
        """Everything these polls brought is kept in one transaction."""
        if any(one.seen and not one.poll.baseline for one in outcomes):
            await self._prepare()
        steps = Trail(self.traces)
        async with self.store.write() as tx:
            still = await sources.still(tx, [one.before for one in outcomes])
            mine = [one for one in outcomes if one.source.id in still]
            decided = await _decided(tx, [one for one in mine if one.seen])
            await _remember(tx, decided)
            await joining.join(tx, _reports(decided))
            official_first = sorted(mine, key=lambda one: one.source.tier != "official")
            polls = {one.source.id: await self._told(tx, one, decided.get(one, ()), steps) for one in official_first}
            await sources.fare_on(tx, [(one.before, _heard(one, decided.get(one, ()))) for one in mine])
            await looks.note(tx, [health.look(one.before, one.after, one.now) for one in mine])
        steps.tell()
        return [polls.get(one.source.id) or _overtaken(one.source) for one in outcomes]

    async def _prepare(self) -> None:
        """Most watchlists are compiled before the transaction that writes, which nobody should have to wait for."""
        async with self.store.read() as tx, self.compiled.turn:
            await self.compiled.catch_up(tx)
            await self.compiled.tidy()

    async def _told(self, tx: Tx, outcome: Outcome, decisions: Sequence[Decision], steps: Trail) -> Poll:
        """The poll with what it brought; what is new or changed is owed from now on, unless it is the source's first poll."""
        alerting = [one for one in decisions if one.kind in ("new", "changed")]
        if not decisions:
            return outcome.poll
        steps.polled(outcome.poll_id, outcome.source.id, len(alerting), baseline=outcome.poll.baseline)
        return outcome.poll.model_copy(
            update={
                "new": tuple(one.item for one in alerting if one.kind == "new"),
                "changed": tuple(one.item for one in alerting if one.kind == "changed"),
                "noisy": sum(one.kind in ("noisy", "reshaped") for one in decisions),
                "owed": await self._owed(tx, alerting, outcome, steps) if alerting and not outcome.poll.baseline else 0,
            }
        )

    async def _owed(self, tx: Tx, alerting: Sequence[Decision], outcome: Outcome, steps: Trail) -> int:
        """Alerts of what is new or changed, and word of new steps in the threads of earlier ones; how many are owed now."""
        alerts = await self._alert(tx, alerting, outcome, steps)
        return alerts + await stepping.tell(tx, [one.item for one in alerting if one.kind == "new"], outcome.now)

    async def _alert(self, tx: Tx, alerting: Sequence[Decision], outcome: Outcome, steps: Trail) -> int:
        begun, now = perf_counter(), outcome.now
        found, restore = await self._matches(tx, alerting), await restores.last(tx)
        story_of = await stories.of_items(tx, [one.item.id for one in alerting])
        news = [News(one.item, _kind(one), story_of.get(one.item.id, one.item.id), found[one.item.id]) for one in alerting]
        told = await self._told_before(tx, set(story_of.values()))
        wanted = {watchlist for one in news for watchlist in one.matched} | {watchlist for one in told for watchlist in one.watchlists}
        heeded = await heeds.of_news(tx, {one.item.source for one in news}, {one.item.id for one in news})
        if not wanted and not heeded:
            return 0
        await hits.add(tx, owed.hits(news), now)
        subscriptions = await places.of_watchlists(tx, wanted)
        where = await places.by_id(tx, {one.place for one in subscriptions} | {one.place for one in heeded})
        doc_types = {one.item.id: one.item.doc_type for one in news}

        def messages() -> list[Delivery]:
            planned = digest.planned(owed.owed(news, subscriptions, told, now, heeded), doc_types, subscriptions, where, now)
            # At its first good poll after a restore a source shows again what was told before it.
            before = restore if restore and (outcome.before.last_success or now) < restore.restored else None
            return [restores.doubted(before, one.model_copy(update={"poll": outcome.poll_id})) for one in planned]

        planned = await _beside(len(alerting), messages)
        steps.matched(outcome.poll_id, {one.item.id: len(one.matched) for one in news if one.matched}, planned, begun)
        return await outbox.owe(tx, planned)

    async def _told_before(self, tx: Tx, told: Collection[str]) -> list[Told]:
        """Who was told of these stories already, by whichever of their items."""
        members = await stories.members(tx, told)
        return await outbox.told(tx, {one.item.id: story for story, theirs in members.items() for one in theirs})

    async def _matches(self, tx: Tx, alerting: Sequence[Decision]) -> Found:
        """What each item matches. One poll at a time: another one must not recompile the watchlists meanwhile."""
        async with self.compiled.turn:
            await self.compiled.catch_up(tx)
            return await _beside(len(alerting), lambda: {one.item.id: self._match(one.item) for one in alerting})

    def _match(self, item: Item) -> Mapping[str, tuple[Evidence, ...]]:
        """The watchlists that hold for the item, of the workspaces that may see it."""
        with self.metrics.matching():
            found = self.compiled.matcher.match(item)
        return {one: found[one] for one in found if may_see(self.compiled.owners[one], item.source)}


def _not_kept(source: Source, trouble: StoreTrouble) -> Poll:
    log.warning("poll_not_kept", source=source.id, reason=trouble.sentence)
    return Poll(source=source.id, trouble=trouble.sentence)


def _overtaken(source: Source) -> Poll:
    """Our lease ran out and another process has polled the source since: what we hold may be older than what is kept."""
    log.warning("poll_overtaken", source=source.id)
    return Poll(source=source.id, trouble=keep("Another process polled this source meanwhile; its answer was kept."))


async def _parsed(source: Source, answer: Fetched, now: datetime) -> list[Entry]:
    work = partial(parse.entries, source, answer.body, answer.content_type, answer.url, now=now)
    return await asyncio.to_thread(work) if len(answer.body) >= LARGE_BODY else work()


async def _beside(many: int, work: Callable[[], T]) -> T:
    return await asyncio.to_thread(work) if many >= MANY else work()


async def _decided(tx: Tx, outcomes: Sequence[Outcome]) -> Decided:
    known = await items.known(
        tx, [Identity(one.source.id, item.key, normalise.canonical(item.url)) for one in outcomes for item in one.seen]
    )
    decided = {}
    for one in outcomes:
        work = partial(_judged, one.seen, known.get(one.source.id, ()), one.source.noise)
        decided[one] = await _beside(len(one.seen), work)
    return decided


def _judged(seen: Sequence[Item], known: Iterable[Known], noise: Sequence[str]) -> list[Decision]:
    """What each item is to us. What is kept of it is enriched; what its source shows is compared as it stands."""
    return [
        one.model_copy(update={"item": enrich.enrich(one.item)}) if one.kind in _KEPT else one
        for one in versions.decide_all(seen, known, noise)
    ]


async def _remember(tx: Tx, decided: Decided) -> None:
    kept = [(one, _kept(one, outcome.poll)) for outcome, decisions in decided.items() for one in decisions]
    await items.add_all(tx, [one for decision, one in kept if decision.kind == "new"])
    await items.add_versions(tx, [one for decision, one in kept if decision.kind in ("changed", "reshaped")])
    await items.reread(tx, [one for decision, one in kept if decision.kind == "reread"])
    noted = [one for one, _ in kept if one.is_to_note]
    await items.touch(tx, [Seen(one.item.id, one.fingerprint, one.streak, one.item.key) for one in noted])


def _kept(decision: Decision, poll: Poll) -> Kept:
    why = keep("its page is gone: {kept}", kept=poll.trouble) if poll.trouble else decision.why
    why = keep("first poll of this source: kept and searchable, not alerted") if poll.baseline else why
    return Kept(decision.item, decision.fingerprint, normalise.canonical(decision.item.url), why, enrich.EDITION)


def _heard(outcome: Outcome, decisions: Sequence[Decision]) -> SourceState:
    """The source's state with the news that this poll brought."""
    news = [one.item for one in decisions if one.kind in ("new", "changed")]
    return health.heard(outcome.source, outcome.after, news, outcome.now) if news else outcome.after


def _reports(decided: Decided) -> list[Item]:
    """The items that may report an event: what is new or changed. A page that is watched is itself no report.

    What only one workspace may see joins no story, in which others would see it.
    """
    told = [one for one in decided if one.source.kind != "page" and is_for_all(one.source.id)]
    return [one.item for outcome in told for one in decided[outcome] if one.kind in ("new", "changed")]


def _kind(decision: Decision) -> DeliveryKind:
    return "new" if decision.kind == "new" else "changed"
