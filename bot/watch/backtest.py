"""What a query would have alerted on lately: counted by week, country and source, weighed, and compared with another query.

Pure: it is given items with their evidence, and reads no store. An item counts as of the day it was published, or found if that was
earlier or is all we know. When counting stopped early, `complete` is False and every number is a lower bound.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.messages import say
from bot.model import Evidence, Item
from bot.watch.nodes import And, Leaf, Near, Not, Or, Phrase, Prefix, Query, Sense, Where, all_of, any_of, narrows, negated, show
from bot.watch.query import holds
from bot.watch.text import tokens

DAYS = 90
SPAN = timedelta(days=DAYS)
WEEKS = 13
"""The weeks of the span; the oldest one lacks a day."""
MANY_A_DAY = 10
_WEEK = timedelta(days=7)
_SAMPLE = 100  # items a narrower query is tried on: some milliseconds' work


class Found(NamedTuple):
    """An item that the query would have alerted on, with its evidence."""

    item: Item
    evidence: tuple[Evidence, ...]


class Change(NamedTuple):
    """Another query to try, and what it does, to be read after "There would be 7 items …"."""

    words: str
    query: Query


@dataclass(frozen=True)
class Backtest:
    """The items of the last 90 days a query holds for, newest first; all of them if `complete`."""

    now: datetime
    found: tuple[Found, ...]
    complete: bool = True

    @property
    def rate(self) -> tuple[float, int]:
        """Items a day, and over how many days: over all 90, or over the last 7 where these alone are too many and more.

        Only dated items count for the 7: a first poll finds years of undated ones in one moment.
        """
        lately = sum(1 for one in self.found if one.item.published and self.now - when(one.item, self.now) < _WEEK) / _WEEK.days
        ever = len(self.found) / DAYS
        return (lately, _WEEK.days) if lately > max(ever, MANY_A_DAY) else (ever, DAYS)

    @property
    def is_too_broad(self) -> bool:
        """Whether it would have alerted more than ten times a day."""
        return self.rate[0] > MANY_A_DAY

    def weeks(self) -> list[int]:
        """How many items in each of the 13 weeks that end now, the oldest week first."""
        ago = Counter(min(max((self.now - when(one.item, self.now)) // _WEEK, 0), WEEKS - 1) for one in self.found)
        return [ago[week] for week in reversed(range(WEEKS))]

    def countries(self) -> list[tuple[str, int]]:
        """How many items from each country, most first; "" for those that say none."""
        return _counted(one.item.country for one in self.found)

    def sources(self) -> list[tuple[str, int]]:
        """How many items from each source, most first."""
        return _counted(one.item.source for one in self.found)


class Difference(NamedTuple):
    """What an edit makes of a backtest, newest first; exact if both backtests are complete."""

    added: tuple[Found, ...]
    dropped: tuple[Found, ...]
    complete: bool


def when(item: Item, now: datetime) -> datetime:
    """When an item would have been alerted on: when it was published or found, whichever was first; `now` if it says neither."""
    return min((one for one in (item.published, item.detected) if one is not None), default=now)


def backtest(found: Iterable[tuple[Item, tuple[Evidence, ...]]], now: datetime, *, complete: bool = True) -> Backtest:
    """The backtest over items for which a query holds; those from before the last 90 days are left out."""
    lately = (Found(item, evidence) for item, evidence in found if when(item, now) > now - SPAN)
    return Backtest(now, tuple(sorted(lately, key=lambda one: when(one.item, now), reverse=True)), complete)


def difference(before: Backtest, after: Backtest, old: Query, new: Query) -> Difference:
    """What the query `new` with the backtest `after` would have alerted on and `old` not, and the other way round."""
    return Difference(
        added=tuple(_beyond(after, before, old)),
        dropped=tuple(_beyond(before, after, new)),
        complete=before.complete and after.complete,
    )


def _beyond(one: Backtest, other: Backtest, others_query: Query) -> Iterator[Found]:
    """What is in one backtest and not in the other; where the other stopped early, its query is asked."""
    there = {found.item.id for found in other.found}
    for found in one.found:
        if found.item.id not in there and (other.complete or holds(others_query, found.item, now=other.now) is None):
            yield found


def _counted(values: Iterable[str]) -> list[tuple[str, int]]:
    return sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0]))


def looser(query: Query) -> list[Change]:
    """Queries that ask for less, for one that found nothing: each part left out in turn, each phrase as separate words.

    None of them gives up all words of a query that has some: filters alone are another wish.
    """
    parts = query.parts if isinstance(query, And) else (query,)
    changes = [change for i in range(len(parts)) for change in _looser(parts, i)]
    return [change for change in changes if narrows(change.query) and _has_words(change.query) >= _has_words(query)]


def _looser(parts: Sequence[Query], i: int) -> Iterator[Change]:
    others = (*parts[:i], *parts[i + 1 :])
    if others:
        yield Change(say("without {part}", part=show(parts[i])), all_of(others))
    apart = _apart(parts[i])
    if apart is not None:
        yield Change(say("with the words of {part} anywhere", part=show(parts[i])), all_of([*parts[:i], apart, *parts[i + 1 :]]))


def _apart(part: Query) -> Query | None:
    """The words of a phrase, or the ends of a NEAR, side by side; None if there is nothing to part."""
    if isinstance(part, Sense):
        return _apart(part.typed)
    if isinstance(part, Near):
        return all_of([part.left, part.right])
    if isinstance(part, Phrase) and not part.exact:
        words = [word for word in part.text.split() if tokens(word)]
        return all_of(replace(part, text=word) for word in words) if len(words) > 1 else None
    return None


def _has_words(query: Query) -> bool:
    match query:
        case And(parts) | Or(parts):
            return any(map(_has_words, parts))
        case Sense(typed):
            return _has_words(typed)
        case Phrase() | Prefix() | Near():
            return True
        case _:
            return False


def stretched(query: Query, concept: str) -> Query:
    """The query for its words or a concept, under the same filters."""
    parts = query.parts if isinstance(query, And) else (query,)
    words = [part for part in parts if _has_words(part)]
    others = [part for part in parts if not _has_words(part)]
    return all_of([any_of([*([all_of(words)] if words else []), Where("concept", (concept,))]), *others])


def tighter(query: Query, found: Backtest) -> tuple[Change, float] | None:
    """The query that asks for more and would still alert often, but not more than ten times a day, with its items a day.

    It is estimated from the newest items of a backtest that is too broad. None if nothing we know of helps.
    """
    sample = found.found[:_SAMPLE]
    tried = [(change, found.rate[0] * _share(change.query, sample, found.now)) for change in _tighter(query, found)]
    return max((one for one in tried if 0 < one[1] <= MANY_A_DAY), key=lambda one: one[1], default=None)


def _share(query: Query, sample: Sequence[Found], now: datetime) -> float:
    return sum(holds(query, one.item, now=now) is not None for one in sample) / len(sample)


def _tighter(query: Query, found: Backtest) -> Iterator[Change]:
    phrase = _joined(query)
    if phrase is not None:
        yield Change(say("as a phrase, {phrase},", phrase=show(phrase)), phrase)
    in_titles = _in_titles(query)
    if in_titles != query:
        yield Change(say("in titles only"), in_titles)
    asked = {part.field for part in (query.parts if isinstance(query, And) else (query,)) if isinstance(part, Where)}
    for country, _ in found.countries()[:3]:
        if country and not asked & {"country", "region", "agency", "source"}:
            yield Change(say("with {part}", part=f"country:{country}"), all_of([query, Where("country", (country,))]))
    if not asked & {"tier", "agency", "source"}:
        yield Change(say("with {part}", part="tier:official"), all_of([query, Where("tier", ("official",))]))


def _joined(query: Query) -> Query | None:
    """A query of nothing but two or more plain words, as one phrase."""
    if not isinstance(query, And) or not all(isinstance(part, Phrase) and not part.exact and not part.field for part in query.parts):
        return None
    return Phrase(" ".join(part.text for part in query.parts if isinstance(part, Phrase)))


def _in_titles(query: Query) -> Query:
    """The query with every wanted term that may stand anywhere wanted in the title."""
    match query:
        case And(parts):
            return all_of(map(_in_titles, parts))
        case Or(parts):
            return any_of(map(_in_titles, parts))
        case Not(part):
            return negated(part)
        case _:
            return _leaf_in_title(query)


def _leaf_in_title(leaf: Leaf) -> Query:
    match leaf:
        case Phrase(field=None) | Prefix(field=None):
            return replace(leaf, field="title")
        case Sense(typed, literal, field=None) if _has_words(typed):
            return replace(leaf, typed=_in_titles(typed), literal=literal and _in_titles(literal), field="title")
        case Near(left, right) if left.field is None:
            return replace(leaf, left=replace(left, field="title"), right=replace(right, field="title"))
        case _:
            return leaf
