"""Who may do what in a workspace: its admins, and who may change what a place receives."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from bot.model import Word
from bot.store.database import Tx, insert
from bot.store.tables import roles


class Person(Word):
    """Somebody who was given a role; `actor` is "" for nobody, which leaves it to the admins. `name` is as it was written."""

    actor: str
    name: str


async def admins(tx: Tx, workspace: str) -> list[Person]:
    """The admins that were named in the workspace, beside those whom its platform knows as such."""
    return await _of(tx, workspace, "")


async def managers(tx: Tx, workspace: str, place_id: str) -> list[Person]:
    """Who may change what the place receives; with nobody listed, anyone in it may."""
    return await _of(tx, workspace, place_id)


async def name(tx: Tx, workspace: str, person: Person, place_id: str = "") -> bool:
    """The person is a manager of the place from now on or, without a place, an admin of the workspace; False if so before."""
    row = {"workspace": workspace, "place": place_id, "actor": person.actor, "name": person.name}
    return await tx.scalar(insert(tx, roles).values(row).on_conflict_do_nothing().returning(roles.c.actor)) is not None


async def unname(tx: Tx, workspace: str, actors: Sequence[str], place_id: str = "") -> int:
    """These persons are not that any more; how many were."""
    mine = (roles.c.workspace == workspace, roles.c.place == place_id, roles.c.actor.in_(actors))
    return (await tx.execute(delete(roles).where(*mine))).rowcount


async def open_place(tx: Tx, workspace: str, place_id: str) -> None:
    """Anyone in the place may change what it receives."""
    await tx.execute(delete(roles).where(roles.c.workspace == workspace, roles.c.place == place_id, roles.c.place != ""))


async def _of(tx: Tx, workspace: str, place_id: str) -> list[Person]:
    mine = (roles.c.workspace == workspace, roles.c.place == place_id)
    rows = await tx.execute(select(roles.c.actor, roles.c.name).where(*mine).order_by(roles.c.name, roles.c.actor))
    return [Person.model_validate(dict(row)) for row in rows.mappings()]
