"""How a search asks its database many things one after the other: SQL in, rows and items out, and nothing to await in between.

On SQLite all of it is done in the thread of the connection, which is crossed to once for a whole search. On PostgreSQL the event
loop goes on with other work while a question is answered.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Event
from typing import Any, Protocol, TypeVar

from pydantic_core import to_json
from sqlalchemy import ColumnElement, Connection, Dialect, RowMapping, Select, Text, bindparam, func, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.util import await_only

from bot.model import Item
from bot.store.database import Tx
from bot.store.items import of_rows, visible_to
from bot.store.tables import items

T = TypeVar("T")
_COLUMNS = (items.c.number, *(items.c[name] for name in Item.model_fields))
_NAMES = [column.name for column in _COLUMNS]


class Index(Protocol):
    """A database as a search asks it: by its index of words, and for items."""

    @property
    def dialect(self) -> str:
        """sqlite or postgresql."""

    def rows(self, sql: str, told: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """What a SELECT finds that is told these parameters by their names."""

    def items(self, numbers: Collection[int], workspace: str | None) -> dict[int, Item]:
        """Those of the items with these numbers that the workspace may see, by number."""

    def pause(self) -> None:
        """Others get their turn. Whoever works long has to say this every few milliseconds; CancelledError when nobody waits for it."""


async def at_once(tx: Tx, work: Callable[[Index], T]) -> T:
    """What `work` gives, which asks in this transaction."""
    if tx.dialect.name != "sqlite":
        return await tx.run_sync(lambda connection: work(_Postgresql(connection)))
    driver = (await tx.get_raw_connection()).driver_connection
    given_up = Event()
    try:
        found: T = await driver.crossed(lambda connection: work(_Sqlite(connection, tx.dialect, given_up)))  # type: ignore[union-attr]  # it is open
    finally:
        given_up.set()
    return found


@dataclass(frozen=True)
class _Sqlite:
    connection: sqlite3.Connection
    kept_as: Dialect
    given_up: Event
    dialect: str = field(default="sqlite", init=False)

    def rows(self, sql: str, told: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        return self.connection.execute(sql, told).fetchall()

    def items(self, numbers: Collection[int], workspace: str | None) -> dict[int, Item]:
        sql, told = _compiled(workspace)
        found = self.rows(sql, told | {"numbers": to_json(list(numbers)).decode()})
        readers = _readers(self.kept_as)
        return _by_number([{name: read(value) for name, read, value in zip(_NAMES, readers, row, strict=True)} for row in found])

    def pause(self) -> None:
        """The interpreter gives the event loop its turn by itself."""
        if self.given_up.is_set():
            raise asyncio.CancelledError


@dataclass(frozen=True)
class _Postgresql:
    connection: Connection
    dialect: str = field(default="postgresql", init=False)

    def rows(self, sql: str, told: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        return self.connection.execute(text(sql), told).all()

    def items(self, numbers: Collection[int], workspace: str | None) -> dict[int, Item]:
        return _by_number(self.connection.execute(_wanted(items.c.number.in_(numbers), workspace)).mappings().all())

    def pause(self) -> None:
        await_only(asyncio.sleep(0))


def _wanted(those: ColumnElement[bool], workspace: str | None) -> Select[Any]:
    return select(*_COLUMNS).where(those, visible_to(workspace))


@lru_cache(maxsize=256)
def _compiled(workspace: str | None) -> tuple[str, dict[str, Any]]:
    """The SELECT of items in SQLite's words, and what it is told besides the numbers, a list in JSON."""
    listed = func.json_each(bindparam("numbers", type_=Text)).table_valued("value")
    compiled = _wanted(items.c.number.in_(select(listed.c.value)), workspace).compile(dialect=sqlite.dialect(paramstyle="named"))
    return compiled.string, dict(compiled.params)


@lru_cache(maxsize=8)
def _readers(dialect: Dialect) -> list[Callable[[Any], Any]]:
    """What makes of a value as SQLite keeps it one as it was written, for each column."""
    found = (column.type.dialect_impl(dialect).result_processor(dialect, None) for column in _COLUMNS)
    return [one or _as_it_is for one in found]


def _as_it_is(value: Any) -> Any:
    return value


def _by_number(rows: Sequence[Mapping[str, Any]] | Sequence[RowMapping]) -> dict[int, Item]:
    return dict(zip([row["number"] for row in rows], of_rows(rows), strict=True))
