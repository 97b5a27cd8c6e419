"""Watchlists are made and changed: test, add, edit, rename; each shows what the query would have found before anything is saved.

A typed command saves at once when the backtest is sane. One that would alert all the time, or never, is saved only after a `yes`.
"""

import hashlib

from bot.cards.card import Button, Card, Line, Section, Span, line, notice, phrase
from bot.errors import UserMistake
from bot.messages import say
from bot.model import Watchlist
from bot.store import places, watchlists
from bot.store.database import Tx
from bot.watch import backtest
from bot.watch import query as language
from handlers import confirming, meaning, preview, recording, workspace_queries
from handlers.grammar import NAME_LIMIT, Request, name_and_yes, query_and_name, tokens
from handlers.preview import Preview
from handlers.reply import Context, Reply
from handlers.watchlists import asked, bold, delivered, here, named, news, where


async def test(request: Request, argument: str, context: Context) -> Reply:
    """What a watchlist of this query would have alerted on; nothing is saved."""
    if not argument:
        return asked(say("Which query shall I try?"), 'watch test "decentralized trials" country:KR', request)
    async with context.store.read() as tx:
        query = await _read(tx, request, argument, context)
        seen = await preview.of(tx, query, request)
    save = Button(label=say("Save as watchlist"), action="watch add", value=language.show(query), style="primary")
    lines = (*meaning.definition(query), *meaning.related_line(query), *preview.lines(seen, context), *_advice(seen))
    first = Section(lines=lines, buttons=(save, *_better(seen, "watch test", ""), *meaning.related(query, "watch test")))
    return Reply(card=Card(sections=(first, *preview.newest(seen, request, context))))


async def add(request: Request, argument: str, context: Context) -> Reply:
    """A new watchlist in the workspace, unless one of that name exists; the answer shows it whole, with what it would have found.

    A doubtful one is saved only after a `yes`.
    """
    words, certain = name_and_yes(argument)
    text, given = query_and_name(words)
    if not text:
        return asked(say("What shall the watchlist find?"), 'watch add "decentralized trials" as DCT', request)
    # Looked at first: once it is saved, nothing may fail that would have us say it was not.
    async with context.store.read() as tx:
        query = await _read(tx, request, text, context)
        wanted = new_watchlist(request, given or name_of(text), query)
        await _refuse_taken(tx, wanted, request)
        seen = await preview.of(tx, query, request)
    if seen.is_doubtful and not certain:
        as_name = f' as "{given}"' if given else ""
        return Reply(
            card=_question(
                wanted.name, seen, f"watch add {wanted.query}{as_name} yes", _better(seen, "watch add", as_name), request, context
            )
        )
    async with context.store.write() as tx:
        await _refuse_taken(tx, wanted, request)
        await watchlists.add(tx, wanted)
        await recording.watchlist(tx, request, "added", None, wanted)
    return Reply(card=_added(wanted, seen, request, context), announce=_added_news(wanted, request))


async def _read(tx: Tx, request: Request, text: str, context: Context) -> language.Query:
    return language.saveable(await workspace_queries.typed(tx, request, text, context))


def name_of(text: str) -> str:
    """A name made of a query: without its quotes, cut at a word when long."""
    tidy = " ".join("".join(character for character in text if character not in '"“”„‟＂').split())
    if len(tidy) <= NAME_LIMIT:
        return tidy
    return tidy[: NAME_LIMIT - 1].rsplit(" ", 1)[0] + "…"


def new_watchlist(request: Request, name: str, query: language.Query) -> Watchlist:
    """A new watchlist of the place's workspace, not saved yet."""
    seed = f"{request.place.workspace}\n{name.casefold()}\n{request.now.isoformat()}"
    return Watchlist(
        id="w" + hashlib.sha256(seed.encode()).hexdigest()[:16],
        workspace=request.place.workspace,
        name=name,
        query=language.show(query),
        created_by=request.actor,
        created=request.now,
    )


async def _refuse_taken(tx: Tx, wanted: Watchlist, request: Request) -> None:
    taken = await watchlists.get_by_name(tx, wanted.workspace, wanted.name)
    if taken is not None:
        raise UserMistake(
            say("There is a watchlist {name} already; it finds: {query}", name=taken.name, query=taken.query),
            hint=say(
                "Add yours under another name: {first} – or change that one: {second}",
                first=f"{request.prefix}watch add {wanted.query} as {taken.name} 2",
                second=f"{request.prefix}watch edit {taken.name} {wanted.query}",
            ),
        )


def _added(watchlist: Watchlist, seen: Preview, request: Request, context: Context) -> Card:
    lines = (
        phrase("Watchlist {name} is saved.", name=bold(watchlist)),
        *meaning.definition(seen.query),
        *meaning.related_line(seen.query),
        *preview.lines(seen, context),
        *_advice(seen),
        phrase("It is delivered nowhere yet. Next: {command}", command=Span(text=f"{request.prefix}subscribe {watchlist.name}", code=True)),
    )
    more = meaning.related(seen.query, "watch edit", f'"{watchlist.name}" ')
    return Card(
        sections=(Section(lines=lines, buttons=(_subscribe(watchlist, request), *more)), *preview.newest(seen, request, context)),
        tone="success",
    )


def _added_news(watchlist: Watchlist, request: Request) -> Card | None:
    return news(request, phrase(" added the watchlist {name}: {query}", name=bold(watchlist), query=Span(text=watchlist.query, code=True)))


async def edit(request: Request, argument: str, context: Context) -> Reply:
    """The watchlist has the new query; its name and subscriptions stay. The answer shows what that adds and drops.

    A doubtful query is saved only after a `yes`.
    """
    if not argument:
        return asked(say("Which watchlist, and what shall it find?"), 'watch edit DCT "decentralized trials" OR DCT', request)
    words, certain = name_and_yes(argument)
    async with context.store.read() as tx:
        watchlist, text = await to_edit(tx, request, words)
        if not text:
            return _what_instead(watchlist, request)
        old, query = await workspace_queries.saved(tx, watchlist), await _read(tx, request, text, context)
        before, seen = await preview.of(tx, old, request), await preview.of(tx, query, request)
    edited = watchlist.model_copy(update={"query": language.show(query)})
    told = preview.change(backtest.difference(before.tested, seen.tested, old, query))
    if seen.is_doubtful and not certain:
        name = f'"{watchlist.name}" '
        typed = f"watch edit {name}{edited.query} yes"
        return Reply(card=_question(watchlist.name, seen, typed, _better(seen, f"watch edit {name}".strip(), ""), request, context, told))
    return await _save_edit(request, context, watchlist, edited, seen, told)


async def to_edit(tx: Tx, request: Request, words: str) -> tuple[Watchlist, str]:
    """The watchlist that the words begin with, in quotes or as the longest name there is, and the query after it."""
    found = tokens(words)
    if not found[0].quoted:
        for at in range(len(found), 0, -1):
            exact = await watchlists.get_by_name(tx, request.place.workspace, words[: found[at - 1].end])
            if exact is not None:
                return exact, words[found[at - 1].end :].strip()
    watchlist, _ = await named(tx, request, words[: found[0].end], "watch edit", guess=False)
    return watchlist, words[found[0].end :].strip()


def _what_instead(watchlist: Watchlist, request: Request) -> Reply:
    example = Span(text=f"{request.prefix}watch edit {watchlist.name} {watchlist.query}", code=True)
    return Reply(
        card=notice(phrase("What shall {name} find instead? Write the whole query; today it is:", name=bold(watchlist)), (example,))
    )


async def _save_edit(
    request: Request, context: Context, watchlist: Watchlist, edited: Watchlist, seen: Preview, told: tuple[Line, ...]
) -> Reply:
    async with context.store.write() as tx:
        if not await watchlists.edit(tx, watchlist.workspace, watchlist.id, edited.query):
            raise UserMistake(
                say("The watchlist {name} was removed a moment ago.", name=watchlist.name),
                hint=say("To add it: {command}", command=f"watch add {edited.query}"),
            )
        await recording.watchlist(tx, request, "edited", watchlist, edited)
        taken = await places.of_watchlists(tx, [watchlist.id])
    lines = (
        phrase("Watchlist {name} is changed.", name=bold(edited)),
        *meaning.definition(seen.query),
        phrase("Before, it found: {query}", query=Span(text=watchlist.query, code=True)),
        *told,
        *preview.lines(seen, context),
        *_advice(seen),
        delivered(edited, where(taken, request)),
    )
    query, name = Span(text=edited.query, code=True), bold(edited)
    change = phrase(" changed the watchlist {name}{renamed}: {query}", name=name, renamed=(), query=query)
    was = phrase(" – before: {query}", query=Span(text=watchlist.query, code=True))
    subscribed = any(one.place == request.place.id for one in taken)
    first = Section(lines=lines, buttons=() if subscribed else (_subscribe(edited, request),))
    card = Card(sections=(first, *preview.newest(seen, request, context)), tone="success")
    return Reply(card=card, announce=news(request, line(*change, *was)))


def _subscribe(watchlist: Watchlist, request: Request) -> Button:
    return Button(label=say("Subscribe {place}", place=here(request)), action="subscribe", value=f'"{watchlist.name}"', style="primary")


async def rename(request: Request, argument: str, context: Context) -> Reply:
    """The watchlist has the new name; everything else stays."""
    old, new = query_and_name(argument)
    if not old or not new:
        return asked(say("Which watchlist, and what shall it be called?"), "watch rename DCT as Decentralized trials", request)
    async with context.store.write() as tx:
        watchlist, _ = await named(tx, request, old, "watch rename", guess=False)
        await watchlists.rename(tx, watchlist.workspace, watchlist.id, new)
        renamed = watchlist.model_copy(update={"name": new})
        await recording.watchlist(tx, request, "renamed", watchlist, renamed)
        taken = await places.of_watchlists(tx, [watchlist.id])
        query = await workspace_queries.saved(tx, watchlist)
    lines = (phrase("Watchlist {before} is now called {after}.", before=bold(watchlist), after=bold(renamed)), *meaning.definition(query))
    told = news(request, phrase(" renamed the watchlist {before} to {after}.", before=bold(watchlist), after=bold(renamed)))
    return Reply(card=notice(*lines, delivered(renamed, where(taken, request)), tone="success"), announce=told)


def _question(
    name: str, seen: Preview, typed: str, better: tuple[Button, ...], request: Request, context: Context, told: tuple[Line, ...] = ()
) -> Card:
    """Whether a doubtful query is meant; nothing is saved yet."""
    command, _, rest = typed.partition(" ")
    verb, _, value = rest.partition(" ")
    anyway = Button(label=say("Save it anyway"), action=f"{command} {verb}", value=value)
    lines = (
        phrase("Watchlist {name} is not saved yet. {verdict}", name=Span(text=name, bold=True), verdict=preview.verdict(seen)),
        *_advice(seen),
        *told,
        confirming.how(request, typed),
    )
    return Card(sections=(Section(lines=lines, buttons=(*better, anyway)), *preview.newest(seen, request, context)), tone="warning")


def _advice(seen: Preview) -> tuple[Line, ...]:
    told = preview.advice(seen)
    return (line(told),) if told else ()


def _better(seen: Preview, command: str, name: str) -> tuple[Button, ...]:
    """A button that does the same with the query that may serve better."""
    if seen.better is None:
        return ()
    change = seen.better[0]
    verb = " ".join(command.split()[:2])
    value = f"{command.removeprefix(verb).strip()} {language.show(change.query)}{name}".strip()
    return (Button(label=f"{change.words[0].upper()}{change.words[1:]}".rstrip(","), action=verb, value=value, style="primary"),)
