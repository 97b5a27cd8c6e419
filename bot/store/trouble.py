"""Driver errors → StoreTrouble: one sentence on what happened and one on what to do, never a password."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import StoreTrouble

DRIVER_ERRORS = (
    SQLAlchemyError,
    sqlite3.Error,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    ConnectionResetError,
    TimeoutError,
    UnicodeEncodeError,
)
CONNECT_ERRORS = (*DRIVER_ERRORS, OSError)

_UPGRADE = "Run `regwatch db upgrade`."
_FREE_SPACE = "Free some space and it goes on by itself; nothing that was kept is lost."
_RESTORE = "Stop the bot, keep the file for inspection and restore the last copy made by `regwatch db backup`."
_WRITABLE = "Make the file and its folder writable for the account the bot runs as; it goes on by itself."
_RIGHTS = "Check that the account the bot runs as may do this, then start again."

# Primary result codes of https://sqlite.org/rescode.html
_SQLITE = {
    sqlite3.SQLITE_BUSY: ("is locked by another process", "Wait until that process is done, or stop it; only one may write at a time."),
    sqlite3.SQLITE_LOCKED: ("is locked by another process", "Wait until that process is done, or stop it; only one may write at a time."),
    sqlite3.SQLITE_READONLY: ("cannot be written", _WRITABLE),
    sqlite3.SQLITE_IOERR: (
        "cannot be read or written: the disk is full or faulty",
        "Free space on it, or check it; then run `regwatch db check`.",
    ),
    sqlite3.SQLITE_CORRUPT: ("is damaged", _RESTORE),
    sqlite3.SQLITE_NOTADB: ("is not a Regwatch database: the file holds something else or is damaged", _RESTORE),
    sqlite3.SQLITE_FULL: ("cannot grow: the disk is full", _FREE_SPACE),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "Check that its folder exists and is writable for the account the bot runs as."),
    sqlite3.SQLITE_PERM: ("may not be opened", _RIGHTS),
    sqlite3.SQLITE_CONSTRAINT: ("refused a change that contradicts what it holds", "Another process was faster; trying again settles it."),
}

# https://www.postgresql.org/docs/current/errcodes-appendix.html; a two-letter key stands for its class.
_POSTGRESQL = {
    "28P01": ("refused the user name or the password", "Correct them in REGWATCH_DATABASE_URL."),
    "28": ("refused the login", "Check the user in REGWATCH_DATABASE_URL and pg_hba.conf on the server."),
    "3D000": ("does not exist on the server", "Create it with createdb, or correct the name in REGWATCH_DATABASE_URL."),
    "42P01": ("lacks a table this version needs", _UPGRADE),
    "42703": ("lacks a column this version needs", _UPGRADE),
    "42501": ("does not allow this to the user the bot logs in as", "Grant that user all rights on its own database."),
    "53100": ("cannot grow: the disk of the server is full", _FREE_SPACE),
    "53300": ("has no connection left", "Raise max_connections on the server or run fewer processes."),
    "25006": ("is read-only", "Connect to the primary server, not to a replica."),
    "23": ("refused a change that contradicts what it holds", "Another process was faster; trying again settles it."),
    "40": ("was changed by another process at the same moment", "Trying again settles it."),
    "55P03": ("is locked by another process", "Wait until that process is done, or stop it."),
    "57P": ("is starting or shutting down", "It is tried again by itself; check the server if it stays so."),
    "08": ("cannot be reached", "Check that the server runs and that its address in REGWATCH_DATABASE_URL is right."),
    "22021": ("cannot hold a character that was to be stored", "Remove the control character from the text."),
    "22P05": ("cannot hold a character that was to be stored", "Remove the control character from the text."),
    "XX": ("is damaged", "Restore it from a copy made with pg_dump."),
}
_UNREACHABLE = _POSTGRESQL["08"]
_UNSPEAKABLE = _POSTGRESQL["22021"]
_BUSY = ("did not answer in time", "It is tried again by itself; check the load of the database if it stays so.")


@contextmanager
def spoken(name: str, errors: tuple[type[Exception], ...] = DRIVER_ERRORS) -> Iterator[None]:
    """Errors of a driver inside leave as StoreTrouble about the database called `name`; other errors pass untouched."""
    try:
        yield
    except errors as error:
        raise trouble(error, name) from error


def trouble(error: BaseException, name: str) -> StoreTrouble:
    """What a driver's error means for the person who runs the bot."""
    what, hint = next((said for cause in _causes(error) if (said := _meaning(cause))), (_first_line(error), ""))
    return StoreTrouble(f"The database {name} {what}.", hint=hint or "Run `regwatch doctor` to see what is wrong.")


def is_read_only(error: BaseException) -> bool:
    """Whether an SQLite file took no change because it was opened for reading alone."""
    return any(getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_READONLY for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = getattr(seen, "orig", None) or seen.__cause__


def _meaning(error: BaseException) -> tuple[str, str] | None:
    if isinstance(error, PoolTimeout | TimeoutError):
        return _BUSY
    if isinstance(error, UnicodeEncodeError):
        return _UNSPEAKABLE
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error)
    state = getattr(error, "sqlstate", None)
    if state:
        return next((_POSTGRESQL[key] for key in (state, state[:3], state[:2]) if key in _POSTGRESQL), None)
    if isinstance(error, OSError | asyncpg.InterfaceError):
        return _UNREACHABLE
    return None


def _of_sqlite(error: sqlite3.Error) -> tuple[str, str] | None:
    if str(error).startswith(("no such table", "no such column")):
        return "lacks a table this version needs", _UPGRADE
    # The low byte is the primary code; errors of the module itself (a closed connection) carry none.
    return _SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)


def _first_line(error: BaseException) -> str:
    reason = str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__]
    return f"reported an error: {reason[0].rstrip('.')}"
