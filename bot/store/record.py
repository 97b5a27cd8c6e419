"""The record of a workspace: what was changed and decided there, by whom, when and where; a chain that only grows (bot.hash_chain)."""

import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select, update

from bot import hash_chain
from bot.hash_chain import Row
from bot.model import Place
from bot.store.database import Tx
from bot.store.database import insert as insert_or
from bot.store.record_tables import record, record_heads
from bot.store.tables import decisions

PAGE = 500
# More than this of a value is kept as its beginning: a row has to fit into a cell of a spreadsheet, which holds 32,767 characters.
MOST_VALUE = 12_000
DECISION = "decision"
"""What a row is called that says what was decided about an item; every other one says what was changed."""
ITSELF = "Regwatch"
"""The name of who did what nobody asked for at that moment."""
_DECIDED = ("item", "what", "status", "owner", "owner_name", "reason", "until", "by", "by_name", "at")


class Fact(NamedTuple):
    """What was changed or decided: `what` in words such as `watchlist added`, on the thing `about` (an id) called `name`.

    `before` and `after` are the values that count, None where there was or is none.
    """

    what: str
    at: datetime
    by: str
    by_name: str = ""
    place: str = ""
    place_name: str = ""
    about: str = ""
    name: str = ""
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


async def note(tx: Tx, workspace: str, fact: Fact) -> None:
    """The fact is the last row of the workspace's record, once the transaction is kept; until then nobody else adds one."""
    begin = insert_or(tx, record_heads).values(workspace=workspace, number=0, hash=hash_chain.GENESIS)
    await tx.execute(begin.on_conflict_do_nothing())
    last = (await tx.execute(select(record_heads).where(record_heads.c.workspace == workspace).with_for_update())).one()
    number = last.number + 1
    values = fact._asdict() | {"at": fact.at.isoformat(), "before": _kept(fact.before), "after": _kept(fact.after)}
    content = hash_chain.canonical(values | {"number": number, "workspace": workspace})
    row = {"number": number, "hash": hash_chain.link(last.hash, content)}
    await tx.execute(insert(record).values(workspace=workspace, at=fact.at, content=content, previous=last.hash, **row))
    await tx.execute(update(record_heads).where(record_heads.c.workspace == workspace).values(row))


async def by_itself(tx: Tx, place: Place, what: str, now: datetime, *, about: str = "", name: str = "", **after: Any) -> None:
    """As `note`, of what the bot did in a place of itself, such as that it suspended it or reminded it of something."""
    fact = Fact(what=what, at=now, by="", by_name=ITSELF, place=place.id, place_name=place.name, about=about, name=name)
    await note(tx, place.workspace, fact._replace(after=after or None))


def _kept(values: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if values is None or len(whole := hash_chain.canonical(values)) <= MOST_VALUE:
        return values
    return {"beginning": whole[:MOST_VALUE], "characters": len(whole)}


async def between(tx: Tx, workspace: str, start: datetime, end: datetime) -> tuple[int, int]:
    """The numbers of the first and the last row from `start` on and before `end`; what stands between them belongs to it. (1, 0): none."""
    mine = (record.c.workspace == workspace, record.c.at >= start, record.c.at < end)
    first, last = (await tx.execute(select(func.min(record.c.number), func.max(record.c.number)).where(*mine))).one()
    return (first, last) if first else (1, 0)


async def rows(tx: Tx, workspace: str, first: int, last: int) -> AsyncIterator[Row]:
    """The rows with these numbers, in order, a page at a time."""
    while first <= last:
        mine = (record.c.workspace == workspace, record.c.number >= first, record.c.number <= last)
        wanted = select(*(record.c[name] for name in Row._fields)).where(*mine).order_by(record.c.number).limit(PAGE)
        page = [Row(*row) for row in await tx.execute(wanted)]
        for row in page:
            yield row
        if len(page) < PAGE:
            return
        first = page[-1].number + 1


async def head(tx: Tx, workspace: str) -> tuple[int, str]:
    """The number and hash of the last row; (0, GENESIS) where there is none."""
    found = await tx.execute(select(record_heads.c.number, record_heads.c.hash).where(record_heads.c.workspace == workspace))
    row = found.first()
    return (0, hash_chain.GENESIS) if row is None else (row.number, row.hash)


async def workspaces(tx: Tx) -> list[str]:
    """The workspaces that have a record."""
    return list(await tx.scalars(select(record_heads.c.workspace).order_by(record_heads.c.workspace)))


async def check(tx: Tx, workspace: str) -> list[str]:
    """What is wrong with the record of the workspace, in sentences that name rows by their numbers; nothing if it was not altered.

    The decisions that the bot answers from are compared with it too.
    """
    checking, wrong, decided = hash_chain.Checking(), [], 0
    number, last = await head(tx, workspace)
    pages = rows(tx, workspace, 0, max(number, await _highest(tx, workspace)))
    async for row in pages:
        wrong += checking.wrong(row)
        content = _content(row)
        wrong += await _misplaced(tx, workspace, row, content)
        if content.get("what") == DECISION:
            decided += 1
            wrong += await _disagrees(tx, workspace, row, content)
    end = checking.last
    if (end.number if end else 0) < number:
        wrong.append(f"The rows after row {end.number if end else 0} are missing: there were {number}.")
    elif (end.hash if end else hash_chain.GENESIS) != last:
        wrong.append(f"Row {end.number if end else 0} is not the last one that was written.")
    kept = await tx.scalar(select(func.count()).select_from(decisions).where(decisions.c.workspace == workspace)) or 0
    if kept > decided:
        wrong.append(f"{kept - decided} decisions stand in no row of the record.")
    return wrong


async def _highest(tx: Tx, workspace: str) -> int:
    return await tx.scalar(select(func.max(record.c.number)).where(record.c.workspace == workspace)) or 0


def _content(row: Row) -> dict[str, Any]:
    try:
        content = json.loads(row.content)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


async def _misplaced(tx: Tx, workspace: str, row: Row, content: Mapping[str, Any]) -> list[str]:
    at = await tx.scalar(select(record.c.at).where(record.c.workspace == workspace, record.c.number == row.number))
    says = (content.get("number"), content.get("workspace"), content.get("at"))
    if at is not None and says == (row.number, workspace, at.isoformat()):
        return []
    return [f"Row {row.number} was changed: its number, workspace or time is not what its content says."]


async def _disagrees(tx: Tx, workspace: str, row: Row, content: Mapping[str, Any]) -> list[str]:
    after = content.get("after") or {}
    mine = (decisions.c.workspace == workspace, decisions.c.number == after.get("decision"))
    kept = (await tx.execute(select(*(decisions.c[name] for name in _DECIDED)).where(*mine))).mappings().first()
    if kept is None:
        return [f"The decision of row {row.number} was removed from where the bot reads it."]
    said = {**after, "item": content["about"], "by": content["by"], "by_name": content["by_name"], "at": content["at"]}
    now = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in kept.items()}
    if now == {name: said.get(name) for name in _DECIDED}:
        return []
    return [f"The decision of row {row.number} was changed where the bot reads it."]
