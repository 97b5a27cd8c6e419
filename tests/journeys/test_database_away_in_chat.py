"""While the database is away, whoever says a command in Slack hears so in a sentence; when it is back everything goes on by itself."""

import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.errors import StoreTrouble
from bot.model import Notice
from bot.sources.catalogue import Catalogue
from bot.store import outbox, places, watchlists
from bot.store.database import Store
from schedules.deliver import Delivering
from tests.builders import delivery, place
from tests.fakes import Clock, FakeSender
from tests.postgresql_server import Server
from tests.slack_conversation import Conversation, conversation
from tests.test_store_failures import by_its_owner, ordinary_account

NOTICE = Notice(lines=("Recalls are read.",))
AWAY = "Your request was not carried out: the database cannot be used at the moment."
NEXT = "Nothing was changed. Please try again in a minute"


async def hears_that_it_is_away(chat: Conversation, capfd: pytest.CaptureFixture[str]) -> None:
    said = str((await chat.types("watch add recall as Recalls"))["text"])
    assert AWAY in said
    assert NEXT in said
    assert [word for word in ("sqlite", "postgres", "regwatch.db") if word in said.casefold()] == [], "nothing of the inside"
    assert "Traceback" not in "".join(capfd.readouterr())


async def is_carried_out(chat: Conversation, store: Store) -> None:
    """The same command again, by the same bot."""
    assert AWAY not in str((await chat.types("watch add recall as Recalls"))["text"])
    async with store.read() as tx:
        assert [one.name for one in await watchlists.in_workspace(tx, "T1")] == ["Recalls"]


@asynccontextmanager
async def impatient(database: str) -> AsyncIterator[Store]:
    store = await Store.open(database, patience=0.2)
    try:
        yield store
    finally:
        await store.close()


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_command_while_another_process_locks_the_file(database: str, capfd: pytest.CaptureFixture[str]) -> None:
    async with impatient(database) as store, conversation(store, "socket") as chat:
        with closing(sqlite3.connect(database.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            await hears_that_it_is_away(chat, capfd)
            other.execute("ROLLBACK")
        await is_carried_out(chat, store)


@contextmanager
def read_only(made: Path) -> Iterator[Path]:
    """A database that this account may only read; root could write it all the same, so it is somebody else here."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(shutil.copy(made, Path(name) / "regwatch.db"))
        file.chmod(0o444)
        file.parent.chmod(0o777)
        yield file
        file.parent.chmod(0o700)


async def test_a_command_while_the_file_may_not_be_written(sqlite_made: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with read_only(sqlite_made) as file, ordinary_account():
        async with impatient(f"sqlite:///{file}") as store, conversation(store, "socket") as chat:
            await hears_that_it_is_away(chat, capfd)
            with by_its_owner():
                file.chmod(0o666)
            await is_carried_out(chat, store)


def sending(store: Store, sender: FakeSender, clock: Clock) -> Delivering:
    return Delivering(store, {"slack": sender}, Catalogue({}, {}), clock, lambda: 0.5, clock.sleep)


async def test_alerts_while_the_file_may_not_be_written_arrive_once_when_it_may(sqlite_made: Path) -> None:
    """What cannot be claimed is not sent: else nobody would know that it was."""
    clock, sender, where = Clock(datetime(2026, 7, 2, tzinfo=UTC)), FakeSender(), place("C1", platform="slack", workspace="T1")
    with read_only(sqlite_made) as file:
        async with impatient(f"sqlite:///{file}") as store, store.write() as tx:
            await places.ensure(tx, where)
            notice = delivery("", where, kind="notice", version=0, notice=NOTICE, created=clock(), not_before=clock())
            await outbox.owe(tx, [notice])
        with ordinary_account():
            async with impatient(f"sqlite:///{file}") as store:
                with pytest.raises(StoreTrouble, match="cannot be written"):
                    await sending(store, sender, clock).drain()
                assert sender.cards == []
                with by_its_owner():
                    file.chmod(0o666)
                assert await sending(store, sender, clock).drain() == 1
                assert await sending(store, sender, clock).drain() == 0
    assert len(sender.cards) == 1


@pytest.mark.postgresql
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_a_command_while_the_server_takes_no_connection(
    database: str, store: Store, postgresql: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    name = urlsplit(database).path.removeprefix("/")
    async with conversation(store, "socket") as chat:
        await postgresql.run(
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )
        await hears_that_it_is_away(chat, capfd)
        await postgresql.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await is_carried_out(chat, store)
