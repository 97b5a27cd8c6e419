"""The schema's way forward, and what is wrong with a database."""

from importlib.util import find_spec

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from bot.store.address import Address
from bot.store.database import Store, Tx, newer, require_current, revision
from bot.store.tables import REVISION

# Any number will do, as long as every Regwatch takes the same: "regw" in ASCII.
_UPGRADE_LOCK = 0x72656777


async def upgrade(url: str) -> bool:
    """The schema is current; an SQLite file is made if there was none. True if anything was done.

    Processes that upgrade at once wait for each other, and all but the first find nothing left to do.
    """
    store = await Store.reach(url, make=True)
    try:
        async with store.write() as tx:
            return await _to_head(tx, store.address)
    finally:
        await store.close()


async def current(url: str) -> str | None:
    """The revision of the schema at `url`, None when it holds no Regwatch tables. The newest is tables.REVISION."""
    store = await Store.reach(url)
    try:
        async with store.read() as tx:
            return await revision(tx)
    finally:
        await store.close()


async def check(url: str) -> list[str]:
    """What is wrong with the database, a sentence each; an empty list means it is sound. StoreTrouble if it cannot be looked at.

    SQLite: every page, index and foreign key is read. PostgreSQL keeps checksums of its own; here only the schema is looked at.
    """
    store = await Store.reach(url)
    try:
        async with store.read() as tx:
            require_current(await revision(tx), store.address)
            return await _damage(tx) if store.dialect == "sqlite" else []
    finally:
        await store.close()


async def try_writing(url: str) -> None:
    """StoreTrouble if nothing can be written there now; nothing is changed."""
    store = await Store.reach(url)
    try:
        async with store.write() as tx:
            await tx.execute(text("DELETE FROM events WHERE id = 'no event'"))
    finally:
        await store.close()


async def _to_head(tx: Tx, where: Address) -> bool:
    if where.dialect == "postgresql":
        await tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE_LOCK})
    found = await revision(tx)
    if found is not None and found > REVISION:
        raise newer(found, where)
    if found == REVISION:
        return False
    await tx.run_sync(_run)
    return True


def _run(connection: Connection) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def configuration() -> Config:
    """Alembic's configuration: the migration tree beside this file, wherever the package is installed."""
    spec = find_spec("bot.store.migrations")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    config = Config()
    # Config reads % as the start of a placeholder.
    config.set_main_option("script_location", spec.submodule_search_locations[0].replace("%", "%%"))
    return config


async def _damage(tx: Tx) -> list[str]:
    pages = [row[0] for row in await tx.execute(text("PRAGMA integrity_check"))]
    orphans = (await tx.execute(text("PRAGMA foreign_key_check"))).all()
    found = [f"The file is damaged: {line}. Restore a copy." for line in pages if line != "ok"]
    return found + [f"A row of {row[0]} points at a row of {row[2]} that is gone. Restore a copy." for row in orphans]
