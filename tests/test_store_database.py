"""Transactions: whole or not at all, seen by readers only when complete, on both databases."""

import asyncio
import sqlite3
import threading
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any
from weakref import WeakSet

import pytest
from sqlalchemy import text

from bot.errors import SettingsError, StoreTrouble
from bot.store import driver, events, places, watchlists
from bot.store.address import address
from bot.store.database import Store, Tx
from tests.builders import place, watchlist


async def count(tx: Tx, table: str) -> int:
    return await tx.scalar(text(f"SELECT count(*) FROM {table}")) or 0


async def test_what_is_written_is_there_for_the_next_process(database: str, now: datetime) -> None:
    first = await Store.open(database)
    async with first.write() as tx:
        await events.first_time(tx, "a", now)
    await first.close()
    second = await Store.open(database)
    async with second.read() as tx:
        assert await count(tx, "events") == 1
    await second.close()


async def test_a_transaction_that_fails_leaves_no_trace(store: Store, now: datetime) -> None:
    async def write_and_fail() -> None:
        async with store.write() as tx:
            await events.first_time(tx, "a", now)
            await places.ensure(tx, place())
            raise OSError("the body's own trouble")

    with pytest.raises(OSError, match="own trouble"):
        await write_and_fail()
    async with store.read() as tx:
        assert (await count(tx, "events"), await count(tx, "places")) == (0, 0)


async def test_a_transaction_that_is_cancelled_leaves_no_trace_and_no_lock(store: Store, now: datetime) -> None:
    started = asyncio.Event()

    async def write_for_ever() -> None:
        async with store.write() as tx:
            await events.first_time(tx, "a", now)
            started.set()
            await asyncio.sleep(60)

    writing = asyncio.create_task(write_for_ever())
    await started.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    async with store.write() as tx:
        assert await events.first_time(tx, "a", now) is True


async def test_a_reader_neither_waits_for_a_writer_nor_sees_half_its_work(store: Store, now: datetime) -> None:
    async with store.read() as reading:
        assert await count(reading, "events") == 0
        async with store.write() as writing:
            await events.first_time(writing, "a", now)
            assert await count(reading, "events") == 0
        assert await count(reading, "events") == 0
    async with store.read() as reading:
        assert await count(reading, "events") == 1


async def test_a_reader_cannot_write(store: Store, now: datetime) -> None:
    async def write_where_one_reads() -> None:
        async with store.read() as tx:
            await events.first_time(tx, "a", now)

    with pytest.raises(StoreTrouble):
        await write_where_one_reads()
    async with store.write() as tx:
        assert await events.first_time(tx, "a", now) is True


async def test_many_writers_and_readers_at_once_all_get_their_turn(store: Store) -> None:
    async def write() -> None:
        async with store.write() as tx:
            await watchlists.add(tx, watchlist())

    async def read() -> None:
        async with store.read() as tx:
            await watchlists.in_workspace(tx, "W1")

    await asyncio.gather(*(write() for _ in range(25)), *(read() for _ in range(25)))
    async with store.read() as tx:
        assert await watchlists.revision(tx) == 25


async def test_an_instant_without_a_time_zone_is_refused(store: Store, now: datetime) -> None:
    with pytest.raises(StoreTrouble, match="says no time zone"):
        async with store.write() as tx:
            await events.first_time(tx, "a", now.replace(tzinfo=None))


async def test_instants_compare_as_instants_whatever_their_offset(store: Store, now: datetime) -> None:
    async with store.write() as tx:
        await events.first_time(tx, "a", now)
        assert await events.forget_before(tx, now - timedelta(microseconds=1)) == 0
        assert await events.forget_before(tx, now) == 0
        assert await events.forget_before(tx, now + timedelta(microseconds=1)) == 1


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_an_sqlite_file_is_kept_durably(store: Store) -> None:
    async with store.write() as tx:
        found = [await tx.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")]
    assert found == ["wal", 2, 1, 5000]


async def test_a_row_cannot_point_at_what_is_not_there(store: Store) -> None:
    with pytest.raises(StoreTrouble, match="contradicts what it holds"):
        async with store.write() as tx:
            await tx.execute(text("INSERT INTO versions VALUES ('no item', 1, '{}', '', '2026-07-02 09:30:00.000000', '')"))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:////var/lib/regwatch.db", "/var/lib/regwatch.db"),
        ("sqlite+aiosqlite:////var/lib/50%25.db", "/var/lib/50%.db"),
        ("postgresql://u:p@db.example/regwatch", "regwatch at db.example"),
        ("postgres://u:p@db.example:6543/regwatch?sslmode=require", "regwatch at db.example:6543"),
        ("postgresql+asyncpg://u:p@/regwatch?host=/run/postgresql", "regwatch at /run/postgresql"),
    ],
)
def test_an_address_is_named_without_its_password(url: str, name: str) -> None:
    assert address(url).name == name


def test_a_relative_file_lies_where_the_bot_was_started() -> None:
    where = address("sqlite:///regwatch.db")
    assert where.file is not None
    assert where.file.is_absolute()


def test_the_word_of_libpq_for_encryption_is_understood() -> None:
    assert address("postgres://u:p@h/d?sslmode=require").url.query == {"ssl": "require"}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "regwatch.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite://user:hunter2@host/file.db",
        "sqlite:///file.db?mode=ro",
        "mysql://u:hunter2@host/regwatch",
        "postgresql://u:hunter2@host",
        "postgresql://u:hunter2@host:port/regwatch",
        "postgresql://u:hunter2@host/regwatch?options=x",
    ],
)
def test_an_address_that_means_no_database_is_refused_with_what_to_write(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        address(url)
    assert caught.value.hint
    assert "hunter2" not in str(caught.value)


async def test_a_connection_that_is_given_up_while_it_closes_keeps_nobody_waiting(tmp_path: Path) -> None:
    """As when a task is cancelled in the moment in which its connection is given back."""
    for pause in range(3):
        connection = await driver.connect(WeakSet(), str(tmp_path / "any.db"))
        closing = asyncio.create_task(connection.close())
        for _ in range(pause):
            await asyncio.sleep(0)
        connection.stop()
        connection.thread.join()  # before the loop hears that it has closed
        closing.cancel()
        done, _ = await asyncio.wait({closing}, timeout=10)
        assert done == {closing}


def test_a_connection_that_is_given_up_while_it_opens_ends_unseen_though_the_event_loop_is_closed(tmp_path: Path) -> None:
    """As when a command is interrupted: its loop ends while the thread still opens the file."""
    may_open = Event()
    threads: WeakSet[Thread] = WeakSet()
    trouble: list[threading.ExceptHookArgs] = []

    class Slow(sqlite3.Connection):
        def __init__(self, *given: Any, **options: Any) -> None:
            may_open.wait(10)
            super().__init__(*given, **options)

    async def interrupted() -> Thread:
        connection = driver.connect(threads, str(tmp_path / "any.db"), factory=Slow)
        opening = asyncio.ensure_future(connection)
        await asyncio.sleep(0.01)
        opening.cancel()
        await asyncio.wait({opening})
        return connection.thread

    heard, threading.excepthook = threading.excepthook, trouble.append
    try:
        thread = asyncio.run(interrupted())
        assert set(threads) == {thread}, "whoever closes the store can wait for it"
        may_open.set()
        thread.join(10)
    finally:
        threading.excepthook = heard
    assert not thread.is_alive()
    assert not trouble
