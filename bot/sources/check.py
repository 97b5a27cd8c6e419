"""Tries one source live and says what it found; stores nothing."""

from collections.abc import Sequence
from datetime import date, datetime

from bot.errors import SourceTrouble
from bot.model import Entry, Source, Word
from bot.sources import parse, reading
from bot.sources.door import Door, NotModified


class Checked(Word):
    """What a source answered: how many entries, the day of the newest and its title, or the trouble in a sentence."""

    source: str
    entries: int = 0
    newest: date | None = None
    title: str = ""
    bytes: int = 0
    trouble: str = ""
    fault: str = ""

    def sentence(self) -> str:
        """For people: `ok, 20 entries, newest of 2026-07-06`, or what went wrong."""
        when = f", newest of {self.newest}" if self.newest else ""
        return self.trouble or f"ok, {self.entries} {'entry' if self.entries == 1 else 'entries'}{when}"


async def check(fetcher: Door, source: Source, now: datetime) -> Checked:
    """The source was asked once, with no memory of earlier answers."""
    try:
        answer = await reading.read(fetcher, source)
        if isinstance(answer, NotModified):
            return Checked(source=source.id, trouble="answered 304 although it was not asked for changes only", fault="http_error")
        entries = parse.entries(source, answer.body, answer.content_type, answer.url, now=now)
    except SourceTrouble as trouble:
        return Checked(source=source.id, trouble=trouble.sentence, fault=trouble.fault)
    if not entries:
        return Checked(source=source.id, bytes=len(answer.body), trouble="answered, but shows no entries", fault="not_a_source")
    newest = max(entries, key=_dated)
    return Checked(
        source=source.id,
        entries=len(entries),
        newest=newest.published.date() if newest.published else None,
        title=newest.title,
        bytes=len(answer.body),
    )


def report(checked: Sequence[Checked], chosen: Sequence[Source]) -> str:
    """What was found as Markdown that can be pasted into an issue: the sum, then a row for each source, those in trouble first."""
    by_id = {source.id: source for source in chosen}
    good = sum(not one.trouble for one in checked)
    lines = [
        f"### Sources checked: {good} of {len(checked)} answered with entries",
        "",
        "| source | kind | result | entries | newest | what it said |",
        "| --- | --- | --- | ---: | --- | --- |",
        *(_row(one, by_id[one.source]) for one in sorted(checked, key=lambda one: (not one.trouble, one.fault, one.source))),
    ]
    return "\n".join(lines)


def _row(one: Checked, source: Source) -> str:
    said = one.trouble or one.title
    cells = (f"`{one.source}`", source.kind, one.fault or "ok", str(one.entries), str(one.newest or ""), _cell(said))
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """Text in which nothing is markup: titles of sources stand in the report."""
    short = text if len(text) <= 120 else text[:119].rstrip() + "…"
    escaped = "".join(f"\\{char}" if char in "\\`*_{}[]<>|#!~@" else char for char in short)
    return " ".join(escaped.split())


def _dated(entry: Entry) -> float:
    moment = entry.published or entry.updated
    return moment.timestamp() if moment else float("-inf")
