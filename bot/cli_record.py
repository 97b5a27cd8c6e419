"""The commands `regwatch export …` and `regwatch record …`: the record of a workspace, written to files and verified."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot import settings, terminal
from bot.errors import RegwatchError, UserMistake
from bot.lazy import lazy

if TYPE_CHECKING:
    from bot import app as wiring
    from bot.record import export as exporting
    from bot.record import page as pages
    from bot.record import report as reports
    from bot.record import verify as verifying
    from bot.store import added_sources, exports, places, record
else:
    wiring, exporting, verifying = map(lazy, ("bot.app", "bot.record.export", "bot.record.verify"))
    reports, pages = map(lazy, ("bot.record.report", "bot.record.page"))
    names = ("added_sources", "exports", "places", "record")
    added_sources, exports, places, record = (lazy(f"bot.store.{name}") for name in names)

export_app = typer.Typer(help="What was captured, alerted, decided and changed, as a file.", rich_markup_mode=None)
record_app = typer.Typer(help="The record of what was changed and decided.", no_args_is_help=True, rich_markup_mode=None)

Workspace = Annotated[
    str, typer.Option("--workspace", metavar="ID", help="Whose: the id of a Slack workspace or Teams tenant; `local` is the console's.")
]


@export_app.callback(invoke_without_command=True)
def export(
    context: typer.Context,
    first: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day (UTC).")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day (UTC).")] = None,
    workspace: Workspace = "local",
    kind: Annotated[Literal["csv", "xlsx"], typer.Option("--format", help="CSV files in a ZIP, or one workbook.")] = "xlsx",
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="The file to write; it must not exist yet.")] = None,
) -> None:
    """Writes what was captured, who was alerted, what was decided and changed; `export verify FILE` shows that it was not altered."""
    if context.invoked_subcommand is not None:
        return
    if first is None or last is None:
        raise typer.BadParameter("Give --from and --to, such as --from 2026-01-01 --to 2026-03-31.")
    if last < first:
        raise typer.BadParameter("--to lies before --from.")
    name = f"regwatch-{workspace}-{first:%Y-%m-%d}-{last:%Y-%m-%d}{'.zip' if kind == 'csv' else '.xlsx'}"
    path = out or Path(name)
    if path.exists():
        raise UserMistake(f"{path} is there already.", hint="Give another file with --out.")
    start, end = first.replace(tzinfo=UTC), last.replace(tzinfo=UTC) + timedelta(days=1)
    told = asyncio.run(_exported(workspace, start, end, path, kind))
    terminal.out(f"Wrote {path}: {told}. To verify it later: regwatch export verify {path}")


@export_app.command()
def verify(file: Annotated[Path, typer.Argument(metavar="FILE", help="The .zip or .xlsx as it was made.")]) -> None:
    """Says whether an export is as it was made, and which rows are not; needs no database."""
    found = verifying.verify(file)
    for sentence in verifying.told(found):
        terminal.out(sentence)
    if found.wrong:
        raise RegwatchError("This export was altered after it was made.", hint="What is wrong is listed above, by sheet and row.")


def report(
    place: Annotated[str, typer.Option(metavar="ID", help="Whose: the id of a place, as `debug` says it in chat.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day (UTC).")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day (UTC).")],
    workspace: Workspace = "local",
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The file to write.")] = Path("report.html"),
) -> None:
    """Writes the report of a place as a page: what was looked at, found, told and decided, what is open and due."""
    start, end = first.replace(tzinfo=UTC), last.replace(tzinfo=UTC) + timedelta(days=1)
    made = asyncio.run(_reported(workspace, place, start, end))
    if made is None:
        raise UserMistake(f"Workspace {workspace} has no place {place}.", hint="In chat, `debug` says the ids of both.")
    try:
        out.write_text(made, encoding="utf-8")
    except OSError as error:
        raise RegwatchError(f"{out} cannot be written: {error.strerror}.", hint="Give another file with --out.") from None
    terminal.out(f"Wrote {out}.")


@record_app.command()
def check(workspace: Annotated[str, typer.Option("--workspace", metavar="ID", help="Only this workspace.")] = "") -> None:
    """Says whether the record in the database was altered, and which rows were."""
    wrong = 0
    for name, rows, head, sentences in asyncio.run(_checked(workspace)):
        for sentence in sentences:
            terminal.out(f"{name}: {sentence}")
        wrong += len(sentences)
        terminal.out(f"{name}: {rows:,} rows, the last hash is {head}.")
    if wrong:
        raise RegwatchError("The record was altered.", hint="What is wrong is listed above, by its row.")


@record_app.command()
def capture(
    item: Annotated[str, typer.Argument(metavar="ITEM", help="The item's whole id, as an export has it.")],
    version: Annotated[int, typer.Argument(metavar="VERSION", min=1, help="Which version.")],
    workspace: Workspace = "local",
) -> None:
    """Prints what is stored of a version as its source gave it; the SHA-256 of this output is `capture_sha256` of an export."""
    found = asyncio.run(_captured(workspace, item, version))
    if found is None:
        raise UserMistake(f"There is no version {version} of {item} in workspace {workspace}.", hint="Take both from a row of an export.")
    terminal.out(found.removesuffix("\n"))


async def _exported(workspace: str, start: datetime, end: datetime, path: Path, kind: Literal["csv", "xlsx"]) -> str:
    """The file is written, and the record says so; what it holds, in words."""
    fact = record.Fact(what="export made", at=wiring.now(), by="console", by_name="command line")
    async with wiring.memory(settings.load()) as store:
        return exporting.counted(await exporting.write(store, exporting.Span(workspace, start, end), path, kind, fact))


async def _checked(workspace: str) -> list[tuple[str, int, str, list[str]]]:
    """Of each record, or of one workspace's: its workspace, its rows, the last hash, and what is wrong with it."""
    async with wiring.memory(settings.load()) as store, store.read() as tx:
        wanted = [workspace] if workspace else await record.workspaces(tx)
        return [(one, *await record.head(tx, one), await record.check(tx, one)) for one in wanted]


async def _captured(workspace: str, item: str, version: int) -> str | None:
    async with wiring.memory(settings.load()) as store, store.read() as tx:
        return await exports.capture(tx, workspace, item, version)


async def _reported(workspace: str, place_id: str, start: datetime, end: datetime) -> str | None:
    """The report of a place as a page; None if the workspace has no such place."""
    known = wiring.catalogue_of(settings.load())
    async with wiring.memory(settings.load()) as store, store.read() as tx:
        place = await places.get(tx, place_id)
        if place is None or place.workspace != workspace:
            return None
        readable = [*known.enabled(), *await added_sources.in_workspace(tx, workspace)]
        return pages.page(await reports.gather(tx, place, readable, start, end, wiring.now()))
