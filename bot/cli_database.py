"""The commands `regwatch db …`: the database made and upgraded, copied and put back, looked at for damage, its tokens sealed anew."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import settings, terminal
from bot.errors import RegwatchError
from bot.lazy import lazy

if TYPE_CHECKING:
    from bot import app as wiring
    from bot.store import copies, migrate
else:
    wiring, migrate, copies = map(lazy, ("bot.app", "bot.store.migrate", "bot.store.copies"))

db_app = typer.Typer(help="The database: its schema and copies.", no_args_is_help=True, rich_markup_mode=None)


@db_app.command("upgrade")
def upgrade() -> None:
    """Makes the database, or brings its schema up to this version."""
    done = asyncio.run(migrate.upgrade(settings.load().database_url))
    terminal.out("The database is upgraded." if done else "The database is up to date already.")


@db_app.command("backup")
def backup(target: Annotated[Path, typer.Argument(metavar="FILE", help="The copy; must not exist yet.")]) -> None:
    """Copies the database while the bot may go on running; PostgreSQL with its own pg_dump."""
    asyncio.run(copies.backup(settings.load().database_url, target))
    terminal.out(f"The database is copied to {target}.")


@db_app.command("restore")
def restore(source: Annotated[Path, typer.Argument(metavar="FILE", help="A copy made by `regwatch db backup`.")]) -> None:
    """Puts a copy in the place of the database, while no bot runs; what was sent since the copy is not sent again."""
    doubtful, kept = asyncio.run(copies.restore(settings.load().database_url, source, wiring.now()))
    terminal.out(f"The database is restored from {source}.{f' What was there before is kept as {kept}.' if kept else ''}")
    terminal.out(_looked_for(doubtful))


@db_app.command("reconcile")
def reconcile() -> None:
    """After other tools put a copy in place, and before the bot starts: what was sent since the copy is not sent again."""
    terminal.out(_looked_for(asyncio.run(copies.reconcile(settings.load().database_url, wiring.now()))))


def _looked_for(doubtful: int) -> str:
    return f"{doubtful:,} messages were owed when it was made; each is looked for in its place before it is sent. Now start the bot."


@db_app.command("check")
def check() -> None:
    """Looks for damage in the database."""
    wrong = asyncio.run(migrate.check(settings.load().database_url))
    for sentence in wrong:
        terminal.out(sentence)
    if wrong:
        raise RegwatchError("The database is not sound.", hint="What is wrong is listed above.")
    terminal.out("The database is sound.")


@db_app.command("reseal")
def reseal() -> None:
    """Seals the tokens of installed workspaces with the first key of REGWATCH_SECRET_KEY, so that older keys can be taken out of it."""
    terminal.out(f"{asyncio.run(wiring.reseal(settings.load())):,} installations are sealed with the first key.")
