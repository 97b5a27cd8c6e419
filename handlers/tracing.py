"""Why: what happened to a link or an item, stage by stage, with times and reasons; only this workspace's watchlists and places."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from bot import wordlist
from bot.cards import alert, plain, reasons
from bot.cards.card import Button, Card, Line, Section, Span, line, notice, phrase
from bot.cards.digest import short
from bot.cards.stopped import meaning, remedy
from bot.errors import UserMistake
from bot.items import enrich, steps
from bot.items.steps import Step
from bot.messages import again, count, mark, say
from bot.model import Delivery, Evidence, Hit, Item, Source, SourceState, Watchlist
from bot.sources import health
from bot.store import heeds, hits, items, outbox, places, stories, waiting, watchlists
from bot.store import sources as store_sources
from bot.store.database import Tx
from bot.store.items import Version
from bot.store.stories import Member
from bot.times import ago, ahead
from bot.watch import query as language
from handlers import workspace_queries
from handlers.grammar import Request
from handlers.items import document, known, settled, source_name, source_of
from handlers.reply import Context, Reply
from handlers.times import moment
from handlers.watchlists import asked

MOST_SOURCES = 5
# What became of a message, in words; the reason the outbox keeps follows.
_STATES = {
    "waiting": mark("waits"),
    "pending": mark("is about to be sent"),
    "sending": mark("is being sent"),
    "sent": mark("was sent"),
    "later": mark("could not be sent yet and is tried again, not"),
    "held": mark("was not sent; it is held"),
    "gone": mark("was not sent: the place takes no messages"),
    "unclear": mark("may have arrived; it is being looked for"),
    "bundled": mark("is told in a digest"),
    "dropped": mark("was dropped"),
}
_KINDS = {
    "new": mark("alert"),
    "changed": mark("change"),
    "also": mark("further report"),
    "refresh": mark("alert, brought up to date,"),
}


async def why(request: Request, argument: str, context: Context) -> Reply:
    """Every stage a link or an item went through: which source shows it, seen or not, kept why, matched by what, sent where."""
    if not argument:
        return asked(say("Why what? Give the link or the id of an item."), "why https://www.fda.gov/…", request)
    async with context.store.read() as tx:
        found = await known(tx, argument, request)
        states = {one.source: one for one in await store_sources.all(tx)}
        if found is None:
            return Reply(card=_never_seen(argument, states, request, context))
        source = await source_of(tx, found, request, context)
        sections = [
            Section(lines=(*alert.found(found, (), context.zones(found, request)), *_source(source, found, states, request))),
            Section(lines=_seen(await items.history(tx, found.id), await items.settling(tx, found.id), states.get(found.source), request)),
            Section(lines=_read(found, source)),
            Section(lines=_story(await stories.of_item(tx, found.id), found, context)),
            Section(lines=_steps(await document(tx, found, request), found)),
            Section(lines=await _matched(tx, found, request)),
            Section(lines=await _delivered(tx, found, request)),
        ]
    button = Button(label=say("Details"), action="item", value=alert.short(found.id))
    told = (one for one in sections if one.lines)
    return Reply(card=Card(sections=(*told, Section(lines=(), buttons=(button,)))))


def _stage(name: str, said: str) -> Line:
    return line(Span(text=f"{name}: ", bold=True), said)


def _source(source: Source | None, found: Item, states: Mapping[str, SourceState], request: Request) -> tuple[Line, ...]:
    if source is None:
        return (_stage(say("Source"), say("{source}, which is not in the catalogue any more", source=found.source)),)
    return (_stage(say("Source"), f"{source.name} – {_fares(source, states.get(source.id), request)}"),)


def _fares(source: Source, state: SourceState | None, request: Request) -> str:
    """How a source fares, with its last good poll and the next one."""
    verdict = health.verdict(source, state, request.now)
    if verdict.kind == "disabled" or state is None:
        is_off = verdict.kind == "disabled"
        return f"{wordlist.state('disabled' if is_off else 'unread')}{': ' if verdict.why else ''}{again(verdict.why)}"
    read = say("last good poll {ago}", ago=ago(state.last_success, request.now)) if state.last_success else say("never read yet")
    amiss = "" if verdict.kind == "ok" else f"{wordlist.state(verdict.kind)}: {again(verdict.why)} "
    return say("{amiss}{read}, next {soon}", amiss=amiss, read=read, soon=ahead(state.next_poll, request.now))


def _seen(history: Sequence[Version], streak: int, state: SourceState | None, request: Request) -> tuple[Line, ...]:
    """What was kept of it, and what the polls since have shown that was not."""
    rows = [_kept(one, request) for one in history]
    read = state.last_success if state else None
    if read is None or not history or read <= history[-1].found:
        return (*rows, *settled(streak))
    if noisy := settled(streak):
        return (*rows, _stage(say("Not kept"), say("what it showed since, up to the poll of {when}", when=moment(read, request))), *noisy)
    when = moment(read, request)
    same = say("up to the poll of {when} nothing that differs materially from the version that is kept", when=when)
    return (*rows, *([] if streak else [_stage(say("Since then"), same)]))


def _kept(one: Version, request: Request) -> Line:
    told = say("version {number}, {when} – {why}", number=one.item.version, when=moment(one.found, request), why=again(one.why))
    return _stage(say("Seen"), told)


def _read(found: Item, source: Source | None) -> tuple[Line, ...]:
    """What its words say it is, and which words."""
    said = enrich.found(enrich.unread(found, source.doc_type if source else ""))
    named = [(say("type"), wordlist.kind(said.doc_type.value), said.doc_type.text)]
    named.append((say("status"), wordlist.stage(said.status.value), said.status.text))
    named += [(say("product"), wordlist.product(each.value), each.text) for each in said.products]
    told = [f"{name} {value} ({plain.clip(' '.join(again(text).split()), 80)})" for name, value, text in named if value]
    return (_stage(say("Read"), "; ".join(told) or say("its words tell neither what it is nor how far it has come")),)


def _story(members: Sequence[Member], found: Item, context: Context) -> tuple[Line, ...]:
    if not members:
        return (_stage(say("Story"), say("no other source reports this event, as far as numbers, links and titles tell")),)
    mine = next(one.why for one in members if one.item.id == found.id)
    others = ", ".join(source_name(one.item, context) for one in members if one.item.id != found.id)
    return (_stage(say("Story"), say("one event with {others} – {why}", others=others, why=again(mine))),)


def _steps(others: Sequence[Step], found: Item) -> tuple[Line, ...]:
    """What the item and each other step of its document are to each other, and why we believe so."""
    pairs = [((found, one.item) if steps.when(one.item) <= steps.when(found) else (one.item, found), one) for one in others]
    told = [
        say("{relation}: {title} ({reason})", relation=steps.relation(*pair), title=_title(one.item), reason=steps.because(one))
        for pair, one in pairs
    ]
    return tuple(_stage(say("Document"), one) for one in told)


def _title(item: Item) -> str:
    return plain.clip(" ".join(item.title.split()), 120)


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
            matched = [(names.get(one.watchlist, say("a removed watchlist")), one.evidence) for one in theirs]
            rows += [
                line(Span(text=say("Matched, version {number}: ", number=number), bold=True), *one)
                for one in reasons.told(of_version, matched)
            ]
    if not rows:
        none = count(
            "none of this workspace's {n} watchlist matched when it was found",
            "none of this workspace's {n} watchlists matched when it was found",
            len(of_all),
        )
        rows.append(_stage(say("Matched"), none if of_all else say("this workspace has no watchlists")))
    told = {one.watchlist for one in _all(by_version)}
    own = await workspace_queries.own(tx, request)
    return (*rows, *(_holds_now(one, found) for one in of_all.values() if one.id not in told and _holds(one, own, found, request)))


def _all(by_version: Mapping[int, Sequence[Hit]]) -> list[Hit]:
    return [one for theirs in by_version.values() for one in theirs]


def _holds(watchlist: Watchlist, own: language.Glossary, found: Item, request: Request) -> tuple[Evidence, ...] | None:
    try:
        return language.holds(workspace_queries.of(watchlist, own), found, now=request.now)
    except UserMistake:
        return None


def _holds_now(watchlist: Watchlist, found: Item) -> Line:
    late = found.detected is not None and watchlist.created > found.detected
    because = (
        say("it is paused")
        if watchlist.paused
        else say("it was saved after the item was found")
        if late
        else say("the item was there at the first poll, or the query has changed since")
    )
    return phrase(
        "Today {watchlist} would match, but alerted nothing: {because}.", watchlist=Span(text=watchlist.name, bold=True), because=because
    )


async def _delivered(tx: Tx, found: Item, request: Request) -> tuple[Line, ...]:
    """Every message about the item, and about its event by whichever source, in the places of this workspace."""
    members = await stories.of_item(tx, found.id)
    owed = [
        (one, each)
        for one in [each.item for each in members] or [found]
        for each in await outbox.of_item(tx, one.id, workspace=request.place.workspace)
    ]
    muted = await _muted(tx, found, request)
    if not owed and not muted:
        return (_stage(say("Delivered"), say("nowhere in this workspace: nothing was owed to any of its places")),)
    rows = list(muted)
    for of, delivery in sorted(owed, key=lambda pair: pair[1].created):
        about = "" if of.id == found.id else say(" about {title}", title=plain.clip(of.title, 60))
        rows.append(_stage(say("Delivered"), await _told(tx, delivery, about, request)))
    return tuple(rows)


async def _muted(tx: Tx, found: Item, request: Request) -> list[Line]:
    """The places of this workspace that muted its source: nothing of it is owed to them."""
    rows = []
    for one in await heeds.muting(tx, found.source, workspace=request.place.workspace):
        where = say("here")
        if one.place != request.place.id:
            place = await places.get(tx, one.place)
            where = say("in {place}", place=place.name or place.channel) if place else say("in another place")
        by = f"@{one.by_name}" if one.by_name else say("someone")
        told = say("muted {where} by {who} since {when}", where=where, who=by, when=moment(one.since, request))
        rows.append(_stage(say("Not owed"), told))
    return rows


async def _told(tx: Tx, delivery: Delivery, about: str, request: Request) -> str:
    """What became of one message, when, and why."""
    where = await places.get(tx, delivery.place)
    name = where.name or where.channel if where else delivery.place
    reason = await _asleep(tx, delivery, request) or again(delivery.reason)
    tries = count(" after {n} attempt", " after {n} attempts", delivery.attempts) if delivery.attempts > 1 else ""
    became = f"{say(_STATES[delivery.state])}{_when(delivery, request)}{tries}{await _digest(tx, delivery, request)}"
    what = say(_KINDS[delivery.kind]) if delivery.kind in _KINDS else delivery.kind
    told = say("the {what}{about} to {place} {became}", what=what, about=about, place=name, became=became)
    return f"{told} – {reason}" if reason else told


def _when(delivery: Delivery, request: Request) -> str:
    if delivery.sent:
        return f" {moment(delivery.sent, request)}"
    due = ""
    if delivery.state == "waiting":
        due = say(" until {day}", day=moment(delivery.not_before, request))
    elif delivery.state == "later":
        due = say(" before {when}", when=moment(delivery.not_before, request))
    return due + say(" (owed since {when})", when=moment(delivery.created, request))


async def _digest(tx: Tx, delivery: Delivery, request: Request) -> str:
    """How the digest fares that tells of it, and how to see it."""
    digest = await waiting.find_digest(tx, delivery.place, delivery.digest) if delivery.digest else None
    if digest is None:
        return ""
    asleep = await _asleep(tx, digest, request) or again(digest.reason)
    became = f"{say(_STATES[digest.state])}{_when(digest, request)}{f' – {asleep}' if asleep else ''}"
    return say(", which {became} ({command} there)", became=became, command=f"{request.prefix}digest {short(digest.id)}")


async def _asleep(tx: Tx, delivery: Delivery, request: Request) -> str:
    """Since when and why the place takes no messages, and what to do; "" unless that is what stops this one."""
    asleep = await places.asleep(tx, delivery.place) if delivery.state in ("waiting", "held", "gone") else None
    if asleep is None or (delivery.state == "held" and not outbox.is_held_for_place(delivery)):
        return ""
    waits = f"{again(delivery.reason)}; " if delivery.state == "waiting" and delivery.reason else ""
    told = say(
        "the place takes no messages since {when}: {why}. {remedy}",
        when=moment(asleep.since, request),
        why=meaning(asleep.code),
        remedy=remedy(asleep.code),
    )
    return waits + told


def _never_seen(argument: str, states: Mapping[str, SourceState], request: Request, context: Context) -> Card:
    """What can be said of what is not known: which sources of the catalogue are on that site, and what to do."""
    host = _host(argument)
    if not host:
        looked = phrase(
            "To find an item, search for words of its title: {command}", command=Span(text=f"{request.prefix}search …", code=True)
        )
        return notice(
            phrase("I know no item “{argument}”, neither as an id nor as a link.", argument=plain.clip(argument, 100)),
            looked,
            tone="warning",
        )
    first = phrase("I have never seen {argument}.", argument=plain.clip(argument, 200))
    there = [source for source in context.catalogue.sources.values() if _of_site(source, host)]
    if not there:
        lines = (
            phrase("No source of the catalogue is on {host}, so nothing there is read.", host=host),
            phrase("What is read: {command}", command=_code("sources", request)),
        )
        return notice(first, *lines, tone="warning")
    rows = [line(Span(text=one.name, bold=True), f" – {_fares(one, states.get(one.id), request)}") for one in there[:MOST_SOURCES]]
    more = [phrase("and {n} more", n=len(there) - MOST_SOURCES)] if len(there) > MOST_SOURCES else []
    advice = phrase("If it is new, one of them shows it at a later poll. What a source no longer showed at its first poll is not known.")
    return notice(first, phrase("These sources are on {host}:", host=host), *rows, *more, advice, tone="warning")


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
