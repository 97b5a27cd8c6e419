"""How the database is asked: on SQLite a search crosses to the thread of its connection once, and ends when nobody waits for it."""

import asyncio
import logging
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from bot.store import items, search
from bot.store.asking import Index, at_once
from bot.store.database import Store
from bot.store.items import Kept
from bot.watch import query as language
from tests import builders

on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


class Crossings(list[str]):
    """What is done in the threads of connections, as aiosqlite tells its log before each."""

    def heard(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple) and str(record.msg).startswith("executing"):
            self.append(getattr(record.args[0], "func", record.args[0]).__name__)
        return True


@pytest.fixture
def crossings(caplog: pytest.LogCaptureFixture) -> Iterator[Crossings]:
    caplog.set_level(logging.DEBUG, logger="aiosqlite")
    done = Crossings()
    with caplog.filtering(done.heard):  # type: ignore[arg-type]  # any callable does
        yield done


async def keep_trials(store: Store, count: int) -> None:
    async with store.write() as tx:
        await items.add_all(
            tx, [Kept(one, one.id, one.id, "test") for one in (builders.item(f"trial {number}") for number in range(count))]
        )


@on_sqlite
async def test_a_search_crosses_to_the_thread_of_its_connection_once(store: Store, crossings: Crossings) -> None:
    await keep_trials(store, 30)
    async with store.read() as tx:
        await search.count(tx, language.parse("trial"), workspace="W1")  # the first one of a connection sets it up
    crossings.clear()
    async with store.read() as tx:
        assert len(await search.find(tx, language.parse("trial -29"), workspace="W1", limit=20)) == 20
    assert crossings == ["_begun", "rollback"]


@on_sqlite
async def test_a_statement_and_its_rows_are_one_crossing(store: Store, crossings: Crossings) -> None:
    async with store.read() as tx:
        await tx.scalar(text("SELECT 1"))
        crossings.clear()
        assert (await tx.scalars(text("SELECT value FROM json_each('[1, 2, 3]')"))).all() == [1, 2, 3]
    assert crossings == ["_begun", "rollback"]


@on_sqlite
async def test_a_reader_that_asks_nothing_crosses_nowhere(store: Store, crossings: Crossings) -> None:
    async with store.read():
        pass
    crossings.clear()
    async with store.read():
        pass
    assert crossings == []


@on_sqlite
async def test_a_reader_sees_one_moment_from_its_first_question_on(store: Store) -> None:
    async with store.read() as tx:
        assert await items.count(tx) == 0
        await keep_trials(store, 1)
        assert await search.find(tx, language.parse("trial"), workspace="W1", limit=5) == []
        assert await items.count(tx) == 0
    async with store.read() as tx:
        assert await items.count(tx) == 1


async def test_what_a_transaction_has_written_its_searches_find(store: Store) -> None:
    async with store.write() as tx:
        await items.add_all(tx, [Kept(one, one.id, one.id, "test") for one in [builders.item("trial")]])
        assert [one.title for one in await search.find(tx, language.parse("trial"), workspace="W1", limit=5)] == ["trial"]


@on_sqlite
async def test_a_search_that_nobody_waits_for_ends_at_its_next_pause(store: Store) -> None:
    begun, ended = threading.Event(), threading.Event()

    def search_for_ever(index: Index) -> None:
        begun.set()
        try:
            while True:
                index.pause()
        finally:
            ended.set()

    async def ask() -> None:
        async with store.read() as tx:
            await at_once(tx, search_for_ever)

    asking = asyncio.create_task(ask())
    await asyncio.to_thread(begun.wait)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await asyncio.to_thread(ended.wait)
    async with store.read() as tx:
        assert await items.count(tx) == 0, "the database answers as before"
