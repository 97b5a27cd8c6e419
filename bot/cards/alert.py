"""The alert: one item as a card of three or four lines, saying what it is, what it is called, why it came, what is due.

Words of the source are shown as it wrote them; what we say about them is in the language that is spoken (bot/messages.py).
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

from bot import wordlist
from bot.cards import plain, translated
from bot.cards.card import Button, Card, Line, Section, Span, line, phrase
from bot.cards.edits import edits
from bot.messages import again, count, mark, say
from bot.model import WITHDRAWN, Change, Deadline, DeliveryKind, Evidence, Item, Translation
from bot.wordlist import day

WatchlistHit = tuple[str, tuple[Evidence, ...]]

MOST_TITLE = 600
MOST_BEFORE = 200
AROUND_A_MATCH = 90
MOST_SNIPPETS = 3
MOST_QUOTED = 5
MOST_REPORTS = 5

_MARKS = {"inferred": mark(", the year is told from its publication"), "computed": mark(", computed")}
# A day so long past, or one of more than so many, is for those who look at the item.
_LATELY = timedelta(days=60)
MOST_DAYS = 4
_ENDS = ".!?。！？"
_SENTENCE_END = re.compile(r"[.!?。！？]\s+|[。！？\n]")


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
        _headline(item, _happened(item, kind, before, story), zones),
        _title(item, hits),
        *translated.title(story.translation),
        *(_follows(story) if kind == "also" else _change(item, kind, before)),
        *(_moved(before.item, item) if kind == "changed" and before else []),
        *([phrase("You get this because this place follows the item.")] if story.followed else _reasons(item, hits)),
        *(translated.summary(story.translation) if _quotes_summary(hits) else ()),
        *_due(item.deadlines, now.astimezone(zones.source).date()),
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


def found(item: Item, evidence: tuple[Evidence, ...], *, zones: Zones = _UTC) -> tuple[Line, ...]:
    """An item as search shows it: what it is, its title, and the sentence that matched when the title does not say it."""
    lines = [_headline(item, "", zones), _title(item, [("", evidence)])]
    if evidence and not any(one.field == "title" for one in evidence):
        lines.append(line(*_snippet(item, evidence), *_foreign(evidence)))
    return tuple(lines)


def flag(country: str) -> str:
    """The flag of an ISO 3166 country (`EU` too) as an emoji; a globe for anything else."""
    if not re.fullmatch(r"[A-Z]{2}", country):
        return "🌐"
    return "".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in country)


def short(item_id: str) -> str:
    """The part of an item's id that people type."""
    return item_id[:8]


def due(item: Item, today: date) -> tuple[Line, ...]:
    """Every date of an item, each with the words that say so."""
    return tuple(_dated(one, today) for one in item.deadlines)


def _dated(one: Deadline, today: date) -> Line:
    told = f"{due_words(one)}{distance((one.day - today).days)}"
    return (
        line(told, " – “", plain.clip(_squeezed(one.text), MOST_BEFORE), "”") if one.text else line(told, say(" – as its source names it"))
    )


def _happened(item: Item, kind: DeliveryKind, before: Before | None, story: Story) -> str:
    """What is new about an item that is itself not new."""
    if kind == "also":
        return say("Now from the official source") if story.takes_lead else say("Also reported")
    if kind != "changed":
        return ""
    if item.status == WITHDRAWN and (before is None or before.item.status != WITHDRAWN):
        return say("Withdrawn")
    return say("Deadline changed") if before and _moved(before.item, item) else say("Changed")


def reasons(item: Item, hits: Sequence[WatchlistHit]) -> tuple[Line, ...]:
    """Why an item came, as an alert says it: every watchlist with the words that matched."""
    return tuple(_reasons(item, hits))


def _quotes_summary(hits: Sequence[WatchlistHit]) -> bool:
    """Whether words of the summary are shown as those that matched."""
    return any(found and found[0].field == "summary" and not any(one.field == "title" for one in found) for _, found in hits)


def _headline(item: Item, happened: str, zones: Zones) -> Line:
    what = wordlist.kind(_squeezed(item.doc_type))
    if item.status:
        what = f"{what} ({wordlist.stage(_squeezed(item.status))})" if what else wordlist.stage(_squeezed(item.status))
    parts = [Span(text=_squeezed(item.agency), bold=True), Span(text=happened, bold=True)]
    parts += [Span(text=what), Span(text=_dates(item, zones))]
    shown = [part for part in parts if part.text]
    joined = [piece for part in shown for piece in (Span(text=" · "), part)][1:]
    return line(f"{flag(item.country)} ", *joined)


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
    spans = _marked(item.title, 0, min(len(item.title), MOST_TITLE), evidence)
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
        source=_squeezed(first.name),
        title=linked(first.item),
        why=_squeezed(again(story.why)),
    )
    return [told, phrase("This official publication leads from now on.")] if story.takes_lead else [told]


def _also(item: Item, story: Story) -> list[Line]:
    """Who else reports it: what the authority published first, for an item of the press."""
    official = [one for one in story.others if one.item.tier == "official"] if item.tier != "official" else []
    others = [one for one in story.others if one not in official]
    lines = [
        phrase("Official publication: {source}, “{title}”", source=_squeezed(one.name), title=linked(one.item))
        for one in official[:MOST_QUOTED]
    ]
    if others:
        names = [Span(text=_squeezed(one.name), url=plain.address(one.item.url)) for one in others[:MOST_REPORTS]]
        told = [piece for name in names for piece in (Span(text=", "), name)][1:]
        more = say(" and {n} more", n=len(others) - MOST_REPORTS) if len(others) > MOST_REPORTS else ""
        lines.append(phrase("Also reported by {names}", names=[*told, Span(text=more)] if more else told))
    return lines


def linked(item: Item) -> Span:
    """The title of an item that leads to it."""
    return Span(text=plain.clip(_squeezed(item.title), MOST_BEFORE), url=plain.address(item.url))


def _change(item: Item, kind: DeliveryKind, before: Before | None) -> list[Line]:
    """What changed, for a change: the title whole, of the rest the first words that were added, else those that were removed."""
    if kind != "changed":
        return []
    old, new = _squeezed(before.item.title if before else ""), _squeezed(item.title)
    if before is None or not old:
        return [phrase("The publication was changed; this is its version {version}.", version=str(item.version))]
    if old != new:
        return [phrase("Title changed: “{before}” → “{after}”", before=plain.clip(old, MOST_BEFORE), after=plain.clip(new, MOST_BEFORE))]
    told = edits(before.changes, 1)[:1]
    if not told:
        return [phrase("The title is as before, its content was changed; this is its version {version}.", version=str(item.version))]
    return [line(f"{what}: ", *first, *([Span(text=" – "), *rest[0]] if rest else [])) for what, (first, *rest) in told]


def _reasons(item: Item, hits: Sequence[WatchlistHit]) -> list[Line]:
    """Why it came: every watchlist is named, with the words that matched for the first few."""
    told = [_reason(item, names, evidence) for evidence, names in _by_evidence(hits)]
    if len(told) <= MOST_SNIPPETS:
        return told
    rest = [name for _, names in _by_evidence(hits)[MOST_SNIPPETS:] for name in names]
    return [*told[:MOST_SNIPPETS], phrase("Also for {watchlists}", watchlists=_names(rest))]


def _by_evidence(hits: Sequence[WatchlistHit]) -> list[tuple[tuple[Evidence, ...], list[str]]]:
    """Watchlists that matched by the same words together, in the order given."""
    together: dict[tuple[Evidence, ...], list[str]] = {}
    for name, evidence in hits:
        together.setdefault(evidence, []).append(name)
    return list(together.items())


def _reason(item: Item, names: list[str], evidence: tuple[Evidence, ...]) -> Line:
    if not evidence:
        return phrase("For {watchlists}: its filters fit, no words needed", watchlists=_names(names))
    in_title = [one for one in evidence if one.field == "title"]
    if in_title:
        return phrase("For {watchlists}: the title has {words}", watchlists=_names(names), words=_quoted(in_title))
    return phrase(
        "For {watchlists}: “{sentence}”{concepts}", watchlists=_names(names), sentence=_snippet(item, evidence), concepts=_foreign(evidence)
    )


def _names(names: Iterable[str]) -> list[Span]:
    spans = [piece for name in names for piece in (Span(text=", "), Span(text=_squeezed(name), bold=True))]
    return spans[1:]


def _quoted(evidence: Sequence[Evidence]) -> list[Span]:
    """The distinct words that matched, each with its concept if that says more."""
    spans: list[Span] = []
    for one in list({each.text: each for each in evidence}.values())[:MOST_QUOTED]:
        gloss = _gloss(one)
        spans += [Span(text=", " if spans else ""), Span(text="“"), Span(text=_squeezed(one.text), bold=True)]
        spans.append(Span(text=f"” — {gloss}" if gloss else "”"))
    return spans


def _foreign(evidence: Sequence[Evidence]) -> list[Span]:
    """The concept behind each distinct word that does not say it itself: `(분산형 임상시험 — decentralized clinical trial)`."""
    glossed = {_squeezed(one.text): _gloss(one) for one in evidence}
    told = [f"{word} — {gloss}" for word, gloss in glossed.items() if gloss][:MOST_QUOTED]
    return [Span(text=f" ({'; '.join(told)})")] if told else []


def _gloss(one: Evidence) -> str:
    name = (one.concept or "").replace("-", " ")
    return "" if name.casefold() == _squeezed(one.text).casefold() else name


def _snippet(item: Item, evidence: Sequence[Evidence]) -> list[Span]:
    """The sentence around the first word that matched, with every match in it marked; just the words if they do not stand there."""
    first = evidence[0]
    text = str(getattr(item, first.field))
    if text[first.start : first.end] != first.text or not first.text:
        return [Span(text=_squeezed(first.text), match=True)]
    start, end = _window(text, first.start, first.end)
    spans = _marked(text, start, end, [one for one in evidence if one.field == first.field])
    cut_before = text[:start].rstrip()[-1:] not in _ENDS
    cut_after = end < len(text) and text[end - 1] not in _ENDS
    return [Span(text="…" if cut_before else ""), *spans, Span(text="…" if cut_after else "")]


def _window(text: str, start: int, end: int) -> tuple[int, int]:
    """The bounds of the sentence around a match, at most 90 characters away on each side and then at a word's edge."""
    left = max(0, start - AROUND_A_MATCH)
    right = min(len(text), end + AROUND_A_MATCH)
    before = [found.end() for found in _SENTENCE_END.finditer(text, left, start)]
    after = _SENTENCE_END.search(text, end, right)
    left = before[-1] if before else _word_edge(text, left, start)
    return left, after.start() + 1 if after else _word_end(text, end, right)


def _word_edge(text: str, left: int, start: int) -> int:
    if left == 0:
        return 0
    space = text.find(" ", left, start)
    return space + 1 if space >= 0 else left


def _word_end(text: str, end: int, right: int) -> int:
    if right == len(text):
        return right
    space = text.rfind(" ", end, right)
    return space if space >= 0 else right


def _marked(text: str, start: int, end: int, evidence: Iterable[Evidence]) -> list[Span]:
    """The stretch of a text as spans, those of the evidence marked; evidence that is not in the text is passed over."""
    spans: list[Span] = []
    at = start
    for one in sorted(evidence, key=lambda each: (each.start, each.end)):
        if text[one.start : one.end] == one.text and at <= one.start < one.end <= end:
            spans += [Span(text=_squeezed(text[at : one.start])), Span(text=_squeezed(one.text), match=True)]
            at = one.end
    return [span for span in [*spans, Span(text=_squeezed(text[at:end]))] if span.text]


def _due(deadlines: Iterable[Deadline], today: date) -> list[Line]:
    mattering = [one for one in deadlines if one.day >= today - _LATELY][:MOST_DAYS]
    told = [f"{due_words(one)}{distance((one.day - today).days)}" for one in mattering]
    return [line(" · ".join(told))] if told else []


def due_words(one: Deadline) -> str:
    """A deadline in words: `Comments close 14 Jan 2027, 17:00`."""
    clock = f", {one.time:%H:%M}" if one.time else ""
    marked = say(_MARKS[one.certainty]) if one.certainty in _MARKS else ""
    partly = say(", in part") if one.partial else ""
    return f"{say('{what} {day}', what=wordlist.deadline(one.kind), day=day(one.day))}{clock}{marked}{partly}"


def _moved(before: Item, now: Item) -> list[Line]:
    """The deadlines that a change has moved, set or taken away."""
    was, is_now = ({one.kind: one for one in reversed(each.deadlines)} for each in (before, now))
    told = [
        f"{say('{what} {day}', what=wordlist.deadline(kind), day=day(was[kind].day))} → {day(is_now[kind].day)}"
        for kind in was
        if kind in is_now and was[kind].day != is_now[kind].day
    ]
    told += [say("no longer: {deadline}", deadline=due_words(was[kind])) for kind in was if kind not in is_now]
    told += [say("new: {deadline}", deadline=due_words(is_now[kind])) for kind in is_now if kind not in was]
    return [phrase("Deadline changed: {deadlines}", deadlines=Span(text=" · ".join(told), bold=True))] if told else []


def distance(days: int) -> str:
    """How far ahead a day is, after it: ` (in 21 days)`; nothing for one that is past."""
    if days < 0:
        return ""
    return say(" (today)") if days == 0 else count(" (in {n} day)", " (in {n} days)", days)


def _squeezed(text: str) -> str:
    """The text with every run of white space as one space."""
    return re.sub(r"\s+", " ", text)
