"""The database setting → an address: which dialect, which file or server, and how to name it without its password."""

from pathlib import Path
from typing import Literal, NamedTuple

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import SettingsError

Dialect = Literal["sqlite", "postgresql"]

_SQLITE = {"sqlite", "sqlite+aiosqlite"}
_POSTGRESQL = {"postgres", "postgresql", "postgresql+asyncpg"}
# libpq writes sslmode, asyncpg ssl; the values are the same words.
_POSTGRESQL_OPTIONS = {"host": "host", "port": "port", "ssl": "ssl", "sslmode": "ssl"}
_FORMS = "Write REGWATCH_DATABASE_URL as sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME."


class Address(NamedTuple):
    """Where a database is. `name` is for people and never holds a password; `file` is absolute, None for PostgreSQL."""

    dialect: Dialect
    url: URL
    name: str
    file: Path | None


def address(url: str) -> Address:
    """The address a database URL means; SettingsError, without repeating the password, when it means none."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise SettingsError("The database address cannot be read.", hint=_FORMS) from None
    if parsed.drivername in _SQLITE:
        return _sqlite(parsed)
    if parsed.drivername in _POSTGRESQL:
        return _postgresql(parsed)
    raise SettingsError(f"Regwatch cannot use a {parsed.drivername} database.", hint=_FORMS)


def _sqlite(url: URL) -> Address:
    if url.host or url.username or url.query:
        raise SettingsError("The database address names a host or options, which an SQLite file does not have.", hint=_FORMS)
    if not url.database or url.database == ":memory:":
        raise SettingsError(
            "The database address names no file.",
            hint="A database in memory would forget what was sent and send it again; write sqlite:///regwatch.db, for example.",
        )
    file = Path(url.database).expanduser().absolute()
    return Address("sqlite", URL.create("sqlite+aiosqlite", database=str(file)), str(file), file)


def _postgresql(url: URL) -> Address:
    unknown = sorted(set(url.query) - set(_POSTGRESQL_OPTIONS))
    if unknown:
        raise SettingsError(
            f"The database address has an option that is not known: {unknown[0]}.",
            hint=f"Known options are {', '.join(_POSTGRESQL_OPTIONS)}.",
        )
    if not url.database:
        raise SettingsError("The database address names a server but no database.", hint=_FORMS)
    options = {_POSTGRESQL_OPTIONS[name]: value for name, value in url.query.items()}
    host = url.host or options.get("host") or "localhost"
    where = f"{url.database} at {host}" + (f":{url.port}" if url.port else "")
    return Address("postgresql", url.set(drivername="postgresql+asyncpg", query=options), where, None)
