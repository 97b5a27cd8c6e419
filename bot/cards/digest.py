"""The digest: many items as one card, grouped by watchlist and country, with counts and the ones to see first; pure.

Each item stands in it once, under all the watchlists of the place that it came for. The same finds give the same card.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from itertools import groupby

from bot.cards import plain
from bot.cards.alert import Zones, dated, flag, possible_repeat
from bot.cards.card import Button, Card, Line, Section, Span, line, phrase
from bot.messages import count, mark, say
from bot.model import Bundled, Delivery, Window
from bot.wordlist import day

# So many items are shown in a digest at most; all of them stand in the list behind its button.
MOST_SHOWN = 20
MOST_GROUPS = 8
MOST_COUNTRIES = 12
MOST_TITLE = 160
MOST_REPORTERS = 3
SHORT_ID = 12

_MARKS = {"changed": mark("Changed: "), "also": mark("Further report: ")}

Names = Mapping[str, str]
Clock = Callable[[str], tzinfo]
Group = tuple[tuple[str, ...], list[Bundled]]


def digest(delivery: Delivery, told: Sequence[Bundled], names: Names, clock: Clock, zone: tzinfo, *, repeat: bool = False) -> Card:
    """What was found in a window, or came in a burst.

    `names` are those of the watchlists, `clock` gives the zone of an item's source, `zone` is that of the place.
    """
    groups = grouped(told, names)
    shown = _shares(groups[:MOST_GROUPS])
    head = [line(*_heading(delivery, len(told), zone)), *_countries(told), *([possible_repeat()] if repeat else [])]
    sections = [Section(lines=tuple(head))]
    sections += [Section(lines=tuple(_group(group, most, clock, zone))) for group, most in zip(groups, shown, strict=False)]
    rest = groups[MOST_GROUPS:]
    if rest:
        sections.append(Section(lines=(_rest(rest),)))
    if sum(shown) < len(told):
        every = say("View all {n}", n=f"{len(told):,}")
        sections.append(Section(lines=(), buttons=(Button(label=every, action="digest", value=short(delivery.id)),)))
    return Card(sections=tuple(sections))


def short(digest_id: str) -> str:
    """The beginning of a digest's id that is enough to ask for it in its place."""
    return digest_id[:SHORT_ID]


def grouped(told: Iterable[Bundled], names: Names) -> list[Group]:
    """The items by the watchlists they came for, the largest group first; in each by country, what is urgent and then the newest first."""
    together: dict[tuple[str, ...], list[Bundled]] = {}
    for one in told:
        theirs = tuple(sorted({names[each] for each in one.watchlists if each in names}, key=lambda name: (name.casefold(), name)))
        together.setdefault(theirs, []).append(one)
    groups = sorted(together.items(), key=lambda group: (-len(group[1]), group[0]))
    return [(theirs, _by_country(found)) for theirs, found in groups]


def entry(one: Bundled, zones: Zones) -> Line:
    """One item as a line of a list: who, what, when, and who else reports its event; a further report is marked as one."""
    item = one.item
    title = plain.clip(plain.words(" ".join(item.title.split())), MOST_TITLE) or say("(no title)")
    what = Span(text=title, url=plain.address(item.url), bold=one.urgent)
    when = dated(item, zones)
    told = [
        Span(text=f"• {plain.words(item.agency)}: " if item.agency else "• "),
        Span(text=say(_MARKS[one.kind]) if one.kind in _MARKS else ""),
    ]
    told += [what, Span(text=f" · {day(when)}" if when else "")]
    return tuple(span for span in (*told, Span(text=_besides(one.reporters if one.kind != "also" else ()))) if span.text)


def _besides(reporters: Sequence[str]) -> str:
    if not reporters:
        return ""
    names = ", ".join(plain.words(one) for one in reporters[:MOST_REPORTERS])
    more = say(" and {n} more", n=len(reporters) - MOST_REPORTERS) if len(reporters) > MOST_REPORTERS else ""
    return say(" · also reported by {names}", names=names + more)


def window(told: Window, zone: tzinfo) -> str:
    """The time between two moments as people write it in their zone."""
    start, end = told.start.astimezone(zone), told.end.astimezone(zone)
    return f"{_moment(start)} – {_moment(end)} {end.tzname()}"


def countries(told: Iterable[Bundled]) -> str:
    """How many items came from each country, the most first."""
    counts = Counter(one.item.country for one in told)
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    parts = [f"{_country(code)} {count:,}" for code, count in ordered[:MOST_COUNTRIES]]
    return " · ".join([*parts, *([say("{n} more", n=len(ordered) - MOST_COUNTRIES)] if len(ordered) > MOST_COUNTRIES else [])])


def _by_country(found: Iterable[Bundled]) -> list[Bundled]:
    found = list(found)
    sizes = Counter(one.item.country for one in found)
    return sorted(found, key=lambda one: (-sizes[one.item.country], one.item.country, *_first(one)))


def _first(one: Bundled) -> tuple[bool, float, str, str]:
    when = one.item.published or one.item.detected
    return (not one.urgent, -when.timestamp() if when else 0.0, one.item.title, one.item.id)


def _heading(delivery: Delivery, number: int, zone: tzinfo) -> list[str | Span]:
    burst = delivery.kind == "burst"
    what = (
        count("Many at once: {n} item", "Many at once: {n} items", number)
        if burst
        else count("Digest: {n} item", "Digest: {n} items", number)
    )
    when = f" · {window(delivery.window, zone)}" if delivery.window is not None and delivery.kind == "digest" else ""
    return [Span(text=what, bold=True), when]


def _countries(told: Sequence[Bundled]) -> list[Line]:
    return [line(countries(told))] if len(told) > 1 else []


def _shares(groups: Sequence[Group]) -> list[int]:
    """How many items of each group are shown: all if they fit, else the same number of each as far as they go."""
    sizes = [len(found) for _, found in groups]
    share = next((most for most in range(MOST_SHOWN, 1, -1) if sum(min(most, size) for size in sizes) <= MOST_SHOWN), 1)
    return [min(share, size) for size in sizes]


def _group(group: Group, most: int, clock: Clock, zone: tzinfo) -> Iterable[Line]:
    names, found = group
    yield (*_names(names), Span(text=f" – {len(found):,}"))
    chosen = _chosen(found, most)
    several = len({one.item.country for one in found}) > 1
    for code, mine in groupby(chosen, lambda one: one.item.country):
        if several:
            yield line(f"{_country(code)} – {sum(one.item.country == code for one in found):,}")
        yield from (entry(one, Zones(clock(one.item.source), zone)) for one in mine)
    if len(found) > len(chosen):
        yield line(Span(text=say("and {n} more", n=f"{len(found) - len(chosen):,}"), italic=True))


def _chosen(found: Sequence[Bundled], most: int) -> list[Bundled]:
    """So many of a group: in turn the first of each country, then the second of each, and so on."""
    turns: list[tuple[int, int, Bundled]] = []
    seen: Counter[str] = Counter()
    for position, one in enumerate(found):
        turns.append((seen[one.item.country], position, one))
        seen[one.item.country] += 1
    kept = sorted(turns, key=lambda turn: turn[:2])[:most]
    return [one for _, _, one in sorted(kept, key=lambda turn: turn[1])]


def _rest(groups: Sequence[Group]) -> Line:
    told = [f"{', '.join(names) or say('no watchlist any more')} ({len(found):,})" for names, found in groups[:MOST_COUNTRIES]]
    left = len(groups) - MOST_COUNTRIES
    more = count(" and {n} other group", " and {n} other groups", left) if left > 0 else ""
    return phrase("Also for {watchlists}", watchlists=plain.words("; ".join(told)) + more)


def _names(names: Sequence[str]) -> list[Span]:
    spans = [piece for name in names for piece in (Span(text=say(" and ")), Span(text=plain.words(name), bold=True))]
    return spans[1:] or [Span(text=say("For no watchlist any more"), bold=True)]


def _country(code: str) -> str:
    return f"{flag(code)} {code}" if code else "🌐 " + say("elsewhere")


def _moment(when: datetime) -> str:
    return f"{day(when)} {when:%H:%M}"
