"""The command line: arguments in, lines out; what is done is done elsewhere.

Machine forms (`--json`, JSON lines) are described in docs/commands.md and do not change within a major version.
"""

import asyncio
import json
import sys
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bot import app as wiring
from bot import doctor as checkup
from bot import logs, settings
from bot.demo import story
from bot.errors import RegwatchError, SourceTrouble, UserMistake
from bot.items import normalise
from bot.model import Item, Poll, Source, SourceKind, Word
from bot.sources import catalogue, parse
from bot.sources.check import Checked, check
from bot.sources.fetch import Fetched
from bot.store import migrate
from bot.watch import query as language
from bot.watch.matcher import Matcher

T = TypeVar("T")

app = typer.Typer(
    help="Regulatory change alerts for pharma, biotech and devices, in Slack, Microsoft Teams and the terminal.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
sources_app = typer.Typer(help="The catalogue of sources.", no_args_is_help=False)
db_app = typer.Typer(help="The database: its schema and copies.", no_args_is_help=True)
app.add_typer(sources_app, name="sources")
app.add_typer(db_app, name="db")


@app.callback()
def begin() -> None:
    """Only what needs attention is logged; `run` tells more."""
    logs.begin()


Json = Annotated[bool, typer.Option("--json", help="One JSON object a line instead of text.")]
SourceIds = Annotated[list[str] | None, typer.Option("--source", metavar="ID", help="Only this source; may be repeated.")]


@app.command()
def demo(chat: Annotated[bool, typer.Option("--chat", help="Open the console chat afterwards.")] = False) -> None:
    """Shows the bot at work on sample sources in four languages; needs nothing configured."""
    _run(story.tell(_out, chat=chat))


@app.command()
def run(
    only: Annotated[
        Literal["schedules", "handlers"] | None, typer.Option(help="Only the scheduled work, or only the chat and web part.")
    ] = None,
) -> None:
    """Runs the bot until it is stopped: polling, delivery, chat and web."""
    _run(wiring.run(settings.load(), only=only, say=_say))


@app.command()
def poll(
    source: SourceIds = None,
    once: Annotated[bool, typer.Option("--once", help="Every enabled source once, due or not.")] = False,
    as_json: Json = False,
) -> None:
    """Polls what is due now, or the sources named; new and changed items are stored and their alerts owed."""
    _run(_poll(source or [], every=once, as_json=as_json))


async def _poll(wanted: list[str], *, every: bool, as_json: bool) -> None:
    async with wiring.assembled(settings.load(), {}) as bot:
        asked = [_polled(bot.catalogue.get(one)) for one in wanted] or [one.id for one in bot.catalogue.enabled() if every]
        await bot.polling.ask_for(asked, wiring.now())
        with _progress() as progress:
            bar = progress.add_task("polling", total=len(wanted) or len(bot.catalogue.enabled()))
            polls = await bot.polling.due(wiring.now(), only=wanted, told=lambda _: progress.advance(bar))
    for one in polls:
        _show_poll(one, bot.catalogue.sources[one.source], as_json=as_json)
    if not polls and not as_json:
        _say("Nothing is due. To poll every source now: regwatch poll --once")


def _polled(source: Source) -> str:
    if not source.enabled:
        raise UserMistake(f"{source.id} is switched off: {source.disabled_because or 'no reason is given'}.")
    return source.id


def _show_poll(poll: Poll, source: Source, *, as_json: bool) -> None:
    counts = {"new": len(poll.new), "changed": len(poll.changed)}
    if as_json:
        _out(_dump(poll) | counts)
    else:
        _out(f"{source.id:<36} {poll.trouble or _poll_sentence(poll)}")
    for item, change in [*((one, "new") for one in poll.new), *((one, "changed") for one in poll.changed)]:
        if as_json:
            _out(
                {"item": item.id, "source": item.source, "change": change}
                | {k: _dump(item)[k] for k in ("title", "url", "published", "version")}
            )
        elif not poll.baseline:
            _out(f"    {change}: {item.title}")


def _poll_sentence(poll: Poll) -> str:
    if poll.unchanged:
        return "nothing new"
    if poll.baseline:
        return f"first poll: {len(poll.new)} kept, nobody alerted"
    return f"{len(poll.new)} new, {len(poll.changed)} changed, {poll.owed} alerts owed"


@app.command()
def search(
    query: str,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most this many items.")] = 20,
    as_json: Json = False,
) -> None:
    """Searches what was collected, newest first."""
    parsed = language.parse(query, limit=language.LONGEST)
    found = _run(wiring.search(settings.load(), parsed, limit))
    for item, evidence in found:
        _out({**_dump(item), "evidence": [_dump(one) for one in evidence]} if as_json else _item_lines(item))
    if not found and not as_json:
        _say(f"Nothing collected so far matches {language.show(parsed)}.")


@app.command()
def chat(
    command: Annotated[list[str] | None, typer.Argument(help="What you would type after /reg; without it a prompt opens.")] = None,
    user: Annotated[str, typer.Option("--as", metavar="USER", help="Who is speaking.")] = "you",
    place: Annotated[str, typer.Option(help="The name of the place.")] = "console",
) -> None:
    """The console platform: one command, or a prompt."""
    _run(wiring.talk(settings.load(), user, place, _one_command(command) if command else None, say=_out))


def _one_command(words: list[str]) -> str:
    """The shell has taken quotes away: words that hold blanks get theirs back, unless the whole command came as one word."""
    if len(words) == 1:
        return words[0]
    return " ".join(f'"{word}"' if " " in word and '"' not in word else word for word in words)


@app.command("parse")
def parse_(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="The bytes as a server would send them; - reads standard input.")],
    source: Annotated[str | None, typer.Option(metavar="ID", help="Read them as this source of the catalogue.")] = None,
    kind: Annotated[SourceKind | None, typer.Option(help="Read them as this kind of source.")] = None,
    base_url: Annotated[str | None, typer.Option("--base-url", help="The address they came from; relative links are joined to it.")] = None,
) -> None:
    """Bytes of a source become entries, one JSON object a line."""
    body = _bytes(file)
    described = _described(source, kind, base_url, body)
    for entry in parse.entries(described, body, "", base_url or described.url):
        _out({**_dump(entry), "key": normalise.identity(entry)})


def _described(source: str | None, kind: SourceKind | None, base_url: str | None, body: bytes) -> Source:
    if source is not None:
        return wiring.catalogue_of(settings.load()).get(source)
    return catalogue.adhoc(kind or parse.likely_kind(body), base_url or "https://example.org/")


@app.command()
def match(
    items: Annotated[str, typer.Option("--items", metavar="FILE|-", help="Items, one JSON object a line.")],
    query: Annotated[str | None, typer.Option("--query", metavar="Q", help="One query.")] = None,
    queries: Annotated[Path | None, typer.Option("--queries", metavar="FILE", help='A JSON array of {"id", "query"}.')] = None,
) -> None:
    """Which items a query alerts on, with the evidence, one JSON object a line; nothing is stored."""
    if (query is None) == (queries is None):
        raise typer.BadParameter("Give either --query or --queries.")
    asked = {"query": query} if query is not None else _queries(queries)
    matcher = Matcher({key: language.parse(text, limit=language.LONGEST) for key, text in asked.items()})
    for item in _items(items):
        for key, evidence in matcher.match(item).items():
            _out({"query_id": key, "item_id": item.id, "evidence": [_dump(one) for one in evidence]})


@app.command()
def fetch(url: str) -> None:
    """One guarded fetch: outcome, status, bytes, final address and reason as a JSON object."""
    outcome = _run(_fetch(url))
    _out(outcome)
    if outcome["outcome"] != "ok":
        raise RegwatchError(str(outcome["reason"]))


async def _fetch(url: str) -> dict[str, Any]:
    async with wiring.door(settings.load()) as fetcher:
        try:
            answer = await fetcher.get(url)
        except SourceTrouble as trouble:
            failed = {"outcome": trouble.fault, "status": trouble.status, "bytes": 0}
            return failed | {"final_url": trouble.url or url, "reason": trouble.sentence}
    assert isinstance(answer, Fetched), "asked without validators, nothing can be unchanged"
    return {"outcome": "ok", "status": answer.status, "bytes": len(answer.body), "final_url": answer.url, "reason": ""}


@sources_app.callback(invoke_without_command=True)
def sources(context: typer.Context) -> None:
    """The catalogue: list, show, check."""
    if context.invoked_subcommand is None:
        sources_list()


@sources_app.command("list")
def sources_list(
    country: Annotated[str | None, typer.Argument(help="Only this country, such as KR.")] = None, as_json: Json = False
) -> None:
    """Every source with its kind and whether it is polled."""
    for one in wiring.catalogue_of(settings.load()).sources.values():
        if country is None or one.jurisdiction == country.upper():
            _out(_source_record(one) if as_json else _source_line(one))


@sources_app.command("show")
def sources_show(source: str) -> None:
    """One source with everything the catalogue says about it."""
    one = wiring.catalogue_of(settings.load()).get(source)
    for key, value in _source_record(one).items():
        if value not in ("", [], {}, None):
            _out(f"{key:<17} {value}")


@sources_app.command("check")
def sources_check(source: Annotated[list[str] | None, typer.Argument(help="Only these.")] = None) -> None:
    """Tries each enabled source live, stores nothing, and reports what it found."""
    known = wiring.catalogue_of(settings.load())
    chosen = [known.get(one) for one in source or []] or known.enabled()
    checked = _run(_check(chosen))
    for one in checked:
        _out(f"{one.source:<36} {one.sentence()}")
    _out(f"{sum(not one.trouble for one in checked)} of {len(checked)} sources answered with entries.")


async def _check(chosen: list[Source]) -> list[Checked]:
    async with wiring.door(settings.load()) as fetcher:
        with _progress() as progress:
            bar = progress.add_task("checking", total=len(chosen))

            async def one(source: Source) -> Checked:
                found = await check(fetcher, source)
                progress.advance(bar)
                return found

            return list(await asyncio.gather(*map(one, chosen)))


@db_app.command("upgrade")
def db_upgrade() -> None:
    """Makes the database, or brings its schema up to this version; keeps everything that is there."""
    done = _run(migrate.upgrade(settings.load().database_url))
    _out("The database is upgraded." if done else "The database is up to date already.")


@db_app.command("backup")
def db_backup(target: Annotated[Path, typer.Argument(help="The copy; must not exist yet.")]) -> None:
    """Copies an SQLite database while the bot may go on running."""
    _run(migrate.backup(settings.load().database_url, target))
    _out(f"The database is copied to {target}.")


@db_app.command("check")
def db_check() -> None:
    """Looks for damage in the database."""
    wrong = _run(migrate.check(settings.load().database_url))
    for sentence in wrong:
        _out(sentence)
    if wrong:
        raise RegwatchError("The database is not sound.", hint="What is wrong is listed above.")
    _out("The database is sound.")


@app.command()
def doctor() -> None:
    """What is wrong with settings, database, sources and platforms, and how to mend it."""
    findings = _run(checkup.examine(wiring.now()))
    for one in findings:
        _out(f"{one.verdict:<5} {one.subject}: {one.sentence}")
    if any(one.verdict == "fail" for one in findings):
        raise RegwatchError("Regwatch cannot run like this.", hint="Mend what is marked fail above and run `regwatch doctor` again.")


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def _out(line: object) -> None:
    """A line on standard output; anything but a string as JSON."""
    print(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False, default=str), flush=True)  # noqa: T201 - printing is its work


def _say(sentence: str) -> None:
    """A line for the person, on standard error, so that standard output stays for results."""
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - printing is its work


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _dump(word: Word) -> dict[str, Any]:
    return word.model_dump(mode="json")


def _bytes(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UserMistake(f"{file} cannot be read: {error.strerror or error}.") from None


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserMistake(f"{where} is not JSON: {error}.") from None


def _queries(file: Path | None) -> dict[str, str]:
    rows = _json(_bytes(str(file)).decode("utf-8", "replace"), str(file))
    try:
        return {str(row["id"]): str(row["query"]) for row in rows}
    except (TypeError, KeyError):
        raise UserMistake(f'{file} must be a JSON array of objects with "id" and "query".') from None


def _items(file: str) -> Iterator[Item]:
    for number, row in enumerate(_bytes(file).decode("utf-8", "replace").splitlines(), start=1):
        if row.strip():
            where = f"{file}, line {number},"
            record = _json(row, where)
            known = {key: value for key, value in record.items() if key in Item.model_fields} if isinstance(record, dict) else {}
            try:
                yield Item.model_validate({key: value for key, value in known.items() if value is not None})
            except ValidationError as error:
                wrong = error.errors()[0]
                raise UserMistake(f"{where} is no item: {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}.") from None


def _item_lines(item: Item) -> str:
    when = item.published or item.detected
    day = when.date().isoformat() if when else "undated   "
    return f"{day}  {item.country} {item.agency}  {item.title}\n            {item.url or '(no link)'}"


def _source_record(source: Source) -> dict[str, Any]:
    record = _dump(source)
    return record | {"authority": source.authority.short, "interval": f"{source.interval.total_seconds():.0f} s"}


def _source_line(source: Source) -> str:
    state = "on " if source.enabled else "off"
    why = "" if source.enabled else f" – {source.disabled_because}"
    return f"{source.jurisdiction:<4}{state} {source.kind:<9}{source.id:<36} {source.name}{why}"
