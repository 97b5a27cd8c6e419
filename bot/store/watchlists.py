"""Watchlists, always asked for by workspace; their revision moves with every change, so that matchers notice."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, delete, select, update

from bot.errors import UserMistake
from bot.model import Watchlist
from bot.store import counters
from bot.store.database import Tx, insert, one_of
from bot.store.tables import subscriptions, watchlists

_REVISION = "watchlists"
_WATCHLIST = select(*(watchlists.c[name] for name in Watchlist.model_fields))


async def add(tx: Tx, watchlist: Watchlist) -> None:
    """The watchlist is saved and the revision has moved; UserMistake if its workspace has one of that name."""
    row = watchlist.model_dump() | {"name_key": _key(watchlist.name), "active": True}
    added = await tx.scalar(insert(tx, watchlists).values(row).on_conflict_do_nothing().returning(watchlists.c.number))
    if added is None:
        raise UserMistake(f"There is already a watchlist named {watchlist.name}.", hint="Choose another name, or remove that one first.")
    await move(tx)


async def remove(tx: Tx, workspace: str, watchlist_id: str) -> bool:
    """The watchlist and its subscriptions are gone and its name is free; past hits keep it. False if there was none."""
    mine = (watchlists.c.workspace == workspace, watchlists.c.id == watchlist_id, watchlists.c.active)
    removed = await tx.execute(update(watchlists).where(*mine).values(active=False))
    if not removed.rowcount:
        return False
    await tx.execute(delete(subscriptions).where(subscriptions.c.watchlist == watchlist_id))
    await move(tx)
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
        raise UserMistake(f"There is already a watchlist named {taken.name}.", hint="Choose another name, or remove that one first.")
    return await _change(tx, workspace, watchlist_id, name=name, name_key=_key(name))


async def _change(tx: Tx, workspace: str, watchlist_id: str, **columns: object) -> bool:
    mine = (watchlists.c.workspace == workspace, watchlists.c.id == watchlist_id, watchlists.c.active)
    changed = await tx.execute(update(watchlists).where(*mine).values(**columns))
    if changed.rowcount:
        await move(tx)
    return bool(changed.rowcount)


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


async def all_active(tx: Tx) -> list[Watchlist]:
    """Every watchlist of every workspace that is neither removed nor paused, for the matcher."""
    return await _all(tx, _WATCHLIST.where(watchlists.c.active, ~watchlists.c.paused).order_by(watchlists.c.number))


async def revision(tx: Tx) -> int:
    """A number that is another whenever watchlists may match otherwise than before; it only grows."""
    return await counters.value(tx, _REVISION)


async def move(tx: Tx) -> None:
    """The revision has moved: something by which watchlists match has changed."""
    await counters.grow(tx, _REVISION)


async def _all(tx: Tx, wanted: Select[Any]) -> list[Watchlist]:
    return [Watchlist.model_validate(dict(row)) for row in (await tx.execute(wanted)).mappings()]


def _key(name: str) -> str:
    return " ".join(name.casefold().split())
