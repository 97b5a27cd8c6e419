"""The commands `regwatch sources …`: the catalogue listed, shown and tried live; sources of the console's workspace added and removed."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot import settings, terminal
from bot.cli_options import Json, PlaceName, User
from bot.cli_talk import talk
from bot.errors import RegwatchError, UserMistake
from bot.lazy import lazy
from bot.model import Source
from bot.sources.check import Checked, check, report

if TYPE_CHECKING:
    from bot import app as wiring
else:
    wiring = lazy("bot.app")

sources_app = typer.Typer(help="The catalogue of sources: list, show, check.", no_args_is_help=False, rich_markup_mode=None)


@sources_app.callback(invoke_without_command=True)
def begin(context: typer.Context) -> None:
    """The catalogue: list, show, check."""
    if context.invoked_subcommand is None:
        list_()


@sources_app.command("list")
def list_(
    country: Annotated[str | None, typer.Argument(metavar="COUNTRY", help="Only this country, such as KR.")] = None, as_json: Json = False
) -> None:
    """Every source with its kind and whether it is polled."""
    known = wiring.catalogue_of(settings.load()).sources.values()
    chosen = [one for one in known if country is None or one.jurisdiction == country.upper()]
    if country is not None and not chosen:
        raise UserMistake(f"No source is of “{country}”.", hint=f"There are: {', '.join(sorted({one.jurisdiction for one in known}))}.")
    for one in chosen:
        terminal.out(_source_record(one) if as_json else _source_line(one))


@sources_app.command("show")
def show(source: Annotated[str, typer.Argument(metavar="ID", help="The source's id.")]) -> None:
    """One source with everything the catalogue says about it."""
    one = wiring.catalogue_of(settings.load()).get(source)
    for key, value in _source_record(one).items():
        if value not in ("", [], {}, None):
            terminal.out(f"{key:<17} {_written(value)}{' seconds' if key == 'interval' else ''}")


def _written(value: object) -> str:
    """A value of the catalogue for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key} = {inner}" for key, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@sources_app.command("add")
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="A feed, a page that lists publications, or a page to watch.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What to call it, if not as it calls itself.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Add it; without this it is only shown.")] = False,
    user: User = "you",
    place: PlaceName = "console",
) -> None:
    """Looks for a feed or list at an address and shows its first entries; with --yes the console's workspace has the source from now on."""
    named = f' as "{name}"' if name else ""
    talk(user, place, f"source add {url}{named}{' yes' if yes else ''}", option="--yes")


@sources_app.command("remove")
def remove(
    source: Annotated[str, typer.Argument(metavar="NAME", help="The name, id or address of a source that was added.")],
    yes: Annotated[bool, typer.Option("--yes", help="Remove it; without this it is only asked.")] = False,
    user: User = "you",
    place: PlaceName = "console",
) -> None:
    """Removes a source that the console's workspace added; what it brought stays."""
    talk(user, place, f"source remove {source}{' yes' if yes else ''}", option="--yes")


@sources_app.command("health")
def health(
    country: Annotated[str, typer.Argument(metavar="COUNTRY", help="Only this country, region or agency.")] = "",
    user: User = "you",
    place: PlaceName = "console",
) -> None:
    """The sources that fail, are blocked or are late, and why."""
    talk(user, place, f"health {country}".rstrip())


@sources_app.command("check")
def check_(source: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Only these sources.")] = None) -> None:
    """Tries each enabled source, or those named, live; prints a report for an issue and stores nothing."""
    known = wiring.catalogue_of(settings.load())
    chosen = [known.get(one) for one in source or []] or known.enabled()
    checked = asyncio.run(_check(chosen))
    terminal.out(report(checked, chosen))
    failed = sum(bool(one.trouble) for one in checked)
    if failed:
        named = "source" if len(checked) == 1 else "sources"
        raise RegwatchError(f"{failed} of {len(checked)} {named} could not be read.", hint="Why stands above.")


async def _check(chosen: list[Source]) -> list[Checked]:
    async with wiring.door(settings.load()) as fetcher:
        with terminal.progress() as progress:
            bar = progress.add_task("checking", total=len(chosen))

            async def one(source: Source) -> Checked:
                found = await check(fetcher, source, wiring.now())
                progress.advance(bar)
                return found

            return list(await asyncio.gather(*map(one, chosen)))


def _source_record(source: Source) -> dict[str, Any]:
    record = source.model_dump(mode="json")
    return record | {"authority": source.authority.short, "interval": int(source.interval.total_seconds())}


def _source_line(source: Source) -> str:
    state = "on " if source.enabled else "off"
    why = "" if source.enabled else f" – {source.disabled_because}"
    return f"{source.jurisdiction:<4}{state} {source.kind:<9}{source.id:<36} {source.name}{why}"
