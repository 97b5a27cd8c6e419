"""What a pack makes of the watchlists of a workspace: looked at with its backtest, saved all or not at all, and told."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from bot.cards.card import Button, Card, Line, Section, Span, line, notice, phrase
from bot.errors import UserMistake
from bot.messages import count, mark, say
from bot.model import Watchlist
from bot.store import packed, watchlists
from bot.store.database import Tx
from bot.watch import packs
from bot.watch import query as language
from bot.watch.packs import Kept, Pack, Ready, Step
from handlers import confirming, editing, preview, recording, workspace_queries
from handlers.grammar import Request
from handlers.preview import Preview
from handlers.reply import Context
from handlers.watchlists import here, news

_LEFT = {
    "edited": mark("“{name}” was edited here and is left alone; the pack has: {query}"),
    "removed": mark("“{name}” was removed here and stays so."),
    "gone": mark("“{name}” is no longer in the pack; it stays here until you remove it."),
}


class Plan(NamedTuple):
    """What is to be done with a pack: `doing` is carried out, `leaving` only told. `has` is the edition the workspace has, 0 for none."""

    pack: Pack
    doing: tuple[Step, ...]
    leaving: tuple[Step, ...]
    has: int
    seen: Mapping[str, Preview]

    @property
    def broad(self) -> list[Step]:
        """What would alert more than ten times a day."""
        return [one for one in self.doing if one.ready and self.seen[one.ready.key].tested.is_too_broad]


async def planned(tx: Tx, request: Request, pack: Pack, context: Context, *, everything: bool) -> Plan:
    """What the pack would change here. With `everything`, what people edited or removed is to be as the pack has it, too."""
    queries = {one.key: await _query(tx, request, pack, one, context) for one in pack.watchlists}
    shown = [one.model_copy(update={"query": language.show(queries[one.key])}) for one in pack.watchlists]
    mine = pack.model_copy(update={"watchlists": tuple(shown)})
    kept = await packed.of_pack(tx, request.place.workspace, pack.id)
    found = packs.steps(mine, kept)
    if everything:
        found += [Step("removed", one, kept[one.key]) for one in shown if one.key in kept and _is_lost(kept[one.key], found, one)]
    fates = ("add", "change", "edited", "removed") if everything else ("add", "change")
    doing = tuple(one for one in found if one.fate in fates)
    seen = {one.ready.key: await preview.of(tx, queries[one.ready.key], request) for one in doing if one.ready}
    leaving = tuple(one for one in found if one.fate not in fates)
    return Plan(mine, doing, leaving, max((one.version for one in kept.values()), default=0), seen)


async def looked_at(tx: Tx, request: Request, pack: Pack, context: Context) -> list[Section]:
    """Every watchlist of the pack with its query and its backtest, whether it is here or not."""
    made = []
    for one in pack.watchlists:
        query = await _query(tx, request, pack, one, context)
        seen = await preview.of(tx, query, request)
        newest = [found for section in preview.newest(seen, request, context)[:1] for found in section.lines[1:]]
        lines = (
            line(Span(text=one.name, bold=True), " – ", Span(text=language.show(query), code=True)),
            line(preview.verdict(seen)),
            *newest,
        )
        made.append(Section(lines=lines))
    return made


def _is_lost(kept: Kept, found: Sequence[Step], ready: Ready) -> bool:
    return not kept.now and all(one.ready != ready for one in found)


async def _query(tx: Tx, request: Request, pack: Pack, ready: Ready, context: Context) -> language.Query:
    try:
        return language.saveable(await workspace_queries.typed(tx, request, ready.query, context))
    except UserMistake as error:
        told = say("The watchlist “{name}” of the pack “{pack}”: {mistake}", name=ready.name, pack=pack.name, mistake=error.sentence)
        raise UserMistake(told, hint=error.hint, text=error.text, position=error.position) from None


async def save(tx: Tx, request: Request, plans: Iterable[Plan]) -> None:
    """All of it is done. UserMistake names every watchlist whose name is taken by another query; then nothing is."""
    doing = [(plan, one) for plan in plans for one in plan.doing if one.ready]
    workspace = request.place.workspace
    taken = {_key(one.name): one for one in await watchlists.in_workspace(tx, workspace)}
    clashes = [one.ready for _, one in doing if one.ready and not _fits(one, taken.get(_key(one.ready.name)))]
    if clashes:
        raise _clash(clashes, request)
    for plan, one in doing:
        if one.ready is not None:
            kept = await _saved(tx, request, one, one.ready, taken)
            await packed.keep(tx, workspace, plan.pack, [(one.ready.key, one.ready.query, kept)])
    for plan in plans:
        left = [(one.ready.key, one.ready.query, one.kept.watchlist) for one in plan.leaving if one.ready and one.kept]
        await packed.keep(tx, workspace, plan.pack, left)


def _key(name: str) -> str:
    return " ".join(name.casefold().split())


def _fits(step: Step, there: Watchlist | None) -> bool:
    """Whether the name is free, or the watchlist of that name is this one or finds the same."""
    replaces = step.kept is not None and step.kept.now != ""
    return replaces or there is None or (step.ready is not None and there.query == step.ready.query)


async def _saved(tx: Tx, request: Request, step: Step, ready: Ready, taken: Mapping[str, Watchlist]) -> str:
    """The id of the watchlist that has the query of the pack now."""
    if step.kept is not None and step.kept.now:
        before = (await watchlists.by_id(tx, request.place.workspace, [step.kept.watchlist]))[step.kept.watchlist]
        await watchlists.edit(tx, request.place.workspace, before.id, ready.query)
        await recording.watchlist(tx, request, "edited", before, before.model_copy(update={"query": ready.query}))
        return before.id
    if there := taken.get(_key(ready.name)):
        return there.id
    made = editing.new_watchlist(request, ready.name, language.parse(ready.query, limit=len(ready.query)))
    await watchlists.add(tx, made)
    await recording.watchlist(tx, request, "added", None, made)
    return made.id


def _clash(clashes: Sequence[Ready], request: Request) -> UserMistake:
    names = ", ".join(f"“{one.name}”" for one in clashes)
    first = clashes[0].name
    return UserMistake(
        count(
            "Nothing is saved: there is a watchlist {names} here already, with another query.",
            "Nothing is saved: there are watchlists {names} here already, with another query.",
            len(clashes),
            names=names,
        ),
        hint=say("Give yours another name, then try again: {command}", command=f"{request.prefix}watch rename {first} as {first} (ours)"),
    )


def told(plan: Plan, request: Request) -> list[Section]:
    """What was done, a section for each watchlist with its query, its backtest and a way to subscribe."""
    return [
        Section(lines=tuple(_lines(plan, one, one.ready)), buttons=(_subscribe(one.kept, one.ready, request),))
        for one in plan.doing
        if one.ready is not None
    ]


def _subscribe(kept: Kept | None, ready: Ready, request: Request) -> Button:
    return Button(
        label=say("Subscribe {place}", place=here(request)),
        action="subscribe",
        value=f'"{kept.name if kept and kept.name else ready.name}"',
    )


def _lines(plan: Plan, step: Step, ready: Ready) -> Iterable[Line]:
    seen = plan.seen[ready.key]
    name = step.kept.name if step.kept and step.kept.name else ready.name
    yield line(Span(text=name, bold=True), " – ", Span(text=ready.query, code=True))
    if step.fate in ("change", "edited") and step.kept:
        yield phrase("Before, it found: {command}", command=Span(text=step.kept.now, code=True))
    yield line(preview.verdict(seen))
    if seen.tested.is_too_broad and (advice := preview.advice(seen)):
        yield line(advice)


def left_alone(plan: Plan, everything: str) -> tuple[Line, ...]:
    """What stays as it is, and why; `everything` is what to write to have it as the pack has it, if that can be said."""
    said = [line(one) for one in map(_left, plan.leaving) if one]
    edited = [one for one in plan.leaving if one.fate in ("edited", "removed")]
    more = (
        [phrase("To have these as the pack has them: {command}", command=Span(text=everything, code=True))] if edited and everything else []
    )
    return (*said, *more)


def _left(step: Step) -> str:
    name = step.kept.name if step.kept and step.kept.name else step.ready.name if step.ready else ""
    query = step.ready.query if step.ready else ""
    return say(_LEFT[step.fate], name=name, query=query) if step.fate in _LEFT else ""


def question(plan: Plan, first: str, typed: str, request: Request, *more: Line) -> Card:
    """Whether it is meant; nothing is saved yet. `typed` is the command that does it, with its `yes`."""
    verb = " ".join(typed.split()[:2])
    button = Button(label=say("Do it"), action=verb, value=typed.removeprefix(verb).strip(), style="primary")
    last = notice(
        *more,
        confirming.how(request, typed),
        buttons=(button,),
    )
    sections = [Section(lines=tuple(_lines(plan, one, one.ready))) for one in plan.doing if one.ready is not None]
    return Card(sections=(Section(lines=(line(first),)), *sections, *last.sections), tone="warning")


def announced(request: Request, plans: Sequence[Plan], *, updated: bool = False) -> Card | None:
    """What everybody in the place is told."""
    names = ", ".join(f"“{one.pack.name}”" for one in plans)
    lists = ", ".join(one.ready.name for plan in plans for one in plan.doing if one.ready)
    if updated:
        return news(
            request,
            line(
                count(" updated the pack {names}: {lists}.", " updated the packs {names}: {lists}.", len(plans), names=names, lists=lists)
            ),
        )
    return news(
        request,
        line(count(" added the pack {names}: {lists}.", " added the packs {names}: {lists}.", len(plans), names=names, lists=lists)),
    )
