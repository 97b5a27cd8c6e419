"""Where the people in charge of a workspace are told how its sources fare, what they were told, and who gets a proof each week."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, select, update

from bot.model import Alarm, Place
from bot.store.database import Tx, insert, one_of
from bot.store.tables import alarms, operations, places, proofs

_PLACE = [places.c[name] for name in Place.model_fields]


async def choose(tx: Tx, workspace: str, place_id: str | None) -> None:
    """The workspace is told there from now on, or nowhere; what it was told elsewhere is not told again."""
    if place_id is None:
        await tx.execute(delete(operations).where(operations.c.workspace == workspace))
        await tx.execute(delete(alarms).where(alarms.c.workspace == workspace))
        return
    new = insert(tx, operations).values(workspace=workspace, place=place_id)
    await tx.execute(new.on_conflict_do_update(index_elements=["workspace"], set_={"place": place_id}))


async def chosen(tx: Tx) -> list[Place]:
    """The place of each workspace that has chosen one."""
    rows = await tx.execute(select(*_PLACE).join(operations, operations.c.place == places.c.id).order_by(operations.c.workspace))
    return [Place.model_validate(dict(row)) for row in rows.mappings()]


async def sounded(tx: Tx) -> dict[str, dict[str, Alarm]]:
    """What each workspace was told of and is not over, by workspace and source."""
    found: dict[str, dict[str, Alarm]] = {}
    for row in (await tx.execute(select(alarms))).mappings():
        found.setdefault(row["workspace"], {})[row["source"]] = Alarm.model_validate(dict(row))
    return found


async def sound(tx: Tx, new: Sequence[Alarm]) -> set[str]:
    """These alarms stand; the sources that had none before. Of two processes that sound one, only one is told of it."""
    if not new:
        return set()
    rows = [one.model_dump() for one in new]
    return set(await tx.scalars(insert(tx, alarms).on_conflict_do_nothing().returning(alarms.c.source), rows))


async def end(tx: Tx, workspace: str, sources: Collection[str]) -> set[str]:
    """The alarms of these sources are over; those that stood."""
    mine = (alarms.c.workspace == workspace, one_of(tx, alarms.c.source, sources))
    return set(await tx.scalars(delete(alarms).where(*mine).returning(alarms.c.source))) if sources else set()


async def part(tx: Tx, workspace: str) -> None:
    """What failed together is from now on told of one by one."""
    await tx.execute(update(alarms).where(alarms.c.workspace == workspace).values(widespread=False))


async def prove(tx: Tx, place_id: str, week: str) -> bool:
    """The place has been given the proof of this week or month, and gets one each; False if it had that one already."""
    new = insert(tx, proofs).values(place=place_id, week=week)
    other = proofs.c.week != week
    change = new.on_conflict_do_update(index_elements=["place"], set_={"week": week}, where=other).returning(proofs.c.place)
    return await tx.scalar(change) is not None


async def stop_proving(tx: Tx, place_id: str) -> None:
    """The place gets no regular proof any more."""
    await tx.execute(delete(proofs).where(proofs.c.place == place_id))


async def proven(tx: Tx) -> list[tuple[Place, str]]:
    """The places that get a regular proof, with the last week or month of which each was given one."""
    rows = await tx.execute(select(*_PLACE, proofs.c.week).join(proofs, proofs.c.place == places.c.id).order_by(places.c.id))
    return [(Place.model_validate({name: row[name] for name in Place.model_fields}), row["week"]) for row in rows.mappings()]
