"""What people decide about items: their status, their owner and notes; who still has what to do. The log of decisions only grows.

An alert shows where its item stands in every place of the workspace; the thread below it, or the channel, hears each decision.
"""

import re
from collections.abc import Callable
from datetime import date
from difflib import get_close_matches

from bot.cards import alert, plain
from bot.cards.card import Button, Card, Section, Span, line, notice, phrase
from bot.cards.form import Choice, Day, Filled, Form, Option, PersonPicker, Text
from bot.errors import UserMistake
from bot.items.assessing import IMPACTS, STATUSES, is_open, said, standing, told
from bot.messages import count, say
from bot.model import Assessment, Decision, Item, Status
from bot.store import assessments, items, outbox
from bot.store.database import Tx
from bot.times import zone
from handlers import day_words, triage_words
from handlers.assessment_card import history, steps
from handlers.grammar import Request, first_word, query_and_page
from handlers.items import item_named
from handlers.reply import Context, Reply, refused
from handlers.watchlists import asked, news

PAGE = 5
MOST_REASON = 500
_UNTIL = re.compile(r"\buntil\s+(\d{4}-\d{1,2}-\d{1,2})\b[,:]?", re.IGNORECASE)
_DAY_ENDS = re.compile(r"\s+(?:because|as|since)\s|[,;:–]\s|(?<=까지)\s+", re.IGNORECASE)
# Seen from here a day is read where only its being there matters.
_ANY_DAY = date(2000, 1, 1)
_EXAMPLE = "status 3f9a2c41 not relevant because it is about food"
_IMPACT_EXAMPLE = "impact 3f9a2c41 high because two of our products change"


async def status(request: Request, argument: str, context: Context) -> Reply:
    """The item has this status in the workspace; `not relevant` says why, `deferred` until when."""
    name, words = first_word(argument)
    if not name or not words:
        return asked(
            say("Which item, and what is it? There are: {names}.", names=", ".join(map(say, STATUSES.values()))), _EXAMPLE, request
        )
    wanted, until, reason = _read(words, argument, _today(request))
    if wanted == "not_relevant" and not reason:
        return asked(say("Why is it not relevant?"), f"status {name} not relevant because it is about food", request)
    if wanted == "deferred" and until is None:
        return asked(say("Until when is it deferred?"), f"status {name} deferred until 2027-01-31", request)
    if wrong := _not_ahead(wanted, until, request):
        raise UserMistake(wrong, hint=say("Write it like 2027-01-31."))
    return await _decide(request, name, context, lambda item: _decision(request, item, "status", status=wanted, until=until, reason=reason))


def lacks_reason(argument: str) -> bool:
    """Whether a status is asked for without its item, its reason or its date."""
    name, words = first_word(argument)
    try:
        wanted, until, reason = _read(words, argument, _ANY_DAY) if name and words else ("new", None, "")
    except UserMistake:
        return False
    return not words or (wanted == "not_relevant" and not reason) or (wanted == "deferred" and until is None)


async def status_form(request: Request, argument: str, context: Context) -> Form | None:
    """The form of a decision about the item that is named; None without one."""
    asked_of = await _asked_of(request, argument, context)
    if asked_of is None:
        return None
    item, now, words = asked_of
    wanted, until, reason = _read(words, argument, _today(request)) if words else (now.status, now.until, now.reason)
    return _status_form(item, wanted, until, reason, now.impact)


async def _asked_of(request: Request, argument: str, context: Context) -> tuple[Item, Assessment, str] | None:
    """The item that is named first, where it stands, and the words after it; None where none is named."""
    name, words = first_word(argument)
    if not name:
        return None
    async with context.store.read() as tx:
        item = await item_named(tx, name, request)
        return item, await _stands(tx, request, item), words


async def _stands(tx: Tx, request: Request, item: Item) -> Assessment:
    return standing(await assessments.of_item(tx, request.place.workspace, item.id))


def _status_form(item: Item, wanted: Status, until: date | None, reason: str, level: str) -> Form:
    choices = tuple(Option(value=one, label=say(label)) for one, label in STATUSES.items())
    day = until.isoformat() if until else ""
    return Form(
        action="status",
        title=say("Assess an item"),
        parts=(
            Choice(name="status", label=say("Status"), options=choices, value=wanted, hint=alert.headline(item)),
            Text(
                name="reason", label=say("Why"), value=reason, most=MOST_REASON, hint=say("Needed for what is not relevant."), optional=True
            ),
            Day(name="until", label=say("Until"), value=day, hint=say("Needed for what is deferred."), optional=True),
            Choice(name="impact", label=say("Impact"), options=_levels(), value=level, optional=True),
        ),
        state=item.id,
        typed=f"status {alert.short(item.id)} {STATUSES[wanted].casefold()} because <reason>",
    )


async def status_filled(request: Request, filled: Filled, context: Context) -> Reply:
    """What the form says is decided; a reason or date that is missing is asked for beside its field."""
    wanted: Status = next((one for one in STATUSES if one == filled.one("status")), "new")
    until, reason = _day(filled.one("until")), filled.one("reason")
    wrong = {"reason": say("Why is it not relevant?")} if wanted == "not_relevant" and not reason else {}
    wrong |= {"until": say("Until when is it deferred?")} if wanted == "deferred" and until is None else {}
    past = _not_ahead(wanted, until, request)
    wrong |= {"until": past} if past else {}
    if wrong:
        async with context.store.read() as tx:
            form = _status_form(await item_named(tx, filled.state, request), wanted, until, reason, filled.one("impact"))
        return refused(form, wrong)
    await _assess(request, filled, context)
    kept = until if wanted == "deferred" else None
    return await _decide(
        request, filled.state, context, lambda item: _decision(request, item, "status", status=wanted, until=kept, reason=reason)
    )


async def _assess(request: Request, filled: Filled, context: Context) -> None:
    """The impact that the form says, if it is another than it was."""
    level = filled.one("impact")
    if level not in IMPACTS:
        return
    async with context.store.write() as tx:
        item = await item_named(tx, filled.state, request)
        if (await _stands(tx, request, item)).impact != level:
            await assessments.decide(tx, _decision(request, item, "impact", status=level), request.place)
            await outbox.refresh_alerts(tx, request.place.workspace, item.id, request.now)


async def assign(request: Request, argument: str, context: Context) -> Reply:
    """The item has an owner: who asks, somebody by name, or nobody."""
    name, who = first_word(argument)
    if not name:
        return asked(say("Which item, and whose shall it be?"), "assign 3f9a2c41 me", request)
    owner, owner_name = _person(request, who)
    return await _decide(request, name, context, lambda item: _decision(request, item, "owner", owner=owner, owner_name=owner_name))


async def assign_form(request: Request, argument: str, context: Context) -> Form | None:
    """The form that asks whose the item shall be; None without an item."""
    asked_of = await _asked_of(request, argument, context)
    if asked_of is None:
        return None
    item, _, _ = asked_of
    who = PersonPicker(name="person", label=say("Owner"), hint=say("Left empty, it is you."), optional=True)
    why = Text(name="note", label=say("Note"), hint=alert.headline(item), most=MOST_REASON, optional=True)
    typed = f"assign {alert.short(item.id)} @name"
    return Form(action="assign", title=say("Assign an item"), parts=(who, why), submit=say("Assign"), state=item.id, typed=typed)


async def assign_filled(request: Request, filled: Filled, context: Context) -> Reply:
    """The chosen person is the owner; the note, if any, stands in the history."""
    chosen = request.picked
    owner, owner_name = (chosen.actor, chosen.name) if chosen else (request.actor, request.actor_name or say("someone"))
    if words := filled.one("note"):
        async with context.store.write() as tx:
            noted = _decision(request, await item_named(tx, filled.state, request), "note", reason=words)
            await assessments.decide(tx, noted, request.place)
    return await _decide(request, filled.state, context, lambda item: _decision(request, item, "owner", owner=owner, owner_name=owner_name))


async def note(request: Request, argument: str, context: Context) -> Reply:
    """The words stand in the history of the item."""
    name, words = first_word(argument)
    if not name or not words:
        return asked(say("Which item, and what shall be noted?"), "note 3f9a2c41 legal has seen it", request)
    text = plain.clip(" ".join(words.split()), MOST_REASON)
    return await _decide(request, name, context, lambda item: _decision(request, item, "note", reason=text))


async def impact(request: Request, argument: str, context: Context) -> Reply:
    """How great the impact of the item is for the workspace, and why."""
    name, words = first_word(argument)
    low = words.casefold()
    level = next((one for one, called in IMPACTS.items() if re.match(rf"(?:{one}|{re.escape(say(called).casefold())})\b", low)), None)
    if not name or level is None:
        levels = ", ".join(map(say, IMPACTS.values()))
        return asked(say("Which item, and how great is its impact? There are: {names}.", names=levels), _IMPACT_EXAMPLE, request)
    reason = _reason(words.partition(" ")[2])
    return await _decide(request, name, context, lambda item: _decision(request, item, "impact", status=level, reason=reason))


async def impact_form(request: Request, argument: str, context: Context) -> Form | None:
    """The form that asks how great the impact of the item is; None without an item."""
    asked_of = await _asked_of(request, argument, context)
    if asked_of is None:
        return None
    item, now, _ = asked_of
    level = Choice(name="impact", label=say("Impact"), options=_levels(), value=now.impact or "none")
    why = Text(name="reason", label=say("Why"), hint=alert.headline(item), most=MOST_REASON, optional=True)
    typed = f"impact {alert.short(item.id)} high because <reason>"
    return Form(action="impact", title=say("Assess an item"), parts=(level, why), state=item.id, typed=typed)


async def impact_filled(request: Request, filled: Filled, context: Context) -> Reply:
    """The impact that the form says is decided."""
    reason = filled.one("reason")
    return await impact(request, f"{filled.state} {filled.one('impact')}" + (f" because {reason}" if reason else ""), context)


def _levels() -> tuple[Option, ...]:
    return tuple(Option(value=one, label=say(label)) for one, label in IMPACTS.items())


async def triage(request: Request, argument: str, context: Context) -> Reply:
    """What still has to be done in the workspace, or by the one who asks, five a page."""
    words, number = query_and_page(argument)
    which = words.casefold() or "open"
    if which not in ("open", "mine"):
        raise UserMistake(
            say("I do not know “{word}”.", word=words[:40]),
            hint=say("Write: {command}, or {off}", command=f"{request.prefix}triage mine", off="triage open"),
        )
    async with context.store.read() as tx:
        found = [(one, said_of) for one, said_of in await open_ones(tx, request) if which == "open" or is_mine(said_of, request)]
    mine = which == "mine"
    if not found:
        hint = phrase("Press Relevant on an alert, or write: {command}", command=Span(text=f"{request.prefix}{_EXAMPLE}", code=True))
        return Reply(card=notice(say("You have nothing to assess.") if mine else say("This workspace has nothing to assess."), hint))
    last = -(-len(found) // PAGE)
    number = min(number, last)
    shown = found[(number - 1) * PAGE : number * PAGE]
    whose = count("This workspace has {n} item to assess", "This workspace has {n} items to assess", len(found))
    head = count("You have {n} item to assess", "You have {n} items to assess", len(found)) if mine else whose
    head += (say(" – page {number} of {last}", number=number, last=last) if last > 1 else "") + "."
    turning = [(say("Previous"), number - 1)] * (number > 1) + [(say("Next"), number + 1)] * (number < last)
    pages = tuple(Button(label=label, action="triage", value=f"{which} page {page}") for label, page in turning)
    sections = (Section(lines=(line(head),)), *(_section(item, one, context.zones(item, request)) for item, one in shown))
    return Reply(card=Card(sections=(*sections, *([Section(lines=(), buttons=pages)] if pages else []))))


async def open_ones(tx: Tx, request: Request) -> list[tuple[Item, Assessment]]:
    """The items of the workspace that are open, the one decided about last first."""
    decided = await assessments.decided_about(tx, request.place.workspace)
    stands = [(log[-1].item, standing(log)) for log in decided.values()]
    found = [(await items.find(tx, item, workspace=request.place.workspace), one) for item, one in stands if is_open(one)]
    return [(item, one) for item, one in found if item is not None]


def is_mine(one: Assessment, request: Request) -> bool:
    """Whether it is owned by the one who asks, whom others may know by name only."""
    by_name = not one.owner and one.owner_name.casefold() == request.actor_name.casefold() != ""
    return one.owner == request.actor or by_name


def _section(item: Item, one: Assessment, zones: alert.Zones) -> Section:
    return Section(lines=(*alert.found(item, (), zones), alert.status_line(said(one))), buttons=steps(item, one))


async def _decide(request: Request, name: str, context: Context, decision: Callable[[Item], Decision]) -> Reply:
    """The decision is kept, once if it says nothing new, and every alert about the item is to show it."""
    async with context.store.write() as tx:
        item = await item_named(tx, name, request)
        before = await _stands(tx, request, item)
        made = decision(item)
        after = standing((*before.decisions, made))
        changed = made.what == "note" or said(after) != said(before) or (made.what == "impact" and bool(made.reason))
        if changed:
            await outbox.refresh_alerts(tx, request.place.workspace, item.id, request.now)
            await assessments.decide(tx, made, request.place)
    stands = after if changed else before
    title = Span(text=plain.clip(item.title, 200), url=plain.address(item.url), bold=True)
    state = (line(title), alert.status_line(said(stands) or say(STATUSES["new"])), *history(stands.decisions, request))
    first = say("Done. It stands now:") if changed else say("That is so already:")
    card = Card(sections=(Section(lines=(line(first), *state), buttons=steps(item, stands)),), tone="success" if changed else "info")
    return Reply(card=card, announce=news(request, line(": ", told(made), " – ", title)) if changed else None, in_thread=True)


def _today(request: Request) -> date:
    return request.now.astimezone(zone(request.place.timezone)).date()


def _not_ahead(wanted: Status, until: date | None, request: Request) -> str:
    """What is wrong with the day until which something is deferred; "" if it is ahead."""
    return say("Work is deferred to a day that is ahead.") if wanted == "deferred" and until and until <= _today(request) else ""


def _read(words: str, argument: str, today: date) -> tuple[Status, date | None, str]:
    """`<status> [until 2027-01-31] [because] <reason>` apart. UserMistake names the statuses there are."""
    low = words.casefold().replace("_", " ")
    known = _known()
    name = next((one for one in sorted(known, key=len, reverse=True) if re.match(rf"{re.escape(one)}\b", low)), None)
    if name is None:
        near = get_close_matches(low[:40], known, n=1)
        there_are = say("There are: {names}.", names=", ".join(map(say, STATUSES.values())))
        hint = say("Did you mean: {words}", words=say(STATUSES[known[near[0]]])) if near else there_are
        raise UserMistake(say("“{words}” is no status.", words=words[:40]), hint=hint, text=argument, position=len(argument) - len(words))
    rest = words[len(name) :].lstrip(" ,:–-")
    wanted: Status = known[name]
    found = _UNTIL.search(rest)
    if wanted == "deferred" and not found:
        return wanted, *_until_then_reason(rest, today)
    until = _day(found.group(1)) if found else None
    if found and until is None:
        raise UserMistake(say("There is no day {day}.", day=found.group(1)), hint=say("Write it like 2027-01-31."))
    reason = (rest[: found.start()] + rest[found.end() :]) if found else rest
    return wanted, until, _reason(reason)


def _until_then_reason(rest: str, today: date) -> tuple[date | None, str]:
    """The day with which the words begin, and the reason after it; without a day, all of them are the reason."""
    ends = _DAY_ENDS.search(rest)
    until = day_words.day(rest[: ends.start()] if ends else rest, today)
    return (until, _reason(rest[ends.start() :] if ends else "")) if until else (None, _reason(rest))


def _reason(words: str) -> str:
    """What is said after `because`, or without it."""
    return plain.clip(re.sub(r"^[\s,;:–-]*(?:(?:because|as|since)\s+)?", "", " ".join(words.split()), flags=re.IGNORECASE), MOST_REASON)


def _known() -> dict[str, Status]:
    """What a status may be called: by its own name, in English or the language that is spoken, or by another word."""
    named = {one.casefold(): status for status, name in STATUSES.items() for one in (name, say(name))}
    return named | triage_words.STATUS_OF


def _day(text: str) -> date | None:
    try:
        return date(*map(int, text.split("-"))) if text else None
    except (ValueError, TypeError):
        return None


def _person(request: Request, who: str) -> tuple[str, str]:
    """The owner's id and name; of somebody who is only named, the name alone; of nobody, neither."""
    word = re.sub(r"^to\s+", "", " ".join(who.split()), flags=re.IGNORECASE).removeprefix("@")
    if word.casefold() in triage_words.ME:
        return request.actor, request.actor_name or say("someone")
    if word.casefold() in triage_words.NOBODY:
        return "", ""
    return "", plain.clip(word, 80)


def _decision(request: Request, item: Item, what: str, **more: object) -> Decision:
    place = request.place.workspace
    about = {"workspace": place, "item": item.id, "what": what, "by": request.actor, "by_name": request.actor_name, "at": request.now}
    return Decision.model_validate(about | more)
