"""What every test may ask for: a fixed `now`, a `store` on real SQLite and on real PostgreSQL, and the command line."""

import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from bot.__main__ import main
from bot.store import migrate
from bot.store.database import Store
from tests.command_line import Outcome, Regwatch
from tests.postgresql_server import Server, running, wait_for

# How long one example takes says more about what else the machine does than about the code; `timeout` stops what hangs.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
# For `--hypothesis-profile`: what is said of a commit is said of it each time, so properties try the same examples in every run.
settings.register_profile("settled", settings.get_profile("unhurried"), derandomize=True)

_numbers = count(1)


@pytest.fixture(autouse=True)
def _log_as_unset() -> Iterator[None]:
    """A command says for its whole process what is logged and how; the next test finds nothing said."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def now() -> datetime:
    """A Thursday morning; tests move on from here by adding to it."""
    return datetime(2026, 7, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """The session's PostgreSQL server. It is never left out silently: only on request, and then visibly."""
    if os.environ.get("REGWATCH_TEST_WITHOUT_POSTGRESQL") == "1":
        pytest.skip("REGWATCH_TEST_WITHOUT_POSTGRESQL=1 leaves PostgreSQL out")
    with running() as server:
        wait_for(server.run("CREATE DATABASE made"))
        wait_for(migrate.upgrade(server.url("made")))
        yield server


@pytest.fixture(scope="session")
def sqlite_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file whose schema is current, to copy from."""
    file = tmp_path_factory.mktemp("made") / "made.db"
    wait_for(migrate.upgrade(f"sqlite:///{file}"))
    return file


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def dialect(request: pytest.FixtureRequest) -> str:
    """Each of the two databases in turn; whatever depends on it runs on both."""
    chosen: str = request.param
    return chosen


@pytest.fixture
def empty_database(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database without any table; on SQLite the file does not exist yet."""
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
    else:
        yield from _postgresql_database(request, "template1")


@pytest.fixture
def database(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database of this test alone, with a current schema and no rows."""
    if dialect == "sqlite":
        made: Path = request.getfixturevalue("sqlite_made")
        shutil.copy(made, tmp_path / "regwatch.db")
        yield f"sqlite:///{tmp_path}/regwatch.db"
    else:
        yield from _postgresql_database(request, "made")


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    """An open store on a database of this test alone; the test runs once on each of the two databases."""
    opened = await Store.open(database)
    yield opened
    await opened.close()


def _postgresql_database(request: pytest.FixtureRequest, template: str) -> Iterator[str]:
    server: Server = request.getfixturevalue("postgresql")
    name = f"test_{next(_numbers)}"
    wait_for(server.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"))
    yield server.url(name)
    wait_for(server.run(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def regwatch(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Regwatch]:
    """Runs the command in an empty folder, with only the settings given."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str, **settings: str) -> Outcome:
        for name, value in settings.items():
            monkeypatch.setenv(f"REGWATCH_{name}", value)
        monkeypatch.setattr(sys, "argv", ["regwatch", *words])
        code: object = 0
        try:
            main()
        except SystemExit as left:
            code = left.code
        out, error = capfd.readouterr()
        assert "Traceback" not in out + error
        return Outcome(int(str(code or 0)), out, error)

    # `run` listens to these, and leaves that to the process that then ends.
    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    yield run
    for one, handler in before.items():
        signal.signal(one, handler)
