"""The schema: one way forward for both databases, safe to walk twice and at once."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.store import migrate
from bot.store.database import Store
from bot.store.tables import REVISION, metadata


def test_there_is_one_head_and_the_tables_name_it() -> None:
    assert ScriptDirectory.from_config(migrate.configuration()).get_heads() == [REVISION]


async def test_an_empty_database_becomes_exactly_the_tables(store: Store) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))

    async with store.read() as tx:
        assert await tx.run_sync(differences) == []


async def test_upgrading_says_whether_it_did_anything(empty_database: str) -> None:
    assert await migrate.upgrade(empty_database) is True
    assert await migrate.upgrade(empty_database) is False
    assert await migrate.is_current(empty_database)
