"""The commands `regwatch manifest …`: what a platform wants to be told of the bot before it lets it in, written to a file."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import settings, terminal
from bot.errors import SettingsError
from bot.lazy import lazy
from bot.settings import PUBLIC_URL, is_origin
from bot.slack_manifest import manifest

if TYPE_CHECKING:
    from bot import app as wiring
else:
    wiring = lazy("bot.app")

manifest_app = typer.Typer(help="What chat platforms want to be told of the bot, as files.", no_args_is_help=True, rich_markup_mode=None)


@manifest_app.command()
def slack(
    http: Annotated[
        str, typer.Option(metavar="URL", help="Where the bot is reached from outside, such as https://your.host; without it, Socket Mode.")
    ] = "",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file to write instead of showing it.")] = None,
) -> None:
    """The app manifest for Slack, as JSON that needs no editing: paste it under Create New App → From a manifest."""
    if http and not is_origin(http):
        raise typer.BadParameter(f"--http {PUBLIC_URL}")
    made = json.dumps(manifest(http), indent=2, ensure_ascii=False)
    if out is None:
        terminal.out(made)
        return
    _write(out, made.encode() + b"\n")
    terminal.out(f"Wrote {out}. In Slack: api.slack.com/apps → Create New App → From a manifest (docs/slack.md).")


@manifest_app.command()
def teams(
    website: Annotated[str, typer.Option(help="An https address of yours that Teams shows to users, such as the bot's own.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")] = Path("regwatch-teams.zip"),
    developer: Annotated[str, typer.Option(help="Your name, as Teams shows it to users.")] = "Regwatch",
    privacy: Annotated[str, typer.Option(help="Address of your privacy statement; else the website.")] = "",
    terms: Annotated[str, typer.Option(help="Address of your terms of use; else the website.")] = "",
    slash: Annotated[bool, typer.Option(help="With commands in the / menu (schema 1.29), or without (1.26).")] = True,
) -> None:
    """The app package for Teams: manifest and icons as the zip that an admin uploads."""
    _write(out, wiring.teams_package(settings.load(), website, developer, privacy=privacy, terms=terms, slash=slash))
    menu = "with" if slash else "without"
    terminal.out(f"Wrote {out}, {menu} commands in the / menu. In Teams: Apps → Manage your apps → Upload an app (docs/teams.md).")


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror}.", hint="Give another file with --out.") from None
