"""The watchlist builder: a form with query, related concepts, what it would have found, name, place and frequency; for new ones and old.

What is wrong stands beside its field, and nothing is saved before all of it is right. A doubtful query is saved only once the person
has ticked that they mean it. Editing begins with everything that was set.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import time

from bot.cards.card import Card, Line, Section, Span, line, notice, phrase
from bot.cards.form import Choice, Filled, Form, Notes, Option, Part, PlacePicker, Text, Ticks, Time
from bot.errors import UserMistake
from bot.messages import mark, say
from bot.model import Place, Watchlist
from bot.store import places, watchlists
from bot.store.database import Tx
from bot.times import time_of_day
from bot.watch import backtest
from bot.watch import query as language
from handlers import channels, editing, meaning, permission, preview, recording, subscription_words, workspace_queries
from handlers.grammar import NAME_LIMIT, Request, query_and_name
from handlers.grammar import name as read_name
from handlers.mistakes import beside_field
from handlers.preview import Preview
from handlers.reply import Context, Reply
from handlers.subscription_words import SubscriptionWish
from handlers.watchlists import bold, here, news

NOWHERE = "nowhere"
OFTEN = (
    (NOWHERE, mark("Not there"), mark("Only save it")),
    ("now", mark("At once"), mark("Each item as soon as it is found")),
    ("hourly", mark("Hourly"), mark("A digest at each full hour")),
    ("daily", mark("Daily"), mark("A digest at the time below")),
    ("weekly", mark("Weekly"), mark("A digest once a week at the time below")),
)
"""How often a watchlist comes: the value, what it is called, and what that means."""
RELATED = 8
_YES = "yes"


@dataclass(frozen=True)
class Draft:
    """What stands in the builder. `channel` is the platform's id of a place, "" for the one it is opened in; `edits` a watchlist's id."""

    query: str = ""
    related: tuple[str, ...] = ()
    name: str = ""
    channel: str = ""
    often: str = "now"
    at: str = "09:00"
    urgent: bool = False
    certain: bool = False
    edits: str = ""


@dataclass(frozen=True)
class Understood:
    """The query of a draft, with and without the related concepts that are ticked, and what it would have found."""

    base: language.Query
    query: language.Query
    seen: Preview


async def new(request: Request, argument: str, context: Context) -> Form:
    """The builder for a new watchlist, begun with a query and perhaps a name."""
    text, name = query_and_name(argument)
    return await _begun(request, Draft(query=text, name=name, channel=_channel(request)), context)


async def old(request: Request, argument: str, context: Context) -> Form | None:
    """The builder for a watchlist with all that is set; a form that asks which, if none is named; None if a query follows the name."""
    async with context.store.read() as tx:
        if not argument:
            return _which(await watchlists.in_workspace(tx, request.place.workspace))
        watchlist, text = await editing.to_edit(tx, request, argument)
        draft = await _of(tx, request, watchlist)
    if text and not request.by_form:
        return None
    return await _begun(request, replace(draft, query=text or draft.query), context)


async def saved(request: Request, filled: Filled, context: Context) -> Reply:
    """The next form, with a new preview or with errors beside their fields; or the watchlist is saved and delivered as was wished."""
    if filled.one("watchlist"):
        form = await old(request, f'"{filled.one("watchlist")}"', context)
        return Reply(card=notice(say("The watchlist is opened.")), form=form)
    draft = _draft(filled)
    async with context.store.read() as tx:
        read, errors = await _understood(tx, request, draft, context)
    form = _form(request, draft, read, context)
    if read is None or errors or not filled.done:
        return _again(form, errors if filled.done else {name: told for name, told in errors.items() if name == "query" and draft.query})
    if read.seen.is_doubtful and not draft.certain:
        return _again(form, {"certain": say("Nothing is saved yet: tick this if you mean it, or change the query.")})
    return await _save(request, draft, read, context)


def _again(form: Form, errors: dict[str, str]) -> Reply:
    told = [line(one) for one in errors.values()] or [phrase("The preview is up to date.")]
    return Reply(card=notice(*told, tone="warning" if errors else "info"), form=form.refused(errors))


def _channel(request: Request) -> str:
    """What a picker of places begins with; a personal chat is not among the places to pick from."""
    return "" if request.personal else request.place.channel


async def _begun(request: Request, draft: Draft, context: Context) -> Form:
    async with context.store.read() as tx:
        read, errors = await _understood(tx, request, draft, context)
    told = {"query": errors["query"]} if draft.query and "query" in errors else {}
    return _form(request, draft, read, context).refused(told)


def _which(known: Sequence[Watchlist]) -> Form | None:
    if not known:
        return None
    choice = Choice(name="watchlist", label=say("Watchlist"), options=tuple(Option(value=one.name, label=one.name) for one in known))
    return Form(action="watch edit", title=say("Edit a watchlist"), parts=(choice,), submit=say("Open"), typed="watch edit <name> <query>")


async def _of(tx: Tx, request: Request, watchlist: Watchlist) -> Draft:
    """All that is set of a watchlist: its query and name, and how this place receives it."""
    held = await channels.held(tx, request.place, watchlist)
    draft = Draft(query=watchlist.query, name=watchlist.name, channel=_channel(request), often=NOWHERE, edits=watchlist.id)
    return replace(draft, often=held.frequency, at=f"{held.at:%H:%M}", urgent=held.urgent) if held else draft


def _draft(filled: Filled) -> Draft:
    return Draft(
        query=filled.one("query"),
        related=filled.many("related"),
        name=filled.one("name"),
        channel=filled.one("place"),
        often=filled.one("often") or NOWHERE,
        at=filled.one("at"),
        urgent=_YES in filled.many("urgent"),
        certain=_YES in filled.many("certain"),
        edits=filled.state,
    )


async def _understood(tx: Tx, request: Request, draft: Draft, context: Context) -> tuple[Understood | None, dict[str, str]]:
    """What the draft asks for, as far as it can be understood, and what is wrong, by field."""
    errors: dict[str, str] = {}
    read = None
    try:
        base = language.saveable(await workspace_queries.typed(tx, request, draft.query, context))
        query = _with(base, draft.related)
        read = Understood(base, query, await preview.of(tx, query, request))
        await _check_name(tx, request, draft, query)
    except UserMistake as mistake:
        errors["name" if read else "query"] = beside_field(mistake) if draft.query else say("What shall it find? Write at least one word.")
    if draft.often in ("daily", "weekly") and time_of_day(draft.at) is None:
        errors["at"] = say("At what time shall the digest come? Write it like 09:00.")
    return read, errors


def _with(base: language.Query, related: Sequence[str]) -> language.Query:
    """The query for its words or the related concepts that are ticked; what is not related to it any more is passed over."""
    offered = {one.id for one in language.related(base)}
    query = base
    for concept in related:
        query = backtest.stretched(query, concept) if concept in offered else query
    return query


async def _check_name(tx: Tx, request: Request, draft: Draft, query: language.Query) -> None:
    name = read_name(draft.name) or editing.name_of(language.show(query))
    taken = await watchlists.get_by_name(tx, request.place.workspace, name)
    if taken is not None and taken.id != draft.edits:
        raise UserMistake(
            say("There is a watchlist {name} already; it finds: {query}", name=taken.name, query=taken.query),
            hint=say("Choose another name."),
        )


def _form(request: Request, draft: Draft, read: Understood | None, context: Context) -> Form:
    return Form(
        action="watch edit" if draft.edits else "watch add",
        title=say("Edit a watchlist") if draft.edits else say("New watchlist"),
        parts=tuple(_parts(request, draft, read, context)),
        submit=say("Save"),
        state=draft.edits,
        update=say("Show what it finds"),
        typed=f"watch edit {draft.name or '<name>'} <query>" if draft.edits else "watch add <query> as <name>",
    )


def _parts(request: Request, draft: Draft, read: Understood | None, context: Context) -> Iterator[Part]:
    syntax = say('Words, "exact phrases", OR, -without, country:KR. Words we know are matched in every language.')
    example = '"decentralized trials" country:KR'
    yield Text(
        name="query", label=say("What shall it find?"), value=draft.query, example=example, hint=syntax, live=True, several_lines=True
    )
    if read is not None:
        yield Notes(lines=tuple(_told(read, request, context)))
        yield Ticks(
            name="related", label=say("Related concepts to match as well"), options=_related(read.base), values=draft.related, optional=True
        )
        if read.seen.is_doubtful:
            constant, silent = say("Save it all the same, though it alerts all the time"), say("Save it though nothing matches")
            label = constant if read.seen.tested.found else silent
            yes = (Option(value=_YES, label=say("Yes, I mean it")),)
            yield Ticks(name="certain", label=label, options=yes, values=(_YES,) * draft.certain, optional=True)
    named = say("Left empty, it is called after its query.")
    yield Text(name="name", label=say("Name"), value=draft.name, most=NAME_LIMIT, hint=named, optional=True)
    left_empty = say("Left empty, it is {place}.", place=here(request))
    where = left_empty if request.personal else say("Invite me there first, if I am not in it.")
    yield PlacePicker(name="place", label=say("Deliver to"), value=draft.channel, hint=where, optional=True)
    yield Choice(name="often", label=say("How often"), options=often(OFTEN), value=draft.often)
    yield Time(
        name="at",
        label=say("At what time"),
        value=draft.at,
        hint=say("For daily and weekly; in the time zone of the place."),
        optional=True,
    )
    urgent = (Option(value=_YES, label=say("Recalls and safety alerts at once")),)
    yield Ticks(name="urgent", label=say("Urgent"), options=urgent, values=(_YES,) * draft.urgent, optional=True)


def often(known: Sequence[tuple[str, str, str]]) -> tuple[Option, ...]:
    """Ways to deliver as options to choose from."""
    return tuple(Option(value=value, label=say(label), hint=say(hint)) for value, label, hint in known)


def _told(read: Understood, request: Request, context: Context) -> Iterator[Line]:
    """What the query finds in words and languages, and would have found."""
    yield from meaning.definition(read.query)
    yield line(Span(text=preview.verdict(read.seen), bold=True))
    if advice := preview.advice(read.seen):
        yield line(advice)
    for section in preview.newest(read.seen, request, context):
        yield from section.lines


def _related(base: language.Query) -> tuple[Option, ...]:
    return tuple(Option(value=one.id, label=one.name, hint=meaning.sample(one.id)) for one in language.related(base)[:RELATED])


async def _save(request: Request, draft: Draft, read: Understood, context: Context) -> Reply:
    async with context.store.write() as tx:
        before = await _kept(tx, request, draft)
        watchlist = await _written(tx, request, draft, before, read.query)
        place = await picked(tx, request, draft.channel)
        delivered, told = await _deliver(tx, request, draft, watchlist, place)
        # Last of all: whoever writes into the record holds it until the transaction ends.
        if watchlist != before:
            what = "added" if before is None else "edited" if watchlist.query != before.query else "renamed"
            await recording.watchlist(tx, request, what, before, watchlist)
        was = await preview.of(tx, await workspace_queries.saved(tx, before), request) if before else None
    changed = preview.change(backtest.difference(was.tested, read.seen.tested, was.query, read.query)) if was else ()
    name = bold(watchlist)
    lines = (
        phrase("Watchlist {name} is changed.", name=name) if before else phrase("Watchlist {name} is saved.", name=name),
        *meaning.definition(read.query),
        *([phrase("Before, it found: {query}", query=Span(text=before.query, code=True)), *changed] if before else []),
        *preview.lines(read.seen, context),
        delivered,
    )
    card = Card(sections=(Section(lines=lines), *preview.newest(read.seen, request, context)), tone="success")
    return Reply(card=card, announce=_news(request, watchlist, before, told))


async def _kept(tx: Tx, request: Request, draft: Draft) -> Watchlist | None:
    """The watchlist that is edited, as it is; None for a new one."""
    if not draft.edits:
        return None
    found = next((one for one in await watchlists.in_workspace(tx, request.place.workspace) if one.id == draft.edits), None)
    if found is None:
        raise UserMistake(
            say("This watchlist was removed a moment ago."),
            hint=say("To add it again: {command}", command=f"{request.prefix}watch add {draft.query}"),
        )
    return found


async def _written(tx: Tx, request: Request, draft: Draft, before: Watchlist | None, query: language.Query) -> Watchlist:
    name = read_name(draft.name) or editing.name_of(language.show(query))
    if before is None:
        wanted = editing.new_watchlist(request, name, query)
        await watchlists.add(tx, wanted)
        return wanted
    after = before.model_copy(update={"name": name, "query": language.show(query)})
    if after.query != before.query:
        await watchlists.edit(tx, before.workspace, before.id, after.query)
    if after.name != before.name:
        await watchlists.rename(tx, before.workspace, before.id, after.name)
    return after


async def picked(tx: Tx, request: Request, channel: str) -> Place:
    """The place that was picked by its id on the platform, as it is kept; that of the request where none was."""
    if channel in ("", request.place.channel):
        found = request.place
    else:
        place = request.place
        found = Place(
            id=f"{place.platform}:{place.workspace}:{channel}",
            platform=place.platform,
            workspace=place.workspace,
            channel=channel,
        )
    await places.ensure(tx, found)
    return await places.get(tx, found.id) or found


async def _deliver(tx: Tx, request: Request, draft: Draft, watchlist: Watchlist, place: Place) -> tuple[Line, Line]:
    """The place receives the watchlist as wished, or not; what to say of it, and what to tell everybody here."""
    frequency = next((one for one in subscription_words.FREQUENCIES if one == draft.often), None)
    if frequency is None:
        if had := await channels.held(tx, place, watchlist):
            await permission.require_manager(tx, request, place)
        gone = await places.unsubscribe(tx, place.id, watchlist.id)
        if had:
            await recording.subscription(tx, request, place, watchlist, had, None)
        called, typed = _called(request, place), Span(text=f"{request.prefix}subscribe {watchlist.name}", code=True)
        if gone:
            return phrase("{place} no longer receives it", place=called), phrase(" and unsubscribed this channel from it")
        return phrase("{place} does not receive it. To subscribe: {command}", place=called, command=typed), ()
    held = await channels.held(tx, place, watchlist)
    days = held.days if held and held.frequency == frequency else ()
    wish = SubscriptionWish(name=watchlist.name, frequency=frequency, days=days, at=time_of_day(draft.at) or time(9), urgent=draft.urgent)
    done = await channels.begin(tx, request, place, watchlist, wish)
    return done.now, (*line(" –"), *done.news) if done.changed and place.id == request.place.id else ()


def _called(request: Request, place: Place) -> str:
    return here(request).capitalize() if place.id == request.place.id else place.name or say("that channel").capitalize()


def _news(request: Request, watchlist: Watchlist, before: Watchlist | None, told: Line) -> Card | None:
    """What everybody here is told: what was changed, and how the place receives it now; nothing if nothing was."""
    query = Span(text=watchlist.query, code=True)
    if before is None:
        return news(request, (*phrase(" added the watchlist {name}: {query}", name=bold(watchlist), query=query), *told))
    was = phrase(" – before: {query}", query=Span(text=before.query, code=True)) if before.query != watchlist.query else ()
    renamed = phrase(" ({name} until now)", name=bold(before)) if before.name != watchlist.name else ()
    if not was and not renamed and not told:
        return None
    return news(
        request,
        (*phrase(" changed the watchlist {name}{renamed}: {query}", name=bold(watchlist), renamed=renamed, query=query), *was, *told),
    )
