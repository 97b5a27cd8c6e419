"""What is read, and how it fares: every source of the catalogue with its state in the store."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches
from itertools import groupby
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.cards.card import Card, Line, Section, Span, line
from bot.errors import UserMistake
from bot.model import Source, SourceState
from bot.sources.catalogue import Catalogue
from bot.sources.regions import ALSO_WRITTEN
from bot.store import sources as store_sources
from bot.watch import fields
from handlers.grammar import Request
from handlers.reply import Context, Reply


async def sources(request: Request, argument: str, context: Context) -> Reply:
    """The sources of a country, region or agency, or all, by country, each with its state."""
    chosen = _chosen(context.catalogue, argument)
    async with context.store.read() as tx:
        states = {state.source: state for state in await store_sources.all(tx)}
    return Reply(card=_card(chosen, states, request))


def _chosen(catalogue: Catalogue, argument: str) -> list[Source]:
    """The sources of what `argument` names; UserMistake with the nearest names if it names nothing that has sources."""
    known = list(catalogue.sources.values())
    wanted = " ".join(argument.split()).casefold()
    if not wanted:
        return known
    found = [source for source in known if wanted in _names(source)]
    if found:
        return found
    near = get_close_matches(wanted, sorted({name for source in known for name in _names(source)}), n=3)
    there = ", ".join(sorted({source.jurisdiction for source in known}))
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are sources for {there}."
    raise UserMistake(f"No source is of “{argument[:60]}”.", hint=hint)


def _names(source: Source) -> set[str]:
    """What a source may be chosen by, casefolded: its country's code and names, its regions, its agency, its id."""
    code = source.jurisdiction
    regions = {*source.regions, *(region.replace("_", " ") for region in source.regions)}
    agency = {source.authority.short, source.authority.name, source.authority.id}
    also = {written for written, meant in ALSO_WRITTEN.items() if meant == code}
    return {name.casefold() for name in {code, source.id, *fields.names_of_country(code), *regions, *agency, *also}}


def _card(chosen: Iterable[Source], states: Mapping[str, SourceState], request: Request) -> Card:
    ordered = sorted(chosen, key=lambda source: (source.jurisdiction == "INT", source.jurisdiction, source.name.casefold()))
    if not ordered:
        return Card(sections=(Section(lines=(line("The catalogue has no sources."),)),))
    summary = line(_summary(ordered, states))
    countries = tuple(
        Section(lines=(line(Span(text=_country(code), bold=True), f" ({code})"), *(_row(one, states, request) for one in group)))
        for code, group in groupby(ordered, key=lambda source: source.jurisdiction)
    )
    return Card(sections=(Section(lines=(summary,)), *countries))


def _summary(chosen: list[Source], states: Mapping[str, SourceState]) -> str:
    on = [states.get(source.id) for source in chosen if source.enabled]
    read = [state for state in on if state is not None and state.last_polled is not None]
    failing = sum(bool(state.trouble) for state in read)
    counts = {"ok": len(read) - failing, "failing": failing, "not read yet": len(on) - len(read), "switched off": len(chosen) - len(on)}
    plural = "source" if len(chosen) == 1 else "sources"
    return f"{len(chosen)} {plural}: " + ", ".join(f"{count} {what}" for what, count in counts.items() if count) + "."


def _country(code: str) -> str:
    return next(iter(fields.names_of_country(code)), code)


def _row(source: Source, states: Mapping[str, SourceState], request: Request) -> Line:
    name = Span(text=source.name, url=source.url)
    if not source.enabled:
        return line(name, f" – switched off: {source.disabled_because or 'no reason is given'}")
    state = states.get(source.id)
    if state is None or state.last_polled is None:
        return line(name, " – not read yet")
    if state.trouble:
        since = _moment(state.trouble_since or state.last_polled, request)
        again = f": {state.trouble} Next try {_ahead(state.next_poll, request.now)}."
        return line(name, Span(text=f" – failing since {since}", bold=True), again)
    return line(name, f" – ok, read {_ago(state.last_polled, request.now)}, {_entries(state.last_rows)}")


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"


def _moment(when: datetime, request: Request) -> str:
    """A moment in the place's own time zone, which is named."""
    try:
        zone = ZoneInfo(request.place.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return f"{when.astimezone(zone):%-d %b %Y %H:%M %Z}"


def _ago(when: datetime, now: datetime) -> str:
    passed = now - when
    return "just now" if passed < timedelta(minutes=1) else f"{_span(passed)} ago"


def _ahead(when: datetime, now: datetime) -> str:
    return "at the next look" if when <= now else f"in {_span(when - now)}"


def _span(length: timedelta) -> str:
    """A length of time in its largest whole unit: 40 min, 3 h, 2 days."""
    minutes = max(1, round(length.total_seconds() / 60))
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{round(minutes / 60)} h"
    return f"{round(minutes / 60 / 24)} days"
