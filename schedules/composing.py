"""What a delivery says: the card of an alert, a digest or a notice, as it is now to be read."""

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot import messages
from bot.cards import digest
from bot.cards.alert import Before, Report, Story, Zones, alert, compact, linked
from bot.cards.card import Card, Line, Span, line, phrase
from bot.cards.telling import told
from bot.deliver import outbox as life
from bot.deliver.digest import is_for_followers
from bot.items import steps
from bot.items.assessing import said, standing
from bot.items.changes import changes
from bot.items.stories import lead
from bot.model import Delivery, Evidence, Item, Place
from bot.sources.catalogue import Catalogue
from bot.store import assessments, hits, items, stories, translations, waiting, watchlists
from bot.store.database import Tx
from bot.store.steps import candidates
from bot.store.stories import Member
from bot.wordlist import day

Evidences = dict[str, tuple[Evidence, ...]]


async def card(tx: Tx, place: Place, delivery: Delivery, catalogue: Catalogue, clock: Callable[[], datetime]) -> Card:
    """The message this place is owed by this delivery, in its language."""
    with messages.speaking_to(place.language, place.locale):
        return await _card(tx, place, delivery, catalogue, clock)


async def _card(tx: Tx, place: Place, delivery: Delivery, catalogue: Catalogue, clock: Callable[[], datetime]) -> Card:
    if delivery.notice is not None:
        return told(delivery.notice, repeat=life.is_repeat(delivery))
    if delivery.window is not None:
        return await _digest(tx, place, delivery, catalogue)
    made = await _alert(tx, place, delivery, catalogue, clock())
    return compact(made) if place.compact else made


async def cards(tx: Tx, owed: Sequence[tuple[Place, Delivery]], catalogue: Catalogue, clock: Callable[[], datetime]) -> list[Card]:
    """The message that each of these places is owed; one that reads the same in many places is made once."""
    made: dict[object, Card] = {}
    for place, delivery in owed:
        if (form := _form(place, delivery)) not in made:
            made[form] = await card(tx, place, delivery, catalogue, clock)
    return [made[_form(*one)] for one in owed]


def _form(place: Place, delivery: Delivery) -> object:
    """Equal for messages that read the same: all that `card` looks at."""
    if not delivery.item or delivery.notice is not None:
        return delivery.id
    told = (delivery.item, delivery.version, delivery.kind, delivery.watchlists, life.is_repeat(delivery))
    return (place.workspace, place.timezone, place.compact, messages.preferred(place.language, place.locale), *told)


async def refreshed(tx: Tx, place: Place, first: Delivery, latest: Delivery, catalogue: Catalogue, now: datetime) -> Card:
    """The alert that stands in the place, as it reads now that `latest` has followed it."""
    told = first.model_copy(update={"version": latest.version}) if first.item == latest.item else first
    made = await card(tx, place, told, catalogue, lambda: now)
    with messages.speaking_to(place.language, place.locale):
        lines = await _later_steps(tx, place, told)
        # Where nothing followed, people decided something, and the card says what.
        if (latest.item, latest.version) != (first.item, first.version):
            when = day(now.astimezone(ZoneInfo(place.timezone)))
            lines.append(line(Span(text=messages.say("Brought up to date {day}: see what followed.", day=when), italic=True)))
    first_section, *others = made.sections
    return made.model_copy(update={"sections": (first_section.model_copy(update={"lines": (*first_section.lines, *lines)}), *others)})


async def _later_steps(tx: Tx, place: Place, told: Delivery) -> list[Line]:
    """What became of the document since: its final form, its correction."""
    item = await items.get(tx, told.item)
    if item is None or not steps.is_living(item):
        return []
    (alike,) = await candidates(tx, [steps.sought(item)], workspace=place.workspace)
    later = [one.item for one in steps.steps(item, alike) if steps.when(one.item) > steps.when(item)]
    return [phrase("{relation}: “{title}”", relation=steps.relation(one, item), title=linked(one)) for one in later]


async def _digest(tx: Tx, place: Place, delivery: Delivery, catalogue: Catalogue) -> Card:
    """Everything that was bundled in it."""
    told = await waiting.contents(tx, delivery.id)
    known = await watchlists.by_id(tx, place.workspace, {name for one in told for name in one.watchlists})
    names = {one.id: one.name for one in known.values()}
    return digest.digest(delivery, told, names, catalogue.zone, ZoneInfo(place.timezone), repeat=life.is_repeat(delivery))


async def _alert(tx: Tx, place: Place, delivery: Delivery, catalogue: Catalogue, now: datetime) -> Card:
    """The item's version of this delivery, or the official report of its event, with the words each watchlist matched."""
    members = await stories.of_item(tx, delivery.item)
    item, evidence = await _told_of(tx, place, delivery, [one.item for one in members])
    before = await items.get(tx, delivery.item, delivery.version - 1) if delivery.kind == "changed" else None
    decided = said(standing(await assessments.of_item(tx, place.workspace, delivery.item)))
    made = await translations.of(tx, item.id, item.version)
    source = catalogue.sources.get(item.source)
    names = await watchlists.by_id(tx, place.workspace, delivery.watchlists)
    # A further report may not match a watchlist itself and only follow what did.
    told_for = [one for one in delivery.watchlists if one in names and (delivery.kind != "also" or one in evidence)]
    return alert(
        item,
        [(names[one].name, evidence.get(one, ())) for one in told_for],
        now=now,
        kind=delivery.kind,
        before=Before(before, tuple(changes(before, item, source.noise if source else ()))) if before else None,
        repeat=life.is_repeat(delivery),
        story=_story(item, members, catalogue)._replace(assessment=decided, translation=made, followed=is_for_followers(delivery)),
        zones=Zones(catalogue.zone(item.source), ZoneInfo(place.timezone)),
    )


async def _told_of(tx: Tx, place: Place, delivery: Delivery, reports: Sequence[Item]) -> tuple[Item, Evidences]:
    """What the alert is about and why: the official report of the event, if one joined before it was sent and matches too."""
    item = await items.get(tx, delivery.item, delivery.version)
    assert item is not None, "an outbox row points at a version that is kept"
    if delivery.kind == "new" and reports and (leading := lead(reports)).tier == "official":
        evidence = await _evidence(tx, place, leading)
        if evidence.keys() & set(delivery.watchlists):
            return leading, evidence
    return item, await _evidence(tx, place, item)


async def _evidence(tx: Tx, place: Place, item: Item) -> Evidences:
    """By watchlist of the place's workspace, the words of this version that matched."""
    return {one.watchlist: one.evidence for one in await hits.of_item(tx, item.id, item.version, workspace=place.workspace)}


def _story(item: Item, members: Sequence[Member], catalogue: Catalogue) -> Story:
    """What else reports the event of this item, under the names of the catalogue."""
    others = [one.item for one in members if one.item.id != item.id]
    why = next((one.why for one in members if one.item.id == item.id), "")
    leads = bool(others) and lead([one.item for one in members]).id == item.id and members[0].item.id != item.id
    return Story(tuple(Report(_name(one, catalogue), one) for one in others), why, leads)


def _name(item: Item, catalogue: Catalogue) -> str:
    source = catalogue.sources.get(item.source)
    return source.name if source else item.agency
