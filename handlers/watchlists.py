"""Watchlists: add, list, show, remove."""

import hashlib
from collections.abc import Sequence
from difflib import get_close_matches

from bot.cards.card import Button, Card, Line, Section, Span, line, notice
from bot.errors import UserMistake
from bot.model import Subscription, Watchlist
from bot.store import items, places, search, watchlists
from bot.store.database import Tx
from bot.watch import query as language
from handlers.grammar import NAME_LIMIT, Request, name_and_yes, query_and_name, tokens
from handlers.grammar import name as read_name
from handlers.reply import Context, Reply


async def add(request: Request, argument: str, context: Context) -> Reply:
    """A new watchlist in the workspace, unless one of that name exists; the answer shows it whole, with what it finds already."""
    text, name = query_and_name(argument)
    if not text:
        return _asked("What shall the watchlist find?", 'watch add "decentralized trials" as DCT', request)
    query = language.parse(text, limit=context.query_limit, known=context.known())
    language.saveable(query)
    watchlist = Watchlist(
        id=_id(request, name or name_of(text)),
        workspace=request.place.workspace,
        name=name or name_of(text),
        query=language.show(query),
        created_by=request.actor,
        created=request.now,
    )
    # Counted first: once it is saved, nothing may fail that would have us say it was not.
    async with context.store.read() as tx:
        finds, of = await search.count(tx, query), await items.count(tx)
    async with context.store.write() as tx:
        await _refuse_taken(tx, watchlist, request)
        await watchlists.add(tx, watchlist)
    return Reply(card=_added(watchlist, query, _finds(finds, of), request), announce=_added_news(watchlist, request))


def name_of(text: str) -> str:
    """A name made of a query: without its quotes, cut at a word when long."""
    tidy = " ".join("".join(character for character in text if character not in '"“”„‟＂').split())
    if len(tidy) <= NAME_LIMIT:
        return tidy
    return tidy[: NAME_LIMIT - 1].rsplit(" ", 1)[0] + "…"


def _id(request: Request, name: str) -> str:
    seed = f"{request.place.workspace}\n{name.casefold()}\n{request.now.isoformat()}"
    return "w" + hashlib.sha256(seed.encode()).hexdigest()[:16]


async def _refuse_taken(tx: Tx, wanted: Watchlist, request: Request) -> None:
    taken = await watchlists.get_by_name(tx, wanted.workspace, wanted.name)
    if taken is not None:
        raise UserMistake(
            f"There is a watchlist {taken.name} already; it finds: {taken.query}",
            hint=f"Add yours under another name: {request.prefix}watch add {wanted.query} as {taken.name} 2"
            f" – or remove the old one first: {request.prefix}watch remove {taken.name}",
        )


def _finds(found: int, of: int) -> str:
    if of == 0:
        return "Nothing has been collected yet; what comes from now on is matched."
    if found == 0:
        return f"None of the {of:,} items collected so far match. If you expected some, try fewer words or leave a filter out."
    count = f"{found:,} or more" if found >= search.COUNT_CAP else f"{found:,}"
    return f"Of the {of:,} items collected so far, {count} match."


def _added(watchlist: Watchlist, query: language.Query, finds: str, request: Request) -> Card:
    next_step = line("It is delivered nowhere yet. Next: ", Span(text=f"{request.prefix}subscribe {watchlist.name}", code=True))
    lines = (line("Watchlist ", Span(text=watchlist.name, bold=True), " is saved."), *_definition(watchlist, query), line(finds), next_step)
    button = Button(label=f"Subscribe {here(request)}", action="subscribe", value=f'"{watchlist.name}"', style="primary")
    return notice(*lines, tone="success", buttons=(button,))


def _definition(watchlist: Watchlist, query: language.Query) -> tuple[Line, Line]:
    return line("It finds: ", Span(text=watchlist.query, code=True)), line("In words: ", language.explain(query))


def _added_news(watchlist: Watchlist, request: Request) -> Card | None:
    return news(request, line(" added the watchlist ", Span(text=watchlist.name, bold=True), ": ", Span(text=watchlist.query, code=True)))


async def show_all(request: Request, _: str, context: Context) -> Reply:
    """Every watchlist of the workspace, by name, with its query."""
    async with context.store.read() as tx:
        found = await watchlists.in_workspace(tx, request.place.workspace)
    return Reply(card=notice(*_listed(found, request)))


def _listed(found: Sequence[Watchlist], request: Request) -> tuple[Line, ...]:
    if not found:
        example = Span(text=f'{request.prefix}watch add "decentralized trials" as DCT', code=True)
        return (line("There are no watchlists yet. Add the first: ", example),)
    ordered = sorted(found, key=lambda one: one.name.casefold())
    rows = tuple(line(Span(text=one.name, bold=True), " – ", Span(text=one.query, code=True)) for one in ordered)
    return (line("One watchlist:" if len(found) == 1 else f"{len(found)} watchlists:"), *rows)


async def show(request: Request, argument: str, context: Context) -> Reply:
    """One watchlist whole: its query, in words too, how much it finds and where it goes."""
    if not argument:
        return _asked("Which watchlist?", "watch show DCT", request)
    async with context.store.read() as tx:
        watchlist, note = await named(tx, request, argument, "watch show")
        query = language.parse(watchlist.query, limit=len(watchlist.query))
        finds, of = await search.count(tx, query), await items.count(tx)
        taken = await places.of_watchlists(tx, [watchlist.id])
    title = line(*note, "Watchlist ", Span(text=watchlist.name, bold=True), f", since {watchlist.created:%-d %b %Y}.")
    return Reply(card=notice(title, *_definition(watchlist, query), _finds(finds, of), f"Delivered to: {_where(taken, request)}."))


def _where(taken: Sequence[Subscription], request: Request) -> str:
    """Only this place is named: the name of another channel may be private."""
    others = sum(one.place != request.place.id for one in taken)
    at_others = f"{others} other place{'s' if others != 1 else ''}"
    if len(taken) == others:
        return at_others if others else "nowhere yet"
    return f"{here(request)} and {at_others}" if others else here(request)


async def remove(request: Request, argument: str, context: Context) -> Reply:
    """The watchlist is gone, with its subscriptions; one that is delivered somewhere goes only after a `yes`."""
    if not argument:
        return _asked("Which watchlist shall go?", "watch remove DCT", request)
    async with context.store.write() as tx:
        watchlist, certain = await _to_remove(tx, request, argument)
        taken = await places.of_watchlists(tx, [watchlist.id])
        if taken and not certain:
            return Reply(card=_are_you_sure(watchlist, _where(taken, request), request))
        await watchlists.remove(tx, request.place.workspace, watchlist.id)
        left = await watchlists.in_workspace(tx, request.place.workspace)
    done = line("Watchlist ", Span(text=watchlist.name, bold=True), " is removed. It found: ", Span(text=watchlist.query, code=True))
    card = Card(sections=(Section(lines=(done,)), Section(lines=_listed(left, request))), tone="success")
    return Reply(card=card, announce=news(request, line(" removed the watchlist ", Span(text=watchlist.name, bold=True), ".")))


async def _to_remove(tx: Tx, request: Request, argument: str) -> tuple[Watchlist, bool]:
    """A watchlist may be called "say yes": the whole argument is tried as a name first."""
    exact = None if tokens(argument)[0].quoted else await watchlists.get_by_name(tx, request.place.workspace, read_name(argument))
    if exact is not None:
        return exact, False
    name, certain = name_and_yes(argument)
    watchlist, _ = await named(tx, request, name, "watch remove", guess=False)
    return watchlist, certain


def _are_you_sure(watchlist: Watchlist, where: str, request: Request) -> Card:
    typed = Span(text=f"{request.prefix}watch remove {watchlist.name} yes", code=True)
    return notice(
        line("Watchlist ", Span(text=watchlist.name, bold=True), f" is delivered to {where}. Removing it ends those alerts."),
        line("To remove it, press the button or write ", typed),
        tone="warning",
        buttons=(Button(label="Remove it", action="watch remove", value=f'"{watchlist.name}" yes', style="danger"),),
    )


async def named(tx: Tx, request: Request, argument: str, command: str, *, guess: bool = True) -> tuple[Watchlist, tuple[str, ...]]:
    """The watchlist of that name, and a note if it is only the nearest.

    A near name is taken only if it is the single one and `guess` allows; else UserMistake suggests the nearest.
    """
    name = read_name(argument)
    exact = await watchlists.get_by_name(tx, request.place.workspace, name)
    if exact is not None:
        return exact, ()
    near = _nearest(name, await watchlists.in_workspace(tx, request.place.workspace))
    if guess and len(near) == 1:
        return near[0], (f"There is no “{name}”; this is the nearest. ",)
    raise UserMistake(f"There is no watchlist “{name}” in this workspace.", hint=_suggestion(near, command, request))


def _nearest(name: str, known: Sequence[Watchlist]) -> list[Watchlist]:
    by_name = {one.name.casefold(): one for one in known}
    wanted = name.casefold()
    starting = [one for key, one in by_name.items() if len(wanted) > 1 and key.startswith(wanted)]
    return starting or [by_name[key] for key in get_close_matches(wanted, by_name, n=3, cutoff=0.6)]


def _suggestion(near: Sequence[Watchlist], command: str, request: Request) -> str:
    if not near:
        return f"See them all: {request.prefix}watch list"
    return "Did you mean: " + ", or ".join(f"{request.prefix}{command} {one.name}" for one in near[:3])


def here(request: Request) -> str:
    """What to call the place of the request."""
    return "this chat" if request.personal else "this channel"


def news(request: Request, what: Line) -> Card | None:
    """What everybody in the channel is told; nothing in a personal chat, where the answer says it."""
    if request.personal:
        return None
    return notice(line("@" + (request.actor_name or "someone"), *what))


def _asked(question: str, example: str, request: Request) -> Reply:
    return Reply(card=notice(question, line("For example: ", Span(text=request.prefix + example, code=True))))
