"""Which watchlists came with which pack, and how they were then; always asked for by workspace."""

from collections.abc import Sequence

from sqlalchemy import Column, ForeignKey, Integer, Table, Text, case, func, select

from bot.store.database import Tx, insert
from bot.store.tables import metadata, watchlists
from bot.watch.packs import Kept, Pack

# A watchlist as a pack had it when it was added: `query` as the workspace kept it then. Another edition replaces the row.
packed = Table(
    "packed",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("pack", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("query", Text, nullable=False),
    Column("watchlist", Text, ForeignKey("watchlists.id"), nullable=False),
)


async def keep(tx: Tx, workspace: str, pack: Pack, kept: Sequence[tuple[str, str, str]]) -> None:
    """Of these watchlists, each a key, a query and an id, it is known that they came with this edition of the pack."""
    if not kept:
        return
    rows = [
        {"workspace": workspace, "pack": pack.id, "key": key, "version": pack.version, "query": query, "watchlist": watchlist}
        for key, query, watchlist in kept
    ]
    new = insert(tx, packed)
    replaced = {name: new.excluded[name] for name in ("version", "query", "watchlist")}
    await tx.execute(new.on_conflict_do_update(index_elements=["workspace", "pack", "key"], set_=replaced), rows)


async def of_pack(tx: Tx, workspace: str, pack: str) -> dict[str, Kept]:
    """What the workspace has of a pack, by key."""
    active = watchlists.c.active
    now = (case((active, watchlists.c.name), else_="").label("name"), case((active, watchlists.c.query), else_="").label("now"))
    columns = (packed.c.key, packed.c.version, packed.c.query, packed.c.watchlist, *now)
    mine = (packed.c.workspace == workspace, packed.c.pack == pack)
    found = await tx.execute(select(*columns).join(watchlists, watchlists.c.id == packed.c.watchlist).where(*mine).order_by(packed.c.key))
    return {row.key: Kept(*row) for row in found}


async def versions(tx: Tx, workspace: str) -> dict[str, int]:
    """The packs of which the workspace still has something, with the newest edition it has of each."""
    joined = select(packed.c.pack, func.max(packed.c.version)).join(watchlists, watchlists.c.id == packed.c.watchlist)
    found = await tx.execute(joined.where(packed.c.workspace == workspace, watchlists.c.active).group_by(packed.c.pack))
    return dict(found.all())
