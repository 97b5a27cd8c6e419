"""The compiled watchlists follow the store, reading only what has changed."""

from collections.abc import Mapping
from datetime import datetime

from bot.model import Item
from bot.store import glossaries, watchlists
from bot.store.database import Store
from bot.watch.matcher import Matcher
from bot.watch.nodes import OwnTerm
from bot.watch.query import Query
from schedules.compiled import PAGE, Compiled
from tests.builders import watchlist


class Counting(Matcher):
    """Remembers which watchlists it was given, in order."""

    def __init__(self) -> None:
        self.given: list[str] = []
        super().__init__({})

    def add_all(self, queries: Mapping[str, Query]) -> None:
        self.given += queries
        super().add_all(queries)


def counted(page: int = PAGE) -> Compiled:
    following = Compiled(page=page)
    following.matcher = Counting()
    return following


async def caught_up(store: Store, following: Compiled) -> list[str]:
    """What had to be compiled."""
    counting = following.matcher
    assert isinstance(counting, Counting)
    before = len(counting.given)
    async with store.read() as tx:
        await following.catch_up(tx)
    return counting.given[before:]


def matching(following: Compiled, title: str) -> set[str]:
    return set(following.matcher.match(Item(id="1", title=title)))


async def test_only_what_has_changed_is_read_and_compiled_again(store: Store) -> None:
    many = [watchlist(name=f"n{number}", query=f"recall OR word{number}") for number in range(20)]
    following = counted(page=7)
    async with store.write() as tx:
        for one in many:
            await watchlists.add(tx, one)
    assert sorted(await caught_up(store, following)) == sorted(one.id for one in many)
    assert await caught_up(store, following) == []
    async with store.write() as tx:
        await watchlists.edit(tx, "W1", many[3].id, "gift")
        await watchlists.remove(tx, "W1", many[4].id)
        await watchlists.pause(tx, "W1", many[5].id, paused=True)
    assert await caught_up(store, following) == [many[3].id]
    assert matching(following, "recall") == {one.id for one in many} - {many[3].id, many[4].id, many[5].id}
    assert matching(following, "a gift") == {many[3].id}
    async with store.write() as tx:
        await watchlists.pause(tx, "W1", many[5].id, paused=False)
    assert await caught_up(store, following) == [many[5].id]


async def test_own_words_recompile_the_watchlists_of_their_workspace_only(store: Store, now: datetime) -> None:
    mine, theirs = watchlist(query="recall"), watchlist(workspace="W2", query="recall")
    following = counted()
    async with store.write() as tx:
        await watchlists.add(tx, mine)
        await watchlists.add(tx, theirs)
    await caught_up(store, following)
    async with store.write() as tx:
        await glossaries.add(tx, "W1", [OwnTerm("take back", "recall", "", "Recall")], "U1", now)
    assert await caught_up(store, following) == [mine.id]


async def test_a_watchlist_that_is_not_understood_any_more_keeps_no_other_from_matching(store: Store) -> None:
    good, bad = watchlist(name="good", query="recall"), watchlist(name="bad", query="(recall")
    following = counted()
    async with store.write() as tx:
        await watchlists.add(tx, bad)
        await watchlists.add(tx, good)
    await caught_up(store, following)
    assert matching(following, "recall") == {good.id}


async def test_every_process_that_follows_sees_a_change(store: Store) -> None:
    one, other = counted(), counted()
    async with store.write() as tx:
        await watchlists.add(tx, mine := watchlist(query="recall"))
    await caught_up(store, one)
    async with store.write() as tx:
        await watchlists.edit(tx, "W1", mine.id, "gift")
    await caught_up(store, one)
    await caught_up(store, other)
    assert matching(one, "gift") == matching(other, "gift") == {mine.id}
