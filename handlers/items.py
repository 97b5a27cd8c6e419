"""One item: what is known of it, with its versions and its story; and what changed from one version to the next."""

from collections.abc import Sequence
from datetime import UTC
from zoneinfo import ZoneInfo

from bot.cards import alert, plain
from bot.cards.card import Button, Card, Line, Section, Span, line, notice
from bot.cards.edits import edits
from bot.errors import UserMistake
from bot.items import changes as differ
from bot.items.normalise import canonical
from bot.items.stories import lead
from bot.items.versions import NOISY_AFTER
from bot.model import Item, Source
from bot.store import items, stories
from bot.store.database import Tx
from bot.store.items import Version
from bot.store.stories import Member
from handlers.grammar import Request, tokens
from handlers.reply import Context, Reply
from handlers.times import moment
from handlers.watchlists import asked

MOST_SUMMARY = 400
MOST_SHOWN = 12


async def item(request: Request, argument: str, context: Context) -> Reply:
    """An item with its dates, who else reports its event and why, and its versions with when and why each was kept."""
    if not argument:
        return asked("Which item? Give its link or its id.", "item 3f9a2c41", request)
    async with context.store.read() as tx:
        found = await known(tx, argument, request)
        if found is None:
            raise unknown(argument, request)
        history = await items.history(tx, found.id)
        members = await stories.of_item(tx, found.id)
        streak = await items.settling(tx, found.id)
    about = Section(lines=(*alert.found(found, ()), *_summary(found), *_dates(found, request, context), *settled(streak)))
    sections = [about, *_story(found, members, context), Section(lines=_versions(history, request), buttons=_buttons(found))]
    return Reply(card=Card(sections=tuple(sections)))


async def diff(request: Request, argument: str, context: Context) -> Reply:
    """What changed between the last two versions of an item, or the two that are named: additions first."""
    words = [one.text for one in tokens(argument)]
    if not words:
        return asked("Which item? Give its link or its id.", "diff 3f9a2c41", request)
    async with context.store.read() as tx:
        found = await known(tx, words[0], request)
        if found is None:
            raise unknown(words[0], request)
        history = await items.history(tx, found.id)
    old, new = _pair(found, history, words[1:], request)
    source = context.catalogue.sources.get(found.source)
    return Reply(card=_difference(found, old, new, source, request))


async def known(tx: Tx, argument: str, request: Request) -> Item | None:
    """The item that may be seen here of a link or id as people give it: quoted, in angle brackets, in capitals, with tracking words."""
    wanted, workspace = argument.strip().strip("<>\"'“”").strip(), request.place.workspace
    if "://" not in wanted and "/" not in wanted and "." not in wanted:
        return await items.find(tx, wanted.casefold(), workspace=workspace)
    try:
        link = canonical(wanted if "://" in wanted else f"https://{wanted}")
        return await items.find(tx, wanted, link or "-", workspace=workspace)
    except ValueError:
        return None


def unknown(argument: str, request: Request) -> UserMistake:
    """Nothing has this link or id, and what to do."""
    why = Span(text=f"{request.prefix}why {argument[:200]}")
    return UserMistake(f"I know no item “{plain.clip(argument, 100)}”.", hint=f"To see why, write: {why.text}")


def settled(streak: int) -> tuple[Line, ...]:
    """What is to be said of an item that changes at each poll."""
    if streak < NOISY_AFTER:
        return ()
    return (line(f"It was different at {streak} polls in a row, so it alerts no more until it holds still."),)


def source_name(of: Item, context: Context) -> str:
    """The name of an item's source, as the catalogue has it."""
    source = context.catalogue.sources.get(of.source)
    return source.name if source else of.source


def _summary(found: Item) -> tuple[Line, ...]:
    told = found.summary or found.text
    return (line(plain.clip(" ".join(told.split()), MOST_SUMMARY)),) if told else ()


def _dates(found: Item, request: Request, context: Context) -> tuple[Line, ...]:
    source = context.catalogue.sources.get(found.source)
    today = request.now.astimezone(ZoneInfo(source.timezone) if source else UTC).date()
    first = f"first seen {moment(found.detected, request)}" if found.detected else ""
    named = line("Id ", Span(text=alert.short(found.id), code=True), f" · {source_name(found, context)} · {first}")
    return (named, *alert.due(found, today))


def _story(found: Item, members: Sequence[Member], context: Context) -> tuple[Section, ...]:
    if not members:
        return ()
    leading = lead([one.item for one in members])
    rows = [_member(one, leading, found, context) for one in members]
    return (Section(lines=(line(Span(text=f"{len(members)} sources report this event:", bold=True)), *rows)),)


def _member(one: Member, leading: Item, found: Item, context: Context) -> Line:
    name = Span(text=source_name(one.item, context), url=plain.address(one.item.url))
    leads = " – leads" if one.item.id == leading.id else ""
    this = " (this item)" if one.item.id == found.id else ""
    return line(name, f"{leads}{this}: ", Span(text=alert.short(one.item.id), code=True), f" – {one.why}")


def _versions(history: Sequence[Version], request: Request) -> tuple[Line, ...]:
    head = line(Span(text="1 version:" if len(history) == 1 else f"{len(history)} versions:", bold=True))
    return (head, *(line(f"{one.item.version} – {moment(one.found, request)} – {one.why}") for one in history[-MOST_SHOWN:]))


def _buttons(found: Item) -> tuple[Button, ...]:
    short, url = alert.short(found.id), plain.address(found.url)
    made = [Button(label="Open", url=url)] if url else []
    made += [Button(label="What changed", action="diff", value=short)] if found.version > 1 else []
    return (*made, Button(label="Why", action="why", value=short))


def _pair(found: Item, history: Sequence[Version], numbers: Sequence[str], request: Request) -> tuple[Version, Version]:
    """The versions to compare; UserMistake when there is nothing to compare or no such version."""
    by_number = {one.item.version: one for one in history}
    if len(history) < 2:
        raise UserMistake(
            "There is only one version of this item, so nothing to compare.",
            hint=f"To see it: {request.prefix}item {alert.short(found.id)}",
        )
    try:
        named = [by_number[int(one)] for one in numbers[:2]]
    except (KeyError, ValueError):
        there = f"{history[0].item.version} to {history[-1].item.version}"
        raise UserMistake(
            f"There are the versions {there}.", hint=f"For example: {request.prefix}diff {alert.short(found.id)} 1 {found.version}"
        ) from None
    if len(named) == 1:
        return named[0], history[-1]
    return (named[0], named[1]) if named else (history[-2], history[-1])


def _difference(found: Item, old: Version, new: Version, source: Source | None, request: Request) -> Card:
    told = differ.changes(old.item, new.item, source.noise if source else ())
    title = Span(text=plain.clip(new.item.title, 200), url=plain.address(found.url), bold=True)
    when = f"Version {old.item.version} ({moment(old.found, request)}) → version {new.item.version} ({moment(new.found, request)})"
    head = Section(lines=(line(title), line(when)))
    if not told:
        return Card(sections=(head, *notice("Nothing material differs between them.").sections))
    sections = [Section(lines=(line(Span(text=f"{what}:", bold=True)), *lines)) for what, lines in edits(told, MOST_SHOWN)]
    return Card(sections=(head, *sections))
