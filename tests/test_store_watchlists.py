"""Watchlists, places and subscriptions: each workspace sees its own, and every change moves the revision."""

from datetime import datetime
from inspect import iscoroutinefunction, signature
from types import ModuleType

import pytest

from bot.errors import UserMistake
from bot.store import glossaries, hits, items, outbox, places, watchlists
from bot.store.database import Store, Tx
from tests.builders import hit, item, place, subscription, watchlist


async def matching(tx: Tx) -> list[str]:
    """The ids of the watchlists that a matcher has to have."""
    return [one.id for one in await watchlists.changed_since(tx, (0, 0), 100) if one.matches]


async def test_a_watchlist_is_found_by_its_name_letter_case_and_spacing_aside(store: Store) -> None:
    dct = watchlist("decentralised AND trial", name="DCT 분산형  Trials")
    async with store.write() as tx:
        await watchlists.add(tx, dct)
        assert await watchlists.get_by_name(tx, "W1", " dct 분산형 trials ") == dct
        assert await watchlists.get_by_name(tx, "W1", "dct") is None


async def test_a_name_is_taken_once_in_a_workspace(store: Store) -> None:
    async with store.write() as tx:
        await watchlists.add(tx, watchlist(name="Recalls"))
        await watchlists.add(tx, watchlist(name="Recalls", workspace="W2"))
    with pytest.raises(UserMistake, match="already a watchlist named RECALLS"):
        async with store.write() as tx:
            await watchlists.add(tx, watchlist(name="RECALLS"))


async def test_a_workspace_neither_sees_nor_removes_the_watchlists_of_another(store: Store) -> None:
    mine, theirs = watchlist(name="a"), watchlist(name="a", workspace="W2")
    async with store.write() as tx:
        await watchlists.add(tx, mine)
        await watchlists.add(tx, theirs)
        assert await watchlists.in_workspace(tx, "W1") == [mine]
        assert await watchlists.get_by_name(tx, "W2", "a") == theirs
        assert await watchlists.by_id(tx, "W1", [mine.id, theirs.id]) == {mine.id: mine}
        assert await watchlists.remove(tx, "W1", theirs.id) is False
        assert await matching(tx) == [mine.id, theirs.id]


async def test_the_revision_moves_with_every_change_and_with_nothing_else(store: Store) -> None:
    seen = []
    one = watchlist()

    async def look() -> None:
        async with store.read() as tx:
            seen.append(await watchlists.revision(tx))

    await look()
    async with store.write() as tx:
        await watchlists.add(tx, one)
    await look()
    async with store.write() as tx:
        await watchlists.remove(tx, "W1", one.id)
    await look()
    async with store.write() as tx:
        await watchlists.remove(tx, "W1", one.id)
        await places.ensure(tx, place())
    await look()
    assert seen == [0, 1, 2, 2]


async def test_an_edited_watchlist_keeps_everything_but_its_query(store: Store) -> None:
    old, here = watchlist("recall", name="Recalls"), place()
    async with store.write() as tx:
        await watchlists.add(tx, old)
        await places.ensure(tx, here)
        held = subscription(old, here)
        await places.subscribe(tx, held)
        before = await watchlists.revision(tx)
        assert await watchlists.edit(tx, "W1", old.id, "withdrawal") is True
        assert await watchlists.get_by_name(tx, "W1", "Recalls") == old.model_copy(update={"query": "withdrawal"})
        assert await places.at_place(tx, here.id) == [held]
        assert await watchlists.revision(tx) == before + 1


async def test_a_paused_watchlist_is_kept_and_does_not_match(store: Store) -> None:
    one = watchlist()
    async with store.write() as tx:
        await watchlists.add(tx, one)
        assert await watchlists.pause(tx, "W1", one.id, paused=True) is True
        assert await matching(tx) == []
        assert await watchlists.in_workspace(tx, "W1") == [one.model_copy(update={"paused": True})]
        assert await watchlists.pause(tx, "W1", one.id, paused=False) is True
        assert await matching(tx) == [one.id]
        assert await watchlists.revision(tx) == 3


async def test_a_watchlist_takes_a_name_that_is_free(store: Store) -> None:
    one, other = watchlist(name="Recalls"), watchlist(name="Trials")
    async with store.write() as tx:
        await watchlists.add(tx, one)
        await watchlists.add(tx, other)
        assert await watchlists.rename(tx, "W1", one.id, "RECALLS") is True
        assert (await watchlists.by_id(tx, "W1", [one.id]))[one.id].name == "RECALLS"
        with pytest.raises(UserMistake, match="already a watchlist named Trials"):
            await watchlists.rename(tx, "W1", one.id, "trials")


async def test_nobody_changes_a_watchlist_of_another_workspace_or_a_removed_one(store: Store) -> None:
    theirs, gone = watchlist(workspace="W2"), watchlist()
    async with store.write() as tx:
        await watchlists.add(tx, theirs)
        await watchlists.add(tx, gone)
        await watchlists.remove(tx, "W1", gone.id)
        before = await watchlists.revision(tx)
        for one in (theirs, gone):
            assert await watchlists.edit(tx, "W1", one.id, "x") is False
            assert await watchlists.pause(tx, "W1", one.id, paused=True) is False
            assert await watchlists.rename(tx, "W1", one.id, "x") is False
        assert await matching(tx) == [theirs.id]
        assert await watchlists.revision(tx) == before


async def test_a_change_that_was_undone_did_not_move_the_revision(store: Store) -> None:
    async def add_and_fail() -> None:
        async with store.write() as tx:
            await watchlists.add(tx, watchlist())
            raise LookupError

    with pytest.raises(LookupError):
        await add_and_fail()
    async with store.read() as tx:
        assert await watchlists.revision(tx) == 0
        assert await matching(tx) == []


async def test_a_removed_watchlist_frees_its_name_and_past_hits_still_name_it(store: Store, now: datetime) -> None:
    kept, old, here = item(), watchlist(name="Recalls"), place()
    async with store.write() as tx:
        await items.add(tx, kept, "print", link="", why="new")
        await watchlists.add(tx, old)
        await places.ensure(tx, here)
        await places.subscribe(tx, subscription(old, here))
        await hits.add(tx, [hit(old, kept)], now)
        assert await watchlists.remove(tx, "W1", old.id) is True
        await watchlists.add(tx, watchlist(name="recalls"))
        assert await places.at_place(tx, here.id) == []
        assert await hits.of_item(tx, kept.id, 1, workspace="W1") == [hit(old, kept)]
        assert (await watchlists.by_id(tx, "W1", [old.id]))[old.id].name == "Recalls"


async def test_a_place_subscribes_once_and_unsubscribes_once(store: Store) -> None:
    wanted, here, elsewhere = watchlist(), place(), place()
    async with store.write() as tx:
        await watchlists.add(tx, wanted)
        await places.ensure(tx, here)
        await places.ensure(tx, elsewhere)
        first, second = subscription(wanted, here), subscription(wanted, elsewhere)
        assert [await places.subscribe(tx, one) for one in (first, second, subscription(wanted, here))] == [True, True, False]
        assert await places.at_place(tx, here.id) == [first]
        assert await places.of_watchlists(tx, [wanted.id]) == [first, second]
        assert await places.of_watchlists(tx, []) == []
        assert [await places.unsubscribe(tx, here.id, wanted.id) for _ in range(2)] == [True, False]
        assert await places.at_place(tx, here.id) == []


@pytest.mark.parametrize("wrong", ["another workspace", "removed", "unheard of"])
async def test_a_place_cannot_subscribe_to_what_its_workspace_does_not_have(store: Store, wrong: str) -> None:
    theirs, here = watchlist(workspace="W2" if wrong == "another workspace" else "W1"), place()
    async with store.write() as tx:
        await places.ensure(tx, here)
        if wrong != "unheard of":
            await watchlists.add(tx, theirs)
        if wrong == "removed":
            await watchlists.remove(tx, "W1", theirs.id)
        with pytest.raises(UserMistake, match="no such watchlist in this workspace"):
            await places.subscribe(tx, subscription(theirs, here))


async def test_a_place_is_known_under_its_newest_name_and_keeps_its_time_zone(store: Store) -> None:
    here = place("C1", name="general", timezone="Asia/Seoul")
    async with store.write() as tx:
        assert await places.get(tx, here.id) is None
        await places.ensure(tx, here)
        await places.ensure(tx, here.model_copy(update={"name": "regulatory", "timezone": "UTC"}))
        await places.ensure(tx, here.model_copy(update={"name": ""}))
        assert await places.get(tx, here.id) == here.model_copy(update={"name": "regulatory"})


async def test_subscriptions_of_a_suspended_place_say_why_until_it_resumes(store: Store, now: datetime) -> None:
    wanted, here = watchlist(), place()
    async with store.write() as tx:
        await watchlists.add(tx, wanted)
        await places.ensure(tx, here)
        await places.subscribe(tx, subscription(wanted, here))
        await places.suspend(tx, here.id, "not_in_channel", now)
        await places.suspend(tx, here.id, "is_archived", now)
        assert [one.suspended for one in await places.at_place(tx, here.id)] == ["not_in_channel"]
        assert [one.suspended for one in await places.of_watchlists(tx, [wanted.id])] == ["not_in_channel"]
        assert [await places.resume(tx, here.id) for _ in range(2)] == [True, False]
        assert [one.suspended for one in await places.at_place(tx, here.id)] == [""]


async def test_hits_keep_their_evidence_and_are_kept_once(store: Store, now: datetime) -> None:
    kept, mine, theirs = item("Draft 가이드라인"), watchlist(), watchlist(workspace="W2")
    async with store.write() as tx:
        await items.add(tx, kept, "print", link="", why="new")
        await watchlists.add(tx, mine)
        await watchlists.add(tx, theirs)
        found = [hit(mine, kept), hit(theirs, kept)]
        await hits.add(tx, found, now)
        await hits.add(tx, found, now)
        await hits.add(tx, [], now)
        assert await hits.of_item(tx, kept.id, 1, workspace="W1") == [hit(mine, kept)]
        assert await hits.of_item(tx, kept.id, 2, workspace="W1") == []


@pytest.mark.parametrize("module", [watchlists, glossaries, places, outbox, hits])
def test_whatever_a_person_may_ask_names_a_workspace_or_a_place(module: ModuleType) -> None:
    whose = {"workspace", "place", "place_id", "beside", "watchlist", "subscription"}
    # Polling, sending and recovery serve every workspace; what they find goes to places, never to who asked.
    machinery = {"revision", "of_watchlists", "add", "owe", "record", "stuck", "claim_unclear", "waiting_places", "counts"}
    machinery |= {
        "claim",
        "due",
        "record_all",
        "changed_since",
        "workspaces_changed_since",
        "of_workspaces",
        "told",
        "thread",
        "first",
        "rows",
    } | ({"by_id", "receiving"} if module is places else set())
    public = [one for one in vars(module).values() if iscoroutinefunction(one) and one.__module__ == module.__name__]
    asked = [one for one in public if not one.__name__.startswith("_") and one.__name__ not in machinery]
    assert [one.__name__ for one in asked if not whose & set(signature(one).parameters)] == []
