"""The one memory: opens SQLite or PostgreSQL and hands out transactions.

`read()` gives a snapshot that cannot write. `write()` is one transaction: committed when the block ends, undone when it
raises. On SQLite one writer at a time takes the lock at its start (BEGIN IMMEDIATE) and readers never wait; on PostgreSQL
any number of processes write, and rows of work are claimed with row locks. Every error of a driver is a StoreTrouble.
"""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from functools import partial
from typing import Any, Self

from sqlalchemy import Column, ColumnElement, Connection, Table, Text, any_, bindparam, event, func, inspect, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from bot.errors import StoreTrouble
from bot.store.address import Address, Dialect, address
from bot.store.tables import REVISION
from bot.store.trouble import CONNECT_ERRORS, spoken

Tx = AsyncConnection

# How long a writer waits for another process to let go of an SQLite file, in seconds.
PATIENCE = 5.0
_OLDEST_SQLITE = (3, 35)
_UPGRADE = "Run `regwatch db upgrade`; it keeps everything that is there."


class Store:
    """A database that is open and whose schema is current."""

    def __init__(self, where: Address, *, patience: float = PATIENCE) -> None:
        self.name = where.name
        self.dialect: Dialect = where.dialect
        if where.dialect == "sqlite":
            self._writers = sqlite_engine(where, "IMMEDIATE", patience=patience, size=1)
            self._readers = sqlite_engine(where, "DEFERRED", patience=patience, size=4)
            self._turn: AbstractAsyncContextManager[Any] = asyncio.Lock()
        else:
            self._writers = postgresql_engine(where)
            self._readers = self._writers.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            self._turn = nullcontext()

    @classmethod
    async def open(cls, url: str, *, patience: float = PATIENCE) -> Self:
        """A store on the database at `url`, which is reachable and current; StoreTrouble says what else it is."""
        where = address(url)
        require_file(where)
        store = cls(where, patience=patience)
        try:
            async with store.read() as tx:
                require_current(await revision(tx), where)
        except BaseException:
            await store.close()
            raise
        return store

    async def close(self) -> None:
        """Every connection is closed; transactions under way are undone."""
        await self._readers.dispose()
        await self._writers.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A transaction that sees one moment and changes nothing."""
        async with transaction(self._readers, self.name) as tx:
            yield tx

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """A transaction that is kept whole when the block ends and leaves no trace when it raises."""
        async with self._turn, transaction(self._writers, self.name) as tx:
            yield tx


@asynccontextmanager
async def transaction(engine: AsyncEngine, name: str) -> AsyncIterator[Tx]:
    """One transaction of an engine; OSError counts as the database's only while connecting, since a body may have its own."""
    async with AsyncExitStack() as stack:
        stack.enter_context(spoken(name))
        with spoken(name, CONNECT_ERRORS):
            tx = await stack.enter_async_context(engine.begin())
        yield tx


def sqlite_engine(where: Address, begin: str, *, patience: float = PATIENCE, size: int = 1) -> AsyncEngine:
    """An engine on an SQLite file whose transactions start with BEGIN `begin`; it makes the file if there is none."""
    engine = create_async_engine(
        where.url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=size,
        max_overflow=0,
        hide_parameters=True,
        json_serializer=_json,
        connect_args={"timeout": patience},
    )
    event.listen(engine.sync_engine, "connect", partial(_prepare, query_only=begin == "DEFERRED"))
    event.listen(engine.sync_engine, "begin", partial(_begin, begin))
    return engine


def postgresql_engine(where: Address) -> AsyncEngine:
    """An engine on a PostgreSQL database; a connection that died while idle is replaced unseen."""
    return create_async_engine(
        where.url,
        pool_size=5,
        max_overflow=5,
        pool_pre_ping=True,
        hide_parameters=True,
        json_serializer=_json,
        connect_args={"timeout": 10, "command_timeout": 60},
    )


def require_file(where: Address) -> None:
    """StoreTrouble unless the SQLite file is there; opening it would silently make an empty one."""
    if where.file is None or where.file.is_file():
        return
    if where.file.is_dir():
        raise StoreTrouble(f"The database {where.name} is a folder, not a file.", hint="Name a file inside it in REGWATCH_DATABASE_URL.")
    require_folder(where)
    raise StoreTrouble(f"The database {where.name} does not exist yet.", hint="Run `regwatch db upgrade` to make it.")


def require_folder(where: Address) -> None:
    """StoreTrouble when the folder an SQLite file is to lie in does not exist."""
    if where.file is not None and not where.file.parent.is_dir():
        raise StoreTrouble(
            f"The folder {where.file.parent} of the database does not exist.",
            hint="Make the folder, or set REGWATCH_DATABASE_URL to a file in one that exists.",
        )


def require_current(found: str | None, where: Address) -> None:
    """StoreTrouble unless the schema is the one of this version."""
    if found == REVISION:
        return
    if found is None:
        raise StoreTrouble(f"The database {where.name} holds no Regwatch tables yet.", hint=_UPGRADE)
    if found > REVISION:
        raise newer(found, where)
    raise StoreTrouble(f"The database {where.name} was left by an older version of Regwatch.", hint=_UPGRADE)


def newer(found: str, where: Address) -> StoreTrouble:
    """The trouble of a database that a later version has upgraded."""
    return StoreTrouble(
        f"The database {where.name} was upgraded by a newer version of Regwatch (schema {found}, this one knows {REVISION}).",
        hint="Run that version, or restore a copy made before the upgrade.",
    )


async def revision(tx: Tx) -> str | None:
    """The schema's revision, None when the database holds no Regwatch tables."""
    if not await tx.run_sync(lambda sync: inspect(sync).has_table("alembic_version")):
        return None
    found: str | None = await tx.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def insert(tx: Tx, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT of the transaction's dialect, which knows ON CONFLICT."""
    return sqlite.insert(table) if tx.dialect.name == "sqlite" else postgresql.insert(table)


def one_of(tx: Tx, column: Column[Any], values: Collection[str]) -> ColumnElement[bool]:
    """`column IN values` with all values in one parameter: no limit to their number, and one statement for the cache."""
    if tx.dialect.name == "sqlite":
        listed = func.json_each(bindparam(None, _json(list(values)), Text)).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == any_(bindparam(None, list(values), ARRAY(Text)))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _prepare(connection: Any, _record: object, *, query_only: bool) -> None:
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StoreTrouble(
            f"Regwatch needs SQLite 3.35 or newer; this Python brings {sqlite3.sqlite_version}.",
            hint="Use a newer Python, or PostgreSQL.",
        )
    # We say BEGIN ourselves: the driver's own habit is to begin at the first change, too late to take the write lock.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", f"query_only = {query_only:d}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(kind: str, connection: Connection) -> None:
    connection.exec_driver_sql(f"BEGIN {kind}")
