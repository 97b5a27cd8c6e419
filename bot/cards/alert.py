"""The alert: one item as a card of three or four lines, saying what it is, what it is called, why it came, what is due.

Words of the source are shown as it wrote them; what we say about them is in English.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

from bot.cards import plain
from bot.cards.card import Button, Card, Line, Section, Span, line
from bot.cards.edits import edits
from bot.model import WITHDRAWN, Change, Deadline, DeliveryKind, Evidence, Item

WatchlistHit = tuple[str, tuple[Evidence, ...]]

MOST_TITLE = 600
MOST_BEFORE = 200
AROUND_A_MATCH = 90
MOST_SNIPPETS = 3
MOST_QUOTED = 5
MOST_REPORTS = 5

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DEADLINES = {"comments_due": "Comments close", "effective": "Effective", "applies_from": "Applies from", "expires": "Expires"}
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

    `takes_lead` says that this item is the first official one and was not the first.
    """

    others: tuple[Report, ...] = ()
    why: str = ""
    takes_lead: bool = False


class Before(NamedTuple):
    """The version before a change, and what differs from it."""

    item: Item
    changes: tuple[Change, ...] = ()


_UTC = Zones()
_ALONE = Story()
POSSIBLE_REPEAT = line(Span(text="You may have this already: an earlier attempt to send it got no clear answer.", italic=True))


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
    `repeat` says whether the place may have the message already, `story` who else reports it; `zones` are those days are told in.
    """
    lines = [
        _headline(item, _happened(item, kind, before, story), zones),
        _title(item, hits),
        *(_follows(story) if kind == "also" else _change(item, kind, before)),
        *_reasons(item, hits),
        *_due(item.deadlines, now.astimezone(zones.source).date()),
        *([] if kind == "also" else _also(item, story)),
    ]
    if repeat:
        lines.append(POSSIBLE_REPEAT)
    url = plain.address(item.url)
    details = Button(label="Details", action="item", value=short(item.id))
    buttons = (Button(label="Open", url=url), details) if url else (details,)
    return Card(sections=(Section(lines=tuple(lines), buttons=buttons),))


def compact(card: Card) -> Card:
    """The alert in two lines: what it is, and its title; with that it may be a repeat, and its buttons."""
    first, *_ = card.sections
    kept = [one for number, one in enumerate(first.lines) if number < 2 or one == POSSIBLE_REPEAT]
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


def day(when: date | datetime) -> str:
    """A date as people write it: `16 Nov 2026`, in its own time zone."""
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def short(item_id: str) -> str:
    """The part of an item's id that people type."""
    return item_id[:8]


def due(item: Item, today: date) -> tuple[Line, ...]:
    """The dates of an item that matter, as an alert says them."""
    return tuple(_due(item.deadlines, today))


def _happened(item: Item, kind: DeliveryKind, before: Before | None, story: Story) -> str:
    """What is new about an item that is itself not new."""
    if kind == "also":
        return "Now from the official source" if story.takes_lead else "Also reported"
    if kind != "changed":
        return ""
    return "Withdrawn" if item.status == WITHDRAWN and (before is None or before.item.status != WITHDRAWN) else "Changed"


def reasons(item: Item, hits: Sequence[WatchlistHit]) -> tuple[Line, ...]:
    """Why an item came, as an alert says it: every watchlist with the words that matched."""
    return tuple(_reasons(item, hits))


def _headline(item: Item, happened: str, zones: Zones) -> Line:
    what = _spoken(item.doc_type)
    if item.status:
        what = f"{what} ({_spoken(item.status)})" if what else _spoken(item.status)
    parts = [Span(text=_squeezed(item.agency), bold=True), Span(text=happened, bold=True)]
    parts += [Span(text=what), Span(text=_dates(item, zones))]
    shown = [part for part in parts if part.text]
    joined = [piece for part in shown for piece in (Span(text=" · "), part)][1:]
    return line(f"{flag(item.country)} ", *joined)


def _dates(item: Item, zones: Zones) -> str:
    """When it was published; when we found it too, if that was more than a day later or is all we know."""
    found = f"found {day(item.detected.astimezone(zones.place))}" if item.detected else ""
    if item.published is None:
        return found
    published = f"published {day(item.published.astimezone(zones.source))}"
    late = item.detected is not None and item.detected - item.published > timedelta(days=1)
    return f"{published}, {found}" if late else published


def _title(item: Item, hits: Sequence[WatchlistHit]) -> Line:
    evidence = [one for _, found in hits for one in found if one.field == "title"]
    spans = _marked(item.title, 0, min(len(item.title), MOST_TITLE), evidence)
    if not plain.words("".join(span.text for span in spans)).strip():
        spans = [Span(text="(no title)")]
    elif len(item.title) > MOST_TITLE:
        spans.append(Span(text="…"))
    url = plain.address(item.url)
    return tuple(span.model_copy(update={"bold": True, "url": url}) for span in spans)


def _follows(story: Story) -> list[Line]:
    """Which event this is another report of, and why we believe so."""
    if not story.others:
        return []
    first = story.others[0]
    told = line(f"Reports the same event as {_squeezed(first.name)}: “", _linked(first.item), f"”. Why: {_squeezed(story.why)}.")
    return [told, line("This official publication leads from now on.")] if story.takes_lead else [told]


def _also(item: Item, story: Story) -> list[Line]:
    """Who else reports it: what the authority published first, for an item of the press."""
    official = [one for one in story.others if one.item.tier == "official"] if item.tier != "official" else []
    others = [one for one in story.others if one not in official]
    lines = [line(f"Official publication: {_squeezed(one.name)}, “", _linked(one.item), "”") for one in official[:MOST_QUOTED]]
    if others:
        names = [Span(text=_squeezed(one.name), url=plain.address(one.item.url)) for one in others[:MOST_REPORTS]]
        more = f" and {len(others) - MOST_REPORTS} more" if len(others) > MOST_REPORTS else ""
        lines.append(line("Also reported by ", *[piece for name in names for piece in (Span(text=", "), name)][1:], more))
    return lines


def _linked(item: Item) -> Span:
    return Span(text=plain.clip(_squeezed(item.title), MOST_BEFORE), url=plain.address(item.url))


def _change(item: Item, kind: DeliveryKind, before: Before | None) -> list[Line]:
    """What changed, for a change: the title whole, of the rest the first words that were added, else those that were removed."""
    if kind != "changed":
        return []
    old, new = _squeezed(before.item.title if before else ""), _squeezed(item.title)
    if before is None or not old:
        return [line(f"The publication was changed; this is its version {item.version}.")]
    if old != new:
        return [line("Title changed: “", plain.clip(old, MOST_BEFORE), "” → “", plain.clip(new, MOST_BEFORE), "”")]
    told = edits(before.changes, 1)[:1]
    if not told:
        return [line(f"The title is as before, its content was changed; this is its version {item.version}.")]
    return [line(f"{what}: ", *first, *([Span(text=" – "), *rest[0]] if rest else [])) for what, (first, *rest) in told]


def _reasons(item: Item, hits: Sequence[WatchlistHit]) -> list[Line]:
    """Why it came: every watchlist is named, with the words that matched for the first few."""
    told = [_reason(item, names, evidence) for evidence, names in _by_evidence(hits)]
    if len(told) <= MOST_SNIPPETS:
        return told
    rest = [name for _, names in _by_evidence(hits)[MOST_SNIPPETS:] for name in names]
    return [*told[:MOST_SNIPPETS], line("Also for ", *_names(rest))]


def _by_evidence(hits: Sequence[WatchlistHit]) -> list[tuple[tuple[Evidence, ...], list[str]]]:
    """Watchlists that matched by the same words together, in the order given."""
    together: dict[tuple[Evidence, ...], list[str]] = {}
    for name, evidence in hits:
        together.setdefault(evidence, []).append(name)
    return list(together.items())


def _reason(item: Item, names: list[str], evidence: tuple[Evidence, ...]) -> Line:
    if not evidence:
        return line("For ", *_names(names), ": its filters fit, no words needed")
    in_title = [one for one in evidence if one.field == "title"]
    if in_title:
        return line("For ", *_names(names), ": the title has ", *_quoted(in_title))
    return line("For ", *_names(names), ": “", *_snippet(item, evidence), "”", *_foreign(evidence))


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
    told = [f"{_DEADLINES[one.kind]} {day(one.day)}{_distance((one.day - today).days)}" for one in deadlines]
    return [line(" · ".join(told))] if told else []


def _distance(days: int) -> str:
    if days < 0:
        return ""
    return " (today)" if days == 0 else f" (in {days} {'day' if days == 1 else 'days'})"


def _spoken(code: str) -> str:
    """A code such as `press_release` in words."""
    return _squeezed(code).replace("_", " ")


def _squeezed(text: str) -> str:
    """The text with every run of white space as one space."""
    return re.sub(r"\s+", " ", text)
