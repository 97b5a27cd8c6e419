"""What a report of a place is made of: polls and gaps, hits, alerts and decisions of a span of time; always by place or workspace."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select

from bot.model import Decision, Gap
from bot.store.database import Tx, one_of
from bot.store.tables import decisions, gaps, hits, items, outbox, poll_days, subscriptions

MOST = 200
_ALERTS = ("new", "changed", "also")


class Told(NamedTuple):
    """An alert that a place was owed, and what became of it."""

    title: str
    url: str
    agency: str
    owed: datetime
    result: str


class Matched(NamedTuple):
    """Where an item came from, what it is, and when it was found to match first."""

    country: str
    agency: str
    doc_type: str
    found: datetime


class Decided(NamedTuple):
    """A decision, with what it is about."""

    decision: Decision
    title: str


async def polls(tx: Tx, source_ids: Collection[str], first: date, last: date) -> dict[str, tuple[int, int]]:
    """How often each of these sources was polled from one day (UTC) to another, and how often it answered well."""
    columns = (poll_days.c.source, func.sum(poll_days.c.polls), func.sum(poll_days.c.good))
    mine = (one_of(tx, poll_days.c.source, source_ids), poll_days.c.day.between(first, last))
    rows = await tx.execute(select(*columns).where(*mine).group_by(poll_days.c.source))
    return {source: (int(all_of), int(good)) for source, all_of, good in rows}


async def gaps_between(tx: Tx, source_ids: Collection[str], start: datetime, end: datetime) -> tuple[Gap, ...]:
    """The gaps of these sources that ended after `start` and began before `end`."""
    mine = (one_of(tx, gaps.c.source, source_ids), gaps.c.ended > start, gaps.c.begun < end)
    rows = await tx.execute(select(gaps).where(*mine).order_by(gaps.c.begun, gaps.c.source))
    return tuple(Gap.model_validate(dict(row)) for row in rows.mappings())


async def found(tx: Tx, place_id: str, start: datetime, end: datetime) -> dict[str, int]:
    """How many items each watchlist that the place receives has matched from `start` on and before `end`."""
    theirs = select(subscriptions.c.watchlist).where(subscriptions.c.place == place_id)
    mine = (hits.c.watchlist.in_(theirs), hits.c.found >= start, hits.c.found < end)
    rows = await tx.execute(select(hits.c.watchlist, func.count(hits.c.item.distinct())).where(*mine).group_by(hits.c.watchlist))
    return dict(rows.all())


async def matched(tx: Tx, place_id: str, start: datetime, end: datetime) -> list[Matched]:
    """Each item that a watchlist of the place matched from `start` on and before `end`."""
    theirs = select(subscriptions.c.watchlist).where(subscriptions.c.place == place_id)
    mine = (hits.c.watchlist.in_(theirs), hits.c.found >= start, hits.c.found < end)
    kind = (items.c.country, items.c.agency, items.c.doc_type)
    wanted = select(*kind, func.min(hits.c.found)).join_from(hits, items, items.c.id == hits.c.item)
    return [Matched(*row) for row in await tx.execute(wanted.where(*mine).group_by(items.c.id, *kind))]


async def results(tx: Tx, place_id: str, start: datetime, end: datetime) -> dict[str, int]:
    """How many alerts the place came to be owed in that time, by what became of them."""
    rows = await tx.execute(select(outbox.c.state, func.count()).where(*_alerts(place_id, start, end)).group_by(outbox.c.state))
    return dict(rows.all())


async def told(tx: Tx, place_id: str, start: datetime, end: datetime) -> list[Told]:
    """The alerts that the place came to be owed in that time, the newest first, at most MOST."""
    columns = (items.c.title, func.coalesce(items.c.url, ""), items.c.agency, outbox.c.created, outbox.c.state)
    wanted = select(*columns).join_from(outbox, items, items.c.id == outbox.c.item).where(*_alerts(place_id, start, end))
    return [Told(*row) for row in await tx.execute(wanted.order_by(outbox.c.number.desc()).limit(MOST))]


def _alerts(place_id: str, start: datetime, end: datetime) -> tuple[Any, ...]:
    return (outbox.c.place == place_id, outbox.c.kind.in_(_ALERTS), outbox.c.created >= start, outbox.c.created < end)


async def decided(tx: Tx, workspace: str, start: datetime, end: datetime) -> list[Decided]:
    """What the workspace decided in that time, the newest first."""
    columns = (*(decisions.c[name] for name in Decision.model_fields), items.c.title)
    wanted = select(*columns).join_from(decisions, items, items.c.id == decisions.c.item)
    mine = (decisions.c.workspace == workspace, decisions.c.at >= start, decisions.c.at < end)
    rows = [dict(row) for row in (await tx.execute(wanted.where(*mine).order_by(decisions.c.number.desc()))).mappings()]
    return [Decided(Decision.model_validate({name: row[name] for name in Decision.model_fields}), row["title"]) for row in rows]
