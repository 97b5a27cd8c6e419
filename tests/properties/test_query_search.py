"""The law of search: on either database, searching for a query finds exactly the items for which it holds."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model import Item
from bot.store import items as item_rows
from bot.store import search
from bot.store.database import Store, Tx
from bot.store.items import Kept
from bot.watch import query as language
from tests.query_strategies import NOW, about, glossaries, items, named_by, searchable


class Undone(Exception):
    """Ends a transaction without a trace."""


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


@pytest.fixture
def store(database: str, runner: asyncio.Runner) -> Iterator[Store]:
    opened = runner.run(Store.open(database))
    yield opened
    runner.run(opened.close())


def printable(text: str) -> bool:
    return not any(character == "\x00" or "\ud800" <= character <= "\udfff" for character in text)


stored = items.filter(lambda item: printable(item.title + item.summary + item.text)).map(
    lambda item: item.model_copy(update={"detected": item.detected or NOW, "source": item.source or "s"})
)
met = st.lists(stored, min_size=1, max_size=5, unique_by=lambda item: item.id).flatmap(
    lambda found: st.tuples(
        st.just(found), st.lists(st.one_of(*map(about, found), searchable, glossaries.flatmap(named_by)), min_size=1, max_size=6)
    )
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(met, stored)
def test_a_search_finds_exactly_the_items_on_which_the_query_holds(
    store: Store, runner: asyncio.Runner, pair: tuple[list[Item], list[language.Query]], edited: Item
) -> None:
    runner.run(_check(store, *pair, edited))


async def _check(store: Store, kept: list[Item], queries: list[language.Query], edited: Item) -> None:
    with suppress(Undone):
        async with store.write() as tx:
            await item_rows.add_all(tx, [Kept(item, item.id, item.id, "test") for item in kept])
            await _compare(tx, kept, queries)
            same = {name: getattr(kept[0], name) for name in ("id", "source", "key", "detected")}
            later = edited.model_copy(update={**same, "version": 2})
            await item_rows.add_version(tx, later, "later", link="", why="test")
            await _compare(tx, [later, *kept[1:]], queries)
            raise Undone


async def _compare(tx: Tx, kept: list[Item], queries: list[language.Query]) -> None:
    for query in queries:
        expected = [item.id for item in reversed(kept) if language.holds(query, item, now=NOW) is not None]
        # with few=0 the index is asked on which it is sure, however few there are
        found = await search.find(tx, query, limit=100, now=NOW, workspace="W1", few=0)
        assert [item.id for item in found] == expected, language.show(query)
        assert await search.count(tx, query, now=NOW, workspace="W1", few=0) == len(expected)
        page = await search.find(tx, query, limit=2, offset=1, now=NOW, workspace="W1")
        assert [item.id for item in page] == expected[1:3], language.show(query)
        ranked = await search.find(tx, query, limit=100, now=NOW, order="relevance", workspace="W1")
        assert sorted(item.id for item in ranked) == sorted(expected), language.show(query)
