"""The record of a workspace: a chain that only grows, on both databases; whatever is altered in it is found and named."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from bot import hash_chain
from bot.hash_chain import Row
from bot.model import Decision
from bot.store import assessments, items, record
from bot.store.database import Store, Tx
from bot.store.record import Fact
from bot.store.record_tables import record as table
from bot.store.tables import decisions
from tests import builders
from tests.builders import NOW


def fact(number: int = 0, **more: Any) -> Fact:
    return Fact(**({"what": "watchlist added", "at": NOW + timedelta(minutes=number), "by": "U1", "name": f"list {number}"} | more))


async def kept(store: Store, count: int, workspace: str = "W1") -> list[Row]:
    async with store.write() as tx:
        for number in range(count):
            await record.note(tx, workspace, fact(number, after={"query": f"recall {number} 분산형 \x85=1+1"}))
    async with store.read() as tx:
        return [row async for row in record.rows(tx, workspace, 1, 10_000)]


async def checked(store: Store, workspace: str = "W1") -> list[str]:
    async with store.read() as tx:
        return await record.check(tx, workspace)


async def test_each_row_carries_the_hash_of_the_row_before_and_of_its_own_content(store: Store) -> None:
    rows = await kept(store, 3)
    assert [row.number for row in rows] == [1, 2, 3]
    assert [row.previous for row in rows] == [hash_chain.GENESIS, rows[0].hash, rows[1].hash]
    assert all(row.hash == hash_chain.link(row.previous, row.content) for row in rows)
    assert json.loads(rows[1].content)["after"] == {"query": "recall 1 분산형 \x85=1+1"}
    assert await checked(store) == []


async def test_what_is_undone_leaves_no_row_and_no_gap(store: Store) -> None:
    await kept(store, 1)
    with suppress(RuntimeError):
        async with store.write() as tx:
            await record.note(tx, "W1", fact())
            raise RuntimeError
    assert [row.number for row in await kept(store, 1)] == [1, 2]


async def test_many_who_write_at_once_make_one_unbroken_chain(store: Store, database: str) -> None:
    other = await Store.open(database)
    try:

        async def write(through: Store, number: int) -> None:
            async with through.write() as tx:
                await record.note(tx, "W1", fact(number))
                await record.note(tx, "W1", fact(number))

        await asyncio.gather(*(write(one, number) for number in range(10) for one in (store, other)))
    finally:
        await other.close()
    assert await checked(store) == []
    async with store.read() as tx:
        assert (await record.head(tx, "W1"))[0] == 40


Alter = Callable[[Tx], Any]


def _of(number: int) -> tuple[Any, ...]:
    return (table.c.workspace == "W1", table.c.number == number)


async def _change(tx: Tx) -> None:
    content = await tx.scalar(select(table.c.content).where(*_of(3)))
    await tx.execute(update(table).where(*_of(3)).values(content=str(content).replace("recall 2", "recall 9")))


async def _change_with_hash(tx: Tx) -> None:
    row = (await tx.execute(select(table).where(*_of(3)))).one()
    content = row.content.replace("recall 2", "recall 9")
    await tx.execute(update(table).where(*_of(3)).values(content=content, hash=hash_chain.link(row.previous, content)))


async def _change_last_with_hash(tx: Tx) -> None:
    row = (await tx.execute(select(table).where(*_of(5)))).one()
    content = row.content.replace("recall 4", "recall 9")
    await tx.execute(update(table).where(*_of(5)).values(content=content, hash=hash_chain.link(row.previous, content)))


async def _remove(tx: Tx) -> None:
    await tx.execute(delete(table).where(*_of(3)))


async def _remove_last(tx: Tx) -> None:
    await tx.execute(delete(table).where(*_of(5)))


async def _remove_and_renumber(tx: Tx) -> None:
    await _remove(tx)
    for number in (4, 5):
        await tx.execute(update(table).where(*_of(number)).values(number=number - 1))


async def _insert(tx: Tx) -> None:
    row = (await tx.execute(select(table).where(*_of(5)))).one()
    await tx.execute(insert(table).values(row._asdict() | {"number": 6}))


async def _swap(tx: Tx) -> None:
    for number, to in ((2, 99), (3, 2), (99, 3)):
        await tx.execute(update(table).where(*_of(number)).values(number=to))


async def _move_time(tx: Tx) -> None:
    await tx.execute(update(table).where(*_of(2)).values(at=NOW - timedelta(days=900)))


@pytest.mark.parametrize(
    ("alter", "says"),
    [
        (_change, "Row 3 was changed: its content does not give its hash."),
        (_change_with_hash, "Row 4 does not follow from row 3"),
        (_change_last_with_hash, "Row 5 is not the last one that was written."),
        (_remove, "Row 3 is missing."),
        (_remove_last, "The rows after row 4 are missing: there were 5."),
        (_remove_and_renumber, "Row 3 does not follow from row 2"),
        (_insert, "Row 6 does not follow from row 5"),
        (_swap, "Row 2 does not follow from row 1"),
        (_move_time, "Row 2 was changed: its number, workspace or time is not what its content says."),
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_an_altered_row_is_named_by_its_number(store: Store, alter: Alter, says: str) -> None:
    await kept(store, 5)
    await kept(store, 2, "W2")
    async with store.write() as tx:
        await alter(tx)
    assert says in " ".join(await checked(store))
    assert await checked(store, "W2") == []


def decision(item: str, **more: Any) -> Decision:
    return Decision(**({"workspace": "W1", "item": item, "what": "status", "status": "relevant", "by": "U1", "at": NOW} | more))


async def test_a_decision_stands_in_the_record_with_what_it_was_before(store: Store) -> None:
    item = builders.item("Recall of eye drops")
    async with store.write() as tx:
        await items.add(tx, item, "p", link="", why="new")
        await assessments.decide(tx, decision(item.id), builders.place("c"))
        await assessments.decide(tx, decision(item.id, status="closed", reason="done"))
    async with store.read() as tx:
        rows = [json.loads(row.content) async for row in record.rows(tx, "W1", 1, 9)]
    assert [(one["before"]["status"], one["after"]["status"], one["name"]) for one in rows] == [
        ("new", "relevant", "Recall of eye drops"),
        ("relevant", "closed", "Recall of eye drops"),
    ]
    assert rows[0]["place"] == "console:W1:c"
    assert await checked(store) == []


async def test_a_decision_that_is_altered_or_removed_beside_the_record_is_found(store: Store) -> None:
    item = builders.item()
    async with store.write() as tx:
        await items.add(tx, item, "p", link="", why="new")
        await assessments.decide(tx, decision(item.id))
        await assessments.decide(tx, decision(item.id, status="closed"))
        await tx.execute(update(decisions).where(decisions.c.status == "closed").values(reason="never said"))
        await tx.execute(delete(decisions).where(decisions.c.status == "relevant"))
        await tx.execute(insert(decisions).values(decision(item.id, status="action").model_dump()))
    assert await checked(store) == [
        "The decision of row 1 was removed from where the bot reads it.",
        "The decision of row 2 was changed where the bot reads it.",
    ]
