"""Where the bot is installed on Slack, with tokens that only a seal opens, and installations that are begun in a browser."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update

from bot.model import Word
from bot.store.database import Tx, insert
from bot.store.tables import install_states, installations, memberships


class Installation(Word):
    """`id` is the workspace (`team`) or, for all workspaces of an organisation, the organisation (`enterprise`).

    `sealed` holds everything Slack gave, `expires` is the end of its token, None for one without end.
    """

    id: str
    enterprise: str = ""
    team: str = ""
    installer: str = ""
    bot_user: str = ""
    sealed: str
    installed: datetime
    expires: datetime | None = None


_INSTALLATION = select(*(installations.c[name] for name in Installation.model_fields))


async def keep(tx: Tx, installation: Installation) -> None:
    """The bot is installed there so, in the place of what was before."""
    row = installation.model_dump() | {"renewing_until": None}
    await tx.execute(insert(tx, installations).values(row).on_conflict_do_update(index_elements=["id"], set_=row))


async def serving(tx: Tx, team: str, enterprise: str = "") -> Installation | None:
    """The installation that serves a workspace: its own, else that of its organisation, which is remembered if not told."""
    organisation = enterprise or await tx.scalar(select(memberships.c.enterprise).where(memberships.c.team == team))
    wanted = [one for one in (team, organisation) if one]
    rows = await tx.execute(_INSTALLATION.where(installations.c.id.in_(wanted)))
    found = {row["id"]: Installation.model_validate(dict(row)) for row in rows.mappings()}
    return next((found[one] for one in wanted if one in found), None)


async def remove(tx: Tx, installation_id: str) -> bool:
    """The bot is installed there no more, and nothing is kept of its tokens; False if it was not."""
    return (await tx.execute(delete(installations).where(installations.c.id == installation_id))).rowcount > 0


async def claim_renewal(tx: Tx, old: Installation, now: datetime, lease: timedelta) -> bool:
    """Whether the caller is to renew the token; nobody else is told so until the lease runs out, nor who has read an older one."""
    free = or_(installations.c.renewing_until.is_(None), installations.c.renewing_until <= now)
    mine = (installations.c.id == old.id, installations.c.sealed == old.sealed, free)
    change = update(installations).where(*mine).values(renewing_until=now + lease)
    return (await tx.execute(change)).rowcount > 0


async def renew(tx: Tx, old: Installation, sealed: str, expires: datetime | None) -> bool:
    """The installation has another token from now on, unless it was installed anew or removed meanwhile; whether it has."""
    mine = (installations.c.id == old.id, installations.c.sealed == old.sealed)
    change = update(installations).where(*mine).values(sealed=sealed, expires=expires, renewing_until=None)
    return (await tx.execute(change)).rowcount > 0


async def reseal(tx: Tx, installation_id: str, sealed: str) -> None:
    """The same tokens under another seal."""
    await tx.execute(update(installations).where(installations.c.id == installation_id).values(sealed=sealed))


async def all(tx: Tx) -> list[Installation]:  # noqa: A001  read as installations.all
    """Every installation, for whoever seals them anew."""
    rows = await tx.execute(_INSTALLATION.order_by(installations.c.id))
    return [Installation.model_validate(dict(row)) for row in rows.mappings()]


async def belongs(tx: Tx, team: str, enterprise: str) -> None:
    """The workspace belongs to this organisation."""
    new = insert(tx, memberships).values(team=team, enterprise=enterprise)
    await tx.execute(new.on_conflict_do_update(index_elements=["team"], set_={"enterprise": enterprise}))


async def teams_of(tx: Tx, enterprise: str) -> list[str]:
    """The workspaces of an organisation that were heard of."""
    return list(await tx.scalars(select(memberships.c.team).where(memberships.c.enterprise == enterprise).order_by(memberships.c.team)))


async def begin(tx: Tx, state: str, now: datetime, until: datetime) -> None:
    """An installation was begun; those whose time is over are forgotten."""
    await tx.execute(delete(install_states).where(install_states.c.expires <= now))
    await tx.execute(install_states.insert().values(id=_hash(state), expires=until))


async def finish(tx: Tx, state: str, now: datetime) -> bool:
    """Whether an installation was begun with this state and its time is not over; exactly one of several callers is told yes."""
    mine = (install_states.c.id == _hash(state), install_states.c.expires > now)
    return (await tx.execute(delete(install_states).where(*mine))).rowcount > 0


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).hexdigest()
