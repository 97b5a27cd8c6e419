"""Broken databases: each fault is one sentence with something to do, no password, and nothing half-done is kept."""

import asyncio
import os
import pwd
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.errors import StoreTrouble
from bot.store import events, items, migrate, watchlists
from bot.store.database import Store
from tests.builders import item
from tests.postgresql_server import PASSWORD, Server

only_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


async def trouble_of_opening(url: str) -> StoreTrouble:
    with pytest.raises(StoreTrouble) as caught:
        await Store.open(url)
    assert caught.value.sentence.count("\n") == 0
    assert caught.value.hint
    assert PASSWORD not in str(caught.value)
    return caught.value


def damage(file: Path) -> None:
    """The first page with the table of contents stays readable, as after a torn copy; the rest is noise."""
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))


async def write(store: Store, now: datetime) -> None:
    async with store.write() as tx:
        await events.first_time(tx, "a", now)


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    trouble = await trouble_of_opening(f"sqlite:///{tmp_path}/missing/regwatch.db")
    assert trouble.sentence == f"The folder {tmp_path}/missing of the database does not exist."
    with pytest.raises(StoreTrouble, match="does not exist"):
        await migrate.upgrade(f"sqlite:///{tmp_path}/missing/regwatch.db")


async def test_a_missing_file_is_not_made_by_looking(tmp_path: Path) -> None:
    trouble = await trouble_of_opening(f"sqlite:///{tmp_path}/regwatch.db")
    assert "does not exist yet" in trouble.sentence
    assert "regwatch db upgrade" in trouble.hint
    assert not any(entry.name.startswith("regwatch") for entry in os.scandir(tmp_path))


async def test_a_folder_is_not_a_database(tmp_path: Path) -> None:
    assert "is a folder, not a file" in (await trouble_of_opening(f"sqlite:///{tmp_path}")).sentence
    with pytest.raises(StoreTrouble, match="is a folder"):
        await migrate.upgrade(f"sqlite:///{tmp_path}")


async def test_an_empty_file_asks_for_the_upgrade(tmp_path: Path) -> None:
    (tmp_path / "regwatch.db").touch()
    trouble = await trouble_of_opening(f"sqlite:///{tmp_path}/regwatch.db")
    assert "holds no Regwatch tables yet" in trouble.sentence
    assert "regwatch db upgrade" in trouble.hint


async def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "regwatch.db"
    file.write_text("shopping list\n" * 100)
    assert "is not a Regwatch database" in (await trouble_of_opening(f"sqlite:///{file}")).sentence
    for look in (migrate.upgrade, migrate.check):
        with pytest.raises(StoreTrouble, match="is not a Regwatch database"):
            await look(f"sqlite:///{file}")
    assert file.read_text() == "shopping list\n" * 100


@only_sqlite
async def test_a_damaged_file_says_so_and_to_restore_a_copy(database: str, store: Store, now: datetime) -> None:
    await write(store, now)
    await store.close()
    damage(Path(database.removeprefix("sqlite:///")))
    with pytest.raises(StoreTrouble, match="is damaged") as caught:
        await migrate.check(database)
    assert "regwatch db backup" in caught.value.hint
    assert "is damaged" in (await trouble_of_opening(database)).sentence


@only_sqlite
async def test_an_index_that_lost_a_row_is_found_by_the_check(database: str, store: Store, now: datetime) -> None:
    await store.close()
    assert await migrate.check(database) == []
    with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as raw:
        raw.execute("INSERT INTO versions VALUES ('no item', 1, '{}', '', '2026-07-02 09:30:00.000000', '')")
        raw.commit()
    assert await migrate.check(database) == ["A row of versions points at a row of items that is gone. Restore a copy."]


@only_sqlite
async def test_a_lock_of_another_process_is_named_and_readers_go_on(database: str, store: Store, now: datetime) -> None:
    impatient = await Store.open(database, patience=0.2)
    with closing(sqlite3.connect(database.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreTrouble, match="is locked by another process"):
            await write(impatient, now)
        async with impatient.read() as tx:
            assert await items.count(tx) == 0
        other.execute("ROLLBACK")
    await write(impatient, now)
    await impatient.close()


@only_sqlite
async def test_a_full_file_keeps_nothing_of_the_transaction_and_goes_on_when_there_is_room(store: Store, now: datetime) -> None:
    async def write_much(pages: int) -> None:
        async with store.write() as tx:
            await tx.execute(text(f"PRAGMA max_page_count = {pages}"))
            await events.first_time(tx, "before", now)
            await items.add(tx, item(text="x" * 1_000_000), "print", link="", why="new")

    with pytest.raises(StoreTrouble, match="cannot grow: the disk is full"):
        await write_much(100)
    async with store.read() as tx:
        assert await items.count(tx) == 0
    await write_much(100_000)
    async with store.write() as tx:
        assert await items.count(tx) == 1
        assert await events.first_time(tx, "before", now) is False


async def test_a_full_disk_keeps_nothing_of_the_transaction(sqlite_made: Path, small_disk: Path, now: datetime) -> None:
    shutil.copy(sqlite_made, small_disk / "regwatch.db")
    store = await Store.open(f"sqlite:///{small_disk}/regwatch.db")
    await write(store, now)
    with pytest.raises(StoreTrouble, match="cannot grow: the disk is full"):
        async with store.write() as tx:
            await items.add(tx, item(text="x" * 2_000_000), "print", link="", why="new")
    async with store.read() as tx:
        assert await items.count(tx) == 0
    async with store.write() as tx:
        assert await events.first_time(tx, "a", now) is False
    await store.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with room for one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"this account may not mount a small disk: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", disk], check=True)


@contextmanager
def ordinary_account() -> Iterator[None]:
    """Root may write anything; as `nobody`, rights count."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def by_its_owner() -> Iterator[None]:
    """Within `ordinary_account`: as who made the file."""
    account = os.geteuid()
    os.seteuid(os.getuid())
    try:
        yield
    finally:
        os.seteuid(account)


@contextmanager
def copied(made: Path, *, file: int, folder: int) -> Iterator[Path]:
    """A copy of a database with these rights, where every account may enter, unlike in the folders of pytest."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(shutil.copy(made, Path(name) / "regwatch.db"))
        copy.chmod(file)
        copy.parent.chmod(folder)
        yield copy
        copy.parent.chmod(0o700)


async def test_a_read_only_file_can_be_read_and_says_that_it_cannot_be_written(sqlite_made: Path, now: datetime) -> None:
    with copied(sqlite_made, file=0o444, folder=0o777) as file, ordinary_account():
        store = await Store.open(f"sqlite:///{file}")
        with pytest.raises(StoreTrouble, match=r"cannot be written\. Make the file and its folder writable"):
            await write(store, now)
        async with store.read() as tx:
            assert await items.count(tx) == 0
        await store.close()


async def test_a_file_that_may_be_written_again_is_written_by_the_bot_that_runs(sqlite_made: Path, now: datetime) -> None:
    """Every connection was opened for reading alone, and so was what SQLite keeps beside the file."""
    with copied(sqlite_made, file=0o444, folder=0o777) as file, ordinary_account():
        store = await Store.open(f"sqlite:///{file}")
        async with store.read() as one, store.read() as other:
            assert await items.count(one) == await items.count(other) == 0
        with pytest.raises(StoreTrouble, match="cannot be written"):
            await write(store, now)
        with by_its_owner():
            file.chmod(0o666)
        await write(store, now)
        async with store.read() as tx:
            assert await tx.scalar(text("SELECT count(*) FROM events")) == 1
        await store.close()


async def test_a_file_is_written_after_a_restart_though_what_is_beside_it_was_made_while_it_could_not_be(
    sqlite_made: Path, now: datetime
) -> None:
    with copied(sqlite_made, file=0o444, folder=0o777) as file, ordinary_account():
        await (await Store.open(f"sqlite:///{file}")).close()
        assert not os.access(f"{file}-shm", os.W_OK, effective_ids=True)
        with by_its_owner():
            file.chmod(0o666)
        store = await Store.open(f"sqlite:///{file}")
        await write(store, now)
        await store.close()


async def test_who_still_reads_when_the_file_may_be_written_again_reads_on_and_is_waited_for(sqlite_made: Path, now: datetime) -> None:
    with copied(sqlite_made, file=0o444, folder=0o777) as file, ordinary_account():
        store = await Store.open(f"sqlite:///{file}")
        async with store.read() as reader:
            assert await items.count(reader) == 0
            with by_its_owner():
                file.chmod(0o666)
            waiting = asyncio.create_task(write(store, now))
            await asyncio.sleep(0.1)
            assert await items.count(reader) == 0
            assert not waiting.done()
        await waiting
        await store.close()


async def test_a_read_only_folder_is_named_with_what_to_do(sqlite_made: Path) -> None:
    with copied(sqlite_made, file=0o644, folder=0o555) as file, ordinary_account():
        assert "writable" in (await trouble_of_opening(f"sqlite:///{file}")).hint
        with pytest.raises(StoreTrouble, match="writable"):
            await migrate.upgrade(f"sqlite:///{file.parent}/new.db")


async def test_a_closed_port_is_an_unreachable_database() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        trouble = await trouble_of_opening(f"postgresql://regwatch:{PASSWORD}@127.0.0.1:{taken.getsockname()[1]}/regwatch")
    assert trouble.sentence.startswith("The database regwatch at 127.0.0.1:")
    assert "cannot be reached" in trouble.sentence


async def test_a_server_that_does_not_exist_is_an_unreachable_database(tmp_path: Path) -> None:
    for host in ("/regwatch?host=/nowhere", "database.invalid/regwatch"):
        assert "cannot be reached" in (await trouble_of_opening(f"postgresql://regwatch:{PASSWORD}@{host}")).sentence


@pytest.mark.postgresql
async def test_a_wrong_password_is_named_but_never_repeated(postgresql: Server) -> None:
    trouble = await trouble_of_opening(postgresql.url("made", password="battery-staple"))
    assert "refused the user name or the password" in trouble.sentence
    assert "battery-staple" not in str(trouble)


@pytest.mark.postgresql
async def test_a_database_the_server_does_not_have_is_named(postgresql: Server) -> None:
    trouble = await trouble_of_opening(postgresql.url("absent"))
    assert "absent at " in trouble.sentence
    assert "does not exist on the server" in trouble.sentence


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.postgresql
async def test_a_connection_that_dies_undoes_its_transaction_and_the_next_one_works(store: Store, now: datetime) -> None:
    async def write_and_die() -> None:
        async with store.write() as tx:
            await events.first_time(tx, "a", now)
            await tx.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(StoreTrouble):
        await write_and_die()
    async with store.write() as tx:
        assert await events.first_time(tx, "a", now) is True


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.postgresql
async def test_a_server_that_restarted_is_used_again_unseen(store: Store, database: str, postgresql: Server, now: datetime) -> None:
    await write(store, now)
    await postgresql.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'regwatch'")
    async with store.write() as tx:
        assert await events.first_time(tx, "a", now) is False


async def test_a_character_that_cannot_be_stored_is_a_store_trouble(store: Store) -> None:
    with pytest.raises(StoreTrouble, match="cannot hold a character"):
        async with store.read() as tx:
            await watchlists.get_by_name(tx, "W1", "half a character: \ud800")
