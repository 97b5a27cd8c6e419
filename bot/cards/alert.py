"""The alert: one item as a card of three or four lines, saying what it is, what it is called, why it came, what is due.

Words of the source are shown as it wrote them; what we say about them is in the language that is spoken (bot/messages.py).
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from bot import wordlist
from bot.cards import due, plain, reasons, translated
from bot.cards.card import Button, Card, Line, Section, Span, line, phrase
from bot.cards.edits import edits
from bot.cards.reasons import WatchlistHit
from bot.messages import again, say
from bot.model import WITHDRAWN, Change, DeliveryKind, Evidence, Item, Translation
from bot.wordlist import day

MOST_TITLE = 600
MOST_BEFORE = 200
MOST_REPORTS = 5


class Zones(NamedTuple):
    """Time zones: the authority's for its own dates, the place's for ours."""

    source: tzinfo = UTC
    place: tzinfo = UTC


class Report(NamedTuple):
    """Another item that reports the same event, under the name of its source."""

    name: str
    item: Item


class Story(NamedTuple):
    """What else is known of the event an item reports. `others` stand in the order they reported, `why` is what joins this one.

    `takes_lead` says that this item is the first official one and was not the first; `assessment` what the workspace decided about it,
    `translation` what a service made of its words; `followed` that it comes because the place follows the item.
    """

    others: tuple[Report, ...] = ()
    why: str = ""
    takes_lead: bool = False
    assessment: str = ""
    translation: Translation | None = None
    followed: bool = False


class Before(NamedTuple):
    """The version before a change, and what differs from it."""

    item: Item
    changes: tuple[Change, ...] = ()


_UTC = Zones()
_ALONE = Story()


def status_line(said: str) -> Line:
    """What people decided about an item, as a line of its own."""
    return line(_status_label(), said)


def _status_label() -> Span:
    return Span(text=say("Status: "), bold=True)


def possible_repeat() -> Line:
    """That the place may have the message already."""
    return line(Span(text=say("You may have this already: an earlier attempt to send it got no clear answer."), italic=True))


def alert(
    item: Item,
    hits: Sequence[WatchlistHit],
    *,
    now: datetime,
    kind: DeliveryKind = "new",
    before: Before | None = None,
    repeat: bool = False,
    story: Story = _ALONE,
    zones: Zones = _UTC,
) -> Card:
    """The alert about an item for one place.

    `hits` holds every watchlist of the place that matched, by name, with its evidence; `before` what it was before, for a change;
    `repeat` says whether the place may have the message already, `story` who else reports it and what people decided;
    `zones` are those days are told in.
    """
    lines = [
        _first_line(item, _happened(item, kind, before, story), zones),
        _title(item, hits),
        *translated.title(story.translation),
        *(_follows(story) if kind == "also" else _change(item, kind, before)),
        *(due.moved(before.item, item) if kind == "changed" and before else []),
        *([phrase("You get this because this place follows the item.")] if story.followed else reasons.told(item, hits)),
        *(translated.summary(story.translation) if reasons.quotes_summary(hits) else ()),
        *due.still_due(item.deadlines, now.astimezone(zones.source).date()),
        *([] if kind == "also" else _also(item, story)),
    ]
    if story.assessment:
        lines.append(status_line(story.assessment))
    if repeat:
        lines.append(possible_repeat())
    return Card(sections=(Section(lines=tuple(lines), buttons=_buttons(item)),))


def _buttons(item: Item) -> tuple[Button, ...]:
    """To read it, and to decide about it."""
    url, name = plain.address(item.url), short(item.id)
    return (
        *([Button(label=say("Open"), url=url)] if url else []),
        Button(label=say("Relevant"), action="status", value=f"{name} relevant"),
        Button(label=say("Not relevant"), action="status", value=f"{name} not relevant", form=True),
        Button(label=say("Assign"), action="assign", value=name, form=True),
        Button(label=say("More"), action="item", value=name),
    )


def compact(card: Card) -> Card:
    """The alert in two lines: what it is, and its title; with its status, that it may be a repeat, and its buttons."""
    first, *_ = card.sections
    kept = [one for number, one in enumerate(first.lines) if number < 2 or one == possible_repeat() or one[:1] == (_status_label(),)]
    return Card(sections=(first.model_copy(update={"lines": tuple(kept)}),), tone=card.tone)


def found(item: Item, evidence: tuple[Evidence, ...], zones: Zones) -> tuple[Line, ...]:
    """An item as search shows it: what it is, its title, and the sentence that matched when the title does not say it."""
    lines = [_first_line(item, "", zones), _title(item, [("", evidence)])]
    if evidence and not any(one.field == "title" for one in evidence):
        lines.append(line(*reasons.snippet(item, evidence), *reasons.foreign(evidence)))
    return tuple(lines)


def flag(country: str) -> str:
    """The flag of an ISO 3166 country (`EU` too) as an emoji; a globe for anything else."""
    if not re.fullmatch(r"[A-Z]{2}", country):
        return "🌐"
    return "".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in country)


def short(item_id: str) -> str:
    """The part of an item's id that people type."""
    return item_id[:8]


def headline(item: Item) -> str:
    """The title alone, in one plain line that leads nowhere."""
    return plain.clip(plain.words(item.title), MOST_BEFORE)


def _happened(item: Item, kind: DeliveryKind, before: Before | None, story: Story) -> str:
    """What is new about an item that is itself not new."""
    if kind == "also":
        return say("Now from the official source") if story.takes_lead else say("Also reported")
    if kind != "changed":
        return ""
    if item.status == WITHDRAWN and (before is None or before.item.status != WITHDRAWN):
        return say("Withdrawn")
    return say("Deadline changed") if before and due.moved(before.item, item) else say("Changed")


def _first_line(item: Item, happened: str, zones: Zones) -> Line:
    what = wordlist.kind(plain.squeezed(item.doc_type))
    if item.status:
        what = f"{what} ({wordlist.stage(plain.squeezed(item.status))})" if what else wordlist.stage(plain.squeezed(item.status))
    parts = [Span(text=plain.squeezed(item.agency), bold=True), Span(text=happened, bold=True)]
    parts += [Span(text=what), Span(text=_dates(item, zones))]
    shown = [part for part in parts if part.text]
    joined = [piece for part in shown for piece in (Span(text=" · "), part)][1:]
    return line(f"{flag(item.country)} ", *joined)


def dated(item: Item, zones: Zones) -> datetime | None:
    """When it was published, on the clock of its source, or else found, on that of the place; None if neither is known."""
    if item.published:
        return item.published.astimezone(zones.source)
    return item.detected and item.detected.astimezone(zones.place)


def _dates(item: Item, zones: Zones) -> str:
    """When it was published; when we found it too, if that was more than a day later or is all we know."""
    found = say("found {day}", day=day(item.detected.astimezone(zones.place))) if item.detected else ""
    if item.published is None:
        return found
    published = say("published {day}", day=day(item.published.astimezone(zones.source)))
    late = item.detected is not None and item.detected - item.published > timedelta(days=1)
    return f"{published}, {found}" if late else published


def _title(item: Item, hits: Sequence[WatchlistHit]) -> Line:
    evidence = [one for _, found in hits for one in found if one.field == "title"]
    spans = reasons.marked(item.title, 0, min(len(item.title), MOST_TITLE), evidence)
    if not plain.words("".join(span.text for span in spans)).strip():
        spans = [Span(text=say("(no title)"))]
    elif len(item.title) > MOST_TITLE:
        spans.append(Span(text="…"))
    url = plain.address(item.url)
    return tuple(span.model_copy(update={"bold": True, "url": url}) for span in spans)


def _follows(story: Story) -> list[Line]:
    """Which event this is another report of, and why we believe so."""
    if not story.others:
        return []
    first = story.others[0]
    told = phrase(
        "Reports the same event as {source}: “{title}”. Why: {why}.",
        source=plain.squeezed(first.name),
        title=linked(first.item),
        why=plain.squeezed(again(story.why)),
    )
    return [told, phrase("This official publication leads from now on.")] if story.takes_lead else [told]


def _also(item: Item, story: Story) -> list[Line]:
    """Who else reports it: what the authority published first, for an item of the press."""
    official = [one for one in story.others if one.item.tier == "official"] if item.tier != "official" else []
    others = [one for one in story.others if one not in official]
    lines = [
        phrase("Official publication: {source}, “{title}”", source=plain.squeezed(one.name), title=linked(one.item))
        for one in official[:MOST_REPORTS]
    ]
    if others:
        names = [Span(text=plain.squeezed(one.name), url=plain.address(one.item.url)) for one in others[:MOST_REPORTS]]
        told = [piece for name in names for piece in (Span(text=", "), name)][1:]
        more = say(" and {n} more", n=len(others) - MOST_REPORTS) if len(others) > MOST_REPORTS else ""
        lines.append(phrase("Also reported by {names}", names=[*told, Span(text=more)] if more else told))
    return lines


def linked(item: Item) -> Span:
    """The title of an item that leads to it."""
    return Span(text=plain.clip(plain.squeezed(item.title), MOST_BEFORE), url=plain.address(item.url))


def _change(item: Item, kind: DeliveryKind, before: Before | None) -> list[Line]:
    """What changed, for a change: the title whole, of the rest the first words that were added, else those that were removed."""
    if kind != "changed":
        return []
    old, new = plain.squeezed(before.item.title if before else ""), plain.squeezed(item.title)
    if before is None or not old:
        return [phrase("The publication was changed; this is its version {version}.", version=str(item.version))]
    if old != new:
        return [phrase("Title changed: “{before}” → “{after}”", before=plain.clip(old, MOST_BEFORE), after=plain.clip(new, MOST_BEFORE))]
    told = edits(before.changes, 1)[:1]
    if not told:
        return [phrase("The title is as before, its content was changed; this is its version {version}.", version=str(item.version))]
    return [line(f"{what}: ", *first, *([Span(text=" – "), *rest[0]] if rest else [])) for what, (first, *rest) in told]
