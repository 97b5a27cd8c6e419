"""One item: what is known of it, with its versions and its story; and what changed from one version to the next."""

from collections.abc import Sequence
from datetime import UTC, date
from zoneinfo import ZoneInfo

from bot import wordlist
from bot.cards import alert, due, plain, translated
from bot.cards.card import Button, Card, Line, Section, Span, line, notice, phrase
from bot.cards.edits import edits
from bot.errors import UserMistake
from bot.items import changes as differ
from bot.items import lifecycle, steps
from bot.items.assessing import said, standing
from bot.items.normalise import canonical
from bot.items.steps import Step
from bot.items.stories import lead
from bot.items.versions import NOISY_AFTER
from bot.messages import again, count, say
from bot.model import Heed, Item, Source, Translation
from bot.store import added_sources, assessments, heeds, items, stories, translations
from bot.store.database import Tx
from bot.store.items import Version
from bot.store.steps import candidates
from bot.store.stories import Member
from bot.times import zone
from handlers import assessment_card
from handlers.grammar import Request, tokens
from handlers.reply import Context, Reply
from handlers.times import moment
from handlers.watchlists import asked

MOST_SUMMARY = 400
MOST_SHOWN = 12


async def item(request: Request, argument: str, context: Context) -> Reply:
    """An item with its dates, who else reports its event and why, and its versions with when and why each was kept."""
    if not argument:
        return asked(say("Which item? Give its link or its id."), "item 3f9a2c41", request)
    async with context.store.read() as tx:
        found = await item_named(tx, argument, request)
        history = await items.history(tx, found.id)
        members = await stories.of_item(tx, found.id)
        streak = await items.settling(tx, found.id)
        log = await assessments.of_item(tx, request.place.workspace, found.id)
        made = await translations.of(tx, found.id, found.version)
        life = await document(tx, found, request)
        heeded = await heeds.at_place(tx, request.place.id)
        source = await source_of(tx, found, request, context)
    stands = (alert.status_line(said(standing(log))),) if log else ()
    told = (*_summary(found, made), *_life(found, life, request, context), *_dates(found, source, request), *settled(streak))
    about = Section(lines=(*alert.found(found, (), context.zones(found, request)), *translated.title(made), *stands, *told))
    people = Section(lines=assessment_card.history(log, request), buttons=assessment_card.steps(found, standing(log)))
    sections = [
        about,
        people,
        *_story(found, members, context),
        Section(lines=_versions(history, request), buttons=_buttons(found, heeded)),
    ]
    return Reply(card=Card(sections=tuple(sections)))


async def diff(request: Request, argument: str, context: Context) -> Reply:
    """What changed between the last two versions of an item, or the two that are named: additions first."""
    words = [one.text for one in tokens(argument)]
    if not words:
        return asked(say("Which item? Give its link or its id."), "diff 3f9a2c41", request)
    async with context.store.read() as tx:
        found = await item_named(tx, words[0], request)
        history = await items.history(tx, found.id)
        source = await source_of(tx, found, request, context)
    old, new = _pair(found, history, words[1:], request)
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


async def item_named(tx: Tx, argument: str, request: Request) -> Item:
    """The item that may be seen here of a link or id. UserMistake if nothing has it, and what to do."""
    found = await known(tx, argument, request)
    if found is None:
        hint = say("To see why, write: {command}", command=f"{request.prefix}why {argument[:200]}")
        raise UserMistake(say("I know no item “{name}”.", name=plain.clip(argument, 100)), hint=hint)
    return found


def settled(streak: int) -> tuple[Line, ...]:
    """What is to be said of an item that changes at each poll."""
    if streak < NOISY_AFTER:
        return ()
    return (phrase("It was different at {n} polls in a row, so it alerts no more until it holds still.", n=str(streak)),)


async def source_of(tx: Tx, of: Item, request: Request, context: Context) -> Source | None:
    """Where an item comes from: a source of the catalogue, or one that this workspace added; None if it is neither any more."""
    if shipped := context.catalogue.sources.get(of.source):
        return shipped
    return next((one for one in await added_sources.in_workspace(tx, request.place.workspace) if one.id == of.source), None)


def source_name(of: Item, context: Context) -> str:
    """The name of an item's source, as the catalogue has it."""
    source = context.catalogue.sources.get(of.source)
    return source.name if source else of.source


async def document(tx: Tx, found: Item, request: Request) -> list[Step]:
    """The other steps of the item's document that may be seen here."""
    (alike,) = await candidates(tx, [steps.sought(found)], workspace=request.place.workspace)
    return steps.steps(found, alike)[:MOST_SHOWN]


def _life(found: Item, others: Sequence[Step], request: Request, context: Context) -> tuple[Line, ...]:
    """Where it stands, and the other steps of the same document."""
    today = request.now.astimezone(zone(request.place.timezone)).date()
    stage = lifecycle.stage(found, today)
    told = [phrase("Stage: {stage}", stage=Span(text=say(stage), bold=True))] if stage else []
    return (*told, *(_step(one, today, context.zones(one.item, request)) for one in others))


def _step(step: Step, today: date, zones: alert.Zones) -> Line:
    one = step.item
    when = alert.dated(one, zones)
    stage = lifecycle.stage(one, today)
    return phrase(
        "Another step of it: {stage}{dated} – {title} {id} ({reason})",
        stage=say(stage) if stage else wordlist.kind(one.doc_type),
        dated=f", {wordlist.day(when)}" if when else "",
        title=Span(text=plain.clip(" ".join(one.title.split()), 200), url=plain.address(one.url)),
        id=Span(text=alert.short(one.id), code=True),
        reason=steps.because(step),
    )


def _summary(found: Item, made: Translation | None) -> tuple[Line, ...]:
    told = found.summary or found.text
    return (line(plain.clip(" ".join(told.split()), MOST_SUMMARY)), *translated.summary(made)) if told else ()


def _dates(found: Item, source: Source | None, request: Request) -> tuple[Line, ...]:
    today = request.now.astimezone(ZoneInfo(source.timezone) if source else UTC).date()
    first = say("first seen {when}", when=moment(found.detected, request)) if found.detected else ""
    short = Span(text=alert.short(found.id), code=True)
    named = phrase("Id {id} · {source} · {first}", id=short, source=source.name if source else found.source, first=first)
    return (named, *due.every_date(found, today))


def _story(found: Item, members: Sequence[Member], context: Context) -> tuple[Section, ...]:
    if not members:
        return ()
    leading = lead([one.item for one in members])
    rows = [_member(one, leading, found, context) for one in members]
    head = count("{n} source reports this event:", "{n} sources report this event:", len(members))
    return (Section(lines=(line(Span(text=head, bold=True)), *rows)),)


def _member(one: Member, leading: Item, found: Item, context: Context) -> Line:
    name = Span(text=source_name(one.item, context), url=plain.address(one.item.url))
    leads = say(" – leads") if one.item.id == leading.id else ""
    this = say(" (this item)") if one.item.id == found.id else ""
    return line(name, f"{leads}{this}: ", Span(text=alert.short(one.item.id), code=True), f" – {again(one.why)}")


def _versions(history: Sequence[Version], request: Request) -> tuple[Line, ...]:
    head = line(Span(text=count("{n} version:", "{n} versions:", len(history)), bold=True))
    return (head, *(line(f"{one.item.version} – {moment(one.found, request)} – {again(one.why)}") for one in history[-MOST_SHOWN:]))


def _buttons(found: Item, heeded: Sequence[Heed]) -> tuple[Button, ...]:
    short, url = alert.short(found.id), plain.address(found.url)
    made = [Button(label=say("Open"), url=url)] if url else []
    made += [Button(label=say("What changed"), action="diff", value=short)] if found.version > 1 else []
    return (*made, Button(label=say("Why"), action="why", value=short), *_less_or_more(found, heeded))


def _less_or_more(found: Item, heeded: Sequence[Heed]) -> tuple[Button, ...]:
    """To follow the item in this place and to mute its source, or to undo that; and to be reminded of it."""
    chosen, short = {(one.kind, one.about) for one in heeded}, alert.short(found.id)
    follow = Button(label=say("Follow this item"), action="follow", value=short)
    mute = Button(label=say("Mute this source here"), action="mute", value=short)
    if ("follow", found.id) in chosen:
        follow = Button(label=say("Follow no more"), action="unfollow", value=short)
    if ("mute", found.source) in chosen:
        mute = Button(label=say("Hear this source again"), action="unmute", value=short)
    return follow, mute, Button(label=say("Remind me"), action="remind me", value=short, form=True)


def _pair(found: Item, history: Sequence[Version], numbers: Sequence[str], request: Request) -> tuple[Version, Version]:
    """The versions to compare; UserMistake when there is nothing to compare or no such version."""
    by_number = {one.item.version: one for one in history}
    if len(history) < 2:
        raise UserMistake(
            say("There is only one version of this item, so nothing to compare."),
            hint=say("To see it: {command}", command=f"{request.prefix}item {alert.short(found.id)}"),
        )
    try:
        named = [by_number[int(one)] for one in numbers[:2]]
    except (KeyError, ValueError):
        example = f"{request.prefix}diff {alert.short(found.id)} 1 {found.version}"
        first, last = history[0].item.version, history[-1].item.version
        raise UserMistake(
            say("There are the versions {first} to {last}.", first=first, last=last), hint=say("For example: {command}", command=example)
        ) from None
    if len(named) == 1:
        return named[0], history[-1]
    return (named[0], named[1]) if named else (history[-2], history[-1])


def _difference(found: Item, old: Version, new: Version, source: Source | None, request: Request) -> Card:
    told = differ.changes(old.item, new.item, source.noise if source else ())
    title = Span(text=plain.clip(new.item.title, 200), url=plain.address(found.url), bold=True)
    before, after = (say("version {number} ({when})", number=one.item.version, when=moment(one.found, request)) for one in (old, new))
    head = Section(lines=(line(title), line(f"{before[0].upper()}{before[1:]} → {after}")))
    if not told:
        return Card(sections=(head, *notice(say("Nothing material differs between them.")).sections))
    sections = [Section(lines=(line(Span(text=f"{what}:", bold=True)), *lines)) for what, lines in edits(told, MOST_SHOWN)]
    return Card(sections=(head, *sections))
