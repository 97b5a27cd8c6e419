"""The schema: one way forward for both databases, safe to walk twice and at once."""

import ast
import asyncio
import json
import re
import sys
from asyncio.subprocess import PIPE
from datetime import time
from functools import partial
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from bot.errors import StoreTrouble
from bot.store import charts, heeds, migrate, outbox, packed, places, record
from bot.store.database import Store
from bot.store.tables import REVISION, metadata


def test_there_is_one_head_and_the_tables_name_it() -> None:
    assert ScriptDirectory.from_config(migrate.configuration()).get_heads() == [REVISION]


async def test_an_empty_database_becomes_exactly_the_tables(store: Store) -> None:
    def differences(connection: Connection) -> list[object]:
        # the word index is another thing on each database and not among the tables; on SQLite it comes with tables of its own
        options = {
            "compare_type": True,
            "include_name": lambda name, kind, _: kind != "table" or not name.startswith(("item_words", "item_terms", "known_terms")),
        }
        assert packed.packed.metadata is charts.charts.metadata is heeds.heeds.metadata is metadata
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    async with store.read() as tx:
        assert await tx.run_sync(differences) == []


async def test_upgrading_says_whether_it_did_anything(empty_database: str) -> None:
    assert await migrate.upgrade(empty_database) is True
    assert await migrate.upgrade(empty_database) is False
    assert await migrate.current(empty_database) == REVISION


async def test_a_database_that_is_not_upgraded_says_what_to_run(empty_database: str, dialect: str) -> None:
    if dialect == "sqlite":
        await asyncio.to_thread(Path(empty_database.removeprefix("sqlite:///")).touch)
    assert await migrate.current(empty_database) is None
    for look in (Store.open, migrate.check):
        with pytest.raises(StoreTrouble, match="holds no Regwatch tables yet") as caught:
            await look(empty_database)
        assert "regwatch db upgrade" in caught.value.hint


async def test_processes_that_upgrade_at_once_do_it_once(empty_database: str) -> None:
    program = "import asyncio, sys; from bot.store import migrate; print(asyncio.run(migrate.upgrade(sys.argv[1])))"

    async def upgrade() -> str:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, empty_database, stdout=PIPE, stderr=PIPE)
        said, complained = await process.communicate()
        assert process.returncode == 0, complained.decode()
        return said.decode().strip()

    assert sorted(await asyncio.gather(*(upgrade() for _ in range(4)))) == ["False", "False", "False", "True"]
    assert await migrate.check(empty_database) == []


async def test_a_database_of_a_newer_version_is_left_alone(database: str, store: Store) -> None:
    async with store.write() as tx:
        await tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for look in (Store.open, migrate.check, migrate.upgrade):
        with pytest.raises(StoreTrouble, match="upgraded by a newer version") as caught:
            await look(database)
        assert "restore a copy" in caught.value.hint
    assert await migrate.current(database) == "9999"


async def test_a_database_of_an_older_version_says_what_to_run(database: str, store: Store) -> None:
    async with store.write() as tx:
        await tx.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(StoreTrouble, match="left by an older version"):
        await Store.open(database)


async def test_what_was_owed_before_digests_came_is_still_owed(empty_database: str) -> None:
    store = await Store.reach(empty_database, make=True)
    try:
        async with store.write() as tx:
            await tx.run_sync(partial(walk, to="0003"))
            for sentence in AN_ALERT_OWED_AT_0003:
                await tx.execute(text(sentence))
        assert await migrate.upgrade(empty_database)
        async with store.read() as tx:
            (owed,) = await outbox.of_item(tx, "i", workspace="W")
            place = await places.get(tx, "console:W:general")
            (held,) = await places.at_place(tx, "console:W:general")
        assert (owed.id, owed.state, owed.kind, owed.watchlists, owed.digest) == ("d", "pending", "new", ("w",), "")
        assert place is not None
        assert (place.quiet_from, place.threads, place.compact, place.mentions) == (None, "thread", False, True)
        assert (held.frequency, held.days, held.at, held.urgent) == ("now", (), time(9), False)
    finally:
        await store.close()


def walk(connection: Connection, to: str) -> None:
    config = migrate.configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


THEN = "'2026-07-02 09:30:00.000000'"
AN_ALERT_OWED_AT_0003 = (
    (
        "INSERT INTO items (id, source, key, link, title, summary, text, language, country, regions, agency, tier, doc_type, product_types,"
        " concepts, deadlines, detected, version, fingerprint, seen, streak)"
        f" VALUES ('i', 's', 'k', '', 't', '', '', '', '', '[]', '', '', '', '[]', '[]', '[]', {THEN}, 1, '', '', 0)"
    ),
    (
        "INSERT INTO watchlists (id, workspace, name, name_key, query, created_by, created, active)"
        f" VALUES ('w', 'W', 'n', 'n', 'q', 'u', {THEN}, true)"
    ),
    (
        "INSERT INTO places (id, platform, workspace, channel, name, timezone, suspended)"
        " VALUES ('console:W:general', 'console', 'W', 'general', '', 'UTC', '')"
    ),
    (
        "INSERT INTO subscriptions (id, watchlist, place, frequency, created_by, created)"
        f" VALUES ('s', 'w', 'console:W:general', 'now', 'u', {THEN})"
    ),
    (
        "INSERT INTO outbox (id, place, item, version, kind, watchlists, state, attempts, created, not_before, reference, reason)"
        f" VALUES ('d', 'console:W:general', 'i', 1, 'new', '[\"w\"]', 'pending', 0, {THEN}, {THEN}, '', '')"
    ),
)


async def test_a_step_that_fails_leaves_the_database_as_it_was(empty_database: str) -> None:
    store = await Store.reach(empty_database, make=True)
    async with store.write() as tx:
        await tx.execute(text("CREATE TABLE outbox (note TEXT)"))
    with pytest.raises(StoreTrouble, match="already exists"):
        await migrate.upgrade(empty_database)
    async with store.read() as tx:
        assert await tx.run_sync(lambda sync: inspect(sync).get_table_names()) == ["outbox"]
    await store.close()


def test_migrations_only_add_so_that_a_process_of_the_version_before_goes_on() -> None:
    """From 0024 on; what an older process inserts knows no new column, so each has a default."""
    folder = Path(migrate.configuration().get_main_option("script_location") or "") / "versions"
    for path in sorted(folder.glob("v*.py")):
        steps = [ast.unparse(one) for one in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(one, ast.Call)]
        steps = steps if path.name >= "v0024" else []
        taken = [one for one in steps if re.match(r"op\.(drop|alter|rename|batch)", one)]
        bare = [
            one for one in steps if path.name >= "v0024" and one.startswith("op.add_column") and "False" in one and "default" not in one
        ]
        assert (path.name, taken, bare) == (path.name, [], [])


async def test_decisions_that_were_made_before_there_was_a_record_begin_it(empty_database: str) -> None:
    store = await Store.reach(empty_database, make=True)
    try:
        async with store.write() as tx:
            await tx.run_sync(walk, "0003")
            await tx.execute(text(AN_ALERT_OWED_AT_0003[0]))
            await tx.run_sync(walk, "0022")
            for what, status, owner, until in (
                ("status", "relevant", "", "NULL"),
                ("owner", "new", "ben", "NULL"),
                ("status", "deferred", "", "'2026-12-24'"),
            ):
                values = f"'W', 'i', '{what}', '{status}', '{owner}', '{owner}', 'so \x85', 'U1', 'ana', {until}, {THEN}"
                columns = "workspace, item, what, status, owner, owner_name, reason, by, by_name, until, at"
                await tx.execute(text(f"INSERT INTO decisions ({columns}) VALUES ({values})"))
            await tx.run_sync(walk, REVISION)
        async with store.read() as tx:
            assert await record.check(tx, "W") == []
            rows = [json.loads(row.content) async for row in record.rows(tx, "W", 1, 9)]
    finally:
        await store.close()
    names = {"what", "at", "by", "by_name", "place", "place_name", "about", "name", "before", "after", "number", "workspace"}
    assert all(one.keys() == names for one in rows), "what `record.note` writes"
    assert [(one["before"]["status"], one["before"]["owner"], one["after"]["status"], one["after"]["until"]) for one in rows] == [
        ("new", "", "relevant", None),
        ("relevant", "", "new", None),
        ("relevant", "ben", "deferred", "2026-12-24"),
    ]
