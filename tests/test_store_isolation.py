"""Two workspaces in one bot see nothing of each other: every store question and change that names a workspace or a place is tried.

Whatever one of them asks, with ids of its own or of the other, no word of the other is in the answer; whatever it changes, the other's
answers stay as they were. A function that is new and takes a workspace or a place fails the first test until it is tried here.
"""

import asyncio
import importlib
import inspect
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable, ItemsView
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import bot.store
from bot.audience import source_id
from bot.deliver import outbox as life
from bot.errors import UserMistake
from bot.model import Alarm, Authority, Deadline, Decision, Discovery, Heed, Item, Notice, Place, Reminders, Source, Watchlist
from bot.store import (
    added_sources,
    assessments,
    calendars,
    charts,
    deadlines,
    discoveries,
    exports,
    glossaries,
    heeds,
    hits,
    installations,
    items,
    judged,
    operations,
    outbox,
    packed,
    places,
    promised,
    record,
    reporting,
    retention,
    roles,
    search,
    steps,
    waiting,
    watchlists,
)
from bot.store.database import Store, Tx
from bot.store.deadlines import Day
from bot.store.installations import Installation
from bot.store.record import Fact
from bot.store.roles import Person
from bot.watch import query as language
from bot.watch.nodes import OwnTerm
from bot.watch.packs import Pack, Ready
from tests import builders
from tests.builders import NOW

# Parameters by which a function is asked for somebody.
WHOSE = {"workspace", "workspaces", "place_id", "place_ids", "place", "team", "beside"}
LATER = NOW + timedelta(days=1)


@dataclass(frozen=True)
class Side:
    """One workspace, in whose every name, id and text stands its `mark`; items of the catalogue belong to both."""

    mark: str
    place: Place
    watchlist: Watchlist
    source: Source
    item: Item
    term: OwnTerm

    @property
    def workspace(self) -> str:
        return self.place.workspace


def side(mark: str) -> Side:
    workspace = f"W-{mark}"
    address = f"https://{mark}.example.org/feed"
    place = builders.place(f"room-{mark}", platform="slack", workspace=workspace, name=f"#{mark}-room")
    source = Source(
        id=source_id(workspace, address),
        name=f"Source of {mark}",
        authority=Authority(id=mark, name=mark, short=mark, jurisdiction="KR"),
        jurisdiction="KR",
        language="en",
        tier="official",
        kind="feed",
        url=address,
        interval=timedelta(hours=1),
    )
    return Side(
        mark=mark,
        place=place,
        watchlist=builders.watchlist("recall", workspace=workspace, name=f"List of {mark}", id=f"list-{mark}", created_by=f"user-{mark}"),
        source=source,
        item=builders.item(
            f"Recall told by {mark}",
            id=f"item-{mark}",
            source=source.id,
            url=f"{address}/1",
            deadlines=(Deadline(kind="comments_due", day=date(2026, 8, 1), text=mark),),
        ),
        term=OwnTerm(text=f"word{mark}", concept=f"concept{mark}", language="en", name=f"Concept {mark}"),
    )


A, B = side("alpha"), side("bravo")
BOTH = builders.item("Recall told to everybody", id="item-shared", source="kr-mfds")
DISMISSED = Decision(workspace="any", item="any", what="status", status="not_relevant", by="x", at=NOW)
QUERY = language.parse("recall")
PACK = Pack(id="trials", name="Trials", version=1, watchlists=(Ready(key="all", name="Trials", query="recall"),))

Question = Callable[[Tx, str, Side], Awaitable[Any]]
"""Asked by the workspace, or the place of it, that is given, with the ids of a side: its own or the other's."""


def _at(workspace: str) -> str:
    return next(one.place.id for one in (A, B) if one.workspace == workspace)


def muted(place_id: str, of: Side) -> Heed:
    return Heed(place=place_id, kind="mute", about="kr-mfds", name=f"Muted by {of.mark}", by=of.mark, since=NOW)


async def _all(rows: AsyncIterator[object]) -> list[object]:
    return [row async for row in rows]


QUESTIONS: dict[str, Question] = {
    "added_sources.in_workspace": lambda tx, me, _: added_sources.in_workspace(tx, me),
    "assessments.changed_between": lambda tx, me, _: assessments.changed_between(tx, me, BOTH.id, NOW - timedelta(days=1), LATER),
    "assessments.decided_about": lambda tx, me, _: assessments.decided_about(tx, me),
    "assessments.of_item": lambda tx, me, _: assessments.of_item(tx, me, BOTH.id),
    "calendars.contents": lambda tx, me, _: calendars.contents(tx, _at(me), date(2026, 1, 1)),
    "calendars.opened": lambda tx, me, _: calendars.opened(tx, _at(me)),
    "deadlines.at_place": lambda tx, me, _: deadlines.at_place(tx, _at(me), date(2026, 1, 1), date(2027, 1, 1)),
    "deadlines.wishes": lambda tx, me, _: deadlines.wishes(tx, _at(me)),
    "discoveries.latest": lambda tx, me, it: discoveries.latest(tx, me, it.source.url, NOW),
    "exports.alerts": lambda tx, me, _: _all(exports.alerts(tx, me, NOW, LATER)),
    "exports.capture": lambda tx, me, it: exports.capture(tx, me, it.item.id, 1),
    "exports.captures": lambda tx, me, _: _all(exports.captures(tx, me, NOW, LATER)),
    "glossaries.of_workspace": lambda tx, me, _: glossaries.of_workspace(tx, me),
    "glossaries.of_workspaces": lambda tx, me, _: glossaries.of_workspaces(tx, [me]),
    "heeds.at_place": lambda tx, me, _: heeds.at_place(tx, _at(me)),
    "heeds.muting": lambda tx, me, _: heeds.muting(tx, "kr-mfds", workspace=me),
    "hits.of_item": lambda tx, me, _: hits.of_item(tx, BOTH.id, 1, workspace=me),
    "installations.serving": lambda tx, me, _: installations.serving(tx, me),
    "items.find": lambda tx, me, it: items.find(tx, it.item.id, workspace=me),
    "items.several": lambda tx, me, it: items.several(tx, [it.item.id, BOTH.id], workspace=me),
    "judged.by_people": lambda tx, me, it: judged.by_people(tx, me, it.watchlist.id, {}, NOW),
    "judged.decided": lambda tx, me, _: judged.decided(tx, me),
    "judged.dismissing": lambda tx, me, it: judged.dismissing(tx, me, dict.fromkeys((it.item.id, BOTH.id), DISMISSED), 1, NOW),
    "outbox.alerted": lambda tx, me, _: outbox.alerted(tx, me, BOTH.id),
    "outbox.of_item": lambda tx, me, _: outbox.of_item(tx, BOTH.id, workspace=me),
    "outbox.owed_now": lambda tx, me, _: outbox.owed_now(tx, _at(me), LATER),
    "packed.of_pack": lambda tx, me, _: packed.of_pack(tx, me, "trials"),
    "packed.versions": lambda tx, me, _: packed.versions(tx, me),
    "places.asleep": lambda tx, me, _: places.asleep(tx, _at(me)),
    "places.at_place": lambda tx, me, _: places.at_place(tx, _at(me)),
    "places.beside": lambda tx, me, _: places.beside(tx, next(one.place for one in (A, B) if one.workspace == me)),
    "places.by_name": lambda tx, me, it: places.by_name(tx, next(one.place for one in (A, B) if one.workspace == me), it.place.name),
    "places.get": lambda tx, me, _: places.get(tx, _at(me)),
    "promised.at_place": lambda tx, me, _: promised.at_place(tx, _at(me), NOW),
    "record.between": lambda tx, me, _: record.between(tx, me, NOW, LATER),
    "record.check": lambda tx, me, _: record.check(tx, me),
    "record.head": lambda tx, me, _: record.head(tx, me),
    "record.rows": lambda tx, me, _: _all(record.rows(tx, me, 1, 99)),
    "reporting.decided": lambda tx, me, _: reporting.decided(tx, me, NOW, LATER),
    "reporting.matched": lambda tx, me, _: reporting.matched(tx, _at(me), NOW, LATER),
    "reporting.found": lambda tx, me, _: reporting.found(tx, _at(me), NOW, LATER),
    "reporting.results": lambda tx, me, _: reporting.results(tx, _at(me), NOW, LATER),
    "reporting.told": lambda tx, me, _: reporting.told(tx, _at(me), NOW, LATER),
    "retention.days": lambda tx, me, _: retention.days(tx, me),
    "roles.admins": lambda tx, me, _: roles.admins(tx, me),
    "roles.managers": lambda tx, me, it: roles.managers(tx, me, it.place.id),
    "search.count": lambda tx, me, _: search.count(tx, QUERY, workspace=me, now=NOW),
    "search.count_since": lambda tx, me, _: search.count_since(tx, NOW - timedelta(days=9), workspace=me),
    "search.titled": lambda tx, me, _: search.titled(tx, {"recall"}, workspace=me, limit=9),
    "search.find": lambda tx, me, _: search.find(tx, QUERY, workspace=me, limit=9, now=NOW),
    "search.since": lambda tx, me, _: search.since(tx, QUERY, NOW - timedelta(days=9), workspace=me, now=NOW),
    "steps.candidates": lambda tx, me, _: steps.candidates(tx, [("recall", ())], workspace=me),
    "waiting.crowd": lambda tx, me, _: waiting.crowd(tx, _at(me), LATER, urgent_too=True),
    "waiting.crowds": lambda tx, me, _: waiting.crowds(tx, [_at(me)], LATER),
    "waiting.due": lambda tx, me, _: waiting.due(tx, _at(me), LATER),
    "waiting.find_digest": lambda tx, me, _: waiting.find_digest(tx, _at(me), ""),
    "waiting.last_bursts": lambda tx, me, _: waiting.last_bursts(tx, [_at(me)]),
    "waiting.sent_alone": lambda tx, me, _: waiting.sent_alone(tx, [_at(me)], NOW - timedelta(days=9)),
    "watchlists.by_id": lambda tx, me, it: watchlists.by_id(tx, me, [it.watchlist.id]),
    "watchlists.get_by_name": lambda tx, me, it: watchlists.get_by_name(tx, me, it.watchlist.name),
    "watchlists.in_workspace": lambda tx, me, _: watchlists.in_workspace(tx, me),
}

CHANGES: dict[str, Question] = {
    "added_sources.add": lambda tx, me, it: added_sources.add(tx, me, it.source, by="x", now=NOW),
    "added_sources.remove": lambda tx, me, it: added_sources.remove(tx, me, it.source.id),
    "calendars.close": lambda tx, me, _: calendars.close(tx, _at(me)),
    "calendars.open_at": lambda tx, me, _: calendars.open_at(tx, _at(me), f"another secret of {me}", "x", LATER),
    "charts.show": lambda tx, me, it: charts.show(tx, me, f"secret-{me}-{it.mark}", it.mark, [], [], NOW),
    "deadlines.note": lambda tx, me, it: deadlines.note(tx, _at(me), [(Day(BOTH.id, "comments_due", date(2026, 8, 1)), 3)]),
    "deadlines.remind": lambda tx, me, _: deadlines.remind(tx, Reminders(place=_at(me), days=(3,), since=NOW)),
    "deadlines.stop_reminding": lambda tx, me, _: deadlines.stop_reminding(tx, _at(me)),
    "glossaries.add": lambda tx, me, it: glossaries.add(tx, me, [it.term], "x", NOW),
    "glossaries.remove": lambda tx, me, it: glossaries.remove(tx, me, [it.term]),
    "heeds.choose": lambda tx, me, it: heeds.choose(tx, muted(_at(me), it)),
    "heeds.end": lambda tx, me, it: heeds.end(tx, muted(_at(me), it)),
    "installations.belongs": lambda tx, me, _: installations.belongs(tx, me, "E-new"),
    "operations.choose": lambda tx, me, _: operations.choose(tx, me, None),
    "operations.end": lambda tx, me, it: operations.end(tx, me, [it.source.id, "kr-mfds"]),
    "operations.part": lambda tx, me, _: operations.part(tx, me),
    "operations.prove": lambda tx, me, _: operations.prove(tx, _at(me), "2026-W30"),
    "operations.stop_proving": lambda tx, me, _: operations.stop_proving(tx, _at(me)),
    "outbox.hold": lambda tx, me, _: outbox.hold(tx, _at(me), "x"),
    "outbox.refresh_alerts": lambda tx, me, it: outbox.refresh_alerts(tx, me, it.item.id, NOW),
    "outbox.release": lambda tx, me, _: outbox.release(tx, _at(me)),
    "outbox.say": lambda tx, me, _: outbox.say(tx, _at(me), "about", ("Hello.",), NOW),
    "packed.keep": lambda tx, me, it: packed.keep(tx, me, PACK, [("all", "changed", it.watchlist.id)]),
    "places.ensure": lambda tx, me, _: places.ensure(tx, builders.place("new", platform="slack", workspace=me)),
    "places.resume": lambda tx, me, _: places.resume(tx, _at(me)),
    "places.resume_all": lambda tx, me, _: places.resume_all(tx, "slack", me, ["token_revoked"]),
    "places.suspend": lambda tx, me, _: places.suspend(tx, _at(me), "is_archived", NOW),
    "places.suspend_all": lambda tx, me, _: places.suspend_all(tx, "slack", me, "token_revoked", NOW),
    "places.unsubscribe": lambda tx, me, it: places.unsubscribe(tx, _at(me), it.watchlist.id),
    "places.wish": lambda tx, me, _: places.wish(tx, builders.place(id=_at(me), timezone="Asia/Seoul")),
    "promised.promise": lambda tx, me, it: promised.promise(tx, _at(me), it.mark, Notice(lines=(it.mark,)), LATER, NOW),
    "promised.take_back": lambda tx, me, it: promised.take_back(tx, _at(me), f"promise {it.mark}", NOW),
    "record.by_itself": lambda tx, me, _: record.by_itself(tx, builders.place(id=_at(me), workspace=me), "told", NOW),
    "record.note": lambda tx, me, _: record.note(tx, me, Fact(what="changed", at=NOW, by="x")),
    "retention.keep": lambda tx, me, _: retention.keep(tx, me, 365),
    "roles.name": lambda tx, me, it: roles.name(tx, me, Person(actor="x", name="x"), it.place.id),
    "roles.open_place": lambda tx, me, it: roles.open_place(tx, me, it.place.id),
    "roles.unname": lambda tx, me, it: roles.unname(tx, me, [f"user-{it.mark}"], it.place.id),
    "waiting.lock": lambda tx, me, _: waiting.lock(tx, [_at(me)]),
    "waiting.postpone": lambda tx, me, _: waiting.postpone(tx, _at(me), LATER),
    "waiting.reconsider": lambda tx, me, _: waiting.reconsider(tx, _at(me), NOW),
    "watchlists.edit": lambda tx, me, it: watchlists.edit(tx, me, it.watchlist.id, "changed"),
    "watchlists.pause": lambda tx, me, it: watchlists.pause(tx, me, it.watchlist.id, paused=True),
    "watchlists.remove": lambda tx, me, it: watchlists.remove(tx, me, it.watchlist.id),
    "watchlists.rename": lambda tx, me, it: watchlists.rename(tx, me, it.watchlist.id, "changed"),
    "watchlists.touch": lambda tx, me, _: watchlists.touch(tx, me),
}
# What a person never asks for a workspace: it says to whom the rows it is given belong, and the rows say so themselves.
BY_ROWS = {"deadlines.note", "deadlines.remind", "heeds.choose", "heeds.end", "places.ensure", "places.wish"}


def asked_for_somebody() -> set[str]:
    """Every public coroutine of the store that takes a workspace or a place."""
    found = set()
    for module in pkgutil.iter_modules(bot.store.__path__):
        loaded = importlib.import_module(f"bot.store.{module.name}")
        for name, one in inspect.getmembers(loaded, lambda one: inspect.iscoroutinefunction(one) or inspect.isasyncgenfunction(one)):
            if one.__module__ == loaded.__name__ and not name.startswith("_") and WHOSE & set(inspect.signature(one).parameters):
                found.add(f"{module.name}.{name}")
    return found


def test_every_function_that_takes_a_workspace_or_a_place_is_tried_here() -> None:
    assert asked_for_somebody() - set(QUESTIONS) - set(CHANGES) == set()
    assert set(QUESTIONS) | set(CHANGES) <= asked_for_somebody() | BY_ROWS
    assert len(asked_for_somebody()) > 50


async def _fill(tx: Tx, mine: Side) -> None:
    await places.ensure(tx, mine.place)
    await watchlists.add(tx, mine.watchlist)
    await places.subscribe(tx, builders.subscription(mine.watchlist, mine.place, created_by=f"user-{mine.mark}"))
    await added_sources.add(tx, mine.workspace, mine.source, by=f"user-{mine.mark}", now=NOW)
    await items.add(tx, mine.item, mine.mark, link=mine.item.url or "", why="new")
    await deadlines.put(tx, [mine.item])
    await hits.add(tx, [builders.hit(mine.watchlist, one) for one in (mine.item, BOTH)], NOW)
    await glossaries.add(tx, mine.workspace, [mine.term], f"user-{mine.mark}", NOW)
    found = {"done": True, "refusal": "", "name": mine.mark}
    await discoveries.ask(
        tx, Discovery(id=f"look-{mine.mark}", workspace=mine.workspace, place=mine.place.id, url=mine.source.url, asked=NOW, **found)
    )
    await operations.choose(tx, mine.workspace, mine.place.id)
    await operations.sound(tx, [Alarm(workspace=mine.workspace, source=one, since=NOW) for one in (mine.source.id, "kr-mfds")])
    await operations.prove(tx, mine.place.id, "2026-W27")
    await retention.keep(tx, mine.workspace, 200)
    await heeds.choose(tx, muted(mine.place.id, mine))
    await promised.promise(tx, mine.place.id, "item", Notice(lines=(f"Promised to {mine.mark}",)), LATER, NOW)
    await deadlines.remind(tx, Reminders(place=mine.place.id, since=NOW))
    await packed.keep(tx, mine.workspace, PACK, [("all", "recall", mine.watchlist.id)])
    note = Decision(workspace=mine.workspace, item=BOTH.id, what="note", reason=f"Note of {mine.mark}", by=f"user-{mine.mark}", at=NOW)
    await assessments.decide(tx, note)
    await assessments.decide(tx, note.model_copy(update={"item": mine.item.id, "what": "status", "status": "relevant"}))
    await calendars.open_at(tx, mine.place.id, f"secret-{mine.mark}", f"user-{mine.mark}", NOW)
    await roles.name(tx, mine.workspace, Person(actor=f"user-{mine.mark}", name=f"@{mine.mark}"))
    await roles.name(tx, mine.workspace, Person(actor=f"user-{mine.mark}", name=f"@{mine.mark}"), mine.place.id)
    kept = Installation(id=mine.workspace, team=mine.workspace, installer=mine.mark, sealed=f"sealed {mine.mark}", installed=NOW)
    await installations.keep(tx, kept)
    told = life.telling(mine.place.id, f"told {mine.mark}", Notice(lines=(f"Notice for {mine.mark}.",)), NOW)
    owed = [builders.delivery(one, mine.place, id=f"d-{mine.mark}-{one.id}", watchlists=(mine.watchlist.id,)) for one in (mine.item, BOTH)]
    await outbox.owe(tx, [*owed, told])
    bound = builders.delivery(BOTH, mine.place, id=f"digest-{mine.mark}", kind="digest", watchlists=(mine.watchlist.id,))
    burst = builders.delivery(BOTH, mine.place, id=f"burst-{mine.mark}", kind="burst", watchlists=(mine.watchlist.id,))
    await outbox.owe(tx, [bound, burst])
    await waiting.settle(tx, [owed[0].id], "waiting", NOW)


class Undone(Exception):
    """Ends a transaction without a trace."""


@pytest.fixture
async def both(store: Store) -> Store:
    async with store.write() as tx:
        await items.add(tx, BOTH, "shared", link=BOTH.url or "", why="new")
        for one in (A, B):
            await _fill(tx, one)
    return store


async def _answers(tx: Tx, me: str) -> dict[str, str]:
    """Everything a workspace can be told, with its own ids."""
    mine = A if me == A.workspace else B
    return {name: _said(await question(tx, me, mine)) for name, question in QUESTIONS.items()}


def _said(answer: object) -> str:
    """An answer in words; where it has several parts, in whatever order the database gave them."""
    parts = answer.items() if isinstance(answer, dict) else answer
    return repr(sorted(map(repr, parts)) if isinstance(parts, list | set | frozenset | ItemsView) else answer)


async def test_each_question_tells_a_workspace_its_own(both: Store) -> None:
    async with both.read() as tx:
        said = await _answers(tx, A.workspace)
    plain = {
        "assessments.changed_between",
        "calendars.opened",
        "outbox.alerted",
        "outbox.owed_now",
        "packed.versions",
        "places.asleep",
        "record.between",
        "record.check",
        "record.head",
        "reporting.matched",
        "reporting.results",
        "retention.days",
        "search.count",
        "search.count_since",
        "waiting.sent_alone",
    }
    assert {name for name, answer in said.items() if A.mark not in answer} - plain == set()
    assert (said["search.count"], said["search.count_since"]) == ("2", "2")


@pytest.mark.parametrize("asker", [A, B], ids=["alpha asks", "bravo asks"])
async def test_no_question_tells_a_workspace_anything_of_another(both: Store, asker: Side) -> None:
    other = B if asker is A else A
    async with both.read() as tx:
        for ids in (asker, other):
            for name, question in QUESTIONS.items():
                assert other.mark not in repr(await question(tx, asker.workspace, ids)), name


@pytest.mark.parametrize("change", CHANGES, ids=str)
async def test_no_change_of_a_workspace_is_noticed_by_another(both: Store, change: str) -> None:
    for ids in (A, B):
        with suppress(Undone):
            async with both.write() as tx:
                before = await _answers(tx, B.workspace)
                await CHANGES[change](tx, A.workspace, ids)
                assert await _answers(tx, B.workspace) == before, ids.mark
                raise Undone


Step = tuple[str, Side, Side]
"""A change, of a workspace, with ids of a side."""
deeds: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(st.sampled_from(sorted(CHANGES)), st.sampled_from([A, B]), st.sampled_from([A, B])),
    min_size=1,
    max_size=6,
    unique_by=lambda step: (step[0], step[1].mark, step[2].mark),
)


# Not made smaller when one fails: each try fills a database anew.
@settings(max_examples=10, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(deeds)
def test_whatever_both_changed_before_in_whatever_order_a_change_of_one_changes_no_answer_of_the_other(
    database: str, done: list[Step]
) -> None:
    asyncio.run(_do(database, done))


async def _do(database: str, done: list[Step]) -> None:
    store = await Store.open(database)
    try:
        with suppress(Undone):
            async with store.write() as tx:
                await items.add(tx, BOTH, "shared", link=BOTH.url or "", why="new")
                for one in (A, B):
                    await _fill(tx, one)
                for step in done:
                    await _step(tx, *step)
                raise Undone
    finally:
        await store.close()


async def _step(tx: Tx, change: str, doer: Side, ids: Side) -> None:
    other = B if doer is A else A
    before = await _answers(tx, other.workspace)
    await CHANGES[change](tx, doer.workspace, ids)
    assert await _answers(tx, other.workspace) == before


async def test_a_place_takes_no_watchlist_of_another_workspace(both: Store) -> None:
    async with both.write() as tx:
        with pytest.raises(UserMistake):
            await places.subscribe(tx, builders.subscription(B.watchlist, A.place))


async def test_after_all_changes_at_once_the_other_workspace_is_as_it_was(both: Store) -> None:
    async with both.write() as tx:
        before = await _answers(tx, B.workspace)
        for name in sorted(CHANGES, key=lambda one: one.rpartition(".")[2]):
            for ids in (B, A):
                await CHANGES[name](tx, A.workspace, ids)
        assert await _answers(tx, B.workspace) == before
