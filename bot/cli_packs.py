"""The commands `regwatch packs …`, ready watchlists added, brought up to date and handed on as files; and `regwatch trends`."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import cli_input, settings, terminal
from bot.cards import chart
from bot.cli_options import PlaceName, User
from bot.cli_talk import talk
from bot.lazy import lazy
from bot.watch import trends as trending
from bot.watch.query import LONGEST

if TYPE_CHECKING:
    from bot import app as wiring
else:
    wiring = lazy("bot.app")

packs_app = typer.Typer(
    help="Packs of ready watchlists: list, show, add, update, export, import.", no_args_is_help=True, rich_markup_mode=None
)

Pack = Annotated[str, typer.Argument(metavar="PACK", help="The id of a pack, or part of its name.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without this it is only shown where it needs a thought.")]


@packs_app.command("list")
def list_(
    words: Annotated[list[str] | None, typer.Argument(metavar="WORD", help="Only packs in which these words stand.")] = None,
    user: User = "you",
    place: PlaceName = "console",
) -> None:
    """The packs there are, six at a time; a last word such as `page 2` turns the page."""
    talk(user, place, f"packs {' '.join(words or [])}", query_limit=LONGEST)


@packs_app.command()
def show(pack: Pack, user: User = "you", place: PlaceName = "console") -> None:
    """What a pack holds and would have found in the last 90 days."""
    talk(user, place, f"packs show {pack}", query_limit=LONGEST)


@packs_app.command()
def add(pack: Pack, yes: Yes = False, user: User = "you", place: PlaceName = "console") -> None:
    """Saves all watchlists of a pack, or none."""
    talk(user, place, f"packs add {pack}{' yes' if yes else ''}", query_limit=LONGEST, option="--yes")


@packs_app.command()
def update(
    pack: Pack,
    yes: Yes = False,
    everything: Annotated[bool, typer.Option("--all", help="Also what was edited or removed here.")] = False,
    user: User = "you",
    place: PlaceName = "console",
) -> None:
    """Shows what a newer edition of a pack changes and, with --yes, takes it over."""
    talk(user, place, f"packs update {pack}{' all' if everything else ''}{' yes' if yes else ''}", query_limit=LONGEST, option="--yes")


@packs_app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    watchlist: Annotated[list[str] | None, typer.Option("--watchlist", metavar="NAME", help="Only this one; may be repeated.")] = None,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What the pack is called.")] = "",
    user: User = "you",
    place: PlaceName = "console",
) -> None:
    """Writes the watchlists of the console's workspace as a pack, in JSON."""
    named = ", ".join(f'"{one}"' for one in watchlist or [])
    words = f'{named} as "{name}"' if name else named
    text = asyncio.run(wiring.exported(settings.load(), user, place, words.strip()))
    cli_input.write(file, (text + "\n").encode())
    terminal.say(f"Wrote {file}.")


@packs_app.command("import")
def import_(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="A file of packs, JSON or TOML; - reads standard input.")],
    yes: Yes = False,
    user: User = "you",
    place: PlaceName = "console",
) -> None:
    """Adds the watchlists of the packs in a file, all or none."""
    text = cli_input.raw(file).decode("utf-8", "replace").removeprefix("\ufeff")
    filled = {"text": (text,), "certain": ("yes",) * yes}
    talk(user, place, "packs import", query_limit=LONGEST, filled=filled)


def trends(
    query: Annotated[
        list[str], typer.Argument(metavar="QUERY", help="A query or the name of a watchlist; by country, agency or type; N weeks.")
    ],
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write the chart there, as PNG.")] = None,
    user: User = "you",
    place: PlaceName = "console",
) -> None:
    """How often something was published, week by week, in figures; with --out as a picture too."""
    words = cli_input.one_command(query)
    talk(user, place, f"trends {words}", query_limit=LONGEST)
    if out is not None:
        wish, found = asyncio.run(wiring.trend(settings.load(), user, place, words))
        cli_input.write(out, chart.png(trending.title(wish.by, wish.name), found.weeks, [(one.name, one.counts) for one in found.series]))
        terminal.out(f"Wrote {out}. {trending.words(found)}")
