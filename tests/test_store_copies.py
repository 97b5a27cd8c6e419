"""Copies of the database: whole while the bot runs, put back only where nothing can be lost, and reconciled."""

import os
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import StoreTrouble
from bot.store import copies, events, outbox, places, restores
from bot.store.database import Store
from tests.builders import delivery, place
from tests.postgresql_server import Server


def content_of(database: str) -> bytes:
    return Path(database.removeprefix("sqlite:///")).read_bytes()


def damage(database: str) -> None:
    Path(database.removeprefix("sqlite:///")).write_bytes(b"damaged " * 1000)


only_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


@only_sqlite
async def test_a_copy_is_whole_while_the_bot_runs(database: str, store: Store, tmp_path: Path, now: datetime) -> None:
    async with store.write() as tx:
        await events.first_time(tx, "a", now)
    target = tmp_path / "copy.db"
    async with store.write() as tx:
        await events.first_time(tx, "not committed yet", now)
        await copies.backup(database, target)
    copy = await Store.open(f"sqlite:///{target}")
    async with copy.write() as tx:
        assert await events.first_time(tx, "a", now) is False
        assert await events.first_time(tx, "not committed yet", now) is True
    await copy.close()


@only_sqlite
async def test_a_copy_never_overwrites_and_never_leaves_half_a_file(database: str, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("precious")
    with pytest.raises(StoreTrouble, match="exists already"):
        await copies.backup(database, target)
    assert target.read_text() == "precious"
    with pytest.raises(StoreTrouble, match="does not exist"):
        await copies.backup(database, tmp_path / "missing" / "copy.db")
    (tmp_path / "broken.db").write_text("no database " * 100)
    with pytest.raises(StoreTrouble, match="is not a Regwatch database"):
        await copies.backup(f"sqlite:///{tmp_path}/broken.db", tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


@only_sqlite
async def test_nothing_is_restored_over_a_database_in_use(database: str, store: Store, tmp_path: Path, now: datetime) -> None:
    await copies.backup(database, tmp_path / "copy.db")
    async with store.write() as tx:
        await events.first_time(tx, "later", now)
    with pytest.raises(StoreTrouble, match="is in use"):
        await copies.restore(database, tmp_path / "copy.db", now)
    async with store.write() as tx:
        assert await events.first_time(tx, "later", now) is False


@only_sqlite
@pytest.mark.parametrize(
    ("content", "said"),
    [(b"no database " * 99, "is not a Regwatch database"), (b"", "is no database of Regwatch"), (None, "There is no file")],
)
async def test_what_is_no_copy_is_not_put_in_place(database: str, tmp_path: Path, now: datetime, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / "copy.db").write_bytes(content)
    before = content_of(database)
    with pytest.raises(StoreTrouble, match=said):
        await copies.restore(database, tmp_path / "copy.db", now)
    assert content_of(database) == before


@only_sqlite
async def test_a_damaged_database_gives_way_and_is_kept(database: str, tmp_path: Path, now: datetime) -> None:
    await copies.backup(database, tmp_path / "copy.db")
    damage(database)
    looked_for, kept = await copies.restore(database, tmp_path / "copy.db", now)
    assert (looked_for, kept is not None and kept.read_bytes()[:8]) == (0, b"damaged ")
    await (await Store.open(database)).close()


@pytest.fixture
def tools(postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{postgresql.programs}:{os.environ['PATH']}")


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_postgresql_is_copied_and_restored_by_its_own_tools(database: str, tools: None, tmp_path: Path, now: datetime) -> None:
    store = await Store.open(database)
    async with store.write() as tx:
        await events.first_time(tx, "a", now)
    await copies.backup(database, tmp_path / "copy.dump")
    async with store.write() as tx:
        await events.first_time(tx, "b", now)
    with pytest.raises(StoreTrouble, match="is in use"):
        await copies.restore(database, tmp_path / "copy.dump", now)
    await store.close()
    assert await copies.restore(database, tmp_path / "copy.dump", now) == (0, None)
    store = await Store.open(database)
    async with store.write() as tx:
        assert await events.first_time(tx, "a", now) is False
        assert await events.first_time(tx, "b", now) is True
    await store.close()


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_without_its_tools_the_command_is_said(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StoreTrouble, match="pg_dump") as caught:
        await copies.backup(database, tmp_path / "copy.dump")
    assert "pg_dump --format=custom --file=regwatch.dump" in caught.value.hint


async def test_what_a_copy_owes_is_looked_for_and_what_is_settled_stays(database: str, store: Store, now: datetime) -> None:
    ago = now - timedelta(hours=1)
    said = {"kind": "notice", "created": ago, "not_before": ago}
    async with store.write() as tx:
        await places.ensure(tx, place("here"))
        owed = [delivery("", "console:W1:here", id=name, state=name, **said) for name in ("pending", "later", "sending", "sent", "held")]
        await outbox.owe(tx, owed)
        assert await restores.reconcile(tx, now) == 3
        assert await outbox.counts(tx) == {"unclear": 3, "sent": 1, "held": 1}
        (first, *_) = await outbox.claim_unclear(tx, now, timedelta(minutes=1))
        assert first.attempted == ago
        # What is said by itself right after may be what was said before; a day later it is not.
        for name, when in (("soon", now), ("tomorrow", now + timedelta(days=1))):
            await outbox.owe(tx, [delivery("", "console:W1:here", id=name, kind="notice", created=when, not_before=when)])
        assert await outbox.counts(tx) == {"unclear": 4, "pending": 1, "sent": 1, "held": 1}


def test_a_copy_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "new.db") as copy:
        copy.executescript("CREATE TABLE alembic_version(version_num); INSERT INTO alembic_version VALUES('9999'); CREATE TABLE outbox(id)")
    copy.close()
    with pytest.raises(StoreTrouble, match="newer version"):
        copies._require_copy(tmp_path / "new.db")
