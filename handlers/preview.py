"""What a query would have alerted on in the last 90 days, asked of the store and told: before it is saved, and whenever it is looked at."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.cards import alert
from bot.cards.card import Line, Section, Span, line, phrase
from bot.messages import chosen, count, mark, say
from bot.store import search
from bot.store.database import Tx
from bot.watch import backtest
from bot.watch import query as language
from bot.watch.backtest import DAYS, Backtest, Change, Difference, Found
from handlers.grammar import Request
from handlers.reply import Context

ENOUGH = 100
"""From so many items of the span on, it means something that none of them matches."""
NEWEST = 5
_TRIED = 8  # other queries tried for one that found nothing
_LOOKED_AT = 2_000  # items each of them looks at
_NAMED = 5  # countries and sources told by name
_TITLES = 3
_RATES = (
    (1, mark("about {n} a day"), mark("at least {n} a day")),
    (7, mark("about {n} a week"), mark("at least {n} a week")),
    (30, mark("about {n} a month"), mark("at least {n} a month")),
)


@dataclass(frozen=True)
class Preview:
    """A query's backtest, how many items it was held against (up to 1,000, known only if it found none), and what may serve better.

    `better` comes with how much it would find, in words.
    """

    query: language.Query
    tested: Backtest
    of: int = 0
    better: tuple[Change, str] | None = None

    @property
    def is_doubtful(self) -> bool:
        """Whether a person should say that they mean it: it alerts all the time, or never though there was enough to find."""
        return self.tested.is_too_broad or (not self.tested.found and self.of >= ENOUGH)


async def of(tx: Tx, query: language.Query, request: Request) -> Preview:
    """The preview of a query that a watchlist of the place's workspace can have."""
    tested = await backtested(tx, query, request)
    if tested.is_too_broad:
        return Preview(query, tested, better=await _rarer(query, tested))
    if tested.found:
        return Preview(query, tested)
    collected = await search.count_since(tx, request.now - backtest.SPAN, workspace=request.place.workspace)
    return Preview(query, tested, collected, await _more_often(tx, query, request) if collected else None)


async def backtested(tx: Tx, query: language.Query, request: Request, most: int = search.LOOK_CAP) -> Backtest:
    """The backtest of a query over the items collected, of which it looks at the newest `most` that may be found."""
    start = request.now - backtest.SPAN
    recent = await search.since(tx, query, start, workspace=request.place.workspace, now=request.now, most=most)
    return backtest.backtest(recent.found, request.now, complete=recent.complete)


async def _rarer(query: language.Query, tested: Backtest) -> tuple[Change, str] | None:
    # beside the event loop, which it would hold up for a tenth of a second
    found = await asyncio.to_thread(backtest.tighter, query, tested)
    return found and (found[0], say("there would be {often}", often=_often(found[1])))


async def _more_often(tx: Tx, query: language.Query, request: Request) -> tuple[Change, str] | None:
    """Of the queries that ask for less, the one that finds most without finding too much; else the one that finds least."""
    tried = [(change, await backtested(tx, change.query, request, _LOOKED_AT)) for change in backtest.looser(query)[:_TRIED]]
    found = [(change, tested) for change, tested in tried if tested.found]
    fit = [(change, tested) for change, tested in found if not tested.is_too_broad]
    best = max(fit, key=_size, default=None) or min(found, key=_size, default=None)
    return best and (best[0], chosen("there is {n}", "there are {n}", _size(best)).format(n=_number(best[1])))


def _size(tried: tuple[Change, Backtest]) -> int:
    return len(tried[1].found)


def verdict(preview: Preview) -> str:
    """How much it would have alerted, in a sentence."""
    tested = preview.tested
    if tested.found:
        rate, days = tested.rate
        often = _often(rate) if tested.complete else _often(rate, at_least=True)
        lately = say(" over the last 7 days") if days < DAYS else ""
        template = chosen(
            "In the last {days} days it would have alerted on {n} item: {often}{lately}.",
            "In the last {days} days it would have alerted on {n} items: {often}{lately}.",
            len(tested.found) if tested.complete else 2,
        )
        return template.format(days=DAYS, n=_number(tested), often=often, lately=lately)
    if not preview.of:
        return say("Nothing of the last {days} days has been collected yet; what comes from now on is matched.", days=DAYS)
    collected = f"{preview.of:,}{'+' if preview.of >= search.COUNT_CAP else ''}"
    return say("No item in {days} days: none of the {n} collected matches.", days=DAYS, n=collected)


def advice(preview: Preview) -> str:
    """What to do about a query that finds too much or nothing; "" where nothing need be done."""
    if preview.better is not None:
        change, much = preview.better
        return f"{change.words[0].upper()}{change.words[1:]} {much}."
    if preview.tested.is_too_broad:
        return say("That is more than 10 a day. Add a word of what you mean, or a filter such as country: or type:.")
    if not preview.tested.found and preview.of:
        return say("Check the spelling, or try fewer or other words.")
    return ""


def lines(preview: Preview, context: Context) -> tuple[Line, ...]:
    """The backtest in numbers: in all, per week, by country, by source."""
    tested = preview.tested
    if not tested.found:
        return (line(verdict(preview)),)
    weeks = " ".join(map(str, tested.weeks()))
    partly = () if tested.complete else (phrase("Counting stopped there; what follows is about these {n}.", n=f"{len(tested.found):,}"),)
    names = {one.id: one.name for one in context.catalogue.sources.values()}
    return (
        line(verdict(preview)),
        *partly,
        phrase("Per week, the last one last: {weeks}", weeks=weeks),
        phrase("By country: {counts}", counts=_shares((country or say("none"), number) for country, number in tested.countries())),
        phrase("By source: {counts}", counts=_shares((names.get(source, source), number) for source, number in tested.sources())),
    )


def newest(preview: Preview, request: Request, context: Context) -> tuple[Section, ...]:
    """The five newest items with what matched; no section if there are none."""
    found = preview.tested.found[:NEWEST]
    if not found:
        return ()
    head = say("The newest:") if len(preview.tested.found) > 1 else say("It is this one:")
    first, *others = (alert.found(one.item, one.evidence, context.zones(one.item, request)) for one in found)
    return (Section(lines=(line(head), *first)), *(Section(lines=one) for one in others))


def change(edit: Difference) -> tuple[Line, ...]:
    """What an edit adds and drops, with the newest titles of each."""
    if not edit.added and not edit.dropped:
        return (phrase("Over the last {days} days it finds the same items as before.", days=str(DAYS)),)
    more = "" if edit.complete else say(" at least")
    added, dropped = _items(edit.added), _items(edit.dropped)
    told = phrase(
        "Over the last {days} days the change adds{more} {added} and drops{more} {dropped}.",
        days=str(DAYS),
        more=more,
        added=added,
        dropped=dropped,
    )
    return (told, *_titles(say("Adds"), edit.added), *_titles(say("Drops"), edit.dropped))


def _items(found: Sequence[Found]) -> str:
    return count("{n} item", "{n} items", len(found)) if found else say("none")


def _titles(verb: str, found: Sequence[Found]) -> Iterable[Line]:
    for one in found[:_TITLES]:
        yield line(f"{verb}: ", Span(text=" ".join(one.item.title.split()) or say("(no title)"), url=one.item.url))
    if len(found) > _TITLES:
        yield line(f"{verb}: ", say("and {n} more", n=f"{len(found) - _TITLES:,}"))


def _number(tested: Backtest) -> str:
    return f"{len(tested.found):,}{'' if tested.complete else '+'}"


def _often(per_day: float, *, at_least: bool = False) -> str:
    """A rate in the largest unit that makes it a whole number."""
    for times, about, least in _RATES:
        if per_day * times >= 1:
            return say(least if at_least else about, n=f"{per_day * times:,.0f}")
    return say("less than one a month")


def _shares(counted: Iterable[tuple[str, int]]) -> str:
    pairs = list(counted)
    told = ", ".join(f"{name} {number:,}" for name, number in pairs[:_NAMED])
    return say("{names}, and {n} more", names=told, n=len(pairs) - _NAMED) if len(pairs) > _NAMED else told
