"""Packs handed on: watchlists of a workspace written as a pack, and packs of others read and saved."""

from collections.abc import Sequence

from bot.cards.card import Card, Section, Span, line, notice, phrase
from bot.cards.form import Filled, Form, Text
from bot.errors import UserMistake
from bot.messages import mark, say
from bot.model import Watchlist
from bot.store import watchlists
from bot.store.database import Tx
from bot.watch import packs
from bot.watch.packs import Pack, Ready
from handlers import pack_adding
from handlers.grammar import Request, clean, listed, name_and_yes, query_and_name
from handlers.mistakes import beside_field
from handlers.pack_adding import Plan
from handlers.packs import added, updated
from handlers.reply import Context, Reply, refused
from handlers.watchlists import named

MOST_IN_CHAT = 2_800
"""Characters of a pack that one message holds whole."""
DEFAULT = mark("Our watchlists")
_PASTE = 3_000


async def export(request: Request, argument: str, context: Context) -> Reply:
    """The watchlists that are named, or all, as a pack to paste elsewhere."""
    async with context.store.read() as tx:
        text = await exported(tx, request, argument)
    in_file = phrase("On the command line, to and from a file: {command}", command=Span(text="regwatch packs export FILE", code=True))
    if len(text) > MOST_IN_CHAT:
        few = phrase("Name fewer: {command}", command=Span(text=f"{request.prefix}packs export <watchlist>, <watchlist>", code=True))
        return Reply(
            card=notice(line(say("That is {n} characters, too many for a message.", n=f"{len(text):,}")), few, in_file, tone="warning")
        )
    how = phrase(
        "To add it elsewhere, write there {command} and paste this after it:", command=Span(text=f"{request.prefix}packs import", code=True)
    )
    return Reply(card=Card(sections=(Section(lines=(how, line(Span(text=text, code=True)), in_file)),)))


async def exported(tx: Tx, request: Request, argument: str) -> str:
    """The text of a pack of these watchlists, `<name>, <name> as <pack>`, of all of them where none is named."""
    words, given = query_and_name(argument)
    wanted = listed(words)
    if wanted:
        found = [(await named(tx, request, one.text, "packs export", guess=False))[0] for one in wanted]
    else:
        found = await watchlists.in_workspace(tx, request.place.workspace)
    if not found:
        raise UserMistake(
            say("There are no watchlists yet."), hint=say("Add the first: {command}", command='watch add "decentralized trials" as DCT')
        )
    return packs.written([_pack(found, given or say(DEFAULT), request)])


def _pack(found: Sequence[Watchlist], name: str, request: Request) -> Pack:
    """Its edition is the day, so that a later one is newer."""
    keys: dict[str, Watchlist] = {}
    for one in found[: packs.MOST_WATCHLISTS]:
        key = packs.slug(one.name)
        while keys.get(key, one).id != one.id:
            key += "-2"
        keys[key] = one
    lists = tuple(Ready(key=key, name=one.name, query=one.query) for key, one in keys.items())
    return Pack(id=f"own-{packs.slug(name)}", name=name, version=int(f"{request.now:%Y%m%d}"), watchlists=lists)


async def import_(request: Request, argument: str, context: Context) -> Reply:
    """The packs in the text are added, all or none; an edition of one that is here shows what it changes and is made after a `yes`."""
    # As it was typed: the breaks between lines mean something in TOML.
    typed = clean(argument) and request.words[request.words.casefold().find("import") + len("import") :].strip()
    text, certain = name_and_yes(typed or argument)
    if not text:
        return Reply(
            card=notice(
                say("Paste what `packs export` showed after the command."), say("On the command line: `regwatch packs import FILE`")
            )
        )
    return await _import(request, text, context, certain=certain)


async def _import(request: Request, text: str, context: Context, *, certain: bool) -> Reply:
    read = packs.read(text)
    ours = packs.shipped()
    if foreign := next((one for one in read if one.id in ours and one != ours[one.id]), None):
        raise UserMistake(
            say("“{id}” is the id of a pack of mine that says something else.", id=foreign.id), hint=say("Give yours another id.")
        )
    async with context.store.read() as tx:
        plans = [await pack_adding.planned(tx, request, one, context, everything=False) for one in read]
    again = f"packs import {packs.written(read)} yes"
    if len(plans) == 1:
        plan = plans[0]
        if plan.has:
            return await updated(request, plan, context, again.removesuffix(" yes"), everything=False, certain=certain)
        return await added(request, plan, context, again, certain=certain)
    return await _several(request, plans, context, again, certain=certain)


async def _several(request: Request, plans: Sequence[Plan], context: Context, again: str, *, certain: bool) -> Reply:
    doubtful = [one for one in plans if one.broad or (one.has and one.doing)]
    if doubtful and not certain:
        cards = [pack_adding.question(one, say("{pack}: not saved yet.", pack=one.pack.name), again, request) for one in plans if one.doing]
        return Reply(card=Card(sections=tuple(section for card in cards for section in card.sections), tone="warning"))
    async with context.store.write() as tx:
        await pack_adding.save(tx, request, plans)
    heads = [
        Section(lines=(phrase("Pack {pack}: {n} saved.", pack=Span(text=one.pack.name, bold=True), n=str(len(one.doing))),))
        for one in plans
    ]
    sections = [section for head, plan in zip(heads, plans, strict=True) for section in (head, *pack_adding.told(plan, request))]
    return Reply(card=Card(sections=tuple(sections), tone="success"), announce=pack_adding.announced(request, plans))


async def form(_request: Request, argument: str, _: Context) -> Form:
    """The form to paste a pack into."""
    return _form(argument)


def _form(value: str) -> Form:
    hint = say("What `packs export` showed, or a file of packs: JSON or TOML.")
    text = Text(name="text", label=say("Pack"), value=value[:_PASTE], hint=hint, several_lines=True, most=_PASTE)
    return Form(action="packs import", title=say("Import a pack"), parts=(text,), submit=say("Import"), typed="packs import <text>")


async def filled(request: Request, given: Filled, context: Context) -> Reply:
    """The pasted packs are added; what is wrong stands beside the text."""
    try:
        return await _import(request, given.one("text"), context, certain=bool(given.many("certain")))
    except UserMistake as mistake:
        told = beside_field(mistake)
        return refused(_form(given.one("text")), {"text": told})
