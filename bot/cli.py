"""The command line: arguments in, lines out; what is done is done elsewhere.

Machine forms (`--json`, JSON lines) are described in docs/commands.md and do not change within a major version.
"""

import asyncio
import sys
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer
from typer.main import get_command

from bot import cli_input, logs, settings, terminal
from bot.audience import is_for_all
from bot.cli_database import db_app
from bot.cli_manifest import manifest_app
from bot.cli_options import Json, PlaceName, User
from bot.cli_packs import packs_app, trends
from bot.cli_record import export_app, record_app
from bot.cli_record import report as write_report
from bot.cli_sources import sources_app
from bot.cli_talk import talk
from bot.errors import RegwatchError, SourceTrouble, UserMistake
from bot.items import enrich as enriching
from bot.items import normalise
from bot.lazy import lazy
from bot.model import Item, Poll, Source, SourceKind, Word
from bot.sources import catalogue, parse
from bot.sources.door import Fetched
from bot.watch import order as ordering
from bot.watch import query as language
from bot.watch.matcher import Matcher
from bot.watch.vocabulary import vocabulary

if TYPE_CHECKING:
    from bot import app as wiring
    from bot import doctor as checkup
    from bot.demo import story
else:
    wiring, checkup, story = map(lazy, ("bot.app", "bot.doctor", "bot.demo.story"))

T = TypeVar("T")

app = typer.Typer(
    help="Regulatory change alerts for pharma, biotech and devices, in Slack, Microsoft Teams and the terminal.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(sources_app, name="sources")
app.add_typer(db_app, name="db")
app.add_typer(manifest_app, name="manifest")
app.add_typer(packs_app, name="packs")
app.add_typer(export_app, name="export")
app.add_typer(record_app, name="record")
app.command("report")(write_report)


# What a poll's own lines tell already.
_TOLD = ("source_trouble", "poll_not_kept")


def start() -> None:
    """The words of the command line are carried out; the program ends with their exit code, or with the error they met."""
    terminal.ready()
    # Not app(): that would put typer's way of showing a fault of ours in the place of `bot.__main__`'s.
    get_command(app)(prog_name="regwatch")


def _show_version(wanted: bool) -> None:
    if wanted:
        terminal.out(f"regwatch {version('regwatch')}, Python {sys.version.split()[0]}")
        raise typer.Exit


@app.callback()
def begin(
    _version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    """Only what needs attention is logged; `run` tells more."""
    logs.begin()


SourceIds = Annotated[list[str] | None, typer.Option("--source", metavar="ID", help="Only this source; may be repeated.")]


@app.command()
def demo(chat: Annotated[bool, typer.Option("--chat", help="Open the console chat afterwards.")] = False) -> None:
    """Shows the bot at work on samples; needs nothing configured."""
    _run(story.tell(terminal.out, chat=chat))


@app.command()
def run(
    only: Annotated[
        Literal["schedules", "handlers"] | None, typer.Option(help="Only the scheduled work, or only the chat and web part.")
    ] = None,
) -> None:
    """Runs the bot until stopped: polling, delivery, chat and web."""
    _run(wiring.run(settings.load(), only=only, say=terminal.say))


@app.command()
def poll(
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="Only these sources; one that was added by its name too.")
    ] = None,
    source: SourceIds = None,
    once: Annotated[bool, typer.Option("--once", help="Every enabled source once, due or not.")] = False,
    as_json: Json = False,
) -> None:
    """Polls what is due now, or the sources named. New and changed items are stored and their alerts owed; `run` sends them."""
    logs.begin(without=_TOLD)
    _run(_poll([*(sources or []), *(source or [])], every=once, as_json=as_json))


async def _poll(wanted: list[str], *, every: bool, as_json: bool) -> None:
    async with wiring.assembled(settings.load(), {}) as bot:
        known = await bot.polling.sources()
        named = [_polled(one, known, bot.catalogue) for one in wanted]
        asked = named or (list(known) if every else [])
        await bot.polling.ask_for(asked, wiring.now())
        with terminal.progress() as progress:
            # How many are due is known only when they are claimed.
            bar = progress.add_task("polling", total=len(asked) or None)
            polls = await bot.polling.due(wiring.now(), only=named, told=lambda _: progress.advance(bar))
    for one in polls:
        _show_poll(one, one.source if is_for_all(one.source) else known[one.source].name, as_json=as_json)
    if not polls and not as_json:
        terminal.say("Nothing is due. To poll every source now: regwatch poll --once")
    _fail_if_all([one.trouble for one in polls])


def _fail_if_all(troubles: list[str]) -> None:
    """It could not be done when there was something to read and none of it could be read."""
    if troubles and all(troubles):
        what = "The source" if len(troubles) == 1 else f"None of the {len(troubles)} sources"
        raise RegwatchError(f"{what} could {'not ' if len(troubles) == 1 else ''}be read.", hint="Why stands above.")


def _polled(wanted: str, known: Mapping[str, Source], described: catalogue.Catalogue) -> str:
    """The id of the source that is meant, by its id or name; UserMistake if there is none or it is not polled."""
    found = known.get(wanted) or next((one for one in known.values() if one.name.casefold() == wanted.strip().casefold()), None)
    source = found or described.get(wanted)
    if not source.enabled:
        raise UserMistake(f"{source.id} is switched off: {source.disabled_because or 'no reason is given'}.")
    return source.id


def _show_poll(poll: Poll, name: str, *, as_json: bool) -> None:
    counts = {"new": len(poll.new), "changed": len(poll.changed)}
    if as_json:
        terminal.out(_dump(poll) | counts)
    else:
        terminal.out(f"{name:<36} {poll.trouble or _poll_sentence(poll)}")
    for item, change in [*((one, "new") for one in poll.new), *((one, "changed") for one in poll.changed)]:
        if as_json:
            terminal.out(
                {"item": item.id, "source": item.source, "change": change}
                | {k: _dump(item)[k] for k in ("title", "url", "published", "version")}
            )
        elif not poll.baseline:
            terminal.out(f"    {change}: {item.title}")


def _poll_sentence(poll: Poll) -> str:
    if poll.unchanged:
        return "nothing new"
    if poll.baseline:
        return f"first poll: {len(poll.new)} kept, nobody alerted"
    return f"{len(poll.new)} new, {len(poll.changed)} changed, {poll.owed} alerts owed"


@app.command()
def deliver(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent where and when; send and change nothing.")] = False,
) -> None:
    """Sends once what is due now: alerts, digests, notices. `run` does so by itself."""
    if not dry_run:
        terminal.say(f"{_run(wiring.deliver(settings.load())):,} messages sent.")
    elif not _run(wiring.preview(settings.load(), terminal.out)):
        terminal.say("Nothing is owed to any place.")


@app.command()
def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Words, phrases and fields; see docs/matching.md.")],
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="At most this many items.")] = 20,
    as_json: Json = False,
) -> None:
    """Searches what was collected, newest first; with `sort:relevance` among the words, the most relevant first."""
    words, order = ordering.read(query)
    given = settings.load()
    found, known = _run(wiring.search(given, words, limit, order)), wiring.catalogue_of(given)
    for item, evidence in found:
        terminal.out({**_dump(item), "evidence": [_dump(one) for one in evidence]} if as_json else _item_lines(item, known))
    if not found and not as_json:
        terminal.say(f"Nothing collected so far matches {' '.join(words.split())}.")


# What is typed for the chat may begin with a dash (-cosmetics) and is no option of ours.
_SPOKEN = {"ignore_unknown_options": True, "help_option_names": ["--help"]}


@app.command(context_settings=_SPOKEN)
def chat(
    command: Annotated[
        list[str] | None, typer.Argument(metavar="COMMAND", help="What you would type after /reg; without it a prompt opens.")
    ] = None,
    user: User = "you",
    place: PlaceName = "console",
) -> None:
    """The console platform: one command, or a prompt."""
    talk(user, place, cli_input.one_command(command) if command else None)


@app.command(context_settings=_SPOKEN)
def watch(
    command: Annotated[
        list[str], typer.Argument(metavar="COMMAND", help="list, show, test, add, edit, rename, pause, resume or remove, as in chat.")
    ],
    user: User = "you",
    place: PlaceName = "console",
) -> None:
    """Watchlists, as in chat: `regwatch watch test QUERY` shows what a query would have alerted on and saves nothing."""
    talk(user, place, f"watch {cli_input.one_command(command)}", query_limit=language.LONGEST)


app.command(context_settings=_SPOKEN)(trends)


@app.command("parse")
def parse_(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="The bytes as a server would send them; - reads standard input.")],
    source: Annotated[str | None, typer.Option(metavar="ID", help="Read them as this source of the catalogue.")] = None,
    kind: Annotated[SourceKind | None, typer.Option(help="Read them as this kind of source.")] = None,
    base_url: Annotated[
        str | None, typer.Option("--base-url", metavar="URL", help="The address they came from; relative links are joined to it.")
    ] = None,
) -> None:
    """Bytes of a source become entries, as JSON lines."""
    if base_url is not None and not base_url.startswith(("http://", "https://")):
        raise typer.BadParameter("--base-url is an address such as https://example.org/news.")
    body = cli_input.raw(file)
    described = _described(source, kind, base_url, body)
    for entry in parse.entries(described, body, "", base_url or described.url):
        terminal.out({**_dump(entry), "key": normalise.identity(entry)})


def _described(source: str | None, kind: SourceKind | None, base_url: str | None, body: bytes) -> Source:
    if source is not None:
        known = wiring.catalogue_of(settings.load()).get(source)
        if kind not in (None, known.kind):
            raise UserMistake(f"{known.id} is of the kind {known.kind}, not {kind}.", hint="Leave out --kind or --source.")
        return known
    return catalogue.adhoc(kind or parse.likely_kind(body), base_url or "https://example.org/")


@app.command()
def match(
    items: Annotated[str, typer.Option("--items", metavar="FILE|-", help="Items, one JSON object a line.")],
    query: Annotated[str | None, typer.Option("--query", metavar="Q", help="One query.")] = None,
    queries: Annotated[Path | None, typer.Option("--queries", metavar="FILE", help='A JSON array of {"id", "query"}.')] = None,
) -> None:
    """Which items a query alerts on, with evidence, as JSON lines. Nothing is stored."""
    if (query is None) == (queries is None):
        raise typer.BadParameter("Give either --query or --queries.")
    asked = {"query": query} if query is not None else cli_input.queries(queries)
    matcher = Matcher({key: _parsed(key, text) for key, text in asked.items()})
    for item in cli_input.items(items):
        for key, evidence in matcher.match(item).items():
            terminal.out({"query_id": key, "item_id": item.id, "evidence": [_dump(one) for one in evidence]})


def _parsed(key: str, text: str) -> language.Query:
    """The query; a mistake in it says in which of several it is."""
    try:
        return language.parse(text, limit=language.LONGEST)
    except UserMistake as error:
        where = "" if key == "query" else f"Query {key}: "
        raise UserMistake(f"{where}{error.sentence}", hint=error.hint, text=error.text, position=error.position) from None


@app.command()
def enrich(
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="Words as a regulator writes them.")] = None,
    items: Annotated[str | None, typer.Option("--items", metavar="FILE|-", help="Items, one JSON object a line, or an array.")] = None,
    tongue: Annotated[str, typer.Option("--language", metavar="CODE", help="What TEXT is written in, such as ko or zh-Hant.")] = "",
    country: Annotated[str, typer.Option(metavar="CODE", help="Where TEXT comes from, such as JP.")] = "",
    published: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When TEXT was published.")] = None,
) -> None:
    """Document type, status, product types, concepts and dates, with the words that justify each, as JSON lines. Nothing is stored."""
    if (text is None) == (items is None):
        raise typer.BadParameter("Give either TEXT or --items.")
    given = {"id": "text", "title": text, "language": tongue, "country": country, "published": published and published.replace(tzinfo=UTC)}
    for item in cli_input.items(items) if items is not None else [cli_input.item(given, "TEXT")]:
        terminal.out(_enriched(item))


def _enriched(item: Item) -> dict[str, Any]:
    known = wiring.catalogue_of(settings.load()).sources.get(item.source)
    said = enriching.found(item if known is None else normalise.placed(item, known))
    dates = [enriching.record(one) for one in said.deadlines]
    if item.published:
        dates.append({"kind": "published", "date": item.published.date().isoformat(), "text": item.published.isoformat()})
    concepts = _concepts().match(item)
    return {
        "id": item.id,
        "doc_type": said.doc_type.value or "other",
        "status": said.status.value or None,
        "country": said.country.value or None,
        "product_types": [one.value for one in said.products],
        "concepts": sorted(concepts),
        "dates": dates,
        "why": said.why | {f"concept {one}": concepts[one][0].text for one in sorted(concepts)},
    }


@lru_cache(maxsize=1)
def _concepts() -> Matcher:
    """Every concept as a query of its own."""
    return Matcher({one: language.parse(f"concept:{one}") for one in vocabulary().concepts})


@app.command()
def fetch(url: Annotated[str, typer.Argument(metavar="URL", help="An http or https address.")]) -> None:
    """One guarded fetch; its outcome as a JSON object."""
    outcome = _run(_fetch(url))
    terminal.out(outcome)
    if outcome["outcome"] != "ok":
        raise RegwatchError(str(outcome["reason"]))


async def _fetch(url: str) -> dict[str, Any]:
    async with wiring.door(settings.load()) as fetcher:
        try:
            answer = await fetcher.get(url)
        except SourceTrouble as trouble:
            failed = {"outcome": trouble.fault, "status": trouble.status, "bytes": 0}
            return failed | {"final_url": trouble.url if url else "", "reason": trouble.sentence}
    assert isinstance(answer, Fetched), "asked without validators, nothing can be unchanged"
    return {"outcome": "ok", "status": answer.status, "bytes": len(answer.body), "final_url": answer.url, "reason": ""}


@app.command()
def doctor() -> None:
    """What is wrong with this installation and how to mend it."""
    findings = _run(checkup.examine(wiring.now()))
    for one in findings:
        terminal.out(f"{one.verdict:<5} {one.subject}: {one.sentence}")
    if any(one.verdict == "fail" for one in findings):
        raise RegwatchError("Regwatch cannot run like this.", hint="Mend what is marked fail above and run `regwatch doctor` again.")


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def _dump(word: Word) -> dict[str, Any]:
    return word.model_dump(mode="json")


def _item_lines(item: Item, known: catalogue.Catalogue) -> str:
    when = item.published.astimezone(known.zone(item.source)) if item.published else item.detected
    day = when.date().isoformat() if when else "undated   "
    return f"{day}  {item.country} {item.agency}  {item.title}\n            {item.url or '(no link)'}"
