"""Decisions about items: a log that only grows, always asked for by workspace; the reports of one event are decided about together."""

from datetime import date, datetime

from sqlalchemy import ColumnElement, func, insert, or_, select

from bot.model import Decision, Place
from bot.store import record
from bot.store.database import Tx
from bot.store.record import Fact
from bot.store.tables import decisions, items, stories

_DECISION = select(*(decisions.c[name] for name in Decision.model_fields))


async def decide(tx: Tx, decision: Decision, here: Place | None = None) -> None:
    """The decision is kept and stands in the record, as made in that place, with what it was before."""
    before = await of_item(tx, decision.workspace, decision.item)
    status = next((one.status for one in reversed(before) if one.what == "status"), "new")
    owner = next(((one.owner, one.owner_name) for one in reversed(before) if one.what == "owner"), ("", ""))
    impact = next((one.status for one in reversed(before) if one.what == "impact"), "")
    kept = insert(decisions).values(decision.model_dump()).returning(decisions.c.number)
    after = decision.model_dump(mode="json", include={"what", "status", "owner", "owner_name", "reason", "until"})
    fact = Fact(
        what=record.DECISION,
        at=decision.at,
        by=decision.by,
        by_name=decision.by_name,
        place=here.id if here else "",
        place_name=here.name if here else "",
        about=decision.item,
        name=await tx.scalar(select(items.c.title).where(items.c.id == decision.item)) or "",
        before={"status": status, "owner": owner[0], "owner_name": owner[1], **({"impact": impact} if decision.what == "impact" else {})},
        after=after | {"decision": await tx.scalar(kept)},
    )
    await record.note(tx, decision.workspace, fact)


async def of_item(tx: Tx, workspace: str, item: str) -> list[Decision]:
    """What the workspace decided about the event an item reports, the oldest decision first."""
    rows = await tx.execute(_DECISION.where(decisions.c.workspace == workspace, _same_event(item)).order_by(decisions.c.number))
    return [Decision.model_validate(dict(row)) for row in rows.mappings()]


async def deferred_until(tx: Tx, day: date) -> list[Decision]:
    """The decisions of every workspace by which an item is deferred until this day or before, unless it has another status since."""
    later = decisions.alias("later")
    same = (later.c.workspace == decisions.c.workspace, later.c.item == decisions.c.item, later.c.number > decisions.c.number)
    since = select(later.c.number).where(*same, later.c.what == "status").exists()
    deferred = (decisions.c.what == "status", decisions.c.status == "deferred", decisions.c.until <= day, ~since)
    rows = await tx.execute(_DECISION.where(*deferred).order_by(decisions.c.number))
    return [Decision.model_validate(dict(row)) for row in rows.mappings()]


async def changed_between(tx: Tx, workspace: str, item: str, start: datetime, end: datetime) -> bool:
    """Whether anything was decided about the event an item reports after `start` and up to `end`."""
    mine = (decisions.c.workspace == workspace, _same_event(item), decisions.c.at > start, decisions.c.at <= end)
    return await tx.scalar(select(decisions.c.number).where(*mine).limit(1)) is not None


async def decided_about(tx: Tx, workspace: str) -> dict[str, list[Decision]]:
    """Everything the workspace decided, by the event (the id of its story, or of an item that is alone), the latest news first."""
    event = func.coalesce(stories.c.story, decisions.c.item).label("event")
    wanted = _DECISION.add_columns(event).outerjoin_from(decisions, stories, stories.c.item == decisions.c.item)
    found: dict[str, list[Decision]] = {}
    rows = await tx.execute(wanted.where(decisions.c.workspace == workspace).order_by(decisions.c.number))
    for row in rows.mappings():
        values = dict(row)
        found.setdefault(values.pop("event"), []).append(Decision.model_validate(values))
    return dict(sorted(found.items(), key=lambda one: one[1][-1].at, reverse=True))


def _same_event(item: str) -> ColumnElement[bool]:
    mine = select(stories.c.story).where(stories.c.item == item).scalar_subquery()
    return or_(decisions.c.item == item, decisions.c.item.in_(select(stories.c.item).where(stories.c.story == mine)))
