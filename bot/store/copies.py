"""Copies of the database: made while the bot runs, and put in its place again.

SQLite is copied here; of PostgreSQL its own tools make and load the copies, and we run them if they are there.
"""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from bot.errors import StoreTrouble
from bot.store import migrate, restores
from bot.store.address import Address, address
from bot.store.database import Store, require_file
from bot.store.tables import REVISION
from bot.store.trouble import spoken

_BESIDE = ("", "-wal", "-shm")
_NOT_OURS = "Name a file made by `regwatch db backup`."


async def backup(url: str, target: Path) -> None:
    """`target` is a whole copy of the database as of one moment; the bot may go on running meanwhile."""
    where = address(url)
    _require_free(target)
    if where.file is None:
        await _run(where, "pg_dump", ["--format=custom", f"--file={target}"], "--format=custom --file=regwatch.dump")
    else:
        await asyncio.to_thread(_copy, where.file, target)


async def restore(url: str, source: Path, now: datetime) -> tuple[int, Path | None]:
    """The copy stands in the place of the database, upgraded, and what it owes is looked for before it is sent.

    How many messages that are, and where the SQLite file that was there before is kept. No bot may run meanwhile.
    """
    where = address(url)
    _require_there(source)
    if where.file is None:
        await _require_quiet(url)
        words = ["--clean", "--if-exists", "--no-owner", "--single-transaction"]
        await _run(where, "pg_restore", [*words, f"--dbname={where.url.database}", str(source)], f"{' '.join(words)} --dbname=NAME FILE")
        kept = None
    else:
        kept = await asyncio.to_thread(_replace, where.file, source, now)
    return await reconcile(url, now), kept


async def reconcile(url: str, now: datetime) -> int:
    """The database at `url` is a copy that was put in place just now: it is current, and what it owes is looked for before it is sent."""
    await migrate.upgrade(url)
    store = await Store.open(url)
    try:
        async with store.write() as tx:
            return await restores.reconcile(tx, now)
    finally:
        await store.close()


def _require_free(target: Path) -> None:
    try:
        there = target.exists()
    except OSError as error:
        raise StoreTrouble(f"{target} cannot be written: {error.strerror}.", hint="Name a file that this account may make.") from None
    if there:
        raise StoreTrouble(f"{target} exists already and was left alone.", hint="Name a file that does not exist yet.")
    if not target.absolute().parent.is_dir():
        raise StoreTrouble(f"The folder of {target} does not exist.", hint="Make it first, or name another.")


def _require_there(source: Path) -> None:
    if not source.is_file():
        raise StoreTrouble(f"There is no file {source}.", hint=_NOT_OURS)


def _copy(source: Path, target: Path) -> None:
    require_file(source)
    try:
        with spoken(str(source)), closing(sqlite3.connect(source)) as there, closing(sqlite3.connect(target)) as here:
            there.backup(here)
    except OSError as error:
        raise StoreTrouble(f"{target} cannot be written: {error.strerror}.", hint="Name a file that this account may make.") from None
    except StoreTrouble:
        target.unlink(missing_ok=True)
        raise


def _replace(file: Path, source: Path, now: datetime) -> Path | None:
    """The copy is checked, what is there is moved aside, and only then the copy takes its place."""
    _require_copy(source)
    kept = None
    if file.exists():
        _require_alone(file)
        kept = file.with_name(f"{file.name}.before-{now:%Y%m%dT%H%M%S}")
    new = file.with_name(f"{file.name}.restoring")
    new.unlink(missing_ok=True)
    _copy(source, new)
    if kept is not None:
        for end in _BESIDE:
            with suppress(FileNotFoundError):
                Path(f"{file}{end}").rename(f"{kept}{end}")
    new.rename(file)
    return kept


def _require_copy(source: Path) -> None:
    """StoreTrouble unless it is a sound database of ours that this version can use."""
    with spoken(str(source)), closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as copy:
        wrong = [row[0] for row in copy.execute("PRAGMA integrity_check") if row[0] != "ok"]
        tables = {row[0] for row in copy.execute("SELECT name FROM sqlite_master")}
        found = copy.execute("SELECT version_num FROM alembic_version").fetchone() if "alembic_version" in tables else None
    if wrong:
        raise StoreTrouble(f"{source} is damaged and was not used: {wrong[0]}.", hint="Take an older copy.")
    if found is None or "outbox" not in tables:
        raise StoreTrouble(f"{source} is no database of Regwatch.", hint=_NOT_OURS)
    if found[0] > REVISION:
        raise StoreTrouble(f"{source} was made by a newer version of Regwatch.", hint="Install that version first.")


def _require_alone(file: Path) -> None:
    """StoreTrouble while another process has the database open; one that is damaged nobody uses."""
    with closing(sqlite3.connect(file, timeout=0.5)) as there:
        try:
            # Leaving WAL needs the file to oneself.
            there.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise StoreTrouble(f"The database {file} is in use.", hint="Stop the bot, then restore, then start it.") from None
        except sqlite3.DatabaseError:
            return


async def _require_quiet(url: str) -> None:
    """StoreTrouble while another process is connected to the PostgreSQL database."""
    store = await Store.reach(url)
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    try:
        async with store.read() as tx:
            if await tx.scalar(text(others)):
                raise StoreTrouble(f"The database {store.name} is in use.", hint="Stop every bot, then restore, then start them.")
    finally:
        await store.close()


async def _run(where: Address, tool: str, words: Sequence[str], shown: str) -> None:
    """PostgreSQL's own tool has done it; the password goes by the environment, where other accounts do not see it."""
    url, more = where.url, where.url.query
    found = shutil.which(tool)
    if found is None:
        raise StoreTrouble(
            f"PostgreSQL's own {tool} does this, and it is not installed here.",
            hint=f"Run `{tool} {shown}` where it is, with the address of the database.",
        )
    given = {
        "PGHOST": url.host or more.get("host"),
        "PGPORT": url.port or more.get("port"),
        "PGSSLMODE": more.get("ssl"),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    env = os.environ | {name: str(value) for name, value in given.items() if value}
    process = await asyncio.create_subprocess_exec(found, *words, env=env, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    if process.returncode:
        last = said.decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
        raise StoreTrouble(f"{tool} could not do it: {last[0]}", hint="Nothing was changed." if tool == "pg_restore" else "")
