"""What people made of the items that a watchlist found: dismissed, kept, or not decided about; always asked for by workspace."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select

from bot.model import Decision, Item
from bot.store import assessments
from bot.store.database import Tx, one_of
from bot.store.items import of_rows, visible_to
from bot.store.tables import hits, items, stories, watchlists
from bot.watch.suggesting import Judged

SPAN = timedelta(days=90)
MOST = 400
"""Of more items than this the newest are enough to tell by."""


async def decided(tx: Tx, workspace: str) -> dict[str, Decision]:
    """What the workspace last decided about each event: the decision that gave it its status."""
    logs = await assessments.decided_about(tx, workspace)
    last = {event: next((one for one in reversed(log) if one.what == "status"), None) for event, log in logs.items()}
    return {event: one for event, one in last.items() if one is not None}


async def dismissing(tx: Tx, workspace: str, latest: Mapping[str, Decision], least: int, now: datetime) -> set[str]:
    """The watchlists of the workspace that found at least so many items, in the last 90 days, of events that were dismissed."""
    dismissed = {event for event, one in latest.items() if one.status == "not_relevant"}
    if len(dismissed) < least:
        return set()
    event = func.coalesce(stories.c.story, hits.c.item)
    found = select(hits.c.watchlist, hits.c.item).distinct().outerjoin_from(hits, stories, stories.c.item == hits.c.item)
    found = found.join(watchlists, watchlists.c.id == hits.c.watchlist)
    found = found.where(watchlists.c.workspace == workspace, hits.c.found >= now - SPAN, one_of(tx, event, dismissed))
    counted = Counter(row.watchlist for row in await tx.execute(found))
    return {watchlist for watchlist, count in counted.items() if count >= least}


async def by_people(tx: Tx, workspace: str, watchlist: str, latest: Mapping[str, Decision], now: datetime) -> Judged:
    """The items that the watchlist of this workspace found in the last 90 days, by what was decided about their events."""
    dismissed: list[tuple[Item, str]] = []
    kept: list[Item] = []
    undecided: list[Item] = []
    for event, item in await _found(tx, workspace, watchlist, now - SPAN):
        one = latest.get(event)
        if one is None or one.status == "new":
            undecided.append(item)
        elif one.status == "not_relevant":
            dismissed.append((item, one.reason))
        else:
            kept.append(item)
    return Judged(tuple(dismissed), tuple(kept), tuple(undecided))


async def _found(tx: Tx, workspace: str, watchlist: str, since: datetime) -> list[tuple[str, Item]]:
    event = func.coalesce(stories.c.story, items.c.id).label("event")
    mine = select(hits.c.item).join(watchlists, watchlists.c.id == hits.c.watchlist)
    mine = mine.where(hits.c.watchlist == watchlist, watchlists.c.workspace == workspace, hits.c.found >= since)
    columns = [items.c[name] for name in Item.model_fields]
    wanted = select(event, *columns).outerjoin_from(items, stories, stories.c.item == items.c.id)
    wanted = wanted.where(items.c.id.in_(mine), visible_to(workspace)).order_by(items.c.number.desc()).limit(MOST)
    rows = (await tx.execute(wanted)).mappings().all()
    return list(zip([row["event"] for row in rows], of_rows(rows), strict=True))
