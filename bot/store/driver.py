"""The SQLite driver: a statement and all its rows in one crossing to the thread of its connection, where aiosqlite alone makes four.

Everything else is aiosqlite's. A crossing wakes a thread and then the event loop; on a busy machine that takes longer than most
statements do.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Any, Self
from weakref import WeakSet

import aiosqlite
from aiosqlite.core import _connection_worker_thread, _TxQueue


class _Cursor:
    """What SQLAlchemy asks of a cursor of aiosqlite; rows are fetched when the statement is, and closing it is nothing."""

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._cursor: sqlite3.Cursor | None = None
        self._rows: list[Any] = []

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> None:
        self._cursor, self._rows = await self._connection.crossed(partial(_done, sqlite3.Cursor.execute, sql, parameters))

    async def executemany(self, sql: str, rows: Iterable[Any]) -> None:
        self._cursor, self._rows = await self._connection.crossed(partial(_done, sqlite3.Cursor.executemany, sql, rows))

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def close(self) -> None:
        self._rows = []

    @property
    def description(self) -> Any:
        return self._cursor and self._cursor.description

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount if self._cursor else -1

    @property
    def lastrowid(self) -> int | None:
        return self._cursor.lastrowid if self._cursor else None


class Connection(aiosqlite.Connection):
    """A connection whose thread ends with the process, and does not mind when the event loop it would answer has ended before it."""

    def __init__(self, file: str, **options: Any) -> None:
        super().__init__(partial(sqlite3.connect, file, **options), iter_chunk_size=64)
        self.thread = self._thread = Thread(target=_working, args=(self._tx,), daemon=True)
        self._beginning: str | None = None

    def stop(self) -> asyncio.Future[Any] | None:
        """Its thread ends, once: a thread that has ended answers nobody, so who tells it again has nothing to wait for."""
        return super().stop() if self._running else None

    def begin_with_next(self, how: str) -> None:
        """The transaction begins together with the first thing that is asked in it."""
        self._beginning = how

    def cursor(self) -> _Cursor:  # type: ignore[override]  # what a cursor does here is less than a cursor of aiosqlite
        """A cursor, which crosses only when a statement is executed."""
        return _Cursor(self)

    async def crossed(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        """What `work` gives for the connection, in the thread that the connection belongs to."""
        beginning, self._beginning = self._beginning, None
        return await self._execute(_begun, beginning, work, self._conn)  # type: ignore[no-untyped-call]  # it has no types

    async def commit(self) -> None:
        """The transaction is kept."""
        await self._ended(super().commit)

    async def rollback(self) -> None:
        """The transaction leaves no trace."""
        await self._ended(super().rollback)

    async def _ended(self, end: Callable[[], Awaitable[None]]) -> None:
        if self._beginning is None:
            await end()
        self._beginning = None


def connect(threads: WeakSet[Thread], file: str, **options: Any) -> Connection:
    """A connection to be awaited, which takes the options of sqlite3's; its thread is among `threads` before it begins."""
    connection = Connection(file, **options)
    threads.add(connection.thread)
    return connection


def _working(asked: _TxQueue) -> None:
    with suppress(RuntimeError):  # the event loop is closed, so nobody waits for this answer nor for another
        _connection_worker_thread(asked)


def _begun(how: str | None, work: Callable[[sqlite3.Connection], Any], connection: sqlite3.Connection) -> Any:
    if how:
        connection.execute(how)
    return work(connection)


def _done(what: Callable[..., Any], sql: str, given: Any, connection: sqlite3.Connection) -> tuple[sqlite3.Cursor, list[Any]]:
    cursor = connection.cursor()
    try:
        what(cursor, sql, given)
        return cursor, cursor.fetchall() if cursor.description else []
    except BaseException:
        cursor.close()  # else the file stays open for as long as somebody keeps the error
        raise
