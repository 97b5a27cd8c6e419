"""Packs in chat: what there is, what one holds and would have found, and all of its watchlists added at once, or brought up to date."""

from collections.abc import Sequence

from bot.cards.card import Button, Card, Line, Section, Span, line, notice, phrase
from bot.cards.card import filled as filled_in
from bot.cards.form import Choice, Filled, Form, Option
from bot.errors import UserMistake
from bot.messages import chosen, count, say
from bot.store import packed
from bot.watch import packs
from bot.watch.packs import Pack
from handlers import pack_adding
from handlers.grammar import Request, name_and_yes, query_and_page
from handlers.pack_adding import Plan
from handlers.reply import Context, Reply, refused
from handlers.watchlists import asked

PAGE = 6


async def show_all(request: Request, argument: str, context: Context) -> Reply:
    """The packs there are, or those in which all the words stand, with what each holds and whether it is here; six a page."""
    words, number = query_and_page(argument)
    found = packs.matching(words, packs.shipped().values())
    if not found:
        packs.chosen(words, packs.shipped())  # says what comes nearest
    async with context.store.read() as tx:
        here = await packed.versions(tx, request.place.workspace)
    last = max(1, -(-len(found) // PAGE))
    number = min(number, last)
    turning = [(say("Previous"), number - 1)] * (number > 1) + [(say("Next"), number + 1)] * (number < last)
    pages = tuple(Button(label=label, action="packs", value=f"{words} page {page}".strip()) for label, page in turning)
    shown = found[(number - 1) * PAGE : number * PAGE]
    page = say(" – page {number} of {last}", number=number, last=last) if last > 1 else ""
    one_of = count(" One pack{page}:", " {n} packs{page}:", len(found), page=page)
    by_form = Button(label=say("Choose from a list"), action="packs add", form=True)
    head = Section(
        lines=(phrase("A pack holds ready watchlists that belong together, matched in every language.{one_of}", one_of=one_of),),
        buttons=(by_form,),
    )
    foot = [Section(lines=(), buttons=pages)] if pages else []
    return Reply(card=Card(sections=(head, *(_row(one, here.get(one.id, 0)) for one in shown), *foot)))


def _row(pack: Pack, has: int) -> Section:
    older = say(" – added as edition {has}; there is edition {newest}", has=has, newest=pack.version)
    state = "" if not has else say(" – added") if has >= pack.version else older
    holds = ", ".join(one.name for one in pack.watchlists)
    look = Button(label=say("Look"), action="packs show", value=pack.id)
    add = Button(label=say("Add"), action="packs add", value=pack.id, style="primary")
    update = Button(label=say("Update"), action="packs update", value=pack.id, style="primary")
    buttons = (look,) if has >= pack.version else (look, update) if has else (look, add)
    return Section(
        lines=(
            line(Span(text=pack.name, bold=True), f" ({pack.id}){state}"),
            phrase("{description} Holds: {holds}.", description=pack.description, holds=holds),
        ),
        buttons=buttons,
    )


async def show(request: Request, argument: str, context: Context) -> Reply:
    """One pack whole: its watchlists with their queries and what each would have found; nothing is saved."""
    if not argument:
        return asked(say("Which pack?"), "packs show kr-trials", request)
    pack = packs.chosen(argument, packs.shipped())
    async with context.store.read() as tx:
        plan = await pack_adding.planned(tx, request, pack, context, everything=True)
        whole = await pack_adding.looked_at(tx, request, pack, context)
    add = Button(label=say("Add all"), action="packs add", value=pack.id, style="primary")
    state = (
        phrase("All of it is here already.")
        if not plan.doing
        else phrase("To add it: {command}", command=Span(text=f"{request.prefix}packs add {pack.id}", code=True))
    )
    first = Section(lines=(*_head(pack), state), buttons=(add,) if plan.doing else ())
    return Reply(card=Card(sections=(first, *whole)))


def _head(pack: Pack) -> tuple[Line, ...]:
    return phrase("{pack}, edition {version}.", pack=Span(text=pack.name, bold=True), version=pack.version), line(pack.description)


async def add(request: Request, argument: str, context: Context) -> Reply:
    """Every watchlist of the pack is saved, or none; one that would alert all the time is saved after a `yes`."""
    words, certain = name_and_yes(argument)
    if not words:
        return asked(say("Which pack? See them all: `packs`."), "packs add kr-trials", request)
    pack = packs.chosen(words, packs.shipped())
    async with context.store.read() as tx:
        plan = await pack_adding.planned(tx, request, pack, context, everything=False)
        lost = await pack_adding.planned(tx, request, pack, context, everything=True)
    if plan.has and not any(one.fate == "removed" for one in lost.doing):
        return _is_here(plan, request)
    if plan.has:
        plan = lost._replace(doing=tuple(one for one in lost.doing if one.fate in ("add", "removed")))
    return await added(request, plan, context, f"packs add {pack.id} yes", certain=certain)


def _is_here(plan: Plan, request: Request) -> Reply:
    typed = Span(text=f"{request.prefix}packs update {plan.pack.id}", code=True)
    lists = phrase("It holds: {names}.", names=", ".join(one.name for one in plan.pack.watchlists))
    newer = (
        [phrase("There is a newer edition, {version}. To see what it changes: {typed}", version=plan.pack.version, typed=typed)]
        if plan.has < plan.pack.version
        else []
    )
    return Reply(
        card=notice(
            phrase("{pack} is here already, as edition {has}.", pack=Span(text=plan.pack.name, bold=True), has=plan.has), lists, *newer
        )
    )


async def added(request: Request, plan: Plan, context: Context, typed: str, *, certain: bool) -> Reply:
    """The plan is carried out, or asked about where it would alert all the time."""
    name = Span(text=plan.pack.name, bold=True)
    if plan.broad and not certain:
        many = say("Not saved yet: {n} of {all} would alert more than 10 times a day.", n=len(plan.broad), all=len(plan.doing))
        return Reply(card=pack_adding.question(plan, many, typed, request))
    async with context.store.write() as tx:
        await pack_adding.save(tx, request, [plan])
    told = chosen(
        "Pack {name}, edition {edition}: {n} watchlist is saved. It is delivered where somebody subscribes.",
        "Pack {name}, edition {edition}: {n} watchlists are saved. They are delivered where somebody subscribes.",
        len(plan.doing),
    )
    first = (filled_in(told, name=name, edition=str(plan.pack.version), n=str(len(plan.doing))),)
    card = Card(sections=(Section(lines=first), *pack_adding.told(plan, request)), tone="success")
    return Reply(card=card, announce=pack_adding.announced(request, [plan]))


async def update(request: Request, argument: str, context: Context) -> Reply:
    """What a newer edition changes is shown and, with `yes`, done; what people edited is left alone unless they say `all`."""
    words, certain = name_and_yes(argument)
    words, everything = (words[:-4].strip(), True) if words.casefold().endswith(" all") else (words, False)
    async with context.store.read() as tx:
        here = await packed.versions(tx, request.place.workspace)
    if not words:
        return Reply(card=_updates(here))
    pack = packs.chosen(words, packs.shipped())
    if pack.id not in here:
        raise UserMistake(
            say("The pack “{pack}” is not here.", pack=pack.name),
            hint=say("To add it: {command}", command=f"{request.prefix}packs add {pack.id}"),
        )
    async with context.store.read() as tx:
        plan = await pack_adding.planned(tx, request, pack, context, everything=everything)
    return await updated(request, plan, context, f"packs update {pack.id}", everything=everything, certain=certain)


def _updates(here: dict[str, int]) -> Card:
    old = [one for one in packs.shipped().values() if one.id in here and here[one.id] < one.version]
    if not old:
        as_new = say("Every pack that was added here is as new as mine.")
        return notice(as_new if here else say("No pack was added here yet. See them all: `packs`"))
    buttons = tuple(Button(label=one.name, action="packs update", value=one.id) for one in old)
    return notice(phrase("There are newer editions of: {names}", names=", ".join(one.name for one in old)), buttons=buttons)


async def updated(request: Request, plan: Plan, context: Context, command: str, *, everything: bool, certain: bool) -> Reply:
    """The difference of an edition is told, and made after a `yes`."""
    left = pack_adding.left_alone(plan, f"{request.prefix}{command} all" if command.startswith("packs update") else "")
    name = Span(text=plan.pack.name, bold=True)
    if not plan.doing:
        async with context.store.write() as tx:
            await pack_adding.save(tx, request, [plan])
        return Reply(
            card=notice(phrase("{name}, edition {version}: nothing is to be changed here.", name=name, version=plan.pack.version), *left)
        )
    if not certain:
        typed = f"{command}{' all' if everything else ''} yes"
        first = say(
            "{pack}: from edition {has} to {newest}. Nothing is changed yet; it would {what}:",
            pack=plan.pack.name,
            has=plan.has,
            newest=plan.pack.version,
            what=_summary(plan),
        )
        return Reply(card=pack_adding.question(plan, first, typed, request, *left))
    async with context.store.write() as tx:
        await pack_adding.save(tx, request, [plan])
    first_line = phrase("{name} is now edition {version} here.", name=name, version=plan.pack.version)
    sections = (Section(lines=(first_line, *left)), *pack_adding.told(plan, request))
    return Reply(card=Card(sections=sections, tone="success"), announce=pack_adding.announced(request, [plan], updated=True))


def _summary(plan: Plan) -> str:
    new = sum(one.fate in ("add", "removed") for one in plan.doing)
    changed = len(plan.doing) - new
    return say(" and ").join([say("add {n}", n=new)] * (new > 0) + [say("change {n}", n=changed)] * (changed > 0))


async def form(request: Request, _: str, context: Context) -> Form:
    """The form that asks which pack."""
    async with context.store.read() as tx:
        here = await packed.versions(tx, request.place.workspace)
    return _form([one for one in packs.shipped().values() if one.id not in here])


def _form(offered: Sequence[Pack]) -> Form:
    choices = tuple(
        Option(value=one.id, label=one.name[:75], hint=", ".join(ready.name for ready in one.watchlists)[:75]) for one in offered
    )
    choice = Choice(
        name="pack", label=say("Pack"), options=choices, hint=say("What it holds is shown before or after, by Look and Add under `packs`.")
    )
    return Form(action="packs add", title=say("Add a pack"), parts=(choice,), submit=say("Add"), typed="packs add <pack>")


async def filled(request: Request, given: Filled, context: Context) -> Reply:
    """The chosen pack is added."""
    if not given.one("pack"):
        return refused(await form(request, "", context), {"pack": say("Which pack?")})
    return await add(request, given.one("pack"), context)
