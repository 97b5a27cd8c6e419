"""The one memory: opens SQLite or PostgreSQL and hands out transactions.

`read()` gives a snapshot that cannot write. `write()` is one transaction: committed when the block ends, undone when it
raises. On SQLite one writer at a time takes the lock at its start (BEGIN IMMEDIATE) and readers never wait; on PostgreSQL
any number of processes write, and rows of work are claimed with row locks. Every error of a driver is a StoreTrouble.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any, Literal, Self
from weakref import WeakSet

from pydantic_core import from_json, to_json
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Table,
    TableValuedAlias,
    Text,
    any_,
    bindparam,
    event,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.types import TypeEngine

from bot.errors import StoreTrouble
from bot.store import driver, rights
from bot.store.address import Address, Dialect, address
from bot.store.tables import REVISION
from bot.store.trouble import CONNECT_ERRORS, is_read_only, spoken

Tx = AsyncConnection
Begin = Literal["IMMEDIATE", "DEFERRED"]

# How long a writer waits for another process to let go of an SQLite file, in seconds.
PATIENCE = 5.0
_READERS = 4  # connections that read an SQLite file
_OLDEST_SQLITE = (3, 35)
_UPGRADE = "Run `regwatch db upgrade`; it keeps everything that is there."


class Store:
    """A database that is open. Make one with `open`, or with `reach` where the schema does not matter."""

    def __init__(self, where: Address, *, patience: float = PATIENCE) -> None:
        self.address = where
        self.name = where.name
        self.dialect: Dialect = where.dialect
        self.on_trouble: Callable[[], None] = lambda: None
        self._threads: WeakSet[Thread] = WeakSet()
        if where.dialect == "sqlite":
            self._writers = self._sqlite_engine("IMMEDIATE", patience, 1)
            self._readers = self._sqlite_engine("DEFERRED", patience, _READERS)
            self._turn: AbstractAsyncContextManager[Any] = asyncio.Lock()
        else:
            self._writers = _postgresql_engine(where)
            self._readers = self._writers.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            self._turn = nullcontext()

    @classmethod
    async def open(cls, url: str, *, patience: float = PATIENCE) -> Self:
        """A store on the database at `url`, whose schema is current; StoreTrouble when it is not there, not usable or not current.

        `patience` is how long a writer waits for another process to let go of an SQLite file, in seconds.
        """
        store = await cls.reach(url, patience=patience)
        try:
            async with store.read() as tx:
                require_current(await revision(tx), store.address)
        except BaseException:
            await store.close()
            raise
        return store

    @classmethod
    async def reach(cls, url: str, *, make: bool = False, patience: float = PATIENCE) -> Self:
        """A store on the database at `url` whatever its schema; with `make` an SQLite file that is not there is made."""
        where = address(url)
        await asyncio.to_thread(_reach_file, where, make=make, patience=patience)
        return cls(where, patience=patience)

    async def close(self) -> None:
        """Every connection is closed; transactions under way are undone."""
        await self._readers.dispose()
        await self._writers.dispose()
        # The thread of a connection given up in haste may still have to answer the event loop, which ends soon after us.
        await asyncio.to_thread(_join, list(self._threads))

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A transaction that sees one moment and changes nothing."""
        with self._told():
            async with _transaction(self._readers, self.name, AsyncEngine.connect) as tx:
                await tx.begin()  # undone at the end, which is one question fewer to the database than keeping nothing
                yield tx

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """A transaction that is kept whole when the block ends and leaves no trace when it raises."""
        with self._told():
            async with self._turn:
                try:
                    async with AsyncExitStack() as stack:
                        yield await self._begun(stack)
                except StoreTrouble as trouble:
                    await self._open_anew(trouble)
                    raise

    async def _begun(self, stack: AsyncExitStack) -> Tx:
        begin = partial(_transaction, self._writers, self.name, AsyncEngine.begin)
        try:
            return await stack.enter_async_context(begin())
        except StoreTrouble as trouble:
            if not await self._open_anew(trouble):
                raise
        return await stack.enter_async_context(begin())

    async def _open_anew(self, trouble: StoreTrouble) -> bool:
        """Whether an SQLite file was opened for reading alone, and is now closed everywhere, to be opened again as it may be by then."""
        if not self.address.file or not is_read_only(trouble):
            return False
        await rights.close_all([(self._readers, _READERS), (self._writers, 1)], PATIENCE)
        await asyncio.to_thread(rights.share, self.address.file)
        return True

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Whoever listens hears of each transaction that was not taken."""
        try:
            yield
        except StoreTrouble:
            self.on_trouble()
            raise

    def _sqlite_engine(self, begin: Begin, patience: float, size: int) -> AsyncEngine:
        engine = create_async_engine(
            self.address.url,
            poolclass=AsyncAdaptedQueuePool,
            pool_size=size,
            max_overflow=0,
            hide_parameters=True,
            json_serializer=_json,
            json_deserializer=from_json,
            connect_args={"timeout": patience, "async_creator_fn": partial(driver.connect, self._threads)},
        )
        event.listen(engine.sync_engine, "connect", partial(_prepare, query_only=begin == "DEFERRED"))
        event.listen(engine.sync_engine, "begin", partial(_begin, begin))
        return engine


@asynccontextmanager
async def _transaction(
    engine: AsyncEngine, name: str, begin: Callable[[AsyncEngine], AbstractAsyncContextManager[Tx]]
) -> AsyncIterator[Tx]:
    """One transaction of an engine; OSError counts as the database's only while connecting, since a body may have its own."""
    async with AsyncExitStack() as stack:
        stack.enter_context(spoken(name))
        with spoken(name, CONNECT_ERRORS):
            tx = await stack.enter_async_context(begin(engine))
        yield tx


def _postgresql_engine(where: Address) -> AsyncEngine:
    """An engine on a PostgreSQL database; a connection that died while idle is replaced unseen."""
    return create_async_engine(
        where.url,
        pool_size=5,
        max_overflow=5,
        pool_pre_ping=True,
        hide_parameters=True,
        json_serializer=_json,
        json_deserializer=from_json,
        connect_args={"timeout": 10, "command_timeout": 60},
    )


def _reach_file(where: Address, *, make: bool, patience: float) -> None:
    """What is wrong with an SQLite file shows here, in a thread that is awaited, and not in the driver's own, which is not."""
    if where.file is None:
        return
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StoreTrouble(
            f"Regwatch needs SQLite 3.35 or newer; this Python brings {sqlite3.sqlite_version}.",
            hint="Use a newer Python, or PostgreSQL.",
        )
    require_file(where.file, make=make)
    rights.share(where.file)
    with spoken(where.name, CONNECT_ERRORS), closing(sqlite3.connect(where.file, timeout=patience, isolation_level=None)) as file:
        # The file remembers this mode; changing it needs the file to oneself, so it is done once and not by each connection.
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("SELECT count(*) FROM sqlite_master")


def require_file(file: Path, *, make: bool = False) -> None:
    """StoreTrouble unless the SQLite file is there, or with `make` could be."""
    try:
        _require_file(file, make=make)
    except OSError as error:
        raise StoreTrouble(f"The database {file} cannot be reached: {error.strerror}.", hint="Correct REGWATCH_DATABASE_URL.") from None


def _require_file(file: Path, *, make: bool) -> None:
    if not file.parent.is_dir():
        raise StoreTrouble(
            f"The folder {file.parent} of the database does not exist.",
            hint="Make the folder, or set REGWATCH_DATABASE_URL to a file in one that exists.",
        )
    if file.is_dir():
        raise StoreTrouble(f"The database {file} is a folder, not a file.", hint="Name a file inside it in REGWATCH_DATABASE_URL.")
    # Opening would silently make an empty one.
    if not make and not file.exists():
        raise StoreTrouble(f"The database {file} does not exist yet.", hint="Run `regwatch db upgrade` to make it.")


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


def one_of(tx: Tx, column: ColumnElement[Any], values: Collection[str]) -> ColumnElement[bool]:
    """`column IN values` with all values in one parameter: no limit to their number, and one statement for the cache."""
    return _among(tx, column, bindparam(None, as_list(tx, values), _list_type(tx)))


def one_of_named(tx: Tx, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """The same where each row of parameters brings its own values, under this name, as `as_list` gives them."""
    return _among(tx, column, bindparam(name, type_=_list_type(tx)))


def as_list(tx: Tx, values: Collection[str]) -> object:
    """Many values as one parameter."""
    return _json(list(values)) if tx.dialect.name == "sqlite" else list(values)


def rows_of(tx: Tx, values: Collection[str]) -> TableValuedAlias:
    """A table with a row for each of these values, in its column `value`; one parameter."""
    given = bindparam(None, as_list(tx, values), _list_type(tx))
    if tx.dialect.name == "sqlite":
        return func.json_each(given).table_valued("value")
    return func.unnest(given).table_valued("value").render_derived()


def _list_type(tx: Tx) -> TypeEngine[Any]:
    return Text() if tx.dialect.name == "sqlite" else ARRAY(Text)


def _among(tx: Tx, column: ColumnElement[Any], given: BindParameter[Any]) -> ColumnElement[bool]:
    if tx.dialect.name == "sqlite":
        return column.in_(select(func.json_each(given).table_valued("value").c.value))
    return column == any_(given)


def _json(value: object) -> str:
    return to_json(value).decode()  # several times as fast as json, and so is from_json


def _prepare(connection: Any, _record: object, *, query_only: bool) -> None:
    # We say BEGIN ourselves: the driver's own habit is to begin at the first change, too late to take the write lock.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("synchronous = FULL", "foreign_keys = ON", f"query_only = {query_only:d}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _join(threads: list[Thread]) -> None:
    for thread in threads:
        if thread.is_alive():
            thread.join(PATIENCE)


def _begin(kind: Begin, connection: Connection) -> None:
    if kind == "DEFERRED":
        # It takes no lock and sees nothing yet, so it need not cross to the connection's thread by itself.
        connection.connection.driver_connection.begin_with_next("BEGIN DEFERRED")  # type: ignore[union-attr]  # it is open
    else:
        connection.exec_driver_sql(f"BEGIN {kind}")
