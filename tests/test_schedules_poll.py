"""The pipeline: what a poll finds is kept and owed in one transaction, and every trouble stays with its own source."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.audience import source_id
from bot.errors import FetchFault, SourceTrouble, StoreTrouble
from bot.items import normalise
from bot.model import Authority, Item, Poll, Source, SourceState, Validators
from bot.sources.catalogue import Catalogue
from bot.sources.door import Fetched, NotModified
from bot.store import glossaries, hits, items, outbox, places, search, sources, watchlists
from bot.store.database import Store, Tx
from bot.store.items import Kept, Seen
from bot.watch import query
from bot.watch.matcher import Matcher, Matches
from bot.watch.nodes import OwnTerm
from schedules.patience import Patience
from schedules.poll import AT_ONCE, Polling
from tests.builders import place, subscription, watchlist
from tests.fakes import Answer, FakeDoor, rss, trouble

DATED = (("soon", timedelta(days=300)), ("never", timedelta(days=400)))


def source(name: str, **more: object) -> Source:
    authority = Authority(id="mfds", name="MFDS", short="MFDS", jurisdiction="KR")
    given = {"id": name, "name": f"Source {name}", "authority": authority, "jurisdiction": "KR", "language": "en", "tier": "official"}
    return Source(**(given | {"kind": "feed", "url": f"https://example.org/{name}", "interval": timedelta(minutes=15)} | more))  # type: ignore[arg-type]


def polling(store: Store, door: FakeDoor, *of: Source) -> Polling:
    return Polling(store, door, Catalogue({one.id: one for one in of or [source("a")]}, {}))


async def rounds(pipeline: Polling, now: datetime, number: int) -> list[Poll]:
    """So many polls of everything, each after the source's interval; the results of the last."""
    polls: list[Poll] = []
    for turn in range(number):
        polls = await pipeline.due(now + turn * timedelta(hours=7))
    return polls


async def subscribed(store: Store, query: str = "recall", *, channel: str = "general") -> str:
    """A place subscribed to a watchlist; the place's id."""
    where, what = place(channel), watchlist(query)
    async with store.write() as tx:
        await places.ensure(tx, where)
        await watchlists.add(tx, what)
        await places.subscribe(tx, subscription(what, where))
    return where.id


async def owed(store: Store, now: datetime) -> list[str]:
    """The titles owed, oldest first."""
    titles = []
    async with store.write() as tx:
        while found := await outbox.claim(tx, now + timedelta(days=3), timedelta(minutes=1), limit=1):
            (one,) = found
            item = await items.get(tx, one.item, one.version)
            assert item is not None
            titles.append(f"{one.kind}: {item.title}")
            await outbox.record(tx, one.model_copy(update={"state": "sent"}), one)
    return titles


async def test_the_first_poll_of_a_source_is_kept_and_searchable_and_alerts_nobody(store: Store, now: datetime) -> None:
    await subscribed(store)
    (poll,) = await polling(store, FakeDoor(a=rss("A recall"))).due(now)
    assert (poll.baseline, len(poll.new), poll.owed) == (True, 1, 0)
    assert await owed(store, now) == []
    async with store.read() as tx:
        assert await items.count(tx) == 1


async def test_a_new_item_that_matches_is_owed_once_and_one_that_does_not_is_only_kept(store: Store, now: datetime) -> None:
    await subscribed(store)
    door = FakeDoor(a=[rss("Old"), rss("Old", "A recall", "A meeting")])
    (poll,) = await rounds(polling(store, door), now, 2)
    assert ([one.title for one in poll.new], poll.owed) == (["A recall", "A meeting"], 1)
    assert await owed(store, now) == ["new: A recall"]


async def test_a_workspaces_own_words_alert_it_from_the_next_poll_on_and_nobody_else(store: Store, now: datetime) -> None:
    mine, theirs = [watchlist('"decentralized trials"', workspace=one) for one in ("W1", "W2")]
    term = OwnTerm("home call", "decentralized-clinical-trial", name="decentralized clinical trial")
    async with store.write() as tx:
        for one in (mine, theirs):
            await watchlists.add(tx, one)
    door = FakeDoor(a=[rss("Old"), rss("A home call"), rss("Home calls"), rss("Old"), rss("Another home call")])
    pipeline = polling(store, door)
    await rounds(pipeline, now, 2)
    async with store.write() as tx:
        await glossaries.add(tx, "W1", [term], "U1", now)
    await pipeline.due(now + timedelta(hours=14))
    async with store.write() as tx:
        await glossaries.remove(tx, "W1", [term])
    await rounds(pipeline, now + timedelta(hours=21), 2)
    async with store.read() as tx:
        found = (await tx.execute(text("SELECT title, watchlist, evidence FROM hits JOIN items ON items.id = hits.item"))).all()
    assert [(title, watched) for title, watched, _ in found] == [("Home calls", mine.id)]
    assert "decentralized-clinical-trial" in str(found[0].evidence)


async def test_a_changed_title_is_owed_as_a_change(store: Store, now: datetime) -> None:
    await subscribed(store)
    (poll,) = await rounds(polling(store, FakeDoor(a=[rss("1=A notice"), rss("1=A recall")])), now, 2)
    assert ([one.title for one in poll.changed], await owed(store, now)) == (["A recall"], ["changed: A recall"])


async def test_the_same_bytes_again_bring_nothing_and_are_not_parsed(store: Store, now: datetime) -> None:
    (poll,) = await rounds(polling(store, FakeDoor(a=rss("A recall"))), now, 3)
    assert (poll.unchanged, poll.new, poll.changed) == (True, (), ())


async def test_other_bytes_with_the_same_items_bring_nothing(store: Store, now: datetime) -> None:
    door = FakeDoor(a=[rss("1=A recall", "2=B"), rss("2=B", "1=A  recall")])
    (poll,) = await rounds(polling(store, door), now, 2)
    assert (poll.unchanged, poll.new, poll.changed, poll.entries) == (False, (), (), 2)


async def test_validators_are_sent_back_at_the_next_poll(store: Store, now: datetime) -> None:
    given = Validators(etag='"e1"', last_modified="Thu, 02 Jul 2026 09:30:00 GMT")
    door = FakeDoor(a=[rss("A").model_copy(update={"validators": given}), NotModified(validators=given)])
    (poll,) = await rounds(polling(store, door), now, 3)
    assert poll.unchanged
    assert door.asked["a"] == [Validators(), given, given]


async def test_a_date_over_a_year_ahead_is_taken_for_a_mistake_of_the_source(store: Store, now: datetime) -> None:
    rows = [f"<item><title>{name}</title><pubDate>{now + ahead:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>" for name, ahead in DATED]
    body = f'<rss version="2.0"><channel><title>t</title>{"".join(rows)}</channel></rss>'
    answer = Fetched(status=200, body=body.encode(), url="https://example.org/feed", content_type="application/rss+xml")
    (poll,) = await polling(store, FakeDoor(a=answer)).due(now)
    assert {one.title: one.published and one.published.date() for one in poll.new} == {"soon": (now + DATED[0][1]).date(), "never": None}


async def test_one_message_when_several_watchlists_of_a_place_match(store: Store, now: datetime) -> None:
    await subscribed(store, "recall")
    where, second = place("general"), watchlist("blood")
    async with store.write() as tx:
        await watchlists.add(tx, second)
        await places.subscribe(tx, subscription(second, where))
    (poll,) = await rounds(polling(store, FakeDoor(a=[rss("Old"), rss("Old", "A recall of blood")])), now, 2)
    assert poll.owed == 1
    async with store.read() as tx:
        assert len(await hits.of_item(tx, poll.new[0].id, 1, workspace="W1")) == 2


async def test_each_place_that_subscribed_is_owed_its_own_message(store: Store, now: datetime) -> None:
    await subscribed(store, "recall", channel="one")
    await subscribed(store, "A", channel="two")
    (poll,) = await rounds(polling(store, FakeDoor(a=[rss("Old"), rss("Old", "A recall")])), now, 2)
    assert poll.owed == 2


async def test_rows_and_then_none_is_trouble_and_forgets_nothing(store: Store, now: datetime) -> None:
    door = FakeDoor(a=[rss("A recall", "B"), rss(), rss("A recall", "B", "C")])
    pipeline = polling(store, door)
    (empty,) = await rounds(pipeline, now, 2)
    assert empty.trouble == "Source a showed 2 entries at the last good poll and none now; what we know is kept."
    (back,) = await pipeline.due(now + timedelta(days=2))
    assert ([one.title for one in back.new], back.trouble) == (["C"], "")


async def test_trouble_is_kept_with_its_sentence_and_waits_longer_each_time(store: Store, now: datetime) -> None:
    pipeline = polling(store, FakeDoor(a=trouble("It did not answer.")))
    waits = []
    at = now
    for _ in range(4):
        await pipeline.due(at)
        async with store.read() as tx:
            (state,) = await sources.all(tx)
        waits.append(state.next_poll - at)
        at = state.next_poll
    assert (state.trouble, state.failures, state.trouble_since) == ("It did not answer.", 4, now)
    assert waits == sorted(waits)
    assert waits[-1] > 4 * waits[0]


async def test_a_source_that_asks_for_time_gets_it(store: Store, now: datetime) -> None:
    await polling(store, FakeDoor(a=trouble(retry_after=7200))).due(now)
    async with store.read() as tx:
        (state,) = await sources.all(tx)
    assert state.next_poll - now >= timedelta(hours=2)


async def test_one_bad_source_does_not_touch_the_others_whatever_it_raises(store: Store, now: datetime) -> None:
    door = FakeDoor(a=RuntimeError("a bug of ours"), b=rss("B"), c=trouble())
    polls = {one.source: one for one in await polling(store, door, source("a"), source("b"), source("c")).due(now)}
    assert len(polls["b"].new) == 1
    assert "a fault of its own" in polls["a"].trouble
    assert "RuntimeError" in polls["a"].trouble
    assert "a bug of ours" not in polls["a"].trouble


async def test_a_source_is_not_due_again_before_its_interval(store: Store, now: datetime) -> None:
    pipeline = polling(store, FakeDoor(a=rss("A")))
    await pipeline.due(now)
    assert await pipeline.due(now + timedelta(minutes=14)) == []
    await pipeline.ask_for(["a"], now + timedelta(minutes=14))
    assert len(await pipeline.due(now + timedelta(minutes=14))) == 1


async def test_a_watchlist_saved_a_moment_ago_already_counts(store: Store, now: datetime) -> None:
    pipeline = polling(store, FakeDoor(a=[rss("Old"), rss("Old", "A recall")]))
    await pipeline.due(now)
    await subscribed(store)
    (poll,) = await pipeline.due(now + timedelta(hours=7))
    assert poll.owed == 1


async def test_a_removed_watchlist_owes_nothing_more(store: Store, now: datetime) -> None:
    await subscribed(store)
    pipeline = polling(store, FakeDoor(a=[rss("Old"), rss("Old", "A recall"), rss("Old", "A recall", "Another recall")]))
    await rounds(pipeline, now, 2)
    async with store.write() as tx:
        (only,) = await watchlists.in_workspace(tx, "W1")
        await watchlists.remove(tx, "W1", only.id)
    (poll,) = await pipeline.due(now + timedelta(days=2))
    assert (len(poll.new), poll.owed) == (1, 0)


async def test_the_validators_move_only_with_the_alerts(store: Store, now: datetime) -> None:
    """A fault between the answer and the commit leaves the old validators, so that the next poll brings the same items again."""
    await subscribed(store)
    tagged = rss("Old", "A recall").model_copy(update={"validators": Validators(etag='"new"')})
    door = FakeDoor(a=[rss("Old"), tagged])
    pipeline = polling(store, door)
    await pipeline.due(now)

    class Faulty(Matcher):
        is_broken = True

        def match(self, item: Item) -> Matches:
            if self.is_broken:
                raise RuntimeError
            return super().match(item)

    pipeline.compiled.matcher = faulty = Faulty({})
    (poll,) = await pipeline.due(now + timedelta(hours=7))
    assert poll.trouble
    assert await owed(store, now) == []
    faulty.is_broken = False
    (again,) = await pipeline.due(now + timedelta(hours=14))
    assert (len(again.new), again.owed) == (1, 1)
    assert door.asked["a"][-1] == Validators()


@pytest.mark.parametrize("disabled", [True, False])
async def test_only_enabled_sources_are_polled(store: Store, now: datetime, disabled: bool) -> None:
    polls = await polling(store, FakeDoor(a=rss("A")), source("a", enabled=not disabled)).due(now)
    assert len(polls) == (not disabled)


def test_a_feed_of_the_fakes_is_a_feed() -> None:
    assert isinstance(rss("A"), Fetched)


class HangingDoor(FakeDoor):
    """The source `a` never answers."""

    async def get(self, url: str, **more: Any) -> Fetched | NotModified:
        if url.endswith("/a"):
            await asyncio.Event().wait()
        return await super().get(url, **more)


async def test_a_source_that_hangs_makes_no_other_one_wait_for_its_next_poll(store: Store, now: datetime) -> None:
    door = HangingDoor(b=rss("B"))
    pipeline = polling(store, door, source("a"), source("b"))
    first = await pipeline.begin(now)
    await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
    second = await pipeline.begin(now + timedelta(minutes=30))
    assert [(await one).source for one in second] == ["b"]
    await pipeline.finish(0)
    assert await pipeline.begin(now + timedelta(hours=1)) == []


async def test_a_failure_that_cannot_be_noted_stays_with_its_source(store: Store, now: datetime) -> None:
    """The database fails just when a source's trouble is to be written: the other sources are polled all the same."""

    class Failing(Store):
        def __init__(self) -> None:
            self.writes = 0

        @asynccontextmanager
        async def write(self) -> AsyncIterator[Tx]:
            self.writes += 1
            if self.writes == 2:
                raise StoreTrouble("The database is locked by another process.")
            async with store.write() as tx:
                yield tx

    class Slow(FakeDoor):
        async def get(self, url: str, **more: Any) -> Fetched | NotModified:
            await asyncio.sleep(0.05 if url.endswith("/b") else 0)
            return await super().get(url, **more)

    pipeline = polling(Failing(), Slow(a=trouble(), b=rss("B")), source("a"), source("b"))
    polls = {one.source: one for one in await pipeline.due(now)}
    assert polls["a"].trouble == "The database is locked by another process."
    assert len(polls["b"].new) == 1


class Sleeping(FakeDoor):
    """A door whose answers come when they are released."""

    def __init__(self, **answers: Any) -> None:
        super().__init__(**answers)
        self.released = asyncio.Event()

    async def get(self, url: str, **more: Any) -> Fetched | NotModified:
        answer = await super().get(url, **more)
        await self.released.wait()
        return answer


async def test_a_source_that_answers_slowly_stays_with_the_bot_that_asks_it_and_one_of_a_bot_that_is_gone_is_asked_by_another(
    store: Store, now: datetime
) -> None:
    await subscribed(store)
    door, lease = Sleeping(a=rss("A recall")), Patience().poll
    slow, other = polling(store, door), polling(store, FakeDoor(a=rss("A recall")))
    (late,) = await slow.begin(now)
    for turn in range(1, 5):
        assert await slow.begin(now + turn * lease / 2) == []
        assert await other.begin(now + turn * lease / 2) == []
    door.released.set()
    assert (await late).entries == 1
    gone = polling(store, Sleeping(a=rss("A recall", "A second recall")))
    due = now + timedelta(hours=7)
    (lost,) = await gone.begin(due)
    assert await other.begin(due + lease / 2) == []
    (found,) = await other.begin(due + lease)
    assert (await found).trouble == ""
    lost.cancel()


async def test_a_poll_that_ends_while_sources_are_claimed_takes_no_room_from_one_that_is_due(store: Store, now: datetime) -> None:
    door = Sleeping(**{f"s{number}": rss(f"Notice {number}") for number in range(AT_ONCE)})

    class Ending(Polling):
        async def _claim(self, *given: Any, **more: Any) -> list[tuple[Source, SourceState]]:
            door.released.set()
            await asyncio.gather(*self._under_way.values())
            return await super()._claim(*given, **more)

    known = {f"s{number}": source(f"s{number}") for number in range(AT_ONCE)}
    slow = Ending(store, door, Catalogue({"s0": known["s0"]}, {}))
    (first,) = await slow.begin(now)
    every = Ending(store, door, Catalogue(known, {}))
    every._under_way["s0"] = first
    first.add_done_callback(lambda _: every._under_way.pop("s0"))
    door.released.clear()
    begun = [await one for one in await every.begin(now + timedelta(hours=7))]
    assert {one.source for one in begun} == known.keys() - {"s0"}


async def test_sources_with_nothing_new_are_asked_on_while_earlier_ones_wait_to_be_written(store: Store, now: datetime) -> None:
    written = asyncio.Event()

    class Held(Polling):
        async def _keep(self, outcomes: Sequence[Any]) -> list[Poll]:
            if not outcomes[0].poll.baseline:
                await written.wait()
            return await super()._keep(outcomes)

    names = [f"s{number}" for number in range(AT_ONCE + 5)]
    door = FakeDoor(**{name: rss(f"1=Notice {name}") for name in names})
    pipeline = Held(store, door, Catalogue({name: source(name) for name in names}, {}))
    await pipeline.due(now)
    again = asyncio.create_task(pipeline.due(now + timedelta(hours=7)))
    async with asyncio.timeout(60):
        while not all(len(door.asked[name]) == 2 for name in names):
            await asyncio.wait([again], timeout=0.01)
    written.set()
    assert [one.unchanged for one in await again] == [True] * len(names)


async def test_an_answer_that_was_overtaken_by_a_later_poll_changes_nothing(store: Store, now: datetime) -> None:
    """A process was asleep with an old answer in its hands until its lease had run out and another one had polled."""
    await subscribed(store)
    door = Sleeping(a=rss("1=A notice", "2=Old recall"))
    quick = polling(store, FakeDoor(a=[rss("1=A notice"), rss("1=A recall")]))
    await quick.due(now)
    asleep = polling(store, door)
    (late,) = await asleep.begin(now + timedelta(hours=7))
    (won,) = await quick.due(now + timedelta(hours=7, minutes=3))
    door.released.set()
    assert (len(won.changed), (await late).new, (await late).changed) == (1, (), ())
    assert await owed(store, now) == ["changed: A recall"]


async def test_an_address_that_two_workspaces_added_is_asked_once_and_what_it_brings_stays_each_one_s_own(
    store: Store, now: datetime
) -> None:
    url = "https://example.org/a"
    first, second = (source(source_id(workspace, url), url=url) for workspace in ("W1", "W2"))
    door = FakeDoor(a=[rss("Old"), rss("Old", "A recall"), rss("Old", "A recall", "More"), NotModified()])
    await polling(store, door, first).due(now)
    pipeline = polling(store, door, first, second)
    both = await pipeline.due(now + timedelta(minutes=1))  # the second is new and due; the first is not yet, and goes with it
    assert {(one.source, one.baseline, len(one.new)) for one in both} == {(first.id, False, 1), (second.id, True, 2)}
    async with store.read() as tx:
        (due,) = {one.next_poll for one in await sources.all(tx)}
    polls = await pipeline.due(due)
    assert {(one.source, tuple(item.title for item in one.new)) for one in polls} == {(first.id, ("More",)), (second.id, ("More",))}
    assert len(door.asked["a"]) == 3
    async with store.read() as tx:
        for workspace in ("W1", "W2"):
            seen = [one async for one in _all(tx, workspace)]
            assert len(seen) == 3
            assert {one.source for one in seen} == {source_id(workspace, url)}


async def _all(tx: Tx, workspace: str) -> AsyncIterator[Item]:
    for one in await items.latest(tx, 100):
        if await items.find(tx, one.id, workspace=workspace) is not None:
            yield one


def with_content(*titles: str) -> Fetched:
    rows = "".join(
        f"<item><title>{title}</title><link>https://example.org/{title}</link><description>Start</description>"
        f"<content:encoded>Start, and at length the recall of {title}</content:encoded></item>"
        for title in titles
    )
    body = f'<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>{rows}</channel></rss>'.encode()
    return Fetched(status=200, body=body, url="https://example.org/a")


async def test_the_first_poll_after_an_upgrade_tells_no_change_that_is_only_our_better_reading(store: Store, now: datetime) -> None:
    await subscribed(store)
    door = FakeDoor(a=[with_content("One", "Two"), with_content("One", "Two", "Three"), with_content("One", "Two", "Three", "Four")])
    pipeline = polling(store, door)
    await pipeline.due(now)
    async with store.write() as tx:  # as an older Regwatch left it, which read no content and did not say how it reads
        old = [one.model_copy(update={"text": ""}) for one in await items.latest(tx, 9)]
        bare = [normalise.fingerprint(one).rpartition(":")[2] for one in old]
        kept = [Kept(one, print_, normalise.canonical(one.url), "") for one, print_ in zip(old, bare, strict=True)]
        await items.reread(tx, kept)
        await items.touch(tx, [Seen(one.item.id, one.fingerprint, 0, one.item.key) for one in kept])
        assert await search.count(tx, query.parse("recall"), workspace=None) == 0
    (poll,) = await pipeline.due(now + timedelta(hours=7))
    assert ([one.title for one in poll.new], poll.changed) == (["Three"], ())
    assert await owed(store, now) == ["new: Three"]
    async with store.read() as tx:
        assert await search.count(tx, query.parse("recall"), workspace=None) == 3
        histories = [await items.history(tx, one.id) for one in await items.latest(tx, 9)]
    assert [len(one) for one in histories] == [1, 1, 1]
    assert all("at length" in one[0].item.text for one in histories)
    (poll,) = await pipeline.due(now + timedelta(hours=14))
    assert ([one.title for one in poll.new], poll.changed) == (["Four"], ())


async def test_while_a_poll_finds_many_items_the_event_loop_goes_on(store: Store, now: datetime) -> None:
    """Chat has to be acknowledged within three seconds, also during a backfill of thousands of items."""
    await subscribed(store)

    beats: list[int] = []
    beat = 0

    class Slow(Matcher):
        def match(self, item: Item) -> Matches:
            time.sleep(0.003)
            beats.append(beat)
            return super().match(item)

    many = rss("Old", *(f"recall {number}" for number in range(200)))
    pipeline = polling(store, FakeDoor(a=[rss("Old"), many]))
    await pipeline.due(now)
    pipeline.compiled.matcher = Slow({})
    poll = asyncio.create_task(pipeline.due(now + timedelta(hours=7)))
    # What keeps the loop busy, in CPU time of its own thread, so that a machine with other work to do changes nothing.
    longest, last = 0.0, time.thread_time()
    while not poll.done():
        await asyncio.sleep(0.005)
        longest, last, beat = max(longest, time.thread_time() - last), time.thread_time(), beat + 1
    assert poll.result()[0].owed == 200
    assert longest < 0.3
    assert len(beats) == 200
    assert len(set(beats)) >= 5  # the loop went on while items were matched


PAGE = Fetched(
    status=200,
    body=b"<html><title>Recall procedures</title><main><p>How a recall is made, told at length and in every detail.</p></main></html>",
    url="https://example.org/a",
    content_type="text/html",
)


def missing(status: int, fault: FetchFault = "http_error") -> SourceTrouble:
    return SourceTrouble(f"https://example.org/a has no such page now (HTTP {status}).", fault=fault, status=status)


async def test_a_watched_page_that_is_missing_at_three_polls_is_told_as_withdrawn_and_as_changed_when_it_is_back(
    store: Store, now: datetime
) -> None:
    await subscribed(store)
    pipeline = polling(store, FakeDoor(a=[PAGE, missing(404), missing(404), missing(404), missing(404), PAGE]), source("a", kind="page"))
    assert [len((await rounds(pipeline, now + timedelta(days=turn), 1))[0].changed) for turn in range(6)] == [0, 0, 0, 1, 0, 1]
    async with store.read() as tx:
        (item,) = await items.latest(tx, 5)
        history = await items.history(tx, item.id)
    assert [(one.item.status, one.why) for one in history[1:]] == [
        ("withdrawn", "its page is gone: https://example.org/a has no such page now (HTTP 404)."),
        (None, "status or dates changed"),
    ]
    assert await owed(store, now + timedelta(days=9)) == ["changed: Recall procedures", "changed: Recall procedures"]


@pytest.mark.parametrize(
    ("kind", "answers"),
    [
        ("page", [missing(404), missing(404), PAGE]),
        ("page", [missing(404, "blocked")] * 6),
        ("page", [missing(503)] * 6),
        ("feed", [missing(404)] * 6),
    ],
)
async def test_a_page_that_is_missing_for_a_while_or_behind_a_wall_or_a_list_is_not_withdrawn(
    store: Store, now: datetime, kind: str, answers: list[Answer]
) -> None:
    await subscribed(store)
    first: Answer = PAGE if kind == "page" else rss("A recall")
    pipeline = polling(store, FakeDoor(a=[first, *answers]), source("a", kind=kind))
    for turn in range(7):
        await pipeline.due(now + timedelta(days=turn))
    assert await owed(store, now + timedelta(days=9)) == []


async def test_a_page_that_says_it_is_gone_is_withdrawn_at_once(store: Store, now: datetime) -> None:
    await subscribed(store)
    pipeline = polling(store, FakeDoor(a=[PAGE, missing(410)]), source("a", kind="page"))
    (poll,) = await rounds(pipeline, now, 2)
    assert [one.status for one in poll.changed] == ["withdrawn"]


async def test_rows_that_vanish_from_a_list_are_no_withdrawal(store: Store, now: datetime) -> None:
    await subscribed(store)
    await rounds(polling(store, FakeDoor(a=[rss("Old", "A recall"), rss("Old")])), now, 3)
    assert await owed(store, now) == []


async def test_a_new_form_of_a_source_is_kept_and_told_to_nobody(store: Store, now: datetime) -> None:
    await subscribed(store)
    before = [f"{number}=Recall {number}" for number in range(12)]
    after = [f"{number}=MFDS Recall {number}" for number in range(12)]
    (poll,) = await rounds(polling(store, FakeDoor(a=[rss(*before), rss(*after)])), now, 2)
    assert (poll.changed, poll.noisy, poll.owed) == ((), 12, 0)
    async with store.read() as tx:
        history = await items.history(tx, (await items.latest(tx, 1))[0].id)
    assert "as at once in 12 of 12 known items of this source" in history[1].why
    assert await owed(store, now) == []
