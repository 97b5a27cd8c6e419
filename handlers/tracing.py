"""Why: what happened to a link or an item, stage by stage, with times and reasons; only this workspace's watchlists and places."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from bot.cards import alert, plain
from bot.cards.card import Button, Card, Line, Section, Span, line, notice
from bot.errors import UserMistake
from bot.model import Delivery, Evidence, Hit, Item, Source, SourceState, Watchlist
from bot.sources import health
from bot.store import added_sources, hits, items, outbox, places, stories, watchlists
from bot.store import sources as store_sources
from bot.store.database import Tx
from bot.store.items import Version
from bot.store.stories import Member
from bot.times import ago, ahead
from bot.watch import query as language
from handlers import reading
from handlers.grammar import Request
from handlers.items import known, settled, source_name
from handlers.reply import Context, Reply
from handlers.times import moment
from handlers.watchlists import asked

MOST_SOURCES = 5
# What became of a message, in words; the reason the outbox keeps follows.
_STATES = {
    "waiting": "waits for its digest or for the end of quiet hours",
    "pending": "is about to be sent",
    "sending": "is being sent",
    "sent": "was sent",
    "later": "could not be sent yet and is tried again",
    "held": "was not sent; it is held",
    "gone": "was not sent: the place takes no messages",
    "unclear": "may have arrived; it is being looked for",
    "bundled": "went out in a digest",
    "dropped": "was dropped",
}
_KINDS = {"new": "alert", "changed": "change", "also": "further report", "refresh": "alert, brought up to date,"}


async def why(request: Request, argument: str, context: Context) -> Reply:
    """Every stage a link or an item went through: which source shows it, seen or not, kept why, matched by what, sent where."""
    if not argument:
        return asked("Why what? Give the link or the id of an item.", "why https://www.fda.gov/…", request)
    async with context.store.read() as tx:
        found = await known(tx, argument, request)
        states = {one.source: one for one in await store_sources.all(tx)}
        if found is None:
            return Reply(card=_never_seen(argument, states, request, context))
        added = {one.id: one for one in await added_sources.in_workspace(tx, request.place.workspace)}
        source = context.catalogue.sources.get(found.source) or added.get(found.source)
        sections = [
            Section(lines=(*alert.found(found, ()), *_source(source, found, states, request))),
            Section(lines=_seen(await items.history(tx, found.id), await items.settling(tx, found.id), request)),
            Section(lines=_story(await stories.of_item(tx, found.id), found, context)),
            Section(lines=await _matched(tx, found, request)),
            Section(lines=await _delivered(tx, found, request)),
        ]
    button = Button(label="Details", action="item", value=alert.short(found.id))
    return Reply(card=Card(sections=(*sections, Section(lines=(), buttons=(button,)))))


def _stage(name: str, said: str) -> Line:
    return line(Span(text=f"{name}: ", bold=True), said)


def _source(source: Source | None, found: Item, states: Mapping[str, SourceState], request: Request) -> tuple[Line, ...]:
    if source is None:
        return (_stage("Source", f"{found.source}, which is not in the catalogue any more"),)
    return (_stage("Source", f"{source.name} – {_fares(source, states.get(source.id), request)}"),)


def _fares(source: Source, state: SourceState | None, request: Request) -> str:
    """How a source fares, with its last good poll and the next one."""
    verdict = health.verdict(source, state, request.now)
    if verdict.kind == "disabled" or state is None:
        return f"{'switched off' if verdict.kind == 'disabled' else 'not read yet'}{': ' if verdict.why else ''}{verdict.why}"
    read = f"last good poll {ago(state.last_success, request.now)}" if state.last_success else "never read yet"
    amiss = "" if verdict.kind == "ok" else f"{verdict.kind}: {verdict.why} "
    return f"{amiss}{read}, next {ahead(state.next_poll, request.now)}"


def _seen(history: Sequence[Version], streak: int, request: Request) -> tuple[Line, ...]:
    rows = [_stage("Seen", f"version {one.item.version}, {moment(one.found, request)} – {one.why}") for one in history]
    return (*rows, *settled(streak))


def _story(members: Sequence[Member], found: Item, context: Context) -> tuple[Line, ...]:
    if not members:
        return (_stage("Story", "no other source reports this event, as far as numbers, links and titles tell"),)
    mine = next(one.why for one in members if one.item.id == found.id)
    others = ", ".join(source_name(one.item, context) for one in members if one.item.id != found.id)
    return (_stage("Story", f"one event with {others} – {mine}"),)


async def _matched(tx: Tx, found: Item, request: Request) -> tuple[Line, ...]:
    """Which watchlists each version matched, and which hold for the item today although they did not match."""
    workspace = request.place.workspace
    of_all = {one.id: one for one in await watchlists.in_workspace(tx, workspace)}
    by_version = {number: await hits.of_item(tx, found.id, number, workspace=workspace) for number in range(1, found.version + 1)}
    names = {one.id: one.name for one in (await watchlists.by_id(tx, workspace, {hit.watchlist for hit in _all(by_version)})).values()}
    rows: list[Line] = []
    for number, theirs in by_version.items():
        of_version = await items.get(tx, found.id, number) if theirs else None
        if of_version is not None:
            matched = [(names.get(one.watchlist, "a removed watchlist"), one.evidence) for one in theirs]
            rows += [line(Span(text=f"Matched, version {number}: ", bold=True), *one) for one in alert.reasons(of_version, matched)]
    if not rows:
        none = f"none of this workspace's {_counted(len(of_all), 'watchlist')} matched when it was found"
        rows.append(_stage("Matched", none if of_all else "this workspace has no watchlists"))
    told = {one.watchlist for one in _all(by_version)}
    own = await reading.own(tx, request)
    return (*rows, *(_holds_now(one, found) for one in of_all.values() if one.id not in told and _holds(one, own, found, request)))


def _all(by_version: Mapping[int, Sequence[Hit]]) -> list[Hit]:
    return [one for theirs in by_version.values() for one in theirs]


def _holds(watchlist: Watchlist, own: language.Glossary, found: Item, request: Request) -> tuple[Evidence, ...] | None:
    try:
        return language.holds(reading.of(watchlist, own), found, now=request.now)
    except UserMistake:
        return None


def _holds_now(watchlist: Watchlist, found: Item) -> Line:
    late = found.detected is not None and watchlist.created > found.detected
    because = (
        "it is paused"
        if watchlist.paused
        else "it was saved after the item was found"
        if late
        else "the item was there at the first poll, or the query has changed since"
    )
    return line("Today ", Span(text=watchlist.name, bold=True), f" would match, but alerted nothing: {because}.")


async def _delivered(tx: Tx, found: Item, request: Request) -> tuple[Line, ...]:
    """Every message about the item, and about its event by whichever source, in the places of this workspace."""
    members = await stories.of_item(tx, found.id)
    owed = [
        (one, each)
        for one in [each.item for each in members] or [found]
        for each in await outbox.of_item(tx, one.id, workspace=request.place.workspace)
    ]
    if not owed:
        return (_stage("Delivered", "nowhere in this workspace: nothing was owed to any of its places"),)
    rows = []
    for of, delivery in sorted(owed, key=lambda pair: pair[1].created):
        where = await places.get(tx, delivery.place)
        name = where.name or where.channel if where else delivery.place
        rows.append(_stage("Delivered", _told(delivery, name, "" if of.id == found.id else f" about {plain.clip(of.title, 60)}", request)))
    return tuple(rows)


def _told(delivery: Delivery, name: str, about: str, request: Request) -> str:
    when = f" {moment(delivery.sent, request)}" if delivery.sent else f" (owed since {moment(delivery.created, request)})"
    reason = f" – {delivery.reason}" if delivery.reason else ""
    tries = f" after {delivery.attempts} attempts" if delivery.attempts > 1 else ""
    return f"the {_KINDS.get(delivery.kind, delivery.kind)}{about} to {name} {_STATES[delivery.state]}{when}{tries}{reason}"


def _never_seen(argument: str, states: Mapping[str, SourceState], request: Request, context: Context) -> Card:
    """What can be said of what is not known: which sources of the catalogue are on that site, and what to do."""
    host = _host(argument)
    if not host:
        looked = line("To find an item, search for words of its title: ", Span(text=f"{request.prefix}search …", code=True))
        return notice(line(f"I know no item “{plain.clip(argument, 100)}”, neither as an id nor as a link."), looked, tone="warning")
    first = line(f"I have never seen {plain.clip(argument, 200)}.")
    there = [source for source in context.catalogue.sources.values() if _of_site(source, host)]
    if not there:
        lines = (
            line(f"No source of the catalogue is on {host}, so nothing there is read."),
            line("What is read: ", _code("sources", request)),
        )
        return notice(first, *lines, tone="warning")
    rows = [line(Span(text=one.name, bold=True), f" – {_fares(one, states.get(one.id), request)}") for one in there[:MOST_SOURCES]]
    more = [line(f"and {len(there) - MOST_SOURCES} more")] if len(there) > MOST_SOURCES else []
    advice = line("If it is new, one of them shows it at a later poll. What a source no longer showed at its first poll is not known.")
    return notice(first, line(f"These sources are on {host}:"), *rows, *more, advice, tone="warning")


def _code(words: str, request: Request) -> Span:
    return Span(text=f"{request.prefix}{words}", code=True)


def _host(argument: str) -> str:
    """The host of a link, also of one without its scheme; "" for anything else."""
    try:
        parts = urlsplit(argument if "://" in argument else f"//{argument}")
        return (parts.hostname or "").removeprefix("www.") if "." in (parts.hostname or "") else ""
    except ValueError:
        return ""


def _of_site(source: Source, host: str) -> bool:
    own = _host(source.url)
    return bool(own) and (host == own or host.endswith(f".{own}") or own.endswith(f".{host}"))


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
