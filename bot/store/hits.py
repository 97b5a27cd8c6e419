"""Hits: which version of an item matched which watchlist, with the words that matched."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select

from bot.model import Hit
from bot.store.database import Tx, insert, one_of
from bot.store.tables import hits, watchlists


async def add(tx: Tx, found: Sequence[Hit], when: datetime) -> None:
    """Every hit is kept with when it was found; one that was found before stays as it was."""
    if found:
        await tx.execute(insert(tx, hits).on_conflict_do_nothing(), [_row(one, when) for one in found])


async def of_item(tx: Tx, item_id: str, version: int, *, workspace: str) -> list[Hit]:
    """The hits of one version of an item on watchlists of this workspace, removed ones too, the oldest watchlist first."""
    columns = (hits.c[name] for name in Hit.model_fields)
    mine = select(*columns).join(watchlists).where(hits.c.item == item_id, hits.c.version == version, watchlists.c.workspace == workspace)
    rows = await tx.execute(mine.order_by(watchlists.c.number))
    return [Hit.model_validate(dict(row)) for row in rows.mappings()]


async def counts(tx: Tx, watchlist_ids: Collection[str], since: datetime) -> dict[str, int]:
    """How many items each of these watchlists has matched from this moment on; one that matched none is left out."""
    mine = (one_of(tx, hits.c.watchlist, watchlist_ids), hits.c.found >= since)
    wanted = select(hits.c.watchlist, func.count(hits.c.item.distinct())).where(*mine).group_by(hits.c.watchlist)
    return dict((await tx.execute(wanted)).all())


def _row(hit: Hit, when: datetime) -> dict[str, object]:
    evidence = [one.model_dump(mode="json", exclude_defaults=True) for one in hit.evidence]
    return {"item": hit.item, "version": hit.version, "watchlist": hit.watchlist, "evidence": evidence, "found": when}
