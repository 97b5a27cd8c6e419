"""Sources that workspaces added, always asked for by workspace; their revision moves with every change, so that polling notices."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, select

from bot.model import Source
from bot.store import sources as states
from bot.store.counters import grow, value
from bot.store.database import Tx, insert
from bot.store.tables import added_sources

_REVISION = "added sources"


async def add(tx: Tx, workspace: str, source: Source, *, by: str, now: datetime) -> bool:
    """The workspace has this source, and it is due now; False if it had it before."""
    row = {"id": source.id, "workspace": workspace, "source": source.model_dump(mode="json"), "added_by": by, "added": now}
    added = await tx.scalar(insert(tx, added_sources).values(row).on_conflict_do_nothing().returning(added_sources.c.id))
    if added is not None:
        await states.ensure(tx, [source.id], now)
        await grow(tx, _REVISION)
    return added is not None


async def remove(tx: Tx, workspace: str, source_id: str) -> bool:
    """The source is polled no more; what it brought stays. Added again, its first poll alerts nobody. False if there was none."""
    mine = (added_sources.c.workspace == workspace, added_sources.c.id == source_id)
    removed = (await tx.execute(delete(added_sources).where(*mine))).rowcount > 0
    if removed:
        await states.forget(tx, source_id)
        await grow(tx, _REVISION)
    return removed


async def in_workspace(tx: Tx, workspace: str) -> list[Source]:
    """The sources this workspace added, the oldest first."""
    return await _all(tx, select(added_sources.c.source).where(added_sources.c.workspace == workspace).order_by(added_sources.c.added))


async def all(tx: Tx) -> list[Source]:  # noqa: A001  read as added_sources.all
    """Every source that any workspace added, for polling."""
    return await _all(tx, select(added_sources.c.source).order_by(added_sources.c.added))


async def revision(tx: Tx) -> int:
    """A number that is another whenever a source was added or removed."""
    return await value(tx, _REVISION)


async def _all(tx: Tx, wanted: Select[Any]) -> list[Source]:
    return [Source.model_validate(row) for row in await tx.scalars(wanted)]
