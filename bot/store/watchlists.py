"""Watchlists, always asked for by workspace; their revision moves with every change, so that matchers notice."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, delete, select, tuple_, update

from bot.errors import UserMistake
from bot.messages import say
from bot.model import Watchlist
from bot.store import counters
from bot.store.database import Tx, insert, one_of
from bot.store.tables import subscriptions, watchlists

_REVISION = "watchlists"
Mark = tuple[int, int]
"""How far one has read: a revision, and the row number of a watchlist that changed at it."""


class Current(NamedTuple):
    """What a matcher has to know of a watchlist; one that does not match any more is removed or paused."""

    id: str
    workspace: str
    query: str
    matches: bool
    mark: Mark


_WATCHLIST = select(*(watchlists.c[name] for name in Watchlist.model_fields))


async def add(tx: Tx, watchlist: Watchlist) -> None:
    """The watchlist is saved and the revision has moved; UserMistake if its workspace has one of that name."""
    row = watchlist.model_dump() | {"name_key": _key(watchlist.name), "active": True}
    added = await tx.scalar(insert(tx, watchlists).values(row).on_conflict_do_nothing().returning(watchlists.c.number))
    if added is None:
        raise UserMistake(
            say("There is already a watchlist named {name}.", name=watchlist.name),
            hint=say("Choose another name, or remove that one first."),
        )
    await _write(tx, watchlists.c.number == added)


async def remove(tx: Tx, workspace: str, watchlist_id: str) -> bool:
    """The watchlist and its subscriptions are gone and its name is free; past hits keep it. False if there was none."""
    if not await _change(tx, workspace, watchlist_id, active=False):
        return False
    await tx.execute(delete(subscriptions).where(subscriptions.c.watchlist == watchlist_id))
    return True


async def edit(tx: Tx, workspace: str, watchlist_id: str, query: str) -> bool:
    """The watchlist has this query from now on and keeps everything else, its subscriptions too. False if there is none."""
    return await _change(tx, workspace, watchlist_id, query=query)


async def pause(tx: Tx, workspace: str, watchlist_id: str, *, paused: bool) -> bool:
    """The watchlist matches nothing while it is paused, and everything as before afterwards. False if there is none."""
    return await _change(tx, workspace, watchlist_id, paused=paused)


async def rename(tx: Tx, workspace: str, watchlist_id: str, name: str) -> bool:
    """The watchlist has this name from now on; UserMistake if another one of its workspace has it. False if there is none."""
    taken = await get_by_name(tx, workspace, name)
    if taken is not None and taken.id != watchlist_id:
        raise UserMistake(
            say("There is already a watchlist named {name}.", name=taken.name), hint=say("Choose another name, or remove that one first.")
        )
    return await _change(tx, workspace, watchlist_id, name=name, name_key=_key(name))


async def _change(tx: Tx, workspace: str, watchlist_id: str, **columns: object) -> bool:
    mine = (watchlists.c.workspace == workspace) & (watchlists.c.id == watchlist_id) & watchlists.c.active
    if await tx.scalar(select(watchlists.c.number).where(mine)) is None:
        return False
    await _write(tx, mine, **columns)
    return True


async def touch(tx: Tx, workspace: str) -> None:
    """The watchlists of a workspace may match otherwise than before, since its own words have changed."""
    await _write(tx, (watchlists.c.workspace == workspace) & watchlists.c.active)


async def _write(tx: Tx, which: ColumnElement[bool], **columns: object) -> None:
    """The revision first: who holds it has the turn, so that two of these never wait for each other."""
    now = await counters.grow(tx, _REVISION)
    await tx.execute(update(watchlists).where(which).values(changed=now, **columns))


async def get_by_name(tx: Tx, workspace: str, name: str) -> Watchlist | None:
    """The watchlist of this name, letter case and spacing aside."""
    found = await _all(tx, _WATCHLIST.where(watchlists.c.workspace == workspace, watchlists.c.name_key == _key(name), watchlists.c.active))
    return found[0] if found else None


async def in_workspace(tx: Tx, workspace: str) -> list[Watchlist]:
    """The watchlists of a workspace by name."""
    return await _all(tx, _WATCHLIST.where(watchlists.c.workspace == workspace, watchlists.c.active).order_by(watchlists.c.name_key))


async def by_id(tx: Tx, workspace: str, ids: Collection[str]) -> dict[str, Watchlist]:
    """Those of a workspace with these ids, removed ones too: an alert still names what it was owed for."""
    found = await _all(tx, _WATCHLIST.where(watchlists.c.workspace == workspace, one_of(tx, watchlists.c.id, ids)))
    return {one.id: one for one in found}


async def revision(tx: Tx) -> int:
    """A number that is another whenever watchlists may match otherwise than before; it only grows."""
    return await counters.value(tx, _REVISION)


async def changed_since(tx: Tx, mark: Mark, most: int) -> list[Current]:
    """The watchlists of every workspace that changed after this mark, at most so many, in the order in which they did."""
    last = tuple_(watchlists.c.changed, watchlists.c.number)
    matches = watchlists.c.active & ~watchlists.c.paused
    columns = (watchlists.c.id, watchlists.c.workspace, watchlists.c.query, matches, watchlists.c.changed, watchlists.c.number)
    found = await tx.execute(select(*columns).where(last > tuple_(*mark)).order_by(watchlists.c.changed, watchlists.c.number).limit(most))
    return [Current(key, workspace, query, bool(now), (changed, number)) for key, workspace, query, now, changed, number in found]


async def workspaces_changed_since(tx: Tx, revision: int) -> set[str]:
    """The workspaces with watchlists that changed after this revision, removed ones too."""
    return set(await tx.scalars(select(watchlists.c.workspace).where(watchlists.c.changed > revision).distinct()))


async def _all(tx: Tx, wanted: Select[Any]) -> list[Watchlist]:
    return [Watchlist.model_validate(dict(row)) for row in (await tx.execute(wanted)).mappings()]


def _key(name: str) -> str:
    return " ".join(name.casefold().split())
