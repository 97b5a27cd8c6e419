"""What is read, and how it fares: every source of the catalogue with its state in the store."""

from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from itertools import groupby

from bot import wordlist
from bot.audience import is_for_all
from bot.cards.card import Card, Line, Section, Span, line, notice, phrase
from bot.errors import UserMistake
from bot.messages import again, count, say
from bot.model import Source, SourceState
from bot.sources import health as fares
from bot.sources.health import Kind, Verdict
from bot.sources.regions import ALSO_WRITTEN
from bot.store import added_sources
from bot.store import sources as store_sources
from bot.times import ago, ahead
from bot.watch import fields
from handlers.grammar import Request
from handlers.reply import Context, Reply
from handlers.times import moment

# The verdicts in the order of a summary.
_KINDS: tuple[Kind, ...] = ("ok", "late", "failing", "blocked", "unread", "disabled")
_AMISS: tuple[Kind, ...] = ("failing", "blocked", "late")


async def sources(request: Request, argument: str, context: Context) -> Reply:
    """The sources of a country, region or agency, or all, by country, each with its state."""
    return await _told(request, argument, context, of=_KINDS)


async def health(request: Request, argument: str, context: Context) -> Reply:
    """The sources that fail, are blocked or are late, of a country, region or agency or of all; and how many are well."""
    return await _told(request, argument, context, of=_AMISS)


async def _told(request: Request, argument: str, context: Context, *, of: Sequence[Kind]) -> Reply:
    async with context.store.read() as tx:
        states = {state.source: state for state in await store_sources.all(tx)}
        added = await added_sources.in_workspace(tx, request.place.workspace)
    chosen = _chosen([*context.catalogue.sources.values(), *added], argument)
    verdicts = {source.id: fares.verdict(source, states.get(source.id), request.now) for source in chosen}
    return Reply(card=_card(chosen, states, verdicts, of, request))


def _chosen(known: list[Source], argument: str) -> list[Source]:
    """The sources of what `argument` names; UserMistake with the nearest names if it names nothing that has sources."""
    wanted = " ".join(argument.split()).casefold()
    if not wanted:
        return known
    found = [source for source in known if wanted in _names(source)]
    if found:
        return found
    near = get_close_matches(wanted, sorted({name for source in known for name in _names(source)}), n=3)
    there = ", ".join(sorted({source.jurisdiction for source in known}))
    hint = say("Did you mean: {words}", words=", ".join(near)) if near else say("There are sources for {countries}.", countries=there)
    raise UserMistake(say("No source is of “{name}”.", name=argument[:60]), hint=hint)


def _names(source: Source) -> set[str]:
    """What a source may be chosen by, casefolded: its country's code and names, its regions, its agency, its id."""
    code = source.jurisdiction
    regions = {*source.regions, *(region.replace("_", " ") for region in source.regions)}
    agency = {source.authority.short, source.authority.name, source.authority.id}
    also = {written for written, meant in ALSO_WRITTEN.items() if meant == code}
    return {name.casefold() for name in {code, source.id, *fields.names_of_country(code), *regions, *agency, *also}}


def _card(
    chosen: Sequence[Source], states: Mapping[str, SourceState], verdicts: Mapping[str, Verdict], of: Sequence[Kind], request: Request
) -> Card:
    if not chosen:
        return notice(say("The catalogue has no sources."))
    shown = [source for source in chosen if verdicts[source.id].kind in of]
    ordered = sorted(shown, key=lambda source: (source.jurisdiction == "INT", source.jurisdiction, source.name.casefold()))
    summary = [line(_summary(chosen, verdicts))]
    if not shown and any(verdict.kind == "ok" for verdict in verdicts.values()):
        summary.append(phrase("None of them fails, is blocked or is late."))
    countries = [
        Section(lines=(_country(code), *(_listed(one, states, verdicts, request) for one in group)))
        for code, group in groupby(ordered, key=lambda source: source.jurisdiction)
    ]
    return Card(sections=(Section(lines=tuple(summary)), *countries))


def _listed(source: Source, states: Mapping[str, SourceState], verdicts: Mapping[str, Verdict], request: Request) -> Line:
    return _row(source, states.get(source.id), verdicts[source.id], request)


def _country(code: str) -> Line:
    return line(Span(text=wordlist.country(code), bold=True), f" ({code})")


def _summary(chosen: Sequence[Source], verdicts: Mapping[str, Verdict]) -> str:
    counted = Counter(verdicts[source.id].kind for source in chosen)
    each = [say("{n} {state}", n=counted[kind], state=wordlist.state(kind)) for kind in _KINDS if counted[kind]]
    return count("{n} source: {each}.", "{n} sources: {each}.", len(chosen), each=", ".join(each))


def _row(source: Source, state: SourceState | None, verdict: Verdict, request: Request) -> Line:
    called = source.name if is_for_all(source.id) else say("{name} (added here)", name=source.name)
    name = Span(text=called, url=source.url)
    what = wordlist.state(verdict.kind)
    if verdict.kind == "disabled":
        return line(name, f" – {what}: {again(verdict.why)}")
    if state is None or state.last_polled is None:
        return line(name, f" – {what}")
    read = _read(state, request)
    if verdict.kind in ("failing", "blocked"):
        since = moment(state.trouble_since or state.last_success or state.last_polled, request)
        heading = Span(text=say(" – {state} since {since}", state=what, since=since), bold=True)
        soon = ahead(state.next_poll, request.now)
        return line(name, heading, say(": {why} Next try {soon}; {read}.", why=again(verdict.why), soon=soon, read=read))
    if verdict.kind == "late":
        return line(name, Span(text=f" – {what}", bold=True), f": {again(verdict.why)} {read[0].upper()}{read[1:]}.")
    return line(name, f" – {what}, {read}")


def _read(state: SourceState, request: Request) -> str:
    if not state.last_success:
        return say("never read yet")
    entries = count("{n} entry", "{n} entries", state.last_rows)
    return say("read {ago}, {entries}", ago=ago(state.last_success, request.now), entries=entries)
